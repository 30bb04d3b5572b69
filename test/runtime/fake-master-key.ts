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
  readonly #key: Uint8Array;

  constructor(name: string, options: { tenant?: string; provider?: string } = {}) {
    this.provider = options.provider ?? "fake";
    this.id = `fake:${name}`;
    this.tenant = options.tenant ?? "acme";
    this.#key = bytesOf(`fake master key ${name}`);
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
    return { provider: this.provider, keyId: this.id, ciphertext: sealXaes(this.#key, shareContextBytes(context), share) };
  }

  async unwrap(wrapped: WrappedShare, context: ShareContext): Promise<UnwrappedShare> {
    this.calls.unwrap += 1;
    this.#assertWorking();
    assertSameKey(this, wrapped);
    const share = this.instead?.slice() ?? this.#open(wrapped, context);
    this.lent.push(share);
    return { share };
  }

  async describe(): Promise<MasterKeyState> {
    this.#assertWorking();
    return { usable: true, state: "Enabled" };
  }

  async close(): Promise<void> {
    // Nothing to close.
  }

  #open(wrapped: WrappedShare, context: ShareContext): Uint8Array {
    try {
      return openXaes(this.#key, shareContextBytes(context), wrapped.ciphertext);
    } catch (error) {
      if (!(error instanceof XaesError)) throw error;
      throw new ByokError("TAMPERED", "altered", { provider: this.provider, keyId: this.id, cause: error });
    }
  }

  #assertWorking(): void {
    // As a provider does: whatever a test wants thrown.
    if (this.failure !== undefined) throw this.failure;
  }
}
