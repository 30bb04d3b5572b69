/**
 * The service's certificates for applications in tenants' directories: what signs in, and how it is named.
 *
 * @module
 */

/** A certificate and its private key, both PEM. The key is borrowed for as long as the master key is open. */
export interface AzureCertificate {
  /** X.509 certificate, one `CERTIFICATE` block. */
  readonly certificate: string;
  /** PKCS #8, one `PRIVATE KEY` block. Secret. */
  readonly privateKey: string;
}

/**
 * The certificates at hand: a list, or a function that reads them anew (asked again before each sign-in, so that a rotation
 * takes effect without a restart). Descriptors pick by thumbprint; others for the same application are tried when Entra
 * rejects that one.
 */
export type AzureCertificates =
  | readonly AzureCertificate[]
  | (() => readonly AzureCertificate[] | Promise<readonly AzureCertificate[]>);
