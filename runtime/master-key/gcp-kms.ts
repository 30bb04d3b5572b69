/**
 * Master keys in Google Cloud KMS, through the official SDK, which is loaded on first use only.
 *
 * A wrap is bound to its context by additional authenticated data. That is integrity, not authorization: whoever may use
 * the key may use it with any context, and no grant can be conditioned on one. Checksums (CRC-32C) go with everything in
 * both directions, so that what was damaged on the way is noticed and not stored.
 * Source: Cloud KMS documentation, "Additional authenticated data" and "Verifying end-to-end data integrity".
 *
 * @module
 */
import type { protos } from "@google-cloud/kms";
import { crc32c } from "./crc32c.js";
import { type GcpKmsDescriptor, homeOf } from "./descriptor.js";
import { ByokError } from "./errors.js";
import { type GcpKmsClient, type GcpKmsClientOptions, openGcpKmsClient } from "./gcp-kms-client.js";
import { assertGcpEnvironment } from "./gcp-kms-environment.js";
import {
  assertSameKey,
  assertShareLength,
  type CallOptions,
  type MasterKey,
  type MasterKeyState,
  type ShareContext,
  shareContextBytes,
  type UnwrappedShare,
  type WrappedShare,
} from "./master-key.js";

export { type GcpCredentials } from "./gcp-credentials.js";

const PROVIDER = "gcp-kms";

/** What follows a key's name in the name of one of its versions. */
const VERSION = /^\/cryptoKeyVersions\/[1-9]\d*$/;

/** The state of a version that encrypts and decrypts. Source: Cloud KMS reference, `CryptoKeyVersionState`. */
const ENABLED = "ENABLED";

/** A checksum as it comes: the SDK gives 64-bit numbers as text. */
type Checksum = protos.google.protobuf.IInt64Value | null | undefined;

/**
 * Opens a key in Google Cloud KMS. Nothing is contacted until the first call.
 *
 * @throws {@link ByokError} CONFIG_INVALID if the environment makes the SDK print keys or speak to another KMS, and if the
 * SDK is not installed.
 */
export async function openGcpKmsKey(descriptor: GcpKmsDescriptor, options: GcpKmsClientOptions = {}): Promise<MasterKey> {
  const details = { provider: PROVIDER, keyId: descriptor.keyName, tenant: descriptor.tenant };
  assertGcpEnvironment(process.env, details);
  return new GcpKmsKey(await openGcpKmsClient(homeOf(descriptor)?.id ?? "", details, options), details);
}

class GcpKmsKey implements MasterKey {
  readonly provider = PROVIDER;
  readonly id: string;
  readonly tenant: string;
  readonly #client: GcpKmsClient;
  readonly #details: { provider: string; keyId: string; tenant: string };

  constructor(client: GcpKmsClient, details: { provider: string; keyId: string; tenant: string }) {
    this.#client = client;
    this.id = details.keyId;
    this.tenant = details.tenant;
    this.#details = details;
  }

  /** The wrap's `keyVersion` is the full resource name of the version that made it. */
  async wrap(share: Uint8Array, context: ShareContext, options: CallOptions = {}): Promise<WrappedShare> {
    assertShareLength(share, this.#details);
    const additionalAuthenticatedData = shareContextBytes(context);
    const answer = await this.#client.call(options, (client, how) =>
      client.encrypt(
        {
          name: this.id,
          plaintext: share,
          plaintextCrc32c: { value: crc32c(share) },
          additionalAuthenticatedData,
          additionalAuthenticatedDataCrc32c: { value: crc32c(additionalAuthenticatedData) },
        },
        how,
      ),
    );
    if (answer.verifiedPlaintextCrc32c !== true || answer.verifiedAdditionalAuthenticatedDataCrc32c !== true) {
      throw this.#damaged("did not verify the checksum of what it was sent");
    }
    const keyVersion = this.#versionOf(answer.name);
    const ciphertext = this.#bytes(answer.ciphertext, "ciphertext");
    this.#verify(ciphertext, answer.ciphertextCrc32c);
    return { provider: PROVIDER, keyId: this.id, keyVersion, ciphertext: Uint8Array.from(ciphertext) };
  }

  async unwrap(wrapped: WrappedShare, context: ShareContext, options: CallOptions = {}): Promise<UnwrappedShare> {
    assertSameKey(this, wrapped);
    if (wrapped.keyVersion !== undefined) this.#versionOf(wrapped.keyVersion);
    const additionalAuthenticatedData = shareContextBytes(context);
    const answer = await this.#client.call(
      options,
      (client, how) =>
        client.decrypt(
          {
            name: this.id,
            ciphertext: wrapped.ciphertext,
            ciphertextCrc32c: { value: crc32c(wrapped.ciphertext) },
            additionalAuthenticatedData,
            additionalAuthenticatedDataCrc32c: { value: crc32c(additionalAuthenticatedData) },
          },
          how,
        ),
      wipePlaintext,
    );
    try {
      const plaintext = this.#bytes(answer.plaintext, "plaintext");
      this.#verify(plaintext, answer.plaintextCrc32c);
      assertShareLength(plaintext, this.#details);
      return { share: Uint8Array.from(plaintext), newestVersion: answer.usedPrimary === true };
    } finally {
      wipePlaintext(answer);
    }
  }

  /** Tells the state of the primary version, the one that encrypts; older versions have states of their own. */
  async describe(options: CallOptions = {}): Promise<MasterKeyState> {
    const { primary } = await this.#client.call(options, (client, how) => client.getCryptoKey({ name: this.id }, how));
    if (primary === undefined || primary === null) return { usable: false, state: "without a primary version" };
    const { state } = primary;
    if (typeof state !== "string") throw this.#incomplete("no key version state");
    return { usable: state === ENABLED, state };
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  /** Guards that a version is one of this key's: Encrypt answers which one it used. */
  #versionOf(name: string | null | undefined): string {
    if (typeof name === "string" && name.startsWith(this.id) && VERSION.test(name.slice(this.id.length))) return name;
    const which = name === undefined || name === null || name === "" ? "no key" : name;
    throw new ByokError("WRONG_KEY", `${which} is no version of the key asked for.`, this.#details);
  }

  #bytes(value: Uint8Array | string | null | undefined, what: string): Uint8Array {
    if (ArrayBuffer.isView(value) && value.length > 0) return value;
    throw this.#incomplete(`no ${what}`);
  }

  #verify(bytes: Uint8Array, checksum: Checksum): void {
    const value = checksum?.value;
    if (value === undefined || value === null) throw this.#damaged("answered without a checksum");
    if (String(value) !== String(crc32c(bytes))) throw this.#damaged("answered with a checksum that does not fit");
  }

  #damaged(what: string): ByokError {
    return new ByokError("TAMPERED", `Google Cloud KMS ${what}: request or answer was damaged on the way.`, this.#details);
  }

  #incomplete(what: string): ByokError {
    return new ByokError("UNEXPECTED_ANSWER", `Google Cloud KMS answered with ${what}: report this.`, this.#details);
  }
}

/** The SDK's buffer is a view of the message as it came in: wiping it wipes that. */
function wipePlaintext(answer: protos.google.cloud.kms.v1.IDecryptResponse): void {
  if (ArrayBuffer.isView(answer.plaintext)) answer.plaintext.fill(0);
}
