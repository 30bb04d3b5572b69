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

/** One row of the table: a preset per cloud. */
export interface CloudPresets {
  readonly aws: AwsPreset;
}

/** Presets by name. Source of `afi`: the service's BYOK guide for AWS KMS. */
export const PRESETS: Readonly<Record<ServicePreset, CloudPresets>> = {
  afi: {
    aws: {
      serviceAccountId: "201720642051",
      aliasName: "alias/AFI-BYOK",
      description: "BYOK encryption key for Afi Backup",
      usage: AwsKeyUsage.Console,
    },
  },
};

/** True if `value` names a preset; for input that TypeScript has not checked. */
export function isServicePreset(value: unknown): value is ServicePreset {
  return typeof value === "string" && Object.hasOwn(PRESETS, value);
}
