import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { KMSClient, ListKeysCommand } from "@aws-sdk/client-kms";

import { type SandboxIdentity } from "../../../sandbox/index.js";
import { type Fixture, refusal, REGION, sandboxFixture, TENANT } from "../fixtures.js";

let fixture: Fixture;
let deployer: SandboxIdentity;

beforeAll(async () => {
  fixture = await sandboxFixture();
  deployer = fixture.sandbox.aws.deployer();
});
afterAll(() => fixture.close());

const list = (identity: SandboxIdentity): Promise<unknown> => fixture.client(identity).send(new ListKeysCommand({}));
const MISMATCH =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
const UNKNOWN = "The security token included in the request is invalid.";

test.each<[string, Partial<SandboxIdentity>, string, string]>([
  ["unknown access key", { accessKeyId: "AKIAUNKNOWNUNKNOWN22" }, "UnrecognizedClientException", UNKNOWN],
  ["session without its token", { sessionToken: undefined }, "UnrecognizedClientException", UNKNOWN],
  ["somebody else's token", { sessionToken: "dG9rZW4=" }, "UnrecognizedClientException", UNKNOWN],
  ["wrong secret", { secretAccessKey: "wrong" }, "InvalidSignatureException", MISMATCH],
])("%s", async (_, change, name, message) => {
  await expect(refusal(list({ ...deployer, ...change }))).resolves.toEqual({ name, message, status: 400 });
});

test("no signature at all", async () => {
  const response = await fetch(fixture.sandbox.endpoints["aws-kms"], {
    method: "POST",
    headers: { "x-amz-target": "TrentService.ListKeys", "content-type": "application/x-amz-json-1.1" },
    body: "{}",
  });
  expect(response.status).toBe(400);
  expect(response.headers.get("content-type")).toBe("application/x-amz-json-1.1");
  expect(response.headers.get("x-amzn-requestid")).toMatch(/^[0-9a-f-]{36}$/);
  await expect(response.json()).resolves.toEqual({ __type: "MissingAuthenticationTokenException", message: "Missing Authentication Token" });
});

/** A client that changes each request after it was signed. */
function tampering(change: (request: { body: string; headers: Record<string, string> }) => void): KMSClient {
  const client = fixture.client(deployer);
  client.middlewareStack.add(
    (next) => (args) => {
      change(args.request as { body: string; headers: Record<string, string> });
      return next(args);
    },
    { step: "finalizeRequest", priority: "low", name: "tamper" },
  );
  return client;
}

test("a body changed on its way", async () => {
  const client = tampering((request) => {
    request.body = '{"Limit":1}';
    request.headers["content-length"] = String(request.body.length);
  });
  await expect(refusal(client.send(new ListKeysCommand({})))).resolves.toMatchObject({ name: "InvalidSignatureException", message: MISMATCH });
});

test("an operation changed on its way", async () => {
  const client = tampering((request) => {
    request.headers["x-amz-target"] = "TrentService.CreateKey";
  });
  await expect(refusal(client.send(new ListKeysCommand({})))).resolves.toMatchObject({ name: "InvalidSignatureException", message: MISMATCH });
});

test.each([
  ["old", -10 * 60_000, /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$/],
  ["early", 10 * 60_000, /^Signature not yet current: \d{8}T\d{6}Z is still later than /],
])("a signature too %s", async (_, systemClockOffset, message) => {
  const { accessKeyId, secretAccessKey, sessionToken } = deployer;
  const client = new KMSClient({
    region: REGION, endpoint: fixture.sandbox.endpoints["aws-kms"], maxAttempts: 1, systemClockOffset,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
  });
  await expect(refusal(client.send(new ListKeysCommand({})))).resolves.toMatchObject({
    name: "InvalidSignatureException", message: expect.stringMatching(message),
  });
  client.destroy();
});

test("a credential scope of another service", async () => {
  const client = tampering(({ headers }) => {
    headers["authorization"] = (headers["authorization"] ?? "").replace("/kms/aws4_request", "/s3/aws4_request");
  });
  await expect(refusal(client.send(new ListKeysCommand({})))).resolves.toEqual({
    name: "InvalidSignatureException", message: "Credential should be scoped to correct service: 'kms'. ", status: 400,
  });
});

test("expired credentials, and renewed ones", async () => {
  fixture.sandbox.aws.expireCredentials({ name: deployer.name, expired: true });
  await expect(refusal(list(deployer))).resolves.toEqual({
    name: "ExpiredTokenException", message: "The security token included in the request is expired", status: 400,
  });
  fixture.sandbox.aws.expireCredentials({ name: deployer.name, expired: false });
  await expect(list(deployer)).resolves.toMatchObject({ Keys: [] });
});

test("a user signs without a token", async () => {
  const user = fixture.sandbox.aws.addIdentity({
    name: "alice", arn: `arn:aws:iam::${TENANT}:user/alice`,
    policy: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "kms:List*", Resource: "*" }] },
  });
  expect(user.sessionToken).toBeUndefined();
  await expect(list(user)).resolves.toMatchObject({ Keys: [] });
});
