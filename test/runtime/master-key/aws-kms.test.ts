/** @jest-environment ./test/runtime/one-realm-environment.ts */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { awsEncryptionContext, openAwsKmsKey } from "../../../runtime/master-key/aws-kms.js";
import { type AwsKmsDescriptor } from "../../../runtime/master-key/descriptor.js";
import { type MasterKey, type ShareContext } from "../../../runtime/master-key/master-key.js";
import { verifyMasterKey } from "../../../runtime/master-key/verify.js";
import { type FaultError } from "../../../sandbox/index.js";
import { startTestSandbox, type TestSandbox } from "../aws-sandbox.js";
import { base64, bytesOf, hex, refusal, shown, spellings, temporaryFolder } from "../support.js";
import { masterKeyConformance, type Revocation } from "./conformance.js";

const folder = temporaryFolder();
const SHARE = bytesOf("aws share");
const CONTEXT: ShareContext = { purpose: "share", tenant: "acme", secret: "s-1", generation: 2 };

function open(from: TestSandbox, descriptor: AwsKmsDescriptor): Promise<MasterKey> {
  return openAwsKmsKey(descriptor, { endpoint: from.endpoints["aws-kms"], credentials: from.credentials["aws-kms"] });
}

masterKeyConformance({
  provider: "aws-kms",
  tenant: "acme",
  revocations: ["disabling", "withdrawing the grant", "scheduling its deletion"],
  described: { usable: true, state: "Enabled" },
  rotation: "invisible",
  async start() {
    const started = await startTestSandbox(folder);
    const { aws } = started.sandbox;
    const first = await started.createKey("acme");
    const second = await started.createKey("acme");
    const { keyArn } = first;
    const restore = async (): Promise<void> => {
      aws.restore({ keyArn });
    };
    const by = (code: Revocation["code"], act: () => unknown): Revocation => ({
      code,
      revoke: async () => {
        act();
      },
      restore,
    });
    return {
      openKey: () => open(started, first),
      openOtherKey: () => open(started, second),
      revocations: {
        disabling: by("KEY_DISABLED", () => aws.revoke({ keyArn, by: "disable" })),
        "withdrawing the grant": by("ACCESS_DENIED", () => aws.revoke({ keyArn, by: "grant" })),
        "scheduling its deletion": by("KEY_PENDING_DELETION", () => aws.scheduleDeletion({ keyArn, days: 7 })),
      },
      rotateOtherKey: async () => {
        aws.rotate({ keyArn: second.keyArn });
      },
      close: () => started.close(),
    };
  },
});

describe("aws-kms in the sandbox", () => {
  let started: TestSandbox;
  let descriptor: AwsKmsDescriptor;
  let key: MasterKey;

  beforeAll(async () => {
    started = await startTestSandbox(folder);
    descriptor = await started.createKey("acme");
    key = await open(started, descriptor);
  });
  afterEach(() => {
    started.sandbox.aws.clearFaults();
    started.sandbox.aws.clearCalls();
  });
  afterAll(async () => {
    await key.close();
    await started.close();
  });

  test("the tenant's log shows key, context and nothing else", async () => {
    const wrapped = await key.wrap(SHARE, CONTEXT);
    await key.unwrap(wrapped, { ...CONTEXT, purpose: "share" });
    expect(started.serviceCalls().map(({ operation, keyArn, encryptionContext, outcome }) => ({ operation, keyArn, encryptionContext, outcome }))).toEqual(
      ["Encrypt", "Decrypt"].map((operation) => ({
        operation,
        keyArn: descriptor.keyArn,
        encryptionContext: { "byok:tenant": "acme", "byok:secret": "s-1", "byok:generation": "2" },
        outcome: "ok",
      })),
    );
  });

  test("a foreign wrap is told as WRONG_KEY, and never reaches KMS if it names another key", async () => {
    const other = await open(started, await started.createKey("acme"));
    const foreign = await other.wrap(SHARE, CONTEXT);
    await other.close();
    started.sandbox.aws.clearCalls();
    expect(await refusal(key.unwrap(foreign, CONTEXT))).toMatchObject({ code: "WRONG_KEY" });
    expect(started.serviceCalls()).toEqual([]);
    expect(await refusal(key.unwrap({ ...foreign, keyId: key.id }, CONTEXT))).toMatchObject({ code: "WRONG_KEY" });
    expect(started.serviceCalls().map(({ outcome }) => outcome)).toEqual(["IncorrectKeyException"]);
  });

  test("a key that never existed is not distinguishable from a denied one or not found: a revocation", async () => {
    const missing = await open(started, { ...descriptor, keyArn: descriptor.keyArn.replace(/key\/.+/, "key/00000000-0000-4000-8000-000000000000") });
    const error = await refusal(missing.wrap(SHARE, CONTEXT));
    await missing.close();
    expect(error.revocation).toBe(true);
    expect(["KEY_NOT_FOUND", "ACCESS_DENIED"]).toContain(error.code);
  });

  test("verify tells a key that is confined to its tenant from one that is not", async () => {
    const confined = await open(started, await started.createKey("acme", { leastFor: "acme" }));
    const detail = async (of: MasterKey): Promise<string | undefined> =>
      (await verifyMasterKey(of)).checks.find(({ name }) => name === "tenant-binding")?.detail;
    expect(await detail(confined)).toBe("the key's policy confines the service to this tenant (usage `least`)");
    expect(await detail(key)).toContain("does not confine the service to this tenant (usage `console`)");
    expect((await verifyMasterKey(confined)).ok).toBe(true);
    await confined.close();
  });

  test("rotation is invisible: old wraps open, new ones are made", async () => {
    const wrapped = await key.wrap(SHARE, CONTEXT);
    started.sandbox.aws.rotate({ keyArn: descriptor.keyArn });
    const opened = await key.unwrap(wrapped, CONTEXT);
    expect(hex(opened.share)).toBe(hex(SHARE));
    expect(opened.newestVersion).toBeUndefined();
    expect(hex((await key.unwrap(await key.wrap(SHARE, CONTEXT), CONTEXT)).share)).toBe(hex(SHARE));
  });

  test.each<[FaultError, string]>([
    ["ThrottlingException", "THROTTLED"],
    ["LimitExceededException", "THROTTLED"],
    ["KMSInternalException", "UNAVAILABLE"],
    ["DependencyTimeoutException", "UNAVAILABLE"],
    ["KeyUnavailableException", "UNAVAILABLE"],
  ])("%s that does not end -> %s after three tries at most", async (error, code) => {
    const wrapped = await key.wrap(SHARE, CONTEXT);
    started.sandbox.aws.clearCalls();
    started.sandbox.aws.injectFault({ operation: "Decrypt", error });
    const refused = await refusal(key.unwrap(wrapped, CONTEXT));
    expect(refused).toMatchObject({ code, revocation: false, retryable: true, provider: "aws-kms", keyId: key.id, tenant: "acme" });
    expect(started.serviceCalls().length).toBeGreaterThanOrEqual(1);
    expect(started.serviceCalls().length).toBeLessThanOrEqual(3);
  });

  test("a fault that passes is retried and not seen", async () => {
    const wrapped = await key.wrap(SHARE, CONTEXT);
    started.sandbox.aws.clearCalls();
    started.sandbox.aws.injectFault({ operation: "Decrypt", error: "KMSInternalException", times: 1 });
    expect(hex((await key.unwrap(wrapped, CONTEXT)).share)).toBe(hex(SHARE));
    expect(started.serviceCalls().map(({ outcome }) => outcome)).toEqual(["KMSInternalException", "ok"]);
  });

  test("the service's expired or unknown credentials are the operator's problem, never a revocation", async () => {
    const wrapped = await key.wrap(SHARE, CONTEXT);
    started.sandbox.aws.expireCredentials({ name: "service", expired: true });
    const expired = await refusal(key.unwrap(wrapped, CONTEXT));
    started.sandbox.aws.expireCredentials({ name: "service", expired: false });
    expect(expired).toMatchObject({ code: "SERVICE_CREDENTIALS", revocation: false, retryable: true });

    const stranger = await openAwsKmsKey(descriptor, {
      endpoint: started.endpoints["aws-kms"],
      credentials: { accessKeyId: "AKIAAAAAAAAAAAAAAAAA", secretAccessKey: "not one of the sandbox's" },
    });
    const unknown = await refusal(stranger.unwrap(wrapped, CONTEXT));
    await stranger.close();
    expect(unknown).toMatchObject({ code: "SERVICE_CREDENTIALS", revocation: false });
    expect(shown(unknown)).not.toContain("not one of the sandbox's");
    expect(hex((await key.unwrap(wrapped, CONTEXT)).share)).toBe(hex(SHARE));
  });

  test("credentials that cannot be fetched at all are SERVICE_CREDENTIALS too", async () => {
    const failing = await openAwsKmsKey(descriptor, {
      endpoint: started.endpoints["aws-kms"],
      credentials: () => Promise.reject(Object.assign(new Error("no profile"), { name: "CredentialsProviderError" })),
    });
    expect(await refusal(failing.wrap(SHARE, CONTEXT))).toMatchObject({ code: "SERVICE_CREDENTIALS" });
    await failing.close();
  });
});

describe("awsEncryptionContext", () => {
  test("a share's context is what key policies condition on; a binding share's says so", () => {
    expect(awsEncryptionContext(CONTEXT)).toEqual({ "byok:tenant": "acme", "byok:secret": "s-1", "byok:generation": "2" });
    expect(awsEncryptionContext({ ...CONTEXT, purpose: "binding" })).toEqual({
      "byok:tenant": "acme",
      "byok:secret": "s-1",
      "byok:generation": "2",
      "byok:purpose": "binding",
    });
  });
});

describe("aws-kms against a KMS that misbehaves", () => {
  const DESCRIPTOR: AwsKmsDescriptor = {
    schema: 1,
    tenant: "acme",
    datacenter: "usa",
    grantedTo: "arn:aws:iam::201720642051:role/backup",
    provider: "aws-kms",
    keyArn: "arn:aws:kms:us-east-2:111122223333:key/11111111-2222-3333-4444-555555555555",
    aliasName: "alias/byok",
  };
  const WRAPPED = { provider: "aws-kms", keyId: DESCRIPTOR.keyArn, ciphertext: Uint8Array.of(1, 2, 3) };
  let server: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let key: MasterKey;
  let port: number;

  beforeEach(async () => {
    server = createServer((request, response) => {
      request.resume();
      answer(request, response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    port = address.port;
    key = await openAwsKmsKey(DESCRIPTOR, {
      endpoint: `http://127.0.0.1:${port}`,
      credentials: { accessKeyId: "AKIAAAAAAAAAAAAAAAAA", secretAccessKey: "x" },
      requestTimeout: 50,
    });
  });
  afterEach(async () => {
    await key.close();
    server.closeAllConnections();
    server.close();
  });

  function says(body: object | string, status = 200): void {
    answer = (_request, response) => {
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    };
  }

  test.each<[string, object, string, string]>([
    ["for another key", { KeyId: "arn:aws:kms:us-east-2:111122223333:key/other", Plaintext: base64(SHARE) }, "WRONG_KEY", "AWS answered for arn:aws:kms:us-east-2:111122223333:key/other, not for the key asked for."],
    ["for no key", { Plaintext: base64(SHARE) }, "WRONG_KEY", "AWS answered for no key, not for the key asked for."],
    ["without plaintext", { KeyId: DESCRIPTOR.keyArn }, "UNEXPECTED_ANSWER", "AWS KMS answered with no plaintext: report this."],
    ["with 31 bytes", { KeyId: DESCRIPTOR.keyArn, Plaintext: base64(SHARE.subarray(1)) }, "TAMPERED", "A share has 32 bytes, this one has 31."],
    ["with 33 bytes", { KeyId: DESCRIPTOR.keyArn, Plaintext: base64(bytesOf("x", 33)) }, "TAMPERED", "A share has 32 bytes, this one has 33."],
  ])("Decrypt answered %s is refused", async (_name, body, code, message) => {
    says(body);
    const error = await refusal(key.unwrap(WRAPPED, CONTEXT));
    expect(error).toMatchObject({ code, message, provider: "aws-kms", keyId: DESCRIPTOR.keyArn, tenant: "acme" });
    for (const spelling of spellings(SHARE)) expect(shown(error)).not.toContain(spelling);
  });

  test.each<[string, object, string]>([
    ["for another key", { KeyId: "other", CiphertextBlob: "AAAA" }, "WRONG_KEY"],
    ["without ciphertext", { KeyId: DESCRIPTOR.keyArn }, "UNEXPECTED_ANSWER"],
  ])("Encrypt answered %s is refused", async (_name, body, code) => {
    says(body);
    expect(await refusal(key.wrap(SHARE, CONTEXT))).toMatchObject({ code });
  });

  test("DescribeKey answered without a state is refused; any state but Enabled is not usable", async () => {
    says({ KeyMetadata: {} });
    expect(await refusal(key.describe())).toMatchObject({ code: "UNEXPECTED_ANSWER", message: "AWS KMS answered with no key state: report this." });
    says({ KeyMetadata: { KeyId: "k", KeyState: "Unavailable" } });
    expect(await key.describe()).toEqual({ usable: false, state: "Unavailable" });
  });

  test("an answer that is cut is refused, and the key bytes in it are in no error", async () => {
    says(`{"KeyId":"${DESCRIPTOR.keyArn}","Plaintext":"${base64(SHARE)}"`);
    const error = await refusal(key.unwrap(WRAPPED, CONTEXT));
    expect(error).toMatchObject({ code: "UNEXPECTED_ANSWER", revocation: false, retryable: false });
    for (const spelling of spellings(SHARE)) expect(shown(error)).not.toContain(spelling);
    expect(shown(error)).not.toContain(base64(SHARE).slice(0, 10));
  });

  test("an error of an unknown name is unexpected; with 5xx it is an outage", async () => {
    says({ __type: "BrandNewException", message: "?" }, 400);
    expect(await refusal(key.unwrap(WRAPPED, CONTEXT))).toMatchObject({ code: "UNEXPECTED_ANSWER" });
    says("<html>bad gateway</html>", 502);
    expect(await refusal(key.unwrap(WRAPPED, CONTEXT))).toMatchObject({ code: "UNAVAILABLE" });
  });

  test("a KMS that does not answer does not look like a hang", async () => {
    answer = () => undefined;
    expect(await refusal(key.unwrap(WRAPPED, CONTEXT))).toMatchObject({ code: "UNAVAILABLE", retryable: true });
  });

  test("a KMS that hangs up, and one that is not there, are outages", async () => {
    answer = (request) => {
      request.socket.destroy();
    };
    expect(await refusal(key.unwrap(WRAPPED, CONTEXT))).toMatchObject({ code: "UNAVAILABLE" });
    server.closeAllConnections();
    server.close();
    expect(await refusal(key.unwrap(WRAPPED, CONTEXT))).toMatchObject({ code: "UNAVAILABLE" });
  });

  test.each(["AWS_ENDPOINT_URL_KMS", "AWS_ENDPOINT_URL"])("%s sends no share anywhere: refused before anything is sent", async (variable) => {
    let requests = 0;
    answer = (_request, response) => {
      requests += 1;
      response.end("{}");
    };
    const before = process.env[variable];
    process.env[variable] = `http://127.0.0.1:${port}`;
    const credentials = { accessKeyId: "AKIAAAAAAAAAAAAAAAAA", secretAccessKey: "x" };
    const redirected = await openAwsKmsKey(DESCRIPTOR, { credentials, requestTimeout: 50 });
    try {
      for (const call of [() => redirected.wrap(SHARE, CONTEXT), () => redirected.unwrap(WRAPPED, CONTEXT), () => redirected.describe()]) {
        const error = await refusal(call());
        expect(error).toMatchObject({
          code: "CONFIG_INVALID",
          message:
            "The AWS configuration of this machine sends KMS calls to http://127.0.0.1, which is not AWS KMS in us-east-2; nothing was sent. Unset AWS_ENDPOINT_URL_KMS and AWS_ENDPOINT_URL, and endpoint_url in the AWS profile.",
          keyId: DESCRIPTOR.keyArn,
        });
        for (const spelling of spellings(SHARE)) expect(shown(error)).not.toContain(spelling);
      }
      expect(requests).toBe(0);
    } finally {
      if (before === undefined) Reflect.deleteProperty(process.env, variable);
      else process.env[variable] = before;
      await redirected.close();
    }
  });

  describe("credentials are fetched apart from the call", () => {
    async function withCredentials<T>(fetch: () => Promise<never>, use: (of: MasterKey) => Promise<T>): Promise<T> {
      answer = () => {
        throw new Error("KMS was asked without credentials");
      };
      const failing = await openAwsKmsKey(DESCRIPTOR, { endpoint: `http://127.0.0.1:${port}`, credentials: fetch, requestTimeout: 50 });
      try {
        return await use(failing);
      } finally {
        await failing.close();
      }
    }

    test.each<[string, string]>([
      ["AccessDenied", "SERVICE_CREDENTIALS"],
      ["AccessDeniedException", "SERVICE_CREDENTIALS"],
      ["NotFoundException", "SERVICE_CREDENTIALS"],
      ["SomethingNew", "SERVICE_CREDENTIALS"],
      ["ThrottlingException", "THROTTLED"],
    ])("a token service that says %s -> %s, never a revocation", async (name, code) => {
      const denied = Object.assign(new Error("said the token service"), { name, $metadata: { httpStatusCode: 403 } });
      const error = await withCredentials(() => Promise.reject(denied), (of) => refusal(of.unwrap(WRAPPED, CONTEXT)));
      expect(error).toMatchObject({ code, revocation: false, retryable: true, provider: "aws-kms", tenant: "acme" });
      expect(error.cause).toBe(denied);
    });

    test("a token service that hangs is SERVICE_CREDENTIALS", async () => {
      const error = await withCredentials(() => new Promise<never>(() => undefined), (of) => refusal(of.wrap(SHARE, CONTEXT)));
      expect(error).toMatchObject({ code: "SERVICE_CREDENTIALS", message: expect.stringMatching(/^The service's AWS credentials did not come within 0\.05 s\./) });
    });

    test("a caller that gives up meanwhile is let go at once", async () => {
      const controller = new AbortController();
      const reason = new Error("enough");
      const hanging = (): Promise<never> => {
        controller.abort(reason);
        return new Promise<never>(() => undefined);
      };
      const error = await withCredentials(hanging, (of) => refusal(of.wrap(SHARE, CONTEXT, { signal: controller.signal })));
      expect(error).toMatchObject({ code: "ABORTED", keyId: DESCRIPTOR.keyArn });
      expect(error.cause).toBe(reason);
    });
  });

  test("a caller that gives up while KMS thinks is let go at once", async () => {
    const controller = new AbortController();
    answer = () => {
      controller.abort(new Error("enough"));
    };
    expect(await refusal(key.unwrap(WRAPPED, CONTEXT, { signal: controller.signal }))).toMatchObject({ code: "ABORTED" });
  });
});
