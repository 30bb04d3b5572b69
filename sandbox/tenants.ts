/**
 * The tenant's acts, whichever cloud the key is in.
 *
 * @module
 */
import { ByokError } from "../runtime/master-key/errors.js";
import { type CloudKeyStatus, type RevocationRoute, type TenantCloud } from "./cloud.js";

/** A key by its id as in descriptors; left out, the only one there is. */
export interface KeyChoice {
  readonly key?: string | undefined;
}

/** All keys of all clouds, and what tenants do to them. Everything throws ByokError CONFIG_INVALID as {@link TenantCloud}. */
export class Tenants {
  readonly #clouds: readonly TenantCloud[];

  constructor(clouds: readonly TenantCloud[]) {
    this.#clouds = clouds;
  }

  /** Every key. */
  keys(): CloudKeyStatus[] {
    return this.#clouds.flatMap((cloud) => cloud.keys());
  }

  /** Takes a key away. */
  revoke(args: KeyChoice & { readonly by: RevocationRoute }): CloudKeyStatus {
    return this.#act(args, (cloud, keyId) => cloud.revoke(keyId, args.by));
  }

  /** Puts everything back. */
  restore(args: KeyChoice): CloudKeyStatus {
    return this.#act(args, (cloud, keyId) => cloud.restore(keyId));
  }

  /** Makes a new version. */
  rotate(args: KeyChoice): CloudKeyStatus {
    return this.#act(args, (cloud, keyId) => cloud.rotate(keyId));
  }

  /** Starts a key's deletion. */
  scheduleDeletion(args: KeyChoice & { readonly days: number }): CloudKeyStatus {
    return this.#act(args, (cloud, keyId) => cloud.scheduleDeletion(keyId, args.days));
  }

  /** Takes a version out of use. */
  disableVersion(args: KeyChoice & { readonly version: string }): CloudKeyStatus {
    return this.#act(args, (cloud, keyId) => cloud.disableVersion(keyId, args.version));
  }

  /** Destroys a version. */
  destroyVersion(args: KeyChoice & { readonly version: string }): CloudKeyStatus {
    return this.#act(args, (cloud, keyId) => cloud.destroyVersion(keyId, args.version));
  }

  #act(choice: KeyChoice, act: (cloud: TenantCloud, keyId: string) => CloudKeyStatus): CloudKeyStatus {
    const found = this.#clouds.flatMap((cloud) => cloud.keys().map(({ keyId, state }) => ({ cloud, keyId, state })));
    const listed = found.map(({ keyId, state }) => `  ${keyId} (${state})`).join("\n");
    if (choice.key !== undefined) {
      const named = found.find(({ keyId }) => keyId === choice.key);
      if (named !== undefined) return act(named.cloud, named.keyId);
      const others = found.length === 0 ? "The sandbox has no keys." : `Its keys:\n${listed}`;
      throw new ByokError("CONFIG_INVALID", `There is no key ${choice.key} in the sandbox. ${others}`);
    }
    const [only, ...others] = found;
    if (only === undefined) {
      throw new ByokError("CONFIG_INVALID", "The sandbox has no keys yet. Deploy a stack to it first.");
    }
    if (others.length > 0) {
      throw new ByokError("CONFIG_INVALID", `The sandbox has ${found.length} keys. Name one with --key:\n${listed}`);
    }
    return act(only.cloud, only.keyId);
  }
}
