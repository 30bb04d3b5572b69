/**
 * Master keys in AWS KMS, through the official SDK, which is loaded on first use only.
 *
 * @module
 */
import type * as Kms from "@aws-sdk/client-kms";
import { mapAwsKmsError } from "./aws-kms-errors.js";
import { type AwsKmsDescriptor } from "./descriptor.js";
import { loadPeer } from "./load-peer.js";
import {
  assertSameKey,
  assertShareLength,
  type CallOptions,
  type MasterKey,
  type MasterKeyState,
  type ShareContext,
  type UnwrappedShare,
  type WrappedShare,
} from "./master-key.js";
import { ByokError } from "./errors.js";

const PROVIDER = "aws-kms";

/** Give up on a connection, then on an answer, after this many milliseconds: a slow KMS must not look like a hang. */
const CONNECTION_TIMEOUT = 3_000;
const REQUEST_TIMEOUT = 10_000;

/** The SDK's own tries per call (the first included), with its standard backoff. */
const MAX_ATTEMPTS = 3;

/**
 * The encryption context of a wrap. KMS authenticates it, shows it in the tenant's CloudTrail, and key policies can
 * condition on it (`kms:EncryptionContext:byok:tenant`).
 * Source: AWS KMS Developer Guide, "Encryption context".
 */
export function awsEncryptionContext(context: ShareContext): Record<string, string> {
  return {
    "byok:tenant": context.tenant,
    "byok:secret": context.secret,
    "byok:generation": String(context.generation),
    ...(context.purpose === "share" ? {} : { "byok:purpose": context.purpose }),
  };
}

/**
 * The service's own AWS identity: keys, or a function that fetches them and is asked again when they expire. Without one
 * the SDK's default credential chain decides.
 */
export type AwsCredentials = NonNullable<Kms.KMSClientConfig["credentials"]>;

/** Opens a key in AWS KMS. Nothing is contacted until the first call. */
export async function openAwsKmsKey(
  descriptor: AwsKmsDescriptor,
  options: {
    endpoint?: string | undefined;
    credentials?: AwsCredentials | undefined;
    /** Milliseconds; for tests. */
    requestTimeout?: number;
  } = {},
): Promise<MasterKey> {
  const kms = await loadPeer("@aws-sdk/client-kms", PROVIDER, () => import("@aws-sdk/client-kms"));
  const client = new kms.KMSClient({
    region: regionOf(descriptor.keyArn),
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT,
      requestTimeout: options.requestTimeout ?? REQUEST_TIMEOUT,
      // Without it the SDK only prints a warning and waits on.
      throwOnRequestTimeout: true,
    },
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  });
  return new AwsKmsKey(kms, client, descriptor);
}

/** Region of a full key ARN (the schema has checked its form). */
function regionOf(keyArn: string): string {
  return keyArn.split(":")[3] ?? "";
}

class AwsKmsKey implements MasterKey {
  readonly provider = PROVIDER;
  readonly id: string;
  readonly tenant: string;
  readonly #kms: typeof Kms;
  readonly #client: Kms.KMSClient;
  readonly #details: { provider: string; keyId: string; tenant: string };

  constructor(kms: typeof Kms, client: Kms.KMSClient, descriptor: AwsKmsDescriptor) {
    this.#kms = kms;
    this.#client = client;
    this.id = descriptor.keyArn;
    this.tenant = descriptor.tenant;
    this.#details = { provider: PROVIDER, keyId: this.id, tenant: this.tenant };
  }

  async wrap(share: Uint8Array, context: ShareContext, options: CallOptions = {}): Promise<WrappedShare> {
    assertShareLength(share, this.#details);
    const answer = await this.#call(options, (abort) =>
      this.#client.send(
        new this.#kms.EncryptCommand({
          KeyId: this.id,
          Plaintext: share,
          EncryptionContext: awsEncryptionContext(context),
        }),
        abort,
      ),
    );
    this.#assertAnsweringKey(answer.KeyId);
    if (answer.CiphertextBlob === undefined) throw this.#incomplete("no ciphertext");
    return { provider: PROVIDER, keyId: this.id, ciphertext: Uint8Array.from(answer.CiphertextBlob) };
  }

  async unwrap(wrapped: WrappedShare, context: ShareContext, options: CallOptions = {}): Promise<UnwrappedShare> {
    assertSameKey(this, wrapped);
    const answer = await this.#call(options, (abort) =>
      this.#client.send(
        // KeyId is optional for KMS and required here: without it the blob would choose the key.
        new this.#kms.DecryptCommand({
          KeyId: this.id,
          CiphertextBlob: wrapped.ciphertext,
          EncryptionContext: awsEncryptionContext(context),
        }),
        abort,
      ),
    );
    try {
      this.#assertAnsweringKey(answer.KeyId);
      if (answer.Plaintext === undefined) throw this.#incomplete("no plaintext");
      assertShareLength(answer.Plaintext, this.#details);
      return { share: Uint8Array.from(answer.Plaintext) };
    } finally {
      answer.Plaintext?.fill(0);
    }
  }

  async describe(options: CallOptions = {}): Promise<MasterKeyState> {
    const answer = await this.#call(options, (abort) =>
      this.#client.send(new this.#kms.DescribeKeyCommand({ KeyId: this.id }), abort),
    );
    const state = answer.KeyMetadata?.KeyState;
    if (state === undefined) throw this.#incomplete("no key state");
    return { usable: state === "Enabled", state };
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }

  async #call<T>(options: CallOptions, send: (abort: { abortSignal?: AbortSignal }) => Promise<T>): Promise<T> {
    try {
      return await send(options.signal === undefined ? {} : { abortSignal: options.signal });
    } catch (error) {
      throw mapAwsKmsError(error, this.#details);
    }
  }

  #assertAnsweringKey(keyId: string | undefined): void {
    if (keyId === this.id) return;
    throw new ByokError("WRONG_KEY", `AWS answered for ${keyId ?? "no key"}, not for the key asked for.`, this.#details);
  }

  #incomplete(what: string): ByokError {
    return new ByokError("UNEXPECTED_ANSWER", `AWS KMS answered with ${what}: report this.`, this.#details);
  }
}
