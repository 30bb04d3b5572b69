/** @jest-environment ./test/runtime/one-realm-environment.ts */
/**
 * The service's own stack under the real Pulumi engine: its key is the runtime's service key, its account is what tenants grant,
 * and the account of one tenant opens no other tenant's key. Skipped, and said so, where `pulumi` is missing.
 */
import { expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";

import { createSecret, Encryptor } from "../../runtime/index.js";
import { type GcpKmsDescriptor, type MasterKeyDescriptor, masterKeyDescriptorsSchema } from "../../runtime/master-key/descriptor.js";
import { openGcpKmsKey } from "../../runtime/master-key/gcp-kms.js";
import { refusal } from "../runtime/support.js";
import { describeUnderEngine } from "./engine-stage.js";

const TIMEOUT = 600_000;
const SERVICE_STACK = ["-C", "stacks/service"];
const EXAMPLE = "production-eu";
/** Whose administrators deploy: the service's own, or a tenant's. */
const OWN = { account: "201720642051", project: "afi-production" };
const TENANT = { account: "111122223333", project: "acme-backup-keys" };

describeUnderEngine("the service's stack under the Pulumi engine", TIMEOUT, (stage) => {
  async function signIn({ account, project: id }: typeof OWN): Promise<void> {
    await stage.sandbox.client.act("aws.signIn", { account });
    await stage.sandbox.client.act("gcp.signIn", { project: id });
  }

  const output = async <T>(name: string): Promise<T> => JSON.parse((await stage.succeed(...SERVICE_STACK, "stack", "output", name, "--json")).stdout) as T;

  /** A tenant's stack that grants an account its key. */
  async function tenantKey(tenant: string, gcpServiceAccount: string): Promise<GcpKmsDescriptor> {
    const config = { "byok:tenant": tenant, "byok:datacenter": "eu", "byok:clouds": ["gcp"], "byok:service": { gcpServiceAccount }, "byok:gcp": { project: "acme-backup-keys" } };
    await writeFile(stage.project.stackFile(tenant), JSON.stringify({ config }));
    await stage.succeed("stack", "init", tenant);
    await stage.succeed("up", "--yes", "--skip-preview", "--stack", tenant);
    return stage.project.firstKey(tenant, "gcp-kms");
  }

  /** Key file of an account, by e-mail: who runs as it. */
  async function keyFileOf(email: string): Promise<string> {
    const { accounts } = await stage.sandbox.client.act("gcp.status", {});
    const found = accounts.find((account) => account.email === email);
    return (await stage.sandbox.client.act("gcp.identity", { name: found?.name ?? email })).keyFile;
  }

  async function use(descriptor: GcpKmsDescriptor, email: string): Promise<string> {
    const { "gcp-kms": endpoint, certificateAuthority } = stage.endpoints;
    const key = await openGcpKmsKey(descriptor, { endpoint, certificateAuthority, credentials: { keyFile: await keyFileOf(email) } });
    const share = new Uint8Array(32).fill(7);
    try {
      return await key.wrap(share, { tenant: descriptor.tenant, secret: "s", generation: 1, purpose: "share" }).then(
        () => "granted",
        async (error: unknown) => (await refusal(Promise.reject(error instanceof Error ? error : new Error(String(error))))).code,
      );
    } finally {
      await key.close();
    }
  }

  test(
    "up, with the service's identity; refused with a tenant's; again without a change",
    async () => {
      await stage.succeed(...SERVICE_STACK, "stack", "init", EXAMPLE);
      const stranger = await stage.pulumi(...SERVICE_STACK, "up", "--yes", "--skip-preview");
      expect(stranger.exitCode).not.toBe(0);
      expect(stranger.output).toMatch(/AWS account ID not allowed: 111122223333|Error 403: Permission .* denied/);

      await signIn(OWN);
      await stage.succeed(...SERVICE_STACK, "up", "--yes", "--skip-preview");
      await stage.succeed(...SERVICE_STACK, "preview", "--expect-no-changes");
      expect(await output("service")).toEqual({
        awsRoleArn: "arn:aws:iam::201720642051:role/byok-service-eu",
        gcpServiceAccount: "byok-service-eu@afi-production.iam.gserviceaccount.com",
      });
      const serviceKeys = masterKeyDescriptorsSchema.parse(await output("serviceKeys"));
      expect(serviceKeys.map(({ provider, tenant, grantedTo }) => [provider, tenant, grantedTo])).toEqual([
        ["aws-kms", "service", "arn:aws:iam::201720642051:role/byok-service-eu"],
        ["gcp-kms", "service", "serviceAccount:byok-service-eu@afi-production.iam.gserviceaccount.com"],
      ]);
      await signIn(TENANT);
    },
    TIMEOUT,
  );

  test(
    "its account is granted by a tenant, its key is the runtime's service key",
    async () => {
      const { gcpServiceAccount } = await output<{ gcpServiceAccount: string }>("service");
      const serviceKeys = masterKeyDescriptorsSchema.parse(await output<MasterKeyDescriptor[]>("serviceKeys"));
      const serviceKey = serviceKeys.find(({ provider }) => provider === "gcp-kms");
      if (serviceKey === undefined) throw new Error("the service has no key");
      const masterKey = await tenantKey("common", gcpServiceAccount);
      const access = {
        mode: "development" as const,
        masterKeys: [masterKey],
        serviceKey,
        endpoints: stage.endpoints,
        credentials: { "gcp-kms": { keyFile: await keyFileOf(gcpServiceAccount) } },
      };
      const sealedSecret = await createSecret({ ...access, tenant: "common" });
      const encryptor = await Encryptor.open({ ...access, sealedSecret });
      try {
        const { ciphertext } = await encryptor.encrypt(Buffer.from("a mail"), { resource: "mailbox" });
        expect(Buffer.from(await encryptor.decrypt(ciphertext)).toString()).toBe("a mail");
      } finally {
        await encryptor.close();
      }
    },
    TIMEOUT,
  );

  test(
    "a tenant with an account of its own is closed to every other account, the common one included",
    async () => {
      await signIn(OWN);
      await stage.succeed(...SERVICE_STACK, "config", "set", "--path", "byokService:gcp.perTenant[1]", "globex");
      await stage.succeed(...SERVICE_STACK, "up", "--yes", "--skip-preview");
      await signIn(TENANT);
      const { acme, globex } = await output<Record<string, { gcpServiceAccount: string }>>("tenantServices");
      const { gcpServiceAccount: common } = await output<{ gcpServiceAccount: string }>("service");
      if (acme === undefined || globex === undefined) throw new Error("the tenants have no accounts");
      const keys = { acme: await tenantKey("acme", acme.gcpServiceAccount), globex: await tenantKey("globex", globex.gcpServiceAccount) };
      const table = await Promise.all(
        [keys.acme, keys.globex].map((key) => Promise.all([acme.gcpServiceAccount, globex.gcpServiceAccount, common].map((email) => use(key, email)))),
      );
      expect(table).toEqual([
        ["granted", "ACCESS_DENIED", "ACCESS_DENIED"],
        ["ACCESS_DENIED", "granted", "ACCESS_DENIED"],
      ]);
    },
    TIMEOUT,
  );

  test(
    "teardown is refused: key and accounts are protected",
    async () => {
      await signIn(OWN);
      const refused = await stage.pulumi(...SERVICE_STACK, "destroy", "--yes");
      await signIn(TENANT);
      expect(refused.exitCode).not.toBe(0);
      expect(refused.output).toContain("because it is protected");
    },
    TIMEOUT,
  );
});
