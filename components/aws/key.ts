/**
 * A symmetric key of one's own, and the alias by which consoles show it.
 *
 * @module
 */
import "./peers.js";

import { Alias, Key } from "@pulumi/aws/kms";
import type * as pulumi from "@pulumi/pulumi";

import { type AwsKeySettingsArgs } from "./key-settings.js";

/** Days until a deleted key is gone, unless it is said: the longest that KMS has. */
export const DELETION_WINDOW_IN_DAYS = 30;

/** How a key is made. */
export interface AwsKeyForm extends Pick<AwsKeySettingsArgs, "multiRegion" | "rotationPeriodInDays" | "deletionWindowInDays"> {
  readonly description: string;
  readonly aliasName: string;
  readonly region: string;
  readonly tags?: { [key: string]: string };
}

/** Registers `NAME-key` and `NAME-alias`, both protected; the key outlives even a full teardown. */
export function createKey(parent: pulumi.ComponentResource, name: string, form: AwsKeyForm): { readonly key: Key; readonly alias: Alias } {
  const { description, aliasName, region, multiRegion, tags } = form;
  // protect and retainOnDelete are set on every child, since children inherit what they do not set.
  const key = new Key(
    `${name}-key`,
    {
      description,
      customerMasterKeySpec: "SYMMETRIC_DEFAULT",
      keyUsage: "ENCRYPT_DECRYPT",
      enableKeyRotation: true,
      rotationPeriodInDays: form.rotationPeriodInDays ?? 365,
      deletionWindowInDays: form.deletionWindowInDays ?? DELETION_WINDOW_IN_DAYS,
      region,
      // Unset unless asked for: a key of an older release has it unset, and another value would replace the key.
      ...(multiRegion === undefined ? {} : { multiRegion }),
      ...(tags === undefined ? {} : { tags }),
    },
    // Disabling the key is how its owner revokes; `pulumi up --refresh` must not quietly undo it.
    { parent, protect: true, retainOnDelete: true, ignoreChanges: ["isEnabled"] },
  );
  const alias = new Alias(
    `${name}-alias`,
    { name: aliasName, targetKeyId: key.keyId, region },
    // Not retained: after a teardown the name must be free for the next key.
    { parent, protect: true, retainOnDelete: false },
  );
  return { key, alias };
}
