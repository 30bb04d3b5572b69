import { placeOf } from "../../runtime/master-key/descriptor.js";
import { type CloudKeyStatus } from "../index.js";
import { type Workspace } from "./byok.js";
import { hold } from "./narrator.js";
import { type TenantPlay } from "./tenant-play.js";

/** What `byok secret show` tells of one key. */
interface ShownKey {
  readonly keyId: string;
  readonly rewrapDue: boolean;
}

/**
 * The tenant rotates a key. Where the cloud shows versions, the service follows by re-wrapping the share, and the tenant
 * takes the old version out: destroyed on Google Cloud, disabled on Azure, where only whole keys can be destroyed.
 */
export async function playRotation(tenant: TenantPlay, at: Workspace): Promise<string> {
  const results: string[] = [];
  for (const descriptor of await tenant.descriptors()) {
    const key = placeOf(descriptor);
    const { versions, notes } = at.sandbox.tenants.rotate({ key });
    if (versions.length === 0) {
      results.push(`${notes.find((note) => note.includes("key material")) ?? "rotated"}, invisible to the service`);
      continue;
    }
    hold(await rewrapIsDue(tenant, at, key), "byok secret show does not notice the newer key version");
    await at.byok("secret", "rewrap", ...tenant.keyFlags());
    hold(!(await rewrapIsDue(tenant, at, key)), "byok secret show still asks for a re-wrap");
    results.push(takeOutOld(at, key, versions));
  }
  return results.join("; ");
}

async function rewrapIsDue(tenant: TenantPlay, at: Workspace, key: string): Promise<boolean> {
  const { keys } = (await at.byok("secret", "show", ...tenant.keyFlags())) as { keys: ShownKey[] };
  const shown = keys.find(({ keyId }) => keyId === key);
  hold(shown !== undefined, `byok secret show does not list ${key}`);
  return shown.rewrapDue;
}

function takeOutOld(at: Workspace, key: string, versions: CloudKeyStatus["versions"]): string {
  const old = versions.filter(({ newest }) => !newest);
  const provider = at.sandbox.tenants.keys().find(({ keyId }) => keyId === key)?.provider;
  for (const { version } of old) {
    const act = provider === "gcp-kms" ? "destroyVersion" : "disableVersion";
    const after = at.sandbox.tenants[act]({ key, version }).versions.find((one) => one.version === version);
    at.narrator.detail(`the tenant ${act === "destroyVersion" ? "destroys" : "disables"} version ${version.split("/").at(-1) ?? version}: ${after?.state ?? "gone"}`);
  }
  return `re-wrapped, old version ${provider === "gcp-kms" ? "scheduled for destruction, unusable at once" : "disabled"}`;
}
