/** @jest-environment ./test/runtime/one-realm-environment.ts */
/** A tenant in three clouds at once, by the commands as they stand in a shell. The SDKs are real, the clouds the sandbox's. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type MasterKeyDescriptor, type SealedApplicationCredentials, type SealedSecret } from "../../../runtime/index.js";
import { type AwsKmsDescriptor, type AzureKeyVaultDescriptor, type GcpKmsDescriptor } from "../../../runtime/master-key/descriptor.js";
import { AZURE_HOSTS } from "../../../sandbox/azure/index.js";
import { issueServerTls } from "../../../sandbox/certificate-authority.js";
import { startTestSandbox, type TestSandbox } from "../aws-sandbox.js";
import { startTestAzureSandbox, type TestAzureSandbox } from "../azure-sandbox.js";
import { startTestGcpSandbox, type TestGcpSandbox } from "../gcp-sandbox.js";
import { describeTree, fillFolder, newFolder, removeFolders } from "./fixture.js";
import { byok, type Result } from "./in-process.js";

let place: string;
let aws: TestSandbox;
let gcp: TestGcpSandbox;
let azure: TestAzureSandbox;
let onAws: AwsKmsDescriptor;
let onGoogle: GcpKmsDescriptor;
let onAzure: AzureKeyVaultDescriptor;
const environment = { ...process.env };
const at = (name: string): string => join(place, name);
const json = async <T>(name: string): Promise<T> => JSON.parse(await readFile(at(name), "utf8")) as T;

const SERVICE_KEY = (): string[] => ["--service-key", `file:${at("service.key")}`];
const KEYS = (): string[] => ["--descriptor", at("keys.json"), ...SERVICE_KEY(), "--credentials", at("credentials.json")];
const SECRET = (): string[] => ["--secret", at("secret.json")];
let outputs = 0;

beforeAll(async () => {
  place = await newFolder();
  await mkdir(at("sandboxes"));
  await mkdir(at("data"));
  await fillFolder(at("data"));
  // One certificate for both, as in the sandbox that `byok sandbox start` starts.
  const tls = await issueServerTls({ dns: ["localhost", ...AZURE_HOSTS], ip: ["127.0.0.1"] });
  [aws, gcp, azure] = await Promise.all([
    startTestSandbox(at("sandboxes")),
    startTestGcpSandbox({ tls }),
    startTestAzureSandbox(at("sandboxes"), { tls }),
  ]);
  await writeFile(at("sandbox.json"), JSON.stringify({ schema: 1, endpoints: { ...azure.endpoints, ...gcp.endpoints, ...aws.endpoints } }));
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

  // In Azure's order: the certificate first, then the application that it is registered with.
  await ok(run(["credentials", "create", "--tenant", "acme", ...SERVICE_KEY(), "--out", at("credentials.json")]));
  const { credentials } = await json<SealedApplicationCredentials>("credentials.json");
  [onAws, onGoogle, onAzure] = await Promise.all([
    aws.createKey("acme"),
    gcp.createKey("acme"),
    azure.createKey("acme", { certificates: credentials.map(({ certificate }) => ({ certificate, privateKey: "" })) }),
  ]);
});

afterAll(async () => {
  process.env = environment;
  await Promise.all([aws.close(), gcp.close(), azure.close()]);
  await removeFolders();
});

function run(args: readonly string[]): Promise<Result> {
  return byok(args, { env: { BYOK_SANDBOX: at("sandbox.json") } });
}

async function ok(result: Promise<Result>): Promise<Result> {
  const { code, err, out } = await result;
  if (code !== 0) throw new Error(`exit code ${code}: ${err}`);
  return { code, err, out };
}

async function restored(from: string, ...more: string[]): Promise<Record<string, string>> {
  outputs += 1;
  await ok(run(["decrypt", at(from), ...SECRET(), ...KEYS(), ...more, "--out", at(`restored-${outputs}`)]));
  return describeTree(at(`restored-${outputs}`));
}

const decrypt = (from: string): Promise<Result> => run(["decrypt", at(from), ...SECRET(), ...KEYS(), "--out", at("refused")]);

describe("a Secret in three clouds", () => {
  test("made in Azure alone, by hand: the descriptor is checked and comes out", async () => {
    const flags = ["--tenant", "acme", "--datacenter", "eu", "--granted-to", onAzure.grantedTo, "--entra-tenant", onAzure.entraTenantId, "--client-id", onAzure.clientId];
    const result = await ok(run(["descriptor", "create", onAzure.keyUri, ...flags, "--credentials", at("credentials.json"), ...SERVICE_KEY(), "--out", at("azure.json")]));
    expect(result.out).toContain("  ok     round-trip: a random share was wrapped and unwrapped\n");
    const { credentials } = await json<SealedApplicationCredentials>("credentials.json");
    expect(await json("azure.json")).toEqual([{ ...onAzure, certificateNotAfter: credentials[0]?.notAfter }]);
    await copyFile(at("azure.json"), at("keys.json"));
    await ok(run(["secret", "create", "--tenant", "acme", ...KEYS(), "--out", at("secret.json")]));
    await ok(run(["encrypt", at("data"), ...SECRET(), ...KEYS(), "--out", at("first.byok")]));
    expect(await restored("first.byok")).toEqual(await describeTree(at("data")));
  });

  test("two more keys are added: what was encrypted before opens, and all of them work", async () => {
    const [azureDescriptor] = await json<MasterKeyDescriptor[]>("azure.json");
    await writeFile(at("keys.json"), JSON.stringify([azureDescriptor, onAws, onGoogle]));
    await ok(run(["verify", ...KEYS()]));
    await ok(run(["secret", "add-key", ...SECRET(), ...KEYS()]));
    expect((await json<SealedSecret>("secret.json")).masterKeys.map(({ provider }) => provider)).toEqual(["azure-key-vault", "aws-kms", "gcp-kms"]);
    await ok(run(["encrypt", at("data"), ...SECRET(), ...KEYS(), "--out", at("second.byok")]));
    for (const folder of ["first.byok", "second.byok"]) expect(await restored(folder)).toEqual(await describeTree(at("data")));
  });

  test("rotated in Azure and Google: shown, followed, and old versions are not needed any more", async () => {
    gcp.google.rotate(onGoogle.keyName);
    azure.azure.rotate(onAzure.keyUri);
    const [oldAzure, , oldGoogle] = (await json<SealedSecret>("secret.json")).masterKeys;
    const due = await ok(run(["secret", "show", ...SECRET(), ...KEYS()]));
    expect(due.out.match(/a re-wrap is due/g)?.length).toBe(2);
    expect(due.out).toContain("Azure destroys no single version: disable there what is not needed, which can be undone.\n");
    const rewrapped = await ok(run(["secret", "rewrap", ...SECRET(), ...KEYS()]));
    expect(rewrapped.out).toContain(`  master key  gcp-kms ${onGoogle.keyName}: version 1 -> 2\n`);
    expect(rewrapped.out).toMatch(new RegExp(`${onAzure.keyUri}: version ${oldAzure?.keyVersion ?? ""} -> [0-9a-f]{32}\n`));
    expect(rewrapped.out).toContain(`  master key  aws-kms ${onAws.keyArn}: shows no versions`);
    const shown = await ok(run(["secret", "show", ...SECRET(), ...KEYS(), "--json"]));
    expect(JSON.parse(shown.out)).toMatchObject({ checked: true, rewrapDue: false, keys: [{ rewrapDue: false }, { rewrapDue: false }, { rewrapDue: false }, { role: "service" }] });
    gcp.google.destroyVersion(onGoogle.keyName, oldGoogle?.keyVersion ?? "");
    azure.azure.disableVersion(onAzure.keyUri, oldAzure?.keyVersion ?? "");
    for (const folder of ["first.byok", "second.byok"]) expect(await restored(folder)).toEqual(await describeTree(at("data")));
  });

  test("one cloud cannot be reached: service goes on; all are out: it does not", async () => {
    aws.sandbox.aws.injectFault({ operation: "Decrypt", error: "KMSInternalException" });
    expect(await restored("second.byok")).toEqual(await describeTree(at("data")));
    gcp.google.injectFault({ operation: "Decrypt", error: "UNAVAILABLE" });
    expect(await restored("second.byok")).toEqual(await describeTree(at("data")));
    azure.azure.injectFault({ operation: "KeyDecrypt", error: "ServiceUnavailable" });
    expect(await decrypt("second.byok")).toMatchObject({ code: 4, err: expect.stringContaining("byok: UNAVAILABLE: ") as unknown });
    aws.sandbox.aws.clearFaults();
    gcp.google.clearFaults();
    azure.azure.clearFaults();
  });

  test("an outage of one hides no revocation by another, and is no reason to bridge it", async () => {
    azure.azure.injectFault({ operation: "KeyDecrypt", error: "ServiceUnavailable" });
    gcp.google.revoke(onGoogle.keyName, "disable");
    expect(await decrypt("second.byok")).toMatchObject({ code: 3, err: expect.stringContaining("byok: KEY_DISABLED: ") as unknown });
    azure.azure.clearFaults();
    gcp.google.restore(onGoogle.keyName);
  });

  test("a wrap taken out, and a validly made RSA wrap put in Azure's place: refused, and no KMS is asked", async () => {
    const sealed = await json<SealedSecret>("secret.json");
    // What anybody can do who has the public key: a real wrap by the real key, of another share.
    await ok(run(["secret", "create", "--tenant", "acme", ...KEYS(), "--out", at("other.secret.json")]));
    const other = await json<SealedSecret>("other.secret.json");
    const [theirs] = other.masterKeys;
    if (theirs === undefined) throw new Error("no wrap");
    aws.sandbox.aws.clearCalls();
    gcp.google.clearCalls();
    azure.azure.clearCalls();
    for (const masterKeys of [sealed.masterKeys.slice(0, 2), sealed.masterKeys.slice(1), [theirs, ...sealed.masterKeys.slice(1)]]) {
      await writeFile(at("forged.json"), JSON.stringify({ ...sealed, masterKeys }));
      expect(await run(["encrypt", at("data"), "--secret", at("forged.json"), ...KEYS(), "--out", at("refused")])).toMatchObject({
        code: 5,
        err: expect.stringContaining(`byok: TAMPERED: Secret ${sealed.secret} is refused: it is not as the service sealed it.`) as unknown,
      });
    }
    expect([aws.serviceCalls(), gcp.serviceCalls(), azure.vaultCalls()]).toEqual([[], [], []]);
  });

  test.each<[string, string, () => void, () => void]>([
    ["AWS", "KEY_DISABLED", () => { aws.sandbox.aws.revoke({ keyArn: onAws.keyArn, by: "disable" }); }, () => { aws.sandbox.aws.restore({ keyArn: onAws.keyArn }); }],
    ["Google", "ACCESS_DENIED", () => { gcp.google.revoke(onGoogle.keyName, "grant"); }, () => { gcp.google.restore(onGoogle.keyName); }],
    ["Azure", "ACCESS_DENIED", () => { azure.azure.revoke(onAzure.keyUri, "grant"); }, () => { azure.azure.restore(onAzure.keyUri); }],
  ])("revoked in %s: closed, also for what was encrypted before that key was added; given back: open", async (_cloud, code, revoke, restore) => {
    revoke();
    for (const folder of ["first.byok", "second.byok"]) {
      expect(await decrypt(folder)).toMatchObject({ code: 3, err: expect.stringContaining(`byok: ${code}: `) as unknown });
    }
    restore();
    expect(await restored("first.byok")).toEqual(await describeTree(at("data")));
    expect((await readdir(place)).filter((name) => name.startsWith("refused"))).toEqual([]);
  });

  test("a cloud is left: the next generation without it; old objects still need it", async () => {
    await ok(run(["secret", "remove-key", ...SECRET(), ...KEYS(), "--key", onAws.keyArn, "--out", at("2.json")]));
    await ok(run(["encrypt", at("data"), ...KEYS(), "--secret", at("2.json"), "--out", at("third.byok")]));
    aws.sandbox.aws.revoke({ keyArn: onAws.keyArn, by: "disable" });
    expect(await restored("third.byok", "--secret", at("2.json"))).toEqual(await describeTree(at("data")));
    expect(await run(["decrypt", at("second.byok"), ...KEYS(), "--secret", at("2.json"), "--out", at("refused")])).toMatchObject({ code: 3 });
    aws.sandbox.aws.restore({ keyArn: onAws.keyArn });
    // The object carries the wraps as they were when it was written: after the rotations the older generation's file opens it.
    expect(await restored("second.byok", "--secret", at("2.json"), "--older-secret", at("secret.json"))).toEqual(await describeTree(at("data")));
  });
});

describe("the certificate is rotated", () => {
  let twice: AzureKeyVaultDescriptor;
  test("with both registered, either descriptor works; when the old one is removed, the new one signs in", async () => {
    await ok(run(["credentials", "rotate", at("credentials.json"), ...SERVICE_KEY(), "--certificate-out", at("new.pem")]));
    const { credentials } = await json<SealedApplicationCredentials>("credentials.json");
    const [older, newer] = credentials;
    if (older === undefined || newer === undefined) throw new Error("not two certificates");
    twice = await azure.createKey("acme", { certificates: credentials.map(({ certificate }) => ({ certificate, privateKey: "" })) });
    const verify = async (descriptor: AzureKeyVaultDescriptor): Promise<Result> => {
      await writeFile(at("twice.json"), JSON.stringify([descriptor]));
      return run(["verify", "--descriptor", at("twice.json"), ...SERVICE_KEY(), "--credentials", at("credentials.json")]);
    };
    const after = { ...twice, certificateThumbprint: newer.thumbprint, certificateNotAfter: newer.notAfter };
    for (const descriptor of [{ ...twice, certificateThumbprint: older.thumbprint }, after]) expect(await verify(descriptor)).toMatchObject({ code: 0 });
    azure.azure.removeCertificate({ clientId: twice.clientId, thumbprint: older.thumbprint });
    for (const descriptor of [{ ...twice, certificateThumbprint: older.thumbprint }, after]) expect(await verify(descriptor)).toMatchObject({ code: 0 });
    await ok(run(["credentials", "rotate", at("credentials.json"), ...SERVICE_KEY(), "--drop-oldest"]));
    expect(await verify(after)).toMatchObject({ code: 0 });
  });

  test("neither is registered: APP_REJECTED, 3; the document of another service: refused before anybody is asked", async () => {
    for (const { thumbprint } of azure.azure.status().applications.find(({ clientId }) => clientId === twice.clientId)?.certificates ?? []) {
      azure.azure.removeCertificate({ clientId: twice.clientId, thumbprint });
    }
    const verify = ["verify", "--descriptor", at("twice.json"), ...SERVICE_KEY(), "--credentials", at("credentials.json")];
    expect(await run(verify)).toMatchObject({ code: 3, err: expect.stringContaining("byok: APP_REJECTED: ") as unknown });
    azure.azure.clearCalls();
    await rm(at("other.key"), { force: true });
    await ok(run(["credentials", "create", "--tenant", "acme", "--service-key", `file:${at("other.key")}`, "--out", at("other.json")]));
    expect(await run(["verify", "--descriptor", at("twice.json"), ...SERVICE_KEY(), "--credentials", at("other.json")])).toMatchObject({
      code: 4,
      err: expect.stringContaining("byok: SERVICE_CREDENTIALS: The certificates of the application could not be read: (WRONG_KEY) The private key of certificate ") as unknown,
    });
    expect(azure.azure.calls().filter(({ plane }) => plane === "entra")).toEqual([]);
  });
});
