/**
 * Replicas of a multi-Region key: the same key material under the same id in other regions, each with a policy and a state of
 * its own (AWS KMS Developer Guide, "Multi-Region keys in AWS KMS").
 *
 * @module
 */
import "./peers.js";

import { ReplicaKey } from "@pulumi/aws/kms";
import type * as pulumi from "@pulumi/pulumi";

/** What replicas are made of. */
export interface ReplicaOptions {
  readonly parent: pulumi.ComponentResource;
  /** Name of the component; replicas are called `NAME-replica-REGION`. */
  readonly name: string;
  readonly primaryKeyArn: pulumi.Output<string>;
  readonly description: string;
  readonly deletionWindowInDays: number;
  readonly tags: { [key: string]: string } | undefined;
}

/** One replica, kept as the key itself is. Until it is granted it has AWS's default policy. */
export function replicaIn(region: string, options: ReplicaOptions): ReplicaKey {
  const { parent, name, primaryKeyArn, description, deletionWindowInDays, tags } = options;
  return new ReplicaKey(
    `${name}-replica-${region}`,
    { primaryKeyArn, region, description, deletionWindowInDays, ...(tags === undefined ? {} : { tags }) },
    // Disabling a replica is a revocation too, which `pulumi up --refresh` must not quietly undo.
    { parent, protect: true, retainOnDelete: true, ignoreChanges: ["enabled"] },
  );
}
