import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { CreateAliasCommand, CreateKeyCommand, DecryptCommand, DescribeKeyCommand, EncryptCommand, RotateKeyOnDemandCommand } from "@aws-sdk/client-kms";

import { readSandboxFile, type Sandbox, SandboxClient, startSandbox } from "../../sandbox/index.js";
import { clientOf, keyPolicy, refusal, SERVICE, temporaryDirectory, TENANT } from "./fixtures.js";

let directory: ReturnType<typeof temporaryDirectory>;
let sandbox: Sandbox;

beforeEach(async () => {
  directory = temporaryDirectory();
  sandbox = await startSandbox({ directory: directory.path, clouds: ["aws"] });
});
afterEach(async () => {
  await sandbox.close();
  directory.remove();
});

const GRANT = { Effect: "Allow", Principal: { AWS: SERVICE }, Action: ["kms:Encrypt", "kms:Decrypt"], Resource: "*" };

async function createKey(): Promise<string> {
  const client = clientOf(sandbox, sandbox.aws.deployer());
  const { KeyMetadata } = await client.send(new CreateKeyCommand({ Policy: keyPolicy(GRANT) }));
  client.destroy();
  return KeyMetadata?.Arn ?? "";
}

describe("the directory", () => {
  test("keys, aliases, material, identities and who is signed in survive a restart", async () => {
    const arn = await createKey();
    const identity = sandbox.aws.service();
    const before = clientOf(sandbox, identity);
    const tenant = clientOf(sandbox, sandbox.aws.deployer());
    const { CiphertextBlob } = await before.send(new EncryptCommand({ KeyId: arn, Plaintext: Buffer.from("x"), EncryptionContext: { a: "b" } }));
    await tenant.send(new RotateKeyOnDemandCommand({ KeyId: arn }));
    await tenant.send(new CreateAliasCommand({ AliasName: "alias/kept", TargetKeyId: arn }));
    sandbox.aws.signIn({ account: "444455556666" });
    sandbox.aws.revoke({ by: "disable" });
    await sandbox.close();

    sandbox = await startSandbox({ directory: directory.path, clouds: ["aws"] });
    expect(sandbox.aws.service()).toEqual(identity);
    expect(sandbox.aws.deployer().account).toBe("444455556666");
    sandbox.aws.restore();
    const after = clientOf(sandbox, identity);
    const opened = await after.send(new DecryptCommand({ KeyId: arn, CiphertextBlob, EncryptionContext: { a: "b" } }));
    expect(Buffer.from(opened.Plaintext ?? []).toString()).toBe("x");
    expect(sandbox.aws.status().keys).toMatchObject([{ keyArn: arn, aliases: ["alias/kept"], materials: 2 }]);
    for (const client of [before, tenant, after]) client.destroy();
  });

  test("only the owner can read it", () => {
    expect(statSync(directory.path).mode & 0o777).toBe(0o700);
    for (const name of ["aws.json", "sandbox.json"]) expect(statSync(join(directory.path, name)).mode & 0o777).toBe(0o600);
  });

  test("one sandbox at a time, and the error names the holder", async () => {
    await expect(startSandbox({ directory: directory.path, clouds: ["aws"] })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: `The sandbox directory ${directory.path} is in use by process ${process.pid}. Stop that sandbox first, or start this one in another directory.`,
    });
  });

  test("a lock left by a dead process is taken over, a living one's is not", async () => {
    await sandbox.close();
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    const lock = join(directory.path, "lock");
    writeFileSync(lock, JSON.stringify({ pid: child.pid, started: null }));
    await expect(startSandbox({ directory: directory.path, clouds: ["aws"] })).rejects.toMatchObject({ message: expect.stringContaining(`in use by process ${child.pid ?? ""}`) });
    child.kill("SIGKILL");
    await once(child, "exit");
    sandbox = await startSandbox({ directory: directory.path, clouds: ["aws"] });
    expect(JSON.parse(readFileSync(lock, "utf8"))).toMatchObject({ pid: process.pid });
  });

  test("somebody else's state is refused, and the directory given back", async () => {
    await sandbox.close();
    writeFileSync(join(directory.path, "aws.json"), '{"schema":99}');
    await expect(startSandbox({ directory: directory.path, clouds: ["aws"] })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(existsSync(join(directory.path, "lock"))).toBe(false);
    writeFileSync(join(directory.path, "aws.json"), "{");
    await expect(startSandbox({ directory: directory.path, clouds: ["aws"] })).rejects.toMatchObject({ message: expect.stringContaining("was not written by this version") });
  });

  test("states of earlier versions are taken as they are: what those did not write is empty", async () => {
    await sandbox.close();
    const later = { "aws.json": ["grants", "resources"], "azure.json": ["resources", "locks"], "gcp.json": ["notificationChannels", "alertPolicies"] };
    sandbox = await startSandbox({ directory: directory.path });
    const identity = sandbox.aws.service();
    await sandbox.close();
    for (const [name, members] of Object.entries(later)) {
      const path = join(directory.path, name);
      const state = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
      expect(Object.keys(state)).toEqual(expect.arrayContaining(members));
      writeFileSync(path, JSON.stringify(Object.fromEntries(Object.entries(state).filter(([member]) => !members.includes(member)))));
    }
    sandbox = await startSandbox({ directory: directory.path });
    expect(sandbox.aws.service()).toEqual(identity);
    expect(await createKey()).toMatch(/^arn:aws:kms:/);
    expect(sandbox.aws.resources()).toEqual([]);
    const client = SandboxClient.fromFile(sandbox.file);
    expect(await client.act("azure.resources", {})).toEqual([]);
    expect(await client.act("gcp.monitoring", {})).toEqual({ notificationChannels: [], alertPolicies: [] });
  });

  test("a port in use is named", async () => {
    const { port } = new URL(sandbox.endpoints["aws-kms"]);
    const other = temporaryDirectory();
    await expect(startSandbox({ directory: other.path, port: Number(port) })).rejects.toMatchObject({
      code: "CONFIG_INVALID", message: expect.stringContaining(`cannot listen on 127.0.0.1:${port}`),
    });
    expect(existsSync(join(other.path, "lock"))).toBe(false);
    other.remove();
  });
});

describe("the tenant", () => {
  test("withdraws the grant and gives it back, byte for byte", async () => {
    const arn = await createKey();
    const client = clientOf(sandbox, sandbox.aws.service());
    const encrypt = (): Promise<unknown> => client.send(new EncryptCommand({ KeyId: arn, Plaintext: Buffer.from("x") }));
    await encrypt();
    expect(sandbox.aws.revoke({ by: "grant" })).toMatchObject({ keyArn: arn, state: "Enabled", grantedTo: [], revoked: true });
    await expect(refusal(encrypt())).resolves.toMatchObject({ name: "AccessDeniedException" });
    expect(() => sandbox.aws.revoke({ by: "grant" })).toThrow("names nobody outside its account");
    sandbox.aws.revoke({ by: "disable" });
    sandbox.aws.scheduleDeletion({ days: 7 });
    await expect(refusal(encrypt())).resolves.toMatchObject({ name: "AccessDeniedException" });
    expect(sandbox.aws.restore()).toMatchObject({ state: "Enabled", grantedTo: [SERVICE], revoked: false });
    await encrypt();
    expect(() => sandbox.aws.restore()).toThrow("nothing to restore");
    client.destroy();
  });

  test("disables and enables", async () => {
    const arn = await createKey();
    const client = clientOf(sandbox, sandbox.aws.service());
    sandbox.aws.revoke({ by: "disable" });
    await expect(refusal(client.send(new EncryptCommand({ KeyId: arn, Plaintext: Buffer.from("x") })))).resolves.toMatchObject({ name: "DisabledException" });
    sandbox.aws.restore();
    await client.send(new EncryptCommand({ KeyId: arn, Plaintext: Buffer.from("x") }));
    expect(sandbox.aws.calls().map((call) => [call.operation, call.principal])).toContainEqual(["DisableKey", `arn:aws:sts::${TENANT}:assumed-role/deployer/pulumi`]);
    client.destroy();
  });

  test("must say which key if there are several", async () => {
    expect(() => sandbox.aws.rotate()).toThrow("no keys yet");
    const first = await createKey();
    const second = await createKey();
    expect(() => sandbox.aws.rotate()).toThrow(`The sandbox has 2 keys. Name one with --key:\n  ${first} (Enabled)\n  ${second} (Enabled)`);
    expect(sandbox.aws.rotate({ keyArn: second }).materials).toBe(2);
    expect(() => sandbox.aws.rotate({ keyArn: "x" })).toThrow("x is not the ARN of a key");
  });
});

describe("the control endpoint", () => {
  test("plays the same acts", async () => {
    const arn = await createKey();
    const control = SandboxClient.fromFile(sandbox.file);
    await expect(control.act("revoke", { by: "disable" })).resolves.toMatchObject({ provider: "aws-kms", keyId: arn, state: "Disabled" });
    await expect(control.act("status", {})).resolves.toEqual({ keys: sandbox.tenants.keys() });
    await expect(control.act("aws.status", {})).resolves.toEqual(sandbox.aws.status());
    await control.act("restore", {});
    await control.act("aws.injectFault", { operation: "DescribeKey", error: "ThrottlingException", times: 1 });
    const client = clientOf(sandbox, (await control.act("deployers", {})).aws);
    await expect(refusal(client.send(new DescribeKeyCommand({ KeyId: arn })))).resolves.toMatchObject({ name: "ThrottlingException" });
    expect((await control.act("aws.calls", {})).at(-1)).toMatchObject({ operation: "DescribeKey", outcome: "ThrottlingException" });
    client.destroy();
  });

  test("refuses strangers and nonsense", async () => {
    const { control, controlToken } = readSandboxFile(sandbox.file);
    await expect(new SandboxClient({ control, controlToken: "x".repeat(43) }).act("status", {})).rejects.toMatchObject({
      code: "CONFIG_INVALID", message: "The control token is not this sandbox's.",
    });
    const trusted = new SandboxClient({ control, controlToken });
    await expect(trusted.act("aws.signIn", { account: "12" })).rejects.toMatchObject({ message: '"12" is not an AWS account id: those have 12 digits.' });
    await expect(trusted.act("revoke", { by: "magic" } as never)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  test("says so when no sandbox runs", async () => {
    const client = SandboxClient.fromFile(sandbox.file);
    await sandbox.close();
    await expect(client.act("status", {})).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringContaining("byok sandbox start") });
    expect(() => readSandboxFile(join(directory.path, "none.json"))).toThrow("There is no sandbox at");
  });
});

describe("clouds", () => {
  test("aws alone: no other endpoint, and acts on another cloud say how to get it", async () => {
    expect(sandbox.clouds).toEqual(["aws"]);
    expect(Object.keys(sandbox.endpoints)).toEqual(["aws-kms"]);
    expect(() => sandbox.gcp).toThrow("This sandbox runs without gcp: start it with gcp among its clouds, and @google-cloud/kms installed.");
    await expect(SandboxClient.fromFile(sandbox.file).act("gcp.status", {})).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(() => sandbox.azure).toThrow("This sandbox runs without azure: start it with azure among its clouds.");
  });

  test("all of them: an endpoint each, one CA for those with TLS, the service's credentials in the environment", async () => {
    await sandbox.close();
    sandbox = await startSandbox({ directory: directory.path });
    expect(sandbox.clouds).toEqual(["aws", "gcp", "azure"]);
    const { endpoints } = readSandboxFile(sandbox.file);
    expect(endpoints).toEqual(sandbox.endpoints);
    expect(endpoints["gcp-kms"]).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(endpoints["azure-key-vault"]).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(endpoints.entra).toBe(endpoints["azure-key-vault"]);
    expect(endpoints.certificateAuthority).toMatch(/^-----BEGIN CERTIFICATE-----/);
    const keyFile = sandbox.environment["GOOGLE_APPLICATION_CREDENTIALS"] ?? "";
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(keyFile, "utf8"))).toMatchObject({ type: "service_account", client_email: sandbox.gcp.service().email });
    await expect(SandboxClient.fromFile(sandbox.file).act("gcp.status", {})).resolves.toEqual(sandbox.gcp.status());
    await expect(SandboxClient.fromFile(sandbox.file).act("azure.status", {})).resolves.toEqual(sandbox.azure.status());
  });
});
