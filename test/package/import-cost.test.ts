import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

const DIST = join(__dirname, "../../dist");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "byok-imports-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Notes every ES module that is loaded: require.cache has none of them. Runs on Node's loader thread. */
const NOTE_MODULES = `
  import { appendFileSync } from "node:fs";
  export async function load(url, context, next) {
    if (url.startsWith("file:")) appendFileSync(process.env.LOADED_MODULES, url + "\\n");
    return next(url, context);
  }
`;
const REGISTER = `import { register } from "node:module"; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(NOTE_MODULES)}`)});`;

/** Runs CommonJS code in a new process and returns which npm packages it has loaded from node_modules by then. */
function packagesLoadedBy(code: string): string[] {
  const noted = join(folder, "modules");
  writeFileSync(noted, "");
  const program = `(async () => { ${code} })().then(() => { process.stdout.write(JSON.stringify(Object.keys(require.cache))); })`;
  const loader = `data:text/javascript,${encodeURIComponent(REGISTER)}`;
  const required = execFileSync(process.execPath, ["--import", loader, "-e", program], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "", LOADED_MODULES: noted },
  });
  const files = [...(JSON.parse(required) as string[]), ...readFileSync(noted, "utf8").split("\n")];
  const names = files.flatMap((file) => {
    const inside = file.split("/node_modules/").at(-1) ?? file;
    return inside === file ? [] : [inside.split("/").slice(0, inside.startsWith("@") ? 2 : 1).join("/")];
  });
  return [...new Set(names)].sort();
}

const runtime = JSON.stringify(join(DIST, "runtime/index.js"));
const useLocalKeys = `
  const byok = require(${runtime});
  await byok.createLocalKeyFile("tenant.key");
  await byok.createLocalKeyFile("service.key");
  const masterKeys = [{ schema: 1, provider: "local", tenant: "acme", datacenter: "eu", grantedTo: "x", path: "tenant.key" }];
  const access = { masterKeys, serviceKey: { file: "service.key" }, mode: "development" };
  const sealedSecret = await byok.createSecret({ tenant: "acme", ...access });
  const encryptor = await byok.Encryptor.open({ ...access, sealedSecret });
  await encryptor.decrypt((await encryptor.encrypt(Buffer.from("x"), { resource: "r" })).ciphertext);
  await encryptor.close();
`;
const makeCredentials = `
  const byok = require(${runtime});
  const file = "credentials-" + process.pid + ".key";
  await byok.createLocalKeyFile(file);
  const serviceKey = await byok.openServiceKey({ file }, { mode: "development" });
  const sealed = await byok.createApplicationCredentials({ tenant: "acme", serviceKey });
  await byok.openApplicationCredentials(sealed, serviceKey);
`;
/** Opens a tenant's key, which contacts nothing. */
function opening(descriptor: object, credentials: object = {}): string {
  const common = { schema: 1, tenant: "acme", datacenter: "eu" };
  const options = { mode: "production", role: "tenant", credentials };
  return `
    const byok = require(${runtime});
    await byok.openMasterKey(${JSON.stringify({ ...common, ...descriptor })}, ${JSON.stringify(options)});
  `;
}
const openAwsKey = opening({
  provider: "aws-kms", grantedTo: "arn:aws:iam::201720642051:root",
  keyArn: "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555", aliasName: "alias/x",
});
const openGcpKey = opening({
  provider: "gcp-kms", grantedTo: "serviceAccount:byok@service-project.iam.gserviceaccount.com",
  keyName: "projects/acme-backup-keys/locations/europe-west4/keyRings/r/cryptoKeys/k",
});

/** A key in Azure needs a certificate that signs in: made here, and forgotten. */
const openAzureKey = `
  ${makeCredentials}
  const [pem] = await byok.openApplicationCredentials(sealed, serviceKey);
  const { thumbprint, notAfter } = sealed.credentials[0];
  await byok.openMasterKey({
    schema: 1, tenant: "acme", datacenter: "eu", provider: "azure-key-vault", operation: "encrypt",
    grantedTo: "33333333-3333-4333-8333-333333333333", keyUri: "https://acme.vault.azure.net/keys/k",
    entraTenantId: "11111111-1111-4111-8111-111111111111", clientId: "22222222-2222-4222-8222-222222222222",
    certificateThumbprint: thumbprint, certificateNotAfter: notAfter,
  }, { mode: "production", role: "tenant", credentials: { "azure-key-vault": [pem] } });
`;

describe("what the built package loads", () => {
  test.each([
    ["importing ./runtime", `require(${runtime})`, []],
    ["encrypting under local keys", useLocalKeys, []],
    ["opening a key in AWS KMS", openAwsKey, ["@aws-sdk/client-kms"]],
    ["opening a key in Google Cloud KMS", openGcpKey, ["@google-cloud/kms"]],
    ["importing ./sandbox", `require(${JSON.stringify(join(DIST, "sandbox/index.js"))})`, []],
  ])("%s: cloud and Pulumi SDKs", (_what, code, expected) => {
    const loaded = packagesLoadedBy(code);
    const clouds = loaded.filter((name) => /^@pulumi\/|^@aws-sdk\/client-|^@google-cloud\/|^@azure\//.test(name));
    expect(clouds).toEqual(expected);
    expect(loaded.filter((name) => name.startsWith("@peculiar/"))).toEqual([]);
  });

  test.each<[string, string, boolean]>([
    ["importing ./runtime", `require(${runtime})`, false],
    ["making application credentials", makeCredentials, true],
  ])("%s: the library that makes certificates", (_what, code, expected) => {
    expect(packagesLoadedBy(code).some((name) => name.startsWith("@peculiar/") || name === "reflect-metadata")).toBe(expected);
  });

  test("opening a key in Azure Key Vault: Azure's SDKs alone", () => {
    const loaded = packagesLoadedBy(openAzureKey);
    expect(loaded.filter((name) => /^@pulumi\/|^@aws-sdk\/|^@google-cloud\//.test(name))).toEqual([]);
    expect(loaded).toEqual(expect.arrayContaining(["@azure/identity", "@azure/keyvault-keys"]));
  });

  test.each([
    ["aws", ["@pulumi/aws", "@pulumi/pulumi"]],
    ["gcp", ["@pulumi/gcp", "@pulumi/pulumi"]],
    ["azure", ["@pulumi/azure-native", "@pulumi/azuread", "@pulumi/pulumi"]],
  ])("./%s loads Pulumi and its SDKs of that cloud, and no other's", (cloud, expected) => {
    const loaded = packagesLoadedBy(`require(${JSON.stringify(join(DIST, "components", cloud, "index.js"))})`);
    expect(loaded.filter((name) => /^@pulumi\/|^@aws-sdk\/client-|^@google-cloud\/|^@azure\//.test(name))).toEqual(expected);
  });
});
