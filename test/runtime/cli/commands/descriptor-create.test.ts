/** @jest-environment ./test/runtime/one-realm-environment.ts */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AwsKmsDescriptor, type GcpKmsDescriptor } from "../../../../runtime/master-key/descriptor.js";
import { startTestSandbox, type TestSandbox } from "../../aws-sandbox.js";
import { startTestGcpSandbox, type TestGcpSandbox } from "../../gcp-sandbox.js";
import { describeTree, newFolder, newTenant, removeFolders, type Tenant } from "../fixture.js";
import { byok, type Result, type World } from "../in-process.js";

let place: string;
let tenant: Tenant;
let aws: TestSandbox;
let gcp: TestGcpSandbox;
let onAws: AwsKmsDescriptor;
let onGoogle: GcpKmsDescriptor;
const environment = { ...process.env };
const at = (name: string): string => join(place, name);
const GUID = "00000000-0000-4000-8000-00000000000a";

beforeAll(async () => {
  place = await newFolder();
  tenant = await newTenant(place);
  await mkdir(at("sandboxes"));
  aws = await startTestSandbox(at("sandboxes"));
  gcp = await startTestGcpSandbox();
  await writeFile(at("sandbox.json"), JSON.stringify({ schema: 1, endpoints: { ...aws.endpoints, ...gcp.endpoints } }));
  const keys = aws.credentials["aws-kms"];
  if (keys === undefined || typeof keys === "function") throw new Error("no keys");
  process.env = {
    ...environment,
    BYOK_SANDBOX: at("sandbox.json"),
    GOOGLE_APPLICATION_CREDENTIALS: gcp.google.service().keyFile,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    ...(keys.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: keys.sessionToken }),
  };
  expect(await byok(["credentials", "create", "--tenant", "acme", "--service-key", `file:${tenant.serviceKey}`, "--out", at("acme.credentials.json")])).toMatchObject({ code: 0 });
});

beforeEach(async () => {
  onAws = await aws.createKey("acme");
  onGoogle = await gcp.createKey("acme");
});

afterAll(async () => {
  process.env = environment;
  await aws.close();
  await gcp.close();
  await removeFolders();
});

const env = { BYOK_SANDBOX: "set" };
const common = (out: string, datacenter: string): string[] => ["--tenant", "acme", "--datacenter", datacenter, "--out", at(out)];

function create(key: string, flags: readonly string[], world: World = {}): Promise<Result> {
  return byok(["descriptor", "create", key, ...flags], { env, ...world });
}

const createOnAws = (out: string, more: string[] = [], world: World = {}): Promise<Result> =>
  create(onAws.keyArn, [...common(out, "usa"), "--granted-to", onAws.grantedTo, "--alias", onAws.aliasName ?? "", ...more], world);

describe("the same descriptor as a stack's output has", () => {
  test("AWS: checked, written as an array, and it makes a Secret", async () => {
    const result = await createOnAws("aws.json");
    expect(result.code).toBe(0);
    expect(JSON.parse(await readFile(at("aws.json"), "utf8"))).toEqual([onAws]);
    expect(result.out.split("\n")).toEqual([
      `aws-kms ${onAws.keyArn}`,
      "  ok     round-trip: a random share was wrapped and unwrapped",
      "  ok     binding: a wrap under another context is refused (TAMPERED)",
      expect.stringMatching(/^ {2}ok {5}tenant-binding: /),
      "  ok     state: the key is Enabled",
      `The key works, and its descriptor is in ${at("aws.json")}.`,
      `Next: byok secret create --tenant acme --descriptor ${at("aws.json")} --service-key KEY --out acme.secret.json`,
      "",
    ]);
    const secret = ["secret", "create", "--tenant", "acme", "--descriptor", at("aws.json"), "--service-key", `file:${tenant.serviceKey}`, "--out", at("aws.secret.json")];
    expect(await byok(secret)).toMatchObject({ code: 0 });
  });

  test("Google Cloud: the address becomes the member; a key elsewhere is told, not refused", async () => {
    const address = onGoogle.grantedTo.replace("serviceAccount:", "");
    const region = onGoogle.keyName.split("/")[3] ?? "";
    const result = await create(onGoogle.keyName, [...common("gcp.json", "ca"), "--granted-to", address]);
    expect(result.code).toBe(0);
    const warning = `the key is in ${region}, and keys of datacenter ca are usually in northamerica-northeast1: is that where the tenant wants it?`;
    expect(result.err.split("\n")).toContain(`byok: warning: ${warning}`);
    expect(JSON.parse(await readFile(at("gcp.json"), "utf8"))).toEqual([{ ...onGoogle, datacenter: "ca" }]);
    const json = JSON.parse((await create(onGoogle.keyName, [...common("gcp2.json", "ca"), "--granted-to", onGoogle.grantedTo, "--json"])).out) as unknown;
    expect(json).toMatchObject({ ok: true, descriptor: { ...onGoogle, datacenter: "ca" }, warnings: [warning], keys: [{ ok: true }], out: at("gcp2.json") });
  });

  test("an AWS account id stands for its root", async () => {
    expect(await createOnAws("account.json", ["--granted-to", "444455556666"])).toMatchObject({ code: 0 });
    expect(JSON.parse(await readFile(at("account.json"), "utf8"))).toMatchObject([{ grantedTo: "arn:aws:iam::444455556666:root" }]);
  });
});

describe("a key that does not work", () => {
  test("nothing is written: 3, with the checks and likely causes", async () => {
    aws.sandbox.aws.revoke({ keyArn: onAws.keyArn, by: "grant" });
    const result = await createOnAws("denied.json");
    expect(result.code).toBe(3);
    expect(result.out).toContain("  FAILED round-trip: ");
    expect(result.out.trimEnd().split("\n").at(-1)).toBe("No descriptor was written.");
    expect(result.err).toContain("byok: ACCESS_DENIED: ");
    expect(result.err).toContain("Likely causes:\n  - ");
    const json = JSON.parse((await createOnAws("denied.json", ["--json"])).out) as Record<string, unknown>;
    expect(json).toMatchObject({ ok: false, error: { code: "ACCESS_DENIED", exitCode: 3 }, keys: [{ ok: false }] });
    expect(json).not.toHaveProperty("out");
    expect((await readdir(place)).filter((name) => name.startsWith("denied"))).toEqual([]);
  });

  test("--wait: until it does, or NOT_EFFECTIVE_YET, 4", async () => {
    aws.sandbox.aws.revoke({ keyArn: onAws.keyArn, by: "grant" });
    let time = 0;
    const clock = { now: () => time, sleep: async (milliseconds: number) => void (time += milliseconds) };
    expect(await createOnAws("late.json", ["--wait", "3s"], { clock })).toMatchObject({ code: 4, err: expect.stringContaining("byok: NOT_EFFECTIVE_YET: ") as unknown });
    let sleeps = 0;
    const patient = {
      now: () => 0,
      sleep: async () => {
        sleeps += 1;
        if (sleeps === 2) aws.sandbox.aws.restore({ keyArn: onAws.keyArn });
      },
    };
    expect(await createOnAws("late.json", ["--wait", "3s"], { clock: patient })).toMatchObject({ code: 0 });
    expect(sleeps).toBe(2);
  });
});

describe("bad input: the exact message, exit code, nothing contacted and nothing touched", () => {
  const arn = "arn:aws:kms:us-east-2:111122223333:key/00000000-0000-4000-8000-000000000000";
  const name = "projects/tenant-acme/locations/us-central1/keyRings/r/cryptoKeys/k";
  const uri = "https://acme-byok.vault.azure.net/keys/backup";
  const azureFlags = (): string[] => ["--entra-tenant", GUID, "--client-id", GUID, "--credentials", at("acme.credentials.json"), "--service-key", `file:${tenant.serviceKey}`];
  test.each<[string, () => string[], number, () => string]>([
    ["no key", () => [...common("o", "usa"), "--granted-to", "x"], 2, () => "CONFIG_INVALID: missing required argument 'key' (see byok --help)"],
    ["a version of a key", () => [`${name}/cryptoKeyVersions/1`, ...common("o", "usa"), "--granted-to", "x"], 2, () =>
      `CONFIG_INVALID: The key "${name}/cryptoKeyVersions/1" names one version, and each rotation makes a new one: give the key, ${name}`],
    ["nobody to whom it was granted", () => [name, ...common("o", "usa")], 2, () => "CONFIG_INVALID: required option '--granted-to <identity>' not specified (see byok --help)"],
    ["no datacenter", () => [name, "--tenant", "acme", "--granted-to", "x", "--out", at("o")], 2, () => "CONFIG_INVALID: required option '--datacenter <name>' not specified (see byok --help)"],
    ["an unknown datacenter", () => [name, ...common("o", "us-east-2"), "--granted-to", "a@b.iam.gserviceaccount.com"], 2, () =>
      'CONFIG_INVALID: --datacenter "us-east-2" must be one of usa, eu, uk, au, ca.'],
    ["a malformed tenant", () => [name, ...common("o", "usa"), "--tenant", "ACME", "--granted-to", "x"], 2, () => 'CONFIG_INVALID: --tenant "ACME" must be 3 to 32 characters of a-z, 0-9 and -.'],
    ["somebody who is no service account", () => [name, ...common("o", "usa"), "--granted-to", "user:me@example.com"], 2, () =>
      'CONFIG_INVALID: --granted-to "user:me@example.com" must be the address of a service account, NAME@PROJECT.iam.gserviceaccount.com.'],
    ["somebody who is no principal of AWS", () => [arn, ...common("o", "usa"), "--granted-to", "*", "--alias", "alias/x"], 2, () =>
      'CONFIG_INVALID: --granted-to "*" must be an AWS account id of 12 digits, or the ARN of a role or user, that the key policy names.'],
    ["a key in the account that it was granted to", () => [arn, ...common("o", "usa"), "--granted-to", "111122223333", "--alias", "alias/x"], 2, () =>
      `CONFIG_INVALID: The key ${arn} lives in the AWS account it was granted to (111122223333): a tenant's key belongs in the tenant's own AWS account.`],
    ["an AWS key without its alias", () => [arn, ...common("o", "usa"), "--granted-to", "444455556666"], 2, () =>
      "CONFIG_INVALID: A key of aws-kms needs --alias as well: see byok descriptor create --help."],
    ["an alias that is none", () => [arn, ...common("o", "usa"), "--granted-to", "444455556666", "--alias", "AFI-BYOK"], 2, () => 'CONFIG_INVALID: --alias "AFI-BYOK" must look like alias/NAME.'],
    ["an alias for Google", () => [name, ...common("o", "usa"), "--granted-to", "a@b.iam.gserviceaccount.com", "--alias", "alias/x"], 2, () =>
      "CONFIG_INVALID: --alias means nothing for a key of gcp-kms: leave it out."],
    ["application ids for AWS", () => [arn, ...common("o", "usa"), "--granted-to", "444455556666", "--alias", "alias/x", "--client-id", GUID], 2, () =>
      "CONFIG_INVALID: --client-id means nothing for a key of aws-kms: leave it out."],
    ["an Azure key without its application", () => [uri, ...common("o", "usa"), "--granted-to", GUID], 2, () =>
      "CONFIG_INVALID: A key of azure-key-vault needs --entra-tenant, --client-id, --credentials, --service-key as well: see byok descriptor create --help."],
    ["an Azure key granted to no GUID", () => [uri, ...common("o", "usa"), ...azureFlags(), "--granted-to", "me"], 2, () =>
      'CONFIG_INVALID: --granted-to "me" must be the object id of the application\'s service principal (Enterprise applications, not App registrations), a GUID.'],
    ["a directory that is no GUID", () => [uri, ...common("o", "usa"), ...azureFlags(), "--granted-to", GUID, "--entra-tenant", "acme.onmicrosoft.com"], 2, () =>
      'CONFIG_INVALID: --entra-tenant "acme.onmicrosoft.com" must be a GUID, as the application\'s overview shows it.'],
    ["an application that is no GUID", () => [uri, ...common("o", "usa"), ...azureFlags(), "--granted-to", GUID, "--client-id", "afi"], 2, () =>
      'CONFIG_INVALID: --client-id "afi" must be a GUID, as the application\'s overview shows it.'],
    ["an operation that there is not", () => [uri, ...common("o", "usa"), ...azureFlags(), "--granted-to", GUID, "--operation", "sign"], 2, () =>
      'CONFIG_INVALID: --operation "sign" must be encrypt (key permissions Encrypt and Decrypt) or wrap (Wrap Key and Unwrap Key).'],
    ["another tenant's credentials", () => [uri, ...common("o", "usa"), ...azureFlags(), "--granted-to", GUID, "--tenant", "umbrella"], 5, () =>
      `TENANT_MISMATCH: ${at("acme.credentials.json")} holds credentials of tenant acme, but the command line keys of tenant umbrella.`],
    ["a target that exists", () => [name, ...common("acme.credentials.json", "usa"), "--granted-to", "a@b.iam.gserviceaccount.com"], 6, () =>
      `TARGET_EXISTS: ${at("acme.credentials.json")} exists already. Choose another --out, or replace it with --force.`],
    ["the credentials as target", () => [uri, ...common("acme.credentials.json", "usa"), ...azureFlags(), "--granted-to", GUID, "--force"], 2, () =>
      `CONFIG_INVALID: --out ${at("acme.credentials.json")} is ${at("acme.credentials.json")}, which this command reads: choose another --out.`],
    ["not to be checked", () => [name, ...common("o", "usa"), "--granted-to", "x", "--no-check"], 2, () => "CONFIG_INVALID: unknown option '--no-check' (see byok --help)"],
    ["nonsense to wait", () => [name, ...common("o", "usa"), "--granted-to", "a@b.iam.gserviceaccount.com", "--wait", "soon"], 2, () =>
      'CONFIG_INVALID: --wait "soon" is no duration up to a day: write 90s, 10m or 1h.'],
  ])("%s", async (_what, args, code, message) => {
    const before = await describeTree(place);
    aws.sandbox.aws.clearCalls();
    gcp.google.clearCalls();
    const result = await byok(["descriptor", "create", ...args()], { env });
    expect(result.code).toBe(code);
    expect(result.err.split("\n")).toContain(`byok: ${message()}`);
    expect(result.out).toBe("");
    expect(await describeTree(place)).toEqual(before);
    expect([aws.serviceCalls(), gcp.serviceCalls()]).toEqual([[], []]);
  });
});
