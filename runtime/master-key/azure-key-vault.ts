/**
 * Master keys in Azure Key Vault, through the official SDKs, which are loaded on first use only.
 *
 * @module
 */
import { type AzureCertificates } from "./azure-certificate.js";
import { type AzureKeyVaultDescriptor } from "./descriptor.js";
import { type Endpoints } from "./endpoints.js";
import { ByokError } from "./errors.js";
import { type MasterKey } from "./master-key.js";

/** Opens a key in Azure Key Vault. Nothing is contacted until the first call. */
export async function openAzureKeyVaultKey(
  descriptor: AzureKeyVaultDescriptor,
  _options: { endpoints?: Endpoints; certificates?: AzureCertificates | undefined; requestTimeout?: number } = {},
): Promise<MasterKey> {
  throw new ByokError("CONFIG_INVALID", "azure-key-vault: in work.", { keyId: descriptor.keyUri });
}
