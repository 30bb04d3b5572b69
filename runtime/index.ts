/**
 * The runtime: envelope encryption under customer-owned keys. It never loads Pulumi, and a cloud's SDK only when a key of
 * that cloud is used.
 *
 * @module
 */
export {
  createApplicationCredentials,
  type CreateApplicationCredentialsOptions,
  listApplicationCredentials,
  type ListedCredential,
  type NewCredentialOptions,
  openApplicationCredentials,
  rotateApplicationCredentials,
  type RotateApplicationCredentialsOptions,
} from "./application-credentials/application-credentials.js";
export { type CertificateFacts } from "./application-credentials/certificate.js";
export { parseApplicationCredentials, type SealedApplicationCredentials } from "./application-credentials/sealed-credentials.js";
export {
  addMasterKeys,
  type ChangeSecretOptions,
  removeMasterKeys,
  type RemoveMasterKeysOptions,
  renewSecret,
  type RewrappedSecret,
  rewrapSecret,
} from "./change-secret.js";
export { createSecret, type CreateSecretOptions } from "./create-secret.js";
export { describeSecret, type DescribeSecretOptions, type SecretDescription } from "./describe-secret.js";
export {
  type DecryptedStream,
  type DecryptOptions,
  type EncryptedObject,
  type EncryptedStream,
  type EncryptOptions,
  Encryptor,
  type EncryptorOptions,
} from "./encryptor.js";
export { type ApplicationCredentials, type KeyAccess } from "./key-access.js";
export { type ObjectIdentity } from "./keychain/identity.js";
export { inspectObject, type ObjectInspection } from "./keychain/inspect.js";
export { type AzureCertificate, type AzureCertificates } from "./master-key/azure-certificate.js";
export {
  type AwsKmsDescriptor,
  type AzureKeyVaultDescriptor,
  DATACENTERS,
  type Datacenter,
  type GcpKmsDescriptor,
  type LocalDescriptor,
  type MasterKeyDescriptor,
} from "./master-key/descriptor.js";
export { type Endpoints, type Mode, SANDBOX_VARIABLE } from "./master-key/endpoints.js";
export { BYOK_ERROR_CODES, ByokError, type ByokErrorCode } from "./master-key/errors.js";
export { type GcpCredentials } from "./master-key/gcp-kms.js";
export { createLocalKeyFile } from "./master-key/local-key-file.js";
export {
  type CallOptions,
  type MasterKey,
  type MasterKeyState,
  type ShareContext,
  type UnwrappedShare,
  type WrappedShare,
} from "./master-key/master-key.js";
export {
  type Credentials,
  openMasterKey,
  openServiceKey,
  parseMasterKeyDescriptors,
  type ServiceKey,
} from "./master-key/open-master-key.js";
export { type VerifyCheck, verifyMasterKey, type VerifyReport } from "./master-key/verify.js";
export { type CachePolicy, DEFAULT_CACHE_POLICY, statedBound } from "./secret/cache-policy.js";
export { type Clock } from "./secret/clock.js";
export { type KeyVersions } from "./secret/key-versions.js";
export { type RewrappedKey } from "./secret/rewrap-generation.js";
export { parseSealedSecret, type SealedSecret, serializeSealedSecret } from "./secret/sealed-secret.js";
