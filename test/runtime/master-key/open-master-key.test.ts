import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { SANDBOX_VARIABLE } from "../../../runtime/master-key/endpoints.js";
import { createLocalKeyFile } from "../../../runtime/master-key/local-key-file.js";
import { type MasterKeyDescriptor } from "../../../runtime/master-key/descriptor.js";
import { openMasterKey, openServiceKey, parseMasterKeyDescriptors, type ServiceKey } from "../../../runtime/master-key/open-master-key.js";
import { refusal, temporaryFolder, thrownBy } from "../support.js";

const folder = temporaryFolder();
const KEY_ARN = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555";
const AWS = {
  schema: 1,
  tenant: "acme",
  datacenter: "eu",
  grantedTo: "arn:aws:iam::201720642051:role/backup",
  provider: "aws-kms",
  keyArn: KEY_ARN,
  aliasName: "alias/AFI-BYOK",
} as const;
const LOCAL = { schema: 1, tenant: "acme", datacenter: "eu", grantedTo: "service", provider: "local", path: "/k" } as const;

const AZURE = {
  schema: 1,
  tenant: "acme",
  datacenter: "eu",
  grantedTo: "99999999-8888-7777-6666-555555555555",
  provider: "azure-key-vault",
  keyUri: "https://acme-keys.vault.azure.net/keys/backup",
  entraTenantId: "11111111-2222-3333-4444-555555555555",
  clientId: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
  certificateThumbprint: "0123456789ABCDEF0123456789ABCDEF01234567",
  certificateNotAfter: "2027-01-31T00:00:00Z",
  operation: "encrypt",
} as const;

const TENANT_RULE = "must be 3 to 32 characters of a-z, 0-9 and -";
const ARN_RULE = "must be the full ARN of a KMS key, not an alias or a bare key id";

let sandbox: string | undefined;
beforeEach(() => {
  sandbox = process.env[SANDBOX_VARIABLE];
  Reflect.deleteProperty(process.env, SANDBOX_VARIABLE);
});
afterEach(() => {
  if (sandbox !== undefined) process.env[SANDBOX_VARIABLE] = sandbox;
});

function without(descriptor: object, member: string): object {
  return Object.fromEntries(Object.entries(descriptor).filter(([name]) => name !== member));
}

describe("parseMasterKeyDescriptors", () => {
  test("takes one descriptor or a stack output's array of them", () => {
    expect(parseMasterKeyDescriptors(AWS)).toEqual([AWS]);
    expect(parseMasterKeyDescriptors([AWS, LOCAL])).toEqual([AWS, LOCAL]);
  });

  test.each([
    "arn:aws:kms:us-east-2:111122223333:key/mrk-0123456789abcdef0123456789abcdef",
    "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/11111111-2222-3333-4444-555555555555",
    "arn:aws-cn:kms:cn-north-1:111122223333:key/11111111-2222-3333-4444-555555555555",
  ])("takes the key ARN %s", (keyArn) => {
    expect(parseMasterKeyDescriptors({ ...AWS, keyArn })).toEqual([{ ...AWS, keyArn }]);
  });

  test("takes replicas", () => {
    const keyArn = KEY_ARN.replace(/[^/]+$/, "mrk-1234abcd12ab34cd56ef1234567890ab");
    const replicaArns = [keyArn.replace("eu-central-1", "eu-west-1")];
    expect(parseMasterKeyDescriptors({ ...AWS, keyArn, replicaArns })).toEqual([{ ...AWS, keyArn, replicaArns }]);
  });

  test("takes a key without an alias", () => {
    expect(parseMasterKeyDescriptors(without(AWS, "aliasName"))).toEqual([without(AWS, "aliasName")]);
  });

  const MRK = KEY_ARN.replace(/[^/]+$/, "mrk-1234abcd12ab34cd56ef1234567890ab");
  const REPLICA = MRK.replace("eu-central-1", "eu-west-1");
  const SAME = "must be the same multi-Region key (key/mrk-...) as keyArn, of the same account, in another region";
  test.each<[string, string, string[], string]>([
    ["another account", MRK, [REPLICA.replace("111122223333", "444455556666")], SAME],
    ["another id", MRK, [REPLICA.replace("mrk-1", "mrk-2")], SAME],
    ["another partition", MRK, [MRK.replace("arn:aws:", "arn:aws-cn:").replace("eu-central-1", "cn-north-1")], SAME],
    ["a single-Region key", KEY_ARN, [KEY_ARN.replace("eu-central-1", "eu-west-1")], SAME],
    ["the key itself", MRK, [MRK], "names a region twice"],
    ["the same twice", MRK, [REPLICA, REPLICA], "names a region twice"],
  ])("refuses as replica %s", (_what, keyArn, replicaArns, rule) => {
    const error = thrownBy(() => parseMasterKeyDescriptors({ ...AWS, keyArn, replicaArns }));
    expect(error).toMatchObject({ code: "CONFIG_INVALID" });
    expect(error.message).toContain(`✖ ${rule}\n  → at [0].replicaArns[${replicaArns.length - 1}]`);
  });

  test.each<[string, unknown, string]>([
    ["another schema", { ...AWS, schema: 2 }, "✖ Invalid input: expected 1\n  → at [0].schema"],
    ["no schema", without(AWS, "schema"), "✖ Invalid input: expected 1\n  → at [0].schema"],
    ["no tenant", without(AWS, "tenant"), "✖ Invalid input: expected string, received undefined\n  → at [0].tenant"],
    ["a tenant with capitals", { ...AWS, tenant: "Acme" }, `✖ ${TENANT_RULE}\n  → at [0].tenant`],
    ["a tenant that is too short", { ...AWS, tenant: "ac" }, `✖ ${TENANT_RULE}\n  → at [0].tenant`],
    ["a tenant that is too long", { ...AWS, tenant: "a".repeat(33) }, `✖ ${TENANT_RULE}\n  → at [0].tenant`],
    ["a tenant with a newline at its end", { ...AWS, tenant: "acme\n" }, `✖ ${TENANT_RULE}\n  → at [0].tenant`],
    ["an unknown datacenter", { ...AWS, datacenter: "mars" }, '✖ Invalid option: expected one of "usa"|"eu"|"uk"|"au"|"ca"\n  → at [0].datacenter'],
    ["nobody granted", { ...AWS, grantedTo: "" }, "✖ Too small: expected string to have >=1 characters\n  → at [0].grantedTo"],
    ["an unknown provider", { ...AWS, provider: "vault" }, "✖ Invalid discriminator value. Expected 'gcp-kms' | 'aws-kms' | 'azure-key-vault' | 'local'\n  → at [0].provider"],
    ["no provider", without(AWS, "provider"), "✖ Invalid discriminator value. Expected 'gcp-kms' | 'aws-kms' | 'azure-key-vault' | 'local'\n  → at [0].provider"],
    ["an alias for a key", { ...AWS, keyArn: "arn:aws:kms:eu-central-1:111122223333:alias/x" }, `✖ ${ARN_RULE}\n  → at [0].keyArn`],
    ["a bare key id", { ...AWS, keyArn: "11111111-2222-3333-4444-555555555555" }, `✖ ${ARN_RULE}\n  → at [0].keyArn`],
    ["an ARN with more behind it", { ...AWS, keyArn: `${KEY_ARN}/x` }, `✖ ${ARN_RULE}\n  → at [0].keyArn`],
    ["an ARN whose region names a host", { ...AWS, keyArn: KEY_ARN.replace("eu-central-1", "evil.example/x-1") }, `✖ ${ARN_RULE}\n  → at [0].keyArn`],
    ["no key", without(AWS, "keyArn"), "✖ Invalid input: expected string, received undefined\n  → at [0].keyArn"],
    ["a bad replica", { ...AWS, replicaArns: ["x"] }, "✖ must be the full ARN of a KMS key\n  → at [0].replicaArns[0]"],
    ["a bad alias", { ...AWS, aliasName: "AFI-BYOK" }, "✖ must look like alias/NAME\n  → at [0].aliasName"],
    ["a member too many", { ...AWS, keyARN: KEY_ARN }, '✖ Unrecognized key: "keyARN"\n  → at [0]'],
    ["another provider's member", { ...LOCAL, keyArn: KEY_ARN }, '✖ Unrecognized key: "keyArn"\n  → at [0]'],
    ["an empty path", { ...LOCAL, path: "" }, "✖ Too small: expected string to have >=1 characters\n  → at [0].path"],
    ["the second of two", [AWS, { ...LOCAL, tenant: "" }], `✖ ${TENANT_RULE}\n  → at [1].tenant`],
    [
      "two members at once, both named",
      { ...AWS, tenant: "A", aliasName: "B" },
      `✖ ${TENANT_RULE}\n  → at [0].tenant\n✖ must look like alias/NAME\n  → at [0].aliasName`,
    ],
    ["an empty array", [], "✖ Too small: expected array to have >=1 items"],
    ["null", null, "✖ Invalid input: expected object, received null\n  → at [0]"],
    ["text", KEY_ARN, "✖ Invalid input: expected object, received string\n  → at [0]"],
  ])("refuses %s", (_name, json, message) => {
    expect(thrownBy(() => parseMasterKeyDescriptors(json))).toMatchObject({
      code: "CONFIG_INVALID",
      message: `Not a master key descriptor:\n${message}`,
    });
  });

  test.each<[string, unknown, string]>([
    ["several tenants", [AWS, { ...LOCAL, tenant: "umbrella" }], "The descriptors belong to several tenants: acme, umbrella."],
    ["a key named twice", [AWS, { ...AWS, aliasName: "alias/other" }], `The key ${KEY_ARN} is named twice.`],
    ["a file named twice", [LOCAL, LOCAL], "The key /k is named twice."],
    [
      "an Azure key named twice, in other letters",
      ["backup", "Backup"].map((name) => ({
        schema: 1,
        tenant: "acme",
        datacenter: "eu",
        grantedTo: "99999999-8888-7777-6666-555555555555",
        provider: "azure-key-vault",
        keyUri: `https://acme-keys.vault.azure.net/keys/${name}`,
        entraTenantId: "11111111-2222-3333-4444-555555555555",
        clientId: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
        certificateThumbprint: "0".repeat(40),
        certificateNotAfter: "2027-01-31T00:00:00Z",
        operation: "encrypt",
      })),
      "The key https://acme-keys.vault.azure.net/keys/Backup is named twice.",
    ],
    [
      "a key in the account of the role it was granted to",
      { ...AWS, grantedTo: "arn:aws:iam::111122223333:role/backup" },
      `The key ${KEY_ARN} lives in the AWS account it was granted to (111122223333): a tenant's key belongs in the tenant's own AWS account.`,
    ],
    [
      "a key in the account it was granted to",
      { ...AWS, grantedTo: "111122223333" },
      `The key ${KEY_ARN} lives in the AWS account it was granted to (111122223333): a tenant's key belongs in the tenant's own AWS account.`,
    ],
    [
      "a key in the project of the service account it was granted to",
      onGoogle("afi-production", "serviceAccount:storage@afi-production.iam.gserviceaccount.com"),
      `The key ${keyIn("afi-production")} lives in the Google Cloud project it was granted to (afi-production): a tenant's key belongs in the tenant's own Google Cloud project.`,
    ],
    [
      "the same, of the project's App Engine account",
      onGoogle("afi-production", "serviceAccount:afi-production@appspot.gserviceaccount.com"),
      `The key ${keyIn("afi-production")} lives in the Google Cloud project it was granted to (afi-production): a tenant's key belongs in the tenant's own Google Cloud project.`,
    ],
    [
      "an Azure key named twice, in other letters",
      [AZURE, { ...AZURE, keyUri: AZURE.keyUri.replace("backup", "Backup") }],
      `The key ${AZURE.keyUri.replace("backup", "Backup")} is named twice.`,
    ],
    [
      "the same, of a project in a domain",
      onGoogle("example.com:afi-prod", "serviceAccount:storage@afi-prod.example.com.iam.gserviceaccount.com"),
      `The key ${keyIn("example.com:afi-prod")} lives in the Google Cloud project it was granted to (example.com:afi-prod): a tenant's key belongs in the tenant's own Google Cloud project.`,
    ],
  ])("refuses %s", (_name, json, message) => {
    expect(thrownBy(() => parseMasterKeyDescriptors(json))).toMatchObject({ code: "CONFIG_INVALID", message });
  });

  test("a service account of another project, or one whose address tells none", () => {
    for (const grantedTo of ["serviceAccount:x@afi-production.iam.gserviceaccount.com", "serviceAccount:123-compute@developer.gserviceaccount.com"]) {
      const descriptor = onGoogle("tenant-acme", grantedTo);
      expect(parseMasterKeyDescriptors(descriptor)).toEqual([descriptor]);
    }
  });

  test("a role that is merely named after the tenant's account is somebody else's", () => {
    const grantedTo = "arn:aws:iam::201720642051:role/backup-for-111122223333";
    expect(parseMasterKeyDescriptors({ ...AWS, grantedTo })).toEqual([{ ...AWS, grantedTo }]);
  });
});

function keyIn(project: string): string {
  return `projects/${project}/locations/europe-west4/keyRings/ring/cryptoKeys/key`;
}

function onGoogle(project: string, grantedTo: string): object {
  return { schema: 1, tenant: "acme", datacenter: "eu", provider: "gcp-kms", grantedTo, keyName: keyIn(project) };
}

describe("openMasterKey and openServiceKey", () => {
  test("production refuses a tenant's local key, before it looks at the file", async () => {
    expect(await refusal(openMasterKey(LOCAL, { mode: "production", role: "tenant" }))).toMatchObject({
      code: "CONFIG_INVALID",
      message: 'A local file is not a tenant\'s master key: production mode refuses it. For development, ask for mode "development".',
    });
  });

  test("production refuses a local service key, however it is written", async () => {
    for (const key of [{ file: "/k" }, LOCAL]) {
      expect(await refusal(openServiceKey(key, { mode: "production" }))).toMatchObject({
        code: "CONFIG_INVALID",
        message:
          'Production mode refuses a single local service key: losing the file loses every backup. Use a KMS key as service key, or ask for mode "development".',
      });
    }
  });

  test("development opens local keys; file and descriptor name the same key", async () => {
    const path = join(folder, "service.key");
    await createLocalKeyFile(path);
    const tenants = await openMasterKey({ ...LOCAL, path }, { mode: "development", role: "tenant" });
    const service = await openServiceKey({ file: path }, { mode: "development" });
    expect(tenants).toMatchObject({ provider: "local", tenant: "acme" });
    expect(service).toMatchObject({ provider: "local", tenant: "service", id: tenants.id });
    expect(tenants.id).toMatch(/^local:[0-9a-f]{32}$/);
  });

  test("production opens a key in KMS; nothing is contacted for it", async () => {
    const key = await openMasterKey(AWS, { mode: "production", role: "tenant" });
    expect(key).toMatchObject({ provider: "aws-kms", id: KEY_ARN, tenant: "acme" });
    await key.close();
  });

  test("production opens keys in Google Cloud and Azure; nothing is contacted for it", async () => {
    const google = await openMasterKey(onGoogle("tenant-acme", "serviceAccount:x@afi-production.iam.gserviceaccount.com") as MasterKeyDescriptor, { mode: "production", role: "tenant" });
    expect(google).toMatchObject({ provider: "gcp-kms", id: keyIn("tenant-acme"), tenant: "acme" });
    const azure = await openMasterKey(AZURE, { mode: "production", role: "tenant", credentials: { "azure-key-vault": [] } });
    expect(azure).toMatchObject({ provider: "azure-key-vault", id: AZURE.keyUri, tenant: "acme" });
    await Promise.all([google.close(), azure.close()]);
  });

  test("production refuses redirected endpoints for every key", async () => {
    const how = { mode: "production", endpoints: { "aws-kms": "http://127.0.0.1:1" } } as const;
    expect(await refusal(openMasterKey(AWS, { ...how, role: "tenant" }))).toMatchObject({ code: "CONFIG_INVALID" });
    expect(await refusal(openServiceKey(AWS, how))).toMatchObject({ code: "CONFIG_INVALID" });
  });

  test.each<[string, unknown, string]>([
    ["an unknown provider", { ...AWS, provider: "x" }, "Not a service key:\n✖ Invalid discriminator value. Expected 'gcp-kms' | 'aws-kms' | 'azure-key-vault' | 'local'\n  → at provider"],
    ["an alias", { ...AWS, keyArn: "alias/x" }, `Not a service key:\n✖ ${ARN_RULE}\n  → at keyArn`],
    ["an empty path", { file: "" }, "Not a service key:\n✖ Too small: expected string to have >=1 characters\n  → at path"],
  ])("refuses %s as service key", async (_name, key, message) => {
    expect(await refusal(openServiceKey(key as ServiceKey, { mode: "development" }))).toMatchObject({ code: "CONFIG_INVALID", message });
  });

  test("a missing local key file says so", async () => {
    const descriptor: MasterKeyDescriptor = { ...LOCAL, path: join(folder, "missing") };
    expect(await refusal(openMasterKey(descriptor, { mode: "development", role: "tenant" }))).toMatchObject({ code: "KEY_NOT_FOUND" });
  });
});
