/** @jest-environment ./test/runtime/one-realm-environment.ts */
/**
 * The access switch, felt by the runtime: what the program no longer declares while suspended is deleted, and made again
 * later, by the resource provider itself, as an engine would do it.
 */
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { createSecret, Encryptor } from "../../../runtime/index.js";
import { type GcpKmsDescriptor } from "../../../runtime/master-key/descriptor.js";
import { createLocalKeyFile } from "../../../runtime/master-key/local-key-file.js";
import { deployInProcess, type DeployedResource, type DeploymentResult } from "../../../sandbox/index.js";
import { gcpProvider } from "../../../sandbox/pulumi/gcp/provider.js";
import { type Properties } from "../../../sandbox/pulumi/values.js";
import { FakeClock, refusal } from "../../runtime/support.js";
import { type Fixture, sandboxFixture } from "../../sandbox/fixtures.js";
import { ROOT } from "../../stacks/stack-file.js";

const GRANT = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember";
const TTL = 60_000;

let fixture: Fixture;
beforeAll(async () => {
  fixture = await sandboxFixture({ clouds: ["aws", "gcp"] });
});
afterAll(() => fixture.close());

/** What the program declares. Without an engine every run creates: a tenant of its own for each. */
async function declare(tenant: string, access: string): Promise<DeploymentResult> {
  const config = {
    "pulumi:disable-default-providers": '["*"]',
    "byok:tenant": tenant,
    "byok:datacenter": "eu",
    "byok:clouds": '["gcp"]',
    "byok:service": '{"gcpServiceAccount":"storage-byok@afi-production.iam.gserviceaccount.com"}',
    "byok:gcp": '{"project":"acme-backup-keys"}',
    "byok:keyMetadata": "true",
    "byok:access": access,
  };
  return deployInProcess({ sandboxFile: fixture.sandbox.file, program: join(ROOT, "stacks", "tenant.ts"), project: "byok", stack: tenant, config });
}

/** Type and place of a resource, without the tenant's name. */
const shape = (tenant: string) => ({ type, name, id }: DeployedResource) =>
  type.startsWith("pulumi:") ? type : [type, name, id].map((text) => text.replaceAll(tenant, "TENANT")).join(" ");

describe("access: suspended", () => {
  test("withdraws exactly the grants: the runtime is refused within its bound, and works again, without a restart, on the same key", async () => {
    const granted = await declare("first", "granted");
    const suspended = await declare("other", "suspended");
    const grants = granted.resources.filter(({ type }) => type === GRANT);
    expect(grants.map(({ name }) => name)).toEqual(["first-eu-gcp-grant", "first-eu-gcp-metadata"]);
    expect(suspended.resources.map(shape("other"))).toEqual(granted.resources.filter((one) => !grants.includes(one)).map(shape("first")));
    const [descriptor] = granted.outputs["masterKeys"] as [GcpKmsDescriptor];
    expect(suspended.outputs["masterKeys"]).toEqual(JSON.parse(JSON.stringify([descriptor]).replaceAll("first", "other")));

    const { endpoints, aws, gcp } = fixture.sandbox;
    const statusOf = ({ keyName }: GcpKmsDescriptor) => gcp.keys().find(({ keyId }) => keyId === keyName);
    const before = statusOf(descriptor);
    expect(before?.grantedTo).toEqual([descriptor.grantedTo]);

    const serviceKey = join(fixture.directory, "service.key");
    await createLocalKeyFile(serviceKey);
    const keyAccess = {
      mode: "development" as const,
      masterKeys: [descriptor],
      serviceKey: { file: serviceKey },
      endpoints,
      credentials: { "gcp-kms": { keyFile: gcp.service().keyFile } },
    };
    const clock = new FakeClock();
    const sealedSecret = await createSecret({ ...keyAccess, tenant: "first" });
    const encryptor = await Encryptor.open({ ...keyAccess, sealedSecret, clock, cache: { ttl: TTL, outageGrace: TTL } });
    const provider = gcpProvider.configure({ project: "acme-backup-keys" }, { endpoints, deployers: { aws: aws.deployer(), gcp: gcp.deployer() } });
    try {
      const { ciphertext } = await encryptor.encrypt(Buffer.from("a mail"), { resource: "mailbox" });

      // What the engine does with resources that the program does not declare any more.
      const found = await Promise.all(grants.map(({ id }) => provider.read(GRANT, id, grantState(id))));
      for (const grant of found) await provider.delete(GRANT, grant?.id ?? "", grant?.state ?? {});
      expect(statusOf(descriptor)).toEqual({ ...before, grantedTo: [] });
      clock.advance(TTL + 1);
      expect((await refusal(encryptor.decrypt(ciphertext))).code).toBe("ACCESS_DENIED");
      expect((await refusal(encryptor.encrypt(Buffer.from("more"), { resource: "other" }))).code).toBe("ACCESS_DENIED");

      for (const grant of found) await provider.create(GRANT, gcpProvider.check(GRANT, inputsOf(grant?.state ?? {})).inputs);
      expect(statusOf(descriptor)).toEqual(before);
      // Two answers at least 10 s apart.
      clock.advance(TTL);
      expect((await refusal(encryptor.decrypt(ciphertext))).code).toBe("ACCESS_DENIED");
      clock.advance(11_000);
      expect(Buffer.from(await encryptor.decrypt(ciphertext)).toString()).toBe("a mail");
    } finally {
      provider.close();
      await encryptor.close();
    }
  });
});

/** `KEY/ROLE/MEMBER`, the id of a grant. */
function grantState(id: string): Record<string, string> {
  const [, cryptoKeyId = "", role = "", member = ""] = /^(projects\/.*\/cryptoKeys\/[^/]+)\/(roles\/[^/]+)\/(.+)$/.exec(id) ?? [];
  return { cryptoKeyId, role, member };
}

function inputsOf({ cryptoKeyId = "", role = "", member = "" }: Properties): Properties {
  return { cryptoKeyId, role, member };
}
