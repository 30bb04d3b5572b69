/**
 * The KMS protocol: JSON over HTTP POST, the operation in X-Amz-Target (awsJson1.1, Smithy "AWS JSON 1.1 protocol").
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { type IncomingMessage, type ServerResponse } from "node:http";

import { KmsError } from "./errors.js";
import { type Faults } from "./faults.js";
import { Input } from "./input.js";
import { type Kms } from "./kms.js";
import { verifySignature } from "./signature.js";
import { answerStore, STORE_PREFIX } from "./stored-resources.js";

const TARGET_PREFIX = "TrentService.";
const CONTENT_TYPE = "application/x-amz-json-1.1";

/** Answers one KMS request. Errors become error answers; nothing is thrown. */
export async function answerKms(
  kms: Kms,
  faults: Faults,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  try {
    const answer = await run(kms, faults, request, body);
    send(response, 200, answer);
  } catch (error) {
    const shown =
      error instanceof KmsError
        ? error
        : new KmsError("KMSInternalException", `The sandbox failed: ${String(error)}`, 500);
    send(response, shown.status, {
      __type: shown.name,
      ...(shown.message === "" ? {} : { message: shown.message }),
    });
  }
}

async function run(kms: Kms, faults: Faults, request: IncomingMessage, body: Buffer): Promise<object> {
  const target = request.headers["x-amz-target"];
  if (typeof target === "string" && target.startsWith(STORE_PREFIX)) {
    const { identity, region } = verifySignature({ method: "POST", url: request.url ?? "/", headers: request.headers, body }, kms.state.identities, Date.now());
    return answerStore(kms, target.slice(STORE_PREFIX.length), identity, region, Input.parse(target, body));
  }
  if (request.method !== "POST" || typeof target !== "string" || !target.startsWith(TARGET_PREFIX)) {
    throw new KmsError("UnknownOperationException", "Not a request to AWS KMS.", 404);
  }
  const operation = target.slice(TARGET_PREFIX.length);
  const { identity, region } = verifySignature(
    { method: "POST", url: request.url ?? "/", headers: request.headers, body },
    kms.state.identities,
    Date.now(),
  );
  const input = Input.parse(operation, body);
  const keyId = input.optionalText("KeyId");
  try {
    await faults.strike({ operation, principals: [identity.arn, identity.principalArn], keyId });
  } catch (error) {
    kms.record(operation, identity, region, error instanceof Error ? error.name : "unknown");
    throw error;
  }
  return kms.invoke(operation, identity, region, input);
}

function send(response: ServerResponse, status: number, answer: object): void {
  const body = JSON.stringify(answer);
  response.writeHead(status, {
    "content-type": CONTENT_TYPE,
    "content-length": Buffer.byteLength(body),
    "x-amzn-requestid": randomUUID(),
  });
  response.end(body);
}
