import { randomBytes } from "node:crypto";
import { type KeyAccess, openAccess } from "./key-access.js";
import { encodeSealedSecret, type SealedSecret } from "./secret/sealed-secret.js";
import { sealNewGeneration } from "./secret/seal-generation.js";

const SECRET_ID_LENGTH = 16;

/** Options of {@link createSecret}. */
export interface CreateSecretOptions extends KeyAccess {
  readonly tenant: string;
  /** The Secret's id; random where left out. Immutable. */
  readonly secret?: string;
  readonly signal?: AbortSignal;
}

/**
 * Makes a Secret for a tenant: one new generation, every wrap opened once again before it is handed out.
 *
 * @returns the sealed Secret, JSON without anything secret in it. Keep it: it is needed to encrypt.
 * @throws {@link ByokError} CONFIG_INVALID, TENANT_MISMATCH, or what the KMS answers.
 */
export async function createSecret(options: CreateSecretOptions): Promise<SealedSecret> {
  const access = await openAccess(options);
  try {
    const id = { tenant: options.tenant, secret: options.secret ?? randomBytes(SECRET_ID_LENGTH).toString("hex"), generation: 1 };
    const generation = await sealNewGeneration(id, [...access.masterKeys.values()], access.serviceKey, {
      signal: options.signal,
    });
    return encodeSealedSecret(generation);
  } finally {
    await access.close();
  }
}

