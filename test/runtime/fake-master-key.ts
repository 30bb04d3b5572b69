/** A master key in memory whose answers the test decides, and that remembers what it was asked. */
import { ByokError, type ByokErrorCode } from "../../runtime/master-key/errors.js";
import {
  assertSameKey,
  type MasterKey,
  type MasterKeyState,
  type ShareContext,
  shareContextBytes,
  type UnwrappedShare,
  type WrappedShare,
} from "../../runtime/master-key/master-key.js";
import { openXaes, sealXaes, XaesError } from "../../runtime/xaes/index.js";
import { bytesOf } from "./support.js";

/**
 * How a key's rotation shows: `told` as Google Cloud does (an unwrap says whether a newer version exists), `seen` as Azure
 * does (only a new wrap shows it). Left out, it is invisible, as with AWS.
 */
export type FakeVersions = "told" | "seen";

/** See the module's comment. */
export class FakeMasterKey implements MasterKey {
  readonly provider: string;
  readonly id: string;
  readonly tenant: string;
  /** What every operation throws, if anything. */
  failure: Error | undefined;
  /** How many wraps and unwraps were asked for. */
  readonly calls = { wrap: 0, unwrap: 0 };
  /** Every buffer that left through `unwrap`. */
  readonly lent: Uint8Array[] = [];
  /** Replaces the share that `unwrap` gives. */
  instead: Uint8Array | undefined;
  /** Refuses wraps while unwraps work. */
  wrapFailure: Error | undefined;
  readonly #name: string;
  readonly #versions: FakeVersions | undefined;
  readonly #destroyed = new Set<number>();
  #newest = 1;

  constructor(name: string, options: { tenant?: string; provider?: string; versions?: FakeVersions } = {}) {
    this.provider = options.provider ?? "fake";
    this.id = `fake:${name}`;
    this.tenant = options.tenant ?? "acme";
    this.#name = name;
    this.#versions = options.versions;
  }

  /** Makes a new version, which wraps from now on. */
  rotate(): void {
    this.#newest += 1;
  }

  /** Destroys a version: what it wrapped never opens again. */
  destroy(version: number): void {
    this.#destroyed.add(version);
  }

  /** The id of a version, as wraps carry it. */
  version(version: number): string {
    return `${this.id}/${version}`;
  }

  /** Makes every operation fail with a code, or work again. */
  fail(code: ByokErrorCode | undefined): void {
    this.failure =
      code === undefined
        ? undefined
        : new ByokError(code, `${this.id} says ${code}`, { provider: this.provider, keyId: this.id, tenant: this.tenant });
  }

  async wrap(share: Uint8Array, context: ShareContext): Promise<WrappedShare> {
    this.calls.wrap += 1;
    this.#assertWorking();
    if (this.wrapFailure !== undefined) throw this.wrapFailure;
    return {
      provider: this.provider,
      keyId: this.id,
      ...(this.#versions === undefined ? {} : { keyVersion: this.version(this.#newest) }),
      ciphertext: sealXaes(this.#key(this.#newest), shareContextBytes(context), share),
    };
  }

  async unwrap(wrapped: WrappedShare, context: ShareContext): Promise<UnwrappedShare> {
    this.calls.unwrap += 1;
    this.#assertWorking();
    assertSameKey(this, wrapped);
    const share = this.instead?.slice() ?? this.#open(wrapped, context);
    this.lent.push(share);
    return this.#versions === "told" ? { share, newestVersion: wrapped.keyVersion === this.version(this.#newest) } : { share };
  }

  async describe(): Promise<MasterKeyState> {
    this.#assertWorking();
    return { usable: true, state: "Enabled" };
  }

  async close(): Promise<void> {
    // Nothing to close.
  }

  #open(wrapped: WrappedShare, context: ShareContext): Uint8Array {
    const version = this.#versions === undefined ? 1 : Number(wrapped.keyVersion?.split("/").at(-1));
    if (this.#destroyed.has(version)) {
      throw new ByokError("KEY_DESTROYED", `${this.version(version)} is destroyed`, { provider: this.provider, keyId: this.id, tenant: this.tenant });
    }
    try {
      return openXaes(this.#key(version), shareContextBytes(context), wrapped.ciphertext);
    } catch (error) {
      if (!(error instanceof XaesError)) throw error;
      throw new ByokError("TAMPERED", "altered", { provider: this.provider, keyId: this.id, cause: error });
    }
  }

  #key(version: number): Uint8Array {
    return bytesOf(`fake master key ${this.#name}${version === 1 ? "" : `, version ${version}`}`);
  }

  #assertWorking(): void {
    // As a provider does: whatever a test wants thrown.
    if (this.failure !== undefined) throw this.failure;
  }
}
