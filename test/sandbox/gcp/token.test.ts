import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFileSync, statSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { KeyManagementServiceClient } from "@google-cloud/kms";
import { credentials } from "@grpc/grpc-js";
import { GoogleAuth } from "google-auth-library";

import { clientOf, createKey, enableCloudKms, type GcpFixture, gcpFixture, type Refusal, refusal, SERVICE, SERVICE_ACCOUNT, TENANT_PROJECT } from "./fixtures.js";

interface KeyFile {
  readonly client_email: string;
  readonly private_key: string;
  readonly private_key_id: string;
}

let fixture: GcpFixture;
let name: string;
let key: KeyFile;
const clients: KeyManagementServiceClient[] = [];

beforeAll(async () => {
  fixture = await gcpFixture();
  await enableCloudKms(fixture, TENANT_PROJECT);
  name = await createKey(fixture, "key", { grant: [SERVICE] });
  key = JSON.parse(readFileSync(fixture.gcp.keyFile("service"), "utf8")) as KeyFile;
});
afterAll(async () => {
  for (const client of clients) await client.close();
  await fixture.close();
});

const service = "cloudkms.googleapis.com";
const SEE = "Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";
const unauthenticated = (reason: string, message = "Request had invalid authentication credentials."): object => ({
  code: 16, details: `${message} ${SEE}`, reason, statusDetails: [{ reason, domain: "googleapis.com", metadata: { service } }],
});

/** The official client with an Authorization header of the test's own. */
function withHeader(authorization: string | undefined): KeyManagementServiceClient {
  const channel = credentials.createSsl(Buffer.from(fixture.tls.certificateAuthority));
  const token = credentials.createFromGoogleCredential({ getRequestHeaders: async () => (authorization === undefined ? {} : { authorization }) });
  const client = new KeyManagementServiceClient({
    apiEndpoint: "127.0.0.1", port: Number(new URL(fixture.gcp.endpoint).port), sslCreds: credentials.combineChannelCredentials(channel, token),
    auth: new GoogleAuth({ keyFile: fixture.gcp.keyFile("service") }), "grpc.ssl_target_name_override": "localhost",
  });
  clients.push(client);
  return client;
}
const asked = (authorization: string | undefined): Promise<Refusal> => refusal(withHeader(authorization).encrypt({ name, plaintext: Buffer.from("x") }));

const NOW = Math.floor(Date.now() / 1000);
/** A self-signed JWT as google-auth-library makes it, with changes. */
function jwt(claims: object = {}, header: object = {}, signer: string | KeyObject = key.private_key): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  const body = { iss: SERVICE_ACCOUNT, sub: SERVICE_ACCOUNT, aud: `https://${service}/`, iat: NOW, exp: NOW + 3600, ...claims };
  const signed = `${encode({ alg: "RS256", typ: "JWT", kid: key.private_key_id, ...header })}.${encode(body)}`;
  return `Bearer ${signed}.${createSign("RSA-SHA256").update(signed).sign(signer).toString("base64url")}`;
}

test("a key file has Google's members and its owner's eyes only", () => {
  const file = fixture.gcp.keyFile("service");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
    type: "service_account", project_id: "afi-production", private_key_id: expect.stringMatching(/^[0-9a-f]{40}$/),
    private_key: expect.stringMatching(/^-----BEGIN PRIVATE KEY-----/), client_email: SERVICE_ACCOUNT, client_id: expect.stringMatching(/^[1-9][0-9]{20}$/),
    auth_uri: "https://accounts.google.com/o/oauth2/auth", token_uri: "https://oauth2.googleapis.com/token",
    auth_provider_x509_cert_url: "https://www.googleapis.com/oauth2/v1/certs",
    client_x509_cert_url: "https://www.googleapis.com/robot/v1/metadata/x509/storage-byok%40afi-production.iam.gserviceaccount.com",
    universe_domain: "googleapis.com",
  });
});

describe("accepted", () => {
  test.each<[string, () => string]>([
    ["the service's audience", () => jwt()],
    ["the host that was dialled", () => jwt({ aud: `${fixture.gcp.endpoint}/google.cloud.kms.v1.KeyManagementService` })],
    ["a scope of all", () => jwt({ aud: undefined, scope: "openid https://www.googleapis.com/auth/cloud-platform" })],
    ["Cloud KMS' own scope", () => jwt({ aud: undefined, scope: "https://www.googleapis.com/auth/cloudkms" })],
  ])("%s", async (_, token) => {
    await expect(withHeader(token()).encrypt({ name, plaintext: Buffer.from("x") })).resolves.toBeDefined();
  });
});

describe("refused", () => {
  const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const UNSUPPORTED = "ACCESS_TOKEN_TYPE_UNSUPPORTED";

  test("no token at all", async () => {
    await expect(asked(undefined)).resolves.toEqual(unauthenticated("CREDENTIALS_MISSING", "Request is missing required authentication credential."));
  });

  test.each<[string, () => string, string]>([
    ["an opaque token", () => "Bearer ya29.nobody-issued-this", UNSUPPORTED],
    ["another scheme", () => "Basic c3RvcmFnZTpieW9r", UNSUPPORTED],
    ["another key's signature", () => jwt({}, {}, stranger), UNSUPPORTED],
    ["an unknown key id", () => jwt({}, { kid: "0".repeat(40) }), UNSUPPORTED],
    ["no signature algorithm", () => jwt({}, { alg: "none" }), UNSUPPORTED],
    ["an account that does not exist", () => jwt({ iss: "nobody@afi-production.iam.gserviceaccount.com", sub: undefined }), UNSUPPORTED],
    ["somebody else's name", () => jwt({ iss: "deployer@acme-backup-keys.iam.gserviceaccount.com", sub: "deployer@acme-backup-keys.iam.gserviceaccount.com" }), UNSUPPORTED],
    ["in somebody else's place", () => jwt({ sub: "deployer@acme-backup-keys.iam.gserviceaccount.com" }), UNSUPPORTED],
    ["another service's audience", () => jwt({ aud: "https://storage.googleapis.com/" }), UNSUPPORTED],
    ["neither audience nor scope", () => jwt({ aud: undefined }), UNSUPPORTED],
    ["longer than an hour", () => jwt({ exp: NOW + 7200 }), UNSUPPORTED],
    ["not yet", () => jwt({ iat: NOW + 600, exp: NOW + 1200 }), UNSUPPORTED],
    ["not any more", () => jwt({ iat: NOW - 3600, exp: NOW - 1 }), "ACCESS_TOKEN_EXPIRED"],
  ])("%s", async (_, token, reason) => {
    await expect(asked(token())).resolves.toEqual(unauthenticated(reason));
  });

  test("a scope that does not cover Cloud KMS", async () => {
    await expect(asked(jwt({ aud: undefined, scope: "https://www.googleapis.com/auth/devstorage.read_only" }))).resolves.toMatchObject({
      code: 7, details: "Request had insufficient authentication scopes.", reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    });
  });

  test("a disabled account, until it is enabled again; the log says who it was not", async () => {
    const { sandbox } = fixture.gcp;
    sandbox.clearCalls();
    sandbox.disableServiceAccount({ name: "service", disabled: true });
    await expect(asked(jwt())).resolves.toEqual(unauthenticated("ACCOUNT_STATE_INVALID"));
    sandbox.disableServiceAccount({ name: "service", disabled: false });
    await expect(withHeader(jwt()).encrypt({ name, plaintext: Buffer.from("x") })).resolves.toBeDefined();
    expect(sandbox.calls().map(({ principal, status }) => [principal, status])).toEqual([[undefined, "UNAUTHENTICATED"], [SERVICE_ACCOUNT, "OK"]]);
  });

  test("over REST, in REST's form", async () => {
    const answer = await fixture.rest("service", "GET", "/v3/projects/acme-backup-keys");
    expect(answer).toEqual({
      status: 403,
      body: {
        error: {
          code: 403, status: "PERMISSION_DENIED",
          message: "Permission 'resourcemanager.projects.get' denied on resource 'projects/acme-backup-keys' (or it may not exist).",
          details: [{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "IAM_PERMISSION_DENIED", domain: "cloudresourcemanager.googleapis.com",
            metadata: { permission: "resourcemanager.projects.get", resource: "projects/acme-backup-keys" },
          }],
        },
      },
    });
  });
});

test("a client with nothing but a key file signs in, also when the key file outlives a restart", async () => {
  const file = fixture.gcp.keyFile("service");
  const before = readFileSync(file, "utf8");
  const gcp = await fixture.restart();
  expect(readFileSync(gcp.keyFile("service"), "utf8")).toBe(before);
  const client = clientOf(gcp, fixture.tls.certificateAuthority, file);
  clients.push(client);
  await expect(client.encrypt({ name, plaintext: Buffer.from("x") })).resolves.toBeDefined();
});
