/**
 * Master keys in Azure Key Vault, through the official SDKs, which are loaded on first use only. RSA keys, RSA-OAEP-256.
 *
 * RSA takes no additional authenticated data, so a wrap holds its context: the plaintext is the share and the SHA-256 of the
 * context's bytes, 64 bytes together (RSA-2048 with OAEP and SHA-256 holds 190: RFC 8017, section 7.1.1). The digest is
 * compared after decryption, and tells a wrap of another tenant, Secret or generation from the right one. It does not make
 * the wrap authentic: whoever has the public key can make a wrap for any context. That the share is the right one is
 * what the commitment over both shares proves (docs/object-format.md).
 *
 * A wrap opens with the key version that made it only. Key Vault says which one that was; it is kept with the wrap.
 *
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { type AzureKeyVaultClient, type AzureKeyVaultClientOptions, openAzureKeyVaultClient } from "./azure-key-vault-client.js";
import { AZURE_KEY_VERSION, type AzureKeyVaultDescriptor } from "./descriptor.js";
import { ByokError } from "./errors.js";
import {
  assertSameKey,
  assertShareLength,
  type CallOptions,
  type MasterKey,
  type MasterKeyState,
  SHARE_LENGTH,
  type ShareContext,
  shareContextBytes,
  type UnwrappedShare,
  type WrappedShare,
} from "./master-key.js";

const PROVIDER = "azure-key-vault";

/** Source: RFC 7518, section 4.3; Azure Key Vault, "Key types, algorithms, and operations". */
const ALGORITHM = "RSA-OAEP-256";

/** SHA-256 of the context. */
const DIGEST_LENGTH = 32;

/**
 * Opens a key in Azure Key Vault. Nothing is contacted until the first call.
 *
 * @throws {@link ByokError} CONFIG_INVALID if there are no certificates to sign in with, or an SDK is not installed.
 */
export async function openAzureKeyVaultKey(
  descriptor: AzureKeyVaultDescriptor,
  options: AzureKeyVaultClientOptions = {},
): Promise<MasterKey> {
  const details = { provider: PROVIDER, keyId: descriptor.keyUri, tenant: descriptor.tenant };
  const client = await openAzureKeyVaultClient(descriptor, details, options);
  return new AzureKeyVaultKey(client, descriptor.operation, details, options.now ?? Date.now);
}

class AzureKeyVaultKey implements MasterKey {
  readonly provider = PROVIDER;
  readonly id: string;
  readonly tenant: string;
  readonly #client: AzureKeyVaultClient;
  readonly #operation: AzureKeyVaultDescriptor["operation"];
  readonly #details: { provider: string; keyId: string; tenant: string };
  readonly #now: () => number;

  constructor(
    client: AzureKeyVaultClient,
    operation: AzureKeyVaultDescriptor["operation"],
    details: { provider: string; keyId: string; tenant: string },
    now: () => number,
  ) {
    this.#client = client;
    this.#operation = operation;
    this.id = details.keyId;
    this.tenant = details.tenant;
    this.#details = details;
    this.#now = now;
  }

  /**
   * The wrap's `keyVersion` is the 32 hex digits of the version that made it. Key Vault encrypts with disabled keys too: a
   * wrap proves that the key can be used only once it was unwrapped.
   */
  async wrap(share: Uint8Array, context: ShareContext, options: CallOptions = {}): Promise<WrappedShare> {
    assertShareLength(share, this.#details);
    const plaintext = new Uint8Array(SHARE_LENGTH + DIGEST_LENGTH);
    plaintext.set(share);
    plaintext.set(digestOf(context), SHARE_LENGTH);
    try {
      const { answer, keyId } = await this.#client.use("wrap", "", options, async (client, how) =>
        this.#operation === "encrypt"
          ? client.encrypt({ algorithm: ALGORITHM, plaintext }, how)
          : client.wrapKey(ALGORITHM, plaintext, how),
      );
      const keyVersion = this.#versionOf(keyId);
      return { provider: PROVIDER, keyId: this.id, keyVersion, ciphertext: Uint8Array.from(this.#bytes(answer.result, "ciphertext")) };
    } finally {
      plaintext.fill(0);
    }
  }

  async unwrap(wrapped: WrappedShare, context: ShareContext, options: CallOptions = {}): Promise<UnwrappedShare> {
    assertSameKey(this, wrapped);
    const { keyVersion = "" } = wrapped;
    if (!AZURE_KEY_VERSION.test(keyVersion)) {
      throw new ByokError("TAMPERED", "This wrap does not name the key version that made it, 32 hex digits: it was altered.", this.#details);
    }
    const { ciphertext } = wrapped;
    const { answer, keyId } = await this.#client.use(
      "unwrap",
      keyVersion,
      options,
      async (client, how) =>
        this.#operation === "encrypt"
          ? client.decrypt({ algorithm: ALGORITHM, ciphertext }, how)
          : client.unwrapKey(ALGORITHM, ciphertext, how),
      ({ result }) => result.fill(0),
    );
    const plaintext = this.#bytes(answer.result, "plaintext");
    try {
      if (this.#versionOf(keyId) !== keyVersion) throw this.#anotherKey(keyId);
      return { share: this.#openPlaintext(plaintext, context) };
    } finally {
      plaintext.fill(0);
    }
  }

  /** Tells the state of the newest version; older versions have states of their own. */
  async describe(options: CallOptions = {}): Promise<MasterKeyState> {
    const { enabled, notBefore, expiresOn } = await this.#client.look(options);
    const now = this.#now();
    if (enabled === undefined) throw this.#incomplete("no key attributes");
    if (!enabled) return { usable: false, state: "Disabled" };
    if (notBefore !== undefined && now < notBefore.getTime()) return { usable: false, state: "not valid yet" };
    if (expiresOn !== undefined && now >= expiresOn.getTime()) return { usable: false, state: "expired" };
    return { usable: true, state: "Enabled" };
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  /** Share and context, told apart and checked. The caller owns the copy, and wipes the plaintext. */
  #openPlaintext(plaintext: Uint8Array, context: ShareContext): Uint8Array {
    if (plaintext.length !== SHARE_LENGTH + DIGEST_LENGTH) {
      throw new ByokError("TAMPERED", `A wrap holds ${SHARE_LENGTH + DIGEST_LENGTH} bytes, this one ${plaintext.length}.`, this.#details);
    }
    if (!timingSafeEqual(plaintext.subarray(SHARE_LENGTH), digestOf(context))) {
      throw new ByokError("TAMPERED", "The wrap belongs to another tenant, Secret or generation.", this.#details);
    }
    return Uint8Array.from(plaintext.subarray(0, SHARE_LENGTH));
  }

  /** Version of this key out of an identifier that Key Vault answered. Names of keys are compared without regard to case. */
  #versionOf(keyId: unknown): string {
    if (typeof keyId !== "string") throw this.#anotherKey(keyId);
    const version = keyId.slice(this.id.length + 1);
    const prefix = keyId.slice(0, this.id.length + 1);
    if (prefix.toLowerCase() !== `${this.id}/`.toLowerCase() || !AZURE_KEY_VERSION.test(version)) throw this.#anotherKey(keyId);
    return version;
  }

  /** The SDK's types promise bytes; of an answer without any it makes something else. */
  #bytes(value: unknown, what: string): Uint8Array {
    if (ArrayBuffer.isView(value) && value.byteLength > 0) return value as Uint8Array;
    throw this.#incomplete(`no ${what}`);
  }

  #anotherKey(keyId: unknown): ByokError {
    const which = typeof keyId === "string" ? keyId : "no key";
    return new ByokError("WRONG_KEY", `Azure Key Vault answered for ${which}, not for the key asked for.`, this.#details);
  }

  #incomplete(what: string): ByokError {
    return new ByokError("UNEXPECTED_ANSWER", `Azure Key Vault answered with ${what}: report this.`, this.#details);
  }
}

function digestOf(context: ShareContext): Uint8Array {
  return createHash("sha256").update(shareContextBytes(context)).digest();
}
