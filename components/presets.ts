/**
 * Backup services whose onboarding guide names the identities and names to use.
 *
 * @module
 */
import { AwsKeyUsage } from "./aws/key-policy.js";

/** A service known to this package: `afi` is Afi Backup. */
export type ServicePreset = "afi";

/** What a service's guide has its customers type into the AWS console. */
export interface AwsPreset {
  /** The service's AWS account, granted as a whole (its root principal), as the console does. */
  readonly serviceAccountId: string;
  /** Alias of the key; one per account and region. */
  readonly aliasName: string;
  /** Description of the key. */
  readonly description: string;
  /** How much of the key the service may use. */
  readonly usage: AwsKeyUsage;
}

/** What a service's guide has its customers type into the Google Cloud console. */
export interface GcpPreset {
  /** E-mail of the service's service account. */
  readonly serviceAccount: string;
  /** Name of the key ring; one per project and location. */
  readonly keyRingName: string;
  /** Name of the key. */
  readonly keyName: string;
}

/**
 * One row of the table: a preset per cloud. None for Azure: there the service's identity is an application in the tenant's
 * own directory, whose certificate the tenant is given, and the names are the tenant's to choose.
 */
export interface CloudPresets {
  /** For a key in AWS. */
  readonly aws: AwsPreset;
  /** For a key in Google Cloud. */
  readonly gcp: GcpPreset;
}

/** Presets by name. Source of `afi`: the service's BYOK guides for AWS KMS and Google Cloud KMS. */
export const PRESETS: Readonly<Record<ServicePreset, CloudPresets>> = {
  afi: {
    aws: {
      serviceAccountId: "201720642051",
      aliasName: "alias/AFI-BYOK",
      description: "BYOK encryption key for Afi Backup",
      usage: AwsKeyUsage.Console,
    },
    gcp: {
      serviceAccount: "storage-byok@afi-production.iam.gserviceaccount.com",
      keyRingName: "afi-backup-keyring",
      keyName: "afi-backup-key",
    },
  },
};

/** True if `value` names a preset; for input that TypeScript has not checked. */
export function isServicePreset(value: unknown): value is ServicePreset {
  return typeof value === "string" && Object.hasOwn(PRESETS, value);
}
