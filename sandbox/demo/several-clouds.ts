import { setTimeout as sleep } from "node:timers/promises";
import { writeFile } from "node:fs/promises";

import { type Encryptor } from "../../runtime/index.js";
import { placeOf } from "../../runtime/master-key/descriptor.js";
import { BOUND, CACHE } from "./bound.js";
import { type Workspace } from "./byok.js";
import { hold } from "./narrator.js";
import { playRevocation, ROUTES, seconds } from "./revocation.js";
import { EXIT_INTEGRITY, type TenantPlay } from "./tenant-play.js";

/** Google Cloud cannot be reached for longer than any cached key lives; the others serve. */
export async function playOutage(at: Workspace, encryptor: Encryptor): Promise<string> {
  const { sandbox, narrator, signal } = at;
  sandbox.gcp.injectFault({ error: "UNAVAILABLE" });
  try {
    const longest = CACHE.ttl + CACHE.outageGrace;
    const end = performance.now() + longest + BOUND.milliseconds - CACHE.ttl;
    let operations = 0;
    while (performance.now() < end) {
      const { ciphertext } = await encryptor.encrypt(Buffer.from("during the outage"), { resource: "outage" });
      hold(Buffer.from(await encryptor.decrypt(ciphertext)).toString() === "during the outage", "an object of the outage does not open");
      operations += 1;
      await sleep(250, undefined, { signal });
    }
    narrator.detail(`Google Cloud answers UNAVAILABLE for ${seconds(longest)} and more: ttl and grace are over, ${operations} new operations went on`);
    return "one cloud out: the service goes on with the others";
  } finally {
    sandbox.gcp.clearFaults();
  }
}

/** One of the keys closes the Secret, whatever the others say. Which one makes no difference; it is the last. */
export async function playOneRevoked(tenant: TenantPlay, at: Workspace, encryptor: Encryptor): Promise<string> {
  const descriptor = (await tenant.descriptors()).at(-1);
  const [route] = ROUTES;
  hold(descriptor !== undefined && route !== undefined, "the tenant has a key, and a way to take it away");
  const key = placeOf(descriptor);
  const { details, result } = await playRevocation(route, {
    encryptor,
    signal: at.signal,
    revoke: () => at.sandbox.tenants.revoke({ key, by: route.by }),
    restore: () => at.sandbox.tenants.restore({ key }),
  });
  for (const line of [`${descriptor.provider} alone:`, ...details]) at.narrator.detail(line);
  return `${descriptor.provider}: ${result}`;
}

/** A wrap taken out of the sealed Secret, so that one cloud has no say any more: the set of keys is authenticated. */
export async function playDeletedWrap(tenant: TenantPlay, at: Workspace): Promise<string> {
  const sealed = (await at.json(tenant.file("secret.json"))) as { masterKeys: { provider: string }[] };
  const cut = { ...sealed, masterKeys: sealed.masterKeys.slice(1) };
  const name = tenant.file("cut.json");
  await writeFile(at.file(name), JSON.stringify(cut));
  const flags = tenant.keyFlags().map((flag) => (flag === tenant.file("secret.json") ? name : flag));
  const { aws, gcp, azure } = at.sandbox;
  for (const cloud of [aws, gcp, azure]) cloud.clearCalls();
  await at.byokRefuses(EXIT_INTEGRITY, tenant.file("refused"), "decrypt", `./${tenant.file("byok")}`, ...flags, "--out", `./${tenant.file("refused")}`);
  const asked = aws.calls().length + gcp.calls().length + azure.calls().length;
  hold(asked === 0, `a forged Secret made ${asked} calls to the tenant's clouds`);
  return `without the wrap of ${sealed.masterKeys[0]?.provider ?? "the first key"}: exit code ${EXIT_INTEGRITY}, no KMS was asked`;
}
