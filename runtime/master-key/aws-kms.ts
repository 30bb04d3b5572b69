/**
 * Master keys in AWS KMS, through the official SDK, which is loaded on first use only.
 *
 * @module
 */
import type * as Kms from "@aws-sdk/client-kms";
import { type AwsCredentials, fetchAwsCredentials } from "./aws-credentials.js";
import { mapAwsKmsError } from "./aws-kms-errors.js";
import { refuseRedirection } from "./aws-kms-host.js";
import { withReplicas } from "./aws-kms-replicas.js";
import { unlessAborted } from "./bounded-wait.js";
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
 * Opens a key in AWS KMS, with its replicas if the descriptor names any. Nothing is contacted until the first call.
 *
 * Without an `endpoint`, a call throws CONFIG_INVALID before anything is sent if the SDK's own configuration names another
 * host than KMS in the key's region.
 */
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
  const open = (keyArn: string): MasterKey => openInRegion(kms, keyArn, descriptor.tenant, options);
  return withReplicas(open(descriptor.keyArn), (descriptor.replicaArns ?? []).map(open));
}

/** Opens one key, which may be a replica, in its own region. */
function openInRegion(
  kms: typeof Kms,
  keyArn: string,
  tenant: string,
  options: NonNullable<Parameters<typeof openAwsKmsKey>[1]>,
): MasterKey {
  const region = regionOf(keyArn);
  const requestTimeout = options.requestTimeout ?? REQUEST_TIMEOUT;
  const details = { provider: PROVIDER, keyId: keyArn, tenant };
  const settings: Kms.KMSClientConfig = {
    region,
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT,
      requestTimeout,
      // Without it the SDK only prints a warning and waits on.
      throwOnRequestTimeout: true,
    },
  };
  // Sends nothing: it is how the SDK's default credential chain is reached without depending on one more package.
  const identity = new kms.KMSClient({
    ...settings,
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  });
  const client = new kms.KMSClient({
    ...settings,
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    credentials: () => fetchAwsCredentials(identity.config.credentials, requestTimeout, details),
  });
  if (options.endpoint === undefined) refuseRedirection(client.middlewareStack, region, details);
  return new AwsKmsKey(kms, client, identity, details);
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
  readonly #identity: Kms.KMSClient;
  readonly #details: { provider: string; keyId: string; tenant: string };

  constructor(
    kms: typeof Kms,
    client: Kms.KMSClient,
    identity: Kms.KMSClient,
    details: { provider: string; keyId: string; tenant: string },
  ) {
    this.#kms = kms;
    this.#client = client;
    this.#identity = identity;
    this.id = details.keyId;
    this.tenant = details.tenant;
    this.#details = details;
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
    this.#identity.destroy();
  }

  async #call<T>(options: CallOptions, send: (abort: { abortSignal?: AbortSignal }) => Promise<T>): Promise<T> {
    try {
      // The SDK's credential chain hears of no signal: the wait for it is ended here. The SDK keeps what it finds.
      await unlessAborted(this.#client.config.credentials(), options.signal, this.#details);
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
