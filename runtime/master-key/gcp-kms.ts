/**
 * Master keys in Google Cloud KMS, through the official SDK, which is loaded on first use only.
 *
 * @module
 */
import { type GcpKmsDescriptor } from "./descriptor.js";
import { ByokError } from "./errors.js";
import { type MasterKey } from "./master-key.js";

/** The service's own Google identity: a service account's key file. Without one the SDK's default chain decides. */
export interface GcpCredentials {
  readonly keyFile: string;
}

/** Opens a key in Google Cloud KMS. Nothing is contacted until the first call. */
export async function openGcpKmsKey(
  descriptor: GcpKmsDescriptor,
  _options: {
    endpoint?: string | undefined;
    certificateAuthority?: string | undefined;
    credentials?: GcpCredentials | undefined;
    requestTimeout?: number;
  } = {},
): Promise<MasterKey> {
  throw new ByokError("CONFIG_INVALID", "gcp-kms: in work.", { keyId: descriptor.keyName });
}
