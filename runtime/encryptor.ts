/**
 * Envelope encryption under one Secret of one tenant, without a database: every object carries what is needed to open it
 * again, given the descriptors, KMS access and the service key.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { type ChunkSource, decryptChunks, encryptChunks, FLOE_1M, startDecryption, startEncryption } from "./floe/index.js";
import { ByteReader } from "./keychain/byte-reader.js";
import { byokFloeError } from "./keychain/floe-errors.js";
import { type ObjectIdentity } from "./keychain/identity.js";
import { encodeObjectPrefix, objectAad, type ObjectHeader, readObjectHeader } from "./keychain/object-header.js";
import { assertExpected, type Expected } from "./keychain/expected.js";
import { KeychainCache } from "./keychain/keychain-cache.js";
import { leased } from "./keychain/lease.js";
import { decodeSealedKeychain, unwrapDataKey, verifyKeychain } from "./keychain/sealed-keychain.js";
import { type KeyAccess, type OpenAccess, openAccess } from "./key-access.js";
import { ByokError } from "./master-key/errors.js";
import { list } from "./master-key/list-encoding.js";
import { type CachePolicy, resolveCachePolicy, statedBound } from "./secret/cache-policy.js";
import { type Clock, systemClock } from "./secret/clock.js";
import { assertOlderGeneration, assertSameSecret, configuredGeneration } from "./secret/configured-generation.js";
import { assertConfigured, openGeneration } from "./secret/open-generation.js";
import { concerns, Refusals } from "./secret/refusals.js";
import { decodeSealedSecret, type SealedGeneration, type SealedSecret } from "./secret/sealed-secret.js";
import { SekCache } from "./secret/sek-cache.js";

const OBJECT_ID_LENGTH = 16;

/** Options of {@link Encryptor.open}. */
export interface EncryptorOptions extends KeyAccess {
  /** What {@link createSecret} returned. */
  readonly sealedSecret: SealedSecret;
  /**
   * Sealed Secrets of earlier generations of the same Secret, as they were before {@link renewSecret} or
   * {@link removeMasterKeys}. Objects carry their own, so they open without; but only these can be re-wrapped when a KMS key
   * is rotated, and given more master keys.
   */
  readonly olderGenerations?: readonly SealedSecret[];
  /** Times in milliseconds; defaults in {@link DEFAULT_CACHE_POLICY}. */
  readonly cache?: Partial<CachePolicy>;
  readonly clock?: Clock;
}

/** What an object is encrypted as. */
export interface EncryptOptions {
  /** Id of the protected resource: it picks the keychain, and is bound to the object. At most 256 bytes. */
  readonly resource: string;
  /** Id of the object, unique per backup version; random where left out. At most 256 bytes. */
  readonly object?: string;
  /** Bytes that decryption must be given again; they are not stored. At most 65,535. */
  readonly context?: Uint8Array;
  readonly signal?: AbortSignal;
}

/** What the caller knows of the object it wants; every member given is checked before any plaintext is released. */
export interface DecryptOptions extends Expected {
  /** The bytes given to encryption. */
  readonly context?: Uint8Array;
  readonly signal?: AbortSignal;
}

/** An encrypted object in memory. */
export interface EncryptedObject {
  /** The object's id. */
  readonly object: string;
  /** 32 bytes that commit to key, identity and IV. Keep them elsewhere to pin exactly this version. */
  readonly headerTag: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** An object being encrypted. Consume `stream`, or end it with `return()`: until then it holds a lease. */
export interface EncryptedStream extends Omit<EncryptedObject, "ciphertext"> {
  readonly stream: AsyncGenerator<Uint8Array, void, undefined>;
}

/** An object being decrypted. It is complete only if `stream` ends without throwing. */
export interface DecryptedStream {
  readonly identity: ObjectIdentity;
  readonly headerTag: Uint8Array;
  readonly stream: AsyncGenerator<Uint8Array, void, undefined>;
}

/** Encrypts and decrypts the objects of one tenant's Secret. Safe for any number of concurrent calls. */
export class Encryptor {
  /** How long access survives a revocation, in plain words: print it where operators see it. */
  readonly statedBound: string;
  readonly #access: OpenAccess;
  readonly #secret: SealedGeneration;
  /** {@link EncryptorOptions.sealedSecret} first, then the older generations. */
  readonly #configured: readonly SealedGeneration[];
  readonly #cache: SekCache;
  readonly #policy: CachePolicy;
  readonly #clock: Clock;
  readonly #keychains = new KeychainCache();
  /** Generations that were opened, as they stood then, by their id in the cache: real ones only, so they are few. */
  readonly #opened = new Map<string, SealedGeneration>();
  readonly #refusals: Refusals;
  #closed = false;

  private constructor(
    access: OpenAccess,
    secret: SealedGeneration,
    older: readonly SealedGeneration[],
    policy: CachePolicy,
    clock: Clock,
  ) {
    this.#access = access;
    this.#secret = secret;
    this.#configured = [secret, ...older];
    this.#policy = policy;
    this.#clock = clock;
    this.#cache = new SekCache({ policy, clock });
    this.#refusals = new Refusals(clock);
    this.statedBound = statedBound(policy, secret.masterKeys.map(({ provider }) => provider));
  }

  /**
   * Checks the configuration. No KMS is contacted before the first operation.
   *
   * @throws {@link ByokError} CONFIG_INVALID, BAD_HEADER (a sealed Secret is damaged), TENANT_MISMATCH, SECRET_MISMATCH
   * (an older generation of another Secret), WRONG_KEY (no descriptor for a key that a Secret names), or what reading a
   * local key file says.
   */
  static async open(options: EncryptorOptions): Promise<Encryptor> {
    const policy = resolveCachePolicy(options.cache);
    const secret = decodeSealedSecret(options.sealedSecret);
    const older = (options.olderGenerations ?? []).map((each) => decodeSealedSecret(each));
    for (const each of older) assertOlderGeneration(each, secret);
    const access = await openAccess(options);
    try {
      for (const each of [secret, ...older]) assertConfigured(each, access.masterKeys);
      return new Encryptor(access, secret, older, policy, options.clock ?? systemClock);
    } catch (error) {
      await access.close();
      throw error;
    }
  }

  /** Encrypts a buffer, which is lent. */
  async encrypt(plaintext: Uint8Array, options: EncryptOptions): Promise<EncryptedObject> {
    const { stream, ...facts } = await this.encryptStream([plaintext], options);
    return { ...facts, ciphertext: await concatenated(stream) };
  }

  /** Decrypts a buffer: everything or nothing. */
  async decrypt(ciphertext: Uint8Array, options: DecryptOptions = {}): Promise<Uint8Array> {
    const { stream } = await this.decryptStream([ciphertext], options);
    return concatenated(stream);
  }

  /**
   * Gets the key, then encrypts a stream in constant memory. From here on the operation finishes even if the tenant
   * revokes the key, for at most `maxLease`.
   *
   * @throws {@link ByokError} when the key cannot be had; the stream throws ABORTED, LEASE_EXPIRED and what the source
   * throws.
   */
  async encryptStream(source: ChunkSource, options: EncryptOptions): Promise<EncryptedStream> {
    const object = options.object ?? randomBytes(OBJECT_ID_LENGTH).toString("hex");
    const context = options.context ?? new Uint8Array(0);
    const { tenant } = this.#secret;
    // Refuses bad ids and contexts before the KMS is asked.
    objectAad({ tenant, resource: options.resource, object, keychain: object, keyVersion: 1 }, context);
    const { prefix, floe } = await this.#withSek(this.#secret, options.signal, (sek) => {
      const { id, dataKey, sealed } = this.#keychains.dataKey(sek, this.#secret, options.resource);
      try {
        const identity: ObjectIdentity = { tenant, resource: options.resource, object, ...id };
        return {
          prefix: encodeObjectPrefix(identity, sealed),
          floe: startEncryption(FLOE_1M, dataKey, objectAad(identity, context)),
        };
      } finally {
        dataKey.fill(0);
      }
    });
    const stream = encryptChunks(floe, source);
    return {
      object,
      headerTag: floe.headerTag,
      stream: leased(stream, { first: prefix, clock: this.#clock, maxLease: this.#policy.maxLease, signal: options.signal }),
    };
  }

  /**
   * Reads an object's header, gets its key, then decrypts in constant memory. Plaintext is released segment by segment,
   * each only after it was authenticated; only the end of the stream says that the object is whole.
   *
   * @throws {@link ByokError} BAD_HEADER, TRUNCATED, TENANT_MISMATCH, SECRET_MISMATCH, RESOURCE_MISMATCH,
   * OBJECT_MISMATCH, ROLLED_BACK, WRONG_KEY, TAMPERED, AUTHENTICATION_FAILED, or when the key cannot be had; the stream
   * throws TRUNCATED, AUTHENTICATION_FAILED, ABORTED, LEASE_EXPIRED and what the source throws.
   */
  async decryptStream(source: ChunkSource, options: DecryptOptions = {}): Promise<DecryptedStream> {
    const reader = new ByteReader(source);
    try {
      const header = await readObjectHeader(reader);
      assertExpected(header, this.#secret.tenant, options);
      const floe = await this.#startDecryption(header, options);
      const stream = decryptChunks(floe, reader.rest());
      return {
        identity: header.identity,
        headerTag: floe.headerTag,
        stream: leased(stream, {
          clock: this.#clock,
          maxLease: this.#policy.maxLease,
          signal: options.signal,
          // The header was read, so the source was begun: it must hear of the end even if no segment was asked for.
          onEnd: () => reader.close(),
        }),
      };
    } catch (error) {
      await reader.close();
      throw byokFloeError(error, this.#secret.tenant);
    }
  }

  /** Wipes every key and closes the connections. Streams that were begun may finish. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cache.clear();
    await this.#access.close();
  }

  async #startDecryption(header: ObjectHeader, options: DecryptOptions): Promise<ReturnType<typeof startDecryption>> {
    const { identity } = header;
    if (header.sealedKeychain.length === 0) {
      throw new ByokError("BAD_HEADER", "The object carries no keychain: its keys are in the service's store.");
    }
    const keychain = decodeSealedKeychain(header.sealedKeychain);
    const generation = this.#generationFor(keychain.secret);
    return this.#withSek(generation, options.signal, (sek) => {
      verifyKeychain(sek, keychain);
      const dataKey = unwrapDataKey(sek, keychain.dataKey, identity, generation);
      try {
        const aad = objectAad(identity, options.context ?? new Uint8Array(0));
        return startDecryption(FLOE_1M, dataKey, aad, header.floeHeader);
      } finally {
        dataKey.fill(0);
      }
    });
  }

  /** Which sealed Secret opens an object: a configured one of its generation, else the embedded one. */
  #generationFor(embedded: SealedGeneration): SealedGeneration {
    assertSameSecret(embedded, this.#secret, "The object");
    assertConfigured(embedded, this.#access.masterKeys);
    return configuredGeneration(embedded, this.#configured) ?? embedded;
  }

  async #withSek<T>(secret: SealedGeneration, signal: AbortSignal | undefined, use: (sek: Uint8Array) => T): Promise<T> {
    if (this.#closed) throw new ByokError("CONFIG_INVALID", "This Encryptor is closed: open a new one.");
    const { masterKeys, serviceKey } = this.#access;
    // The tag keeps a forged copy of a Secret from standing in the way of the real one with the same commitment.
    const id = Buffer.from(list(secret.tenant, secret.commitment, secret.tag)).toString("base64");
    const load = async (): Promise<Uint8Array> => {
      try {
        const sek = await openGeneration(secret, masterKeys, serviceKey, {
          openedBefore: this.#opened.get(id),
          refusals: this.#refusals,
        });
        this.#opened.set(id, secret);
        return sek;
      } catch (error) {
        if (error instanceof ByokError && error.revocation) this.#revokeOthers(id, secret, error);
        throw error;
      }
    };
    return this.#cache.withSek(id, load, use, signal);
  }

  /**
   * A key that is taken away closes every generation that it wraps, and none that is wrapped by others only. A version of it
   * that is disabled or destroyed closes what that version wrapped: an old object, which only it opens, must not take from the
   * tenant what was re-wrapped or renewed since.
   */
  #revokeOthers(id: string, { masterKeys }: SealedGeneration, error: ByokError): void {
    const asked = masterKeys.find(({ keyId }) => keyId === error.keyId);
    if (asked === undefined) return;
    for (const [other, generation] of this.#opened) {
      if (other !== id && generation.masterKeys.some((wrap) => concerns(error, asked, wrap))) this.#cache.revoke(other, error);
    }
  }
}

async function concatenated(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  try {
    let length = 0;
    for await (const chunk of stream) {
      chunks.push(chunk);
      length += chunk.length;
    }
    // Not Buffer.concat: small results would lie in Buffer's shared pool, beside other tenants' plaintext.
    const whole = new Uint8Array(length);
    let offset = 0;
    for (const chunk of chunks) {
      whole.set(chunk, offset);
      offset += chunk.length;
    }
    return whole;
  } finally {
    // Ours since the stream gave them away, plaintext among them when a later segment failed.
    for (const chunk of chunks) chunk.fill(0);
  }
}
