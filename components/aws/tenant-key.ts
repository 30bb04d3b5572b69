/**
 * A tenant's key in AWS KMS, and the grant that lets the service use it.
 *
 * @module
 */
import "./peers.js";

import * as pulumi from "@pulumi/pulumi";

import { type AwsKmsDescriptor } from "../../runtime/master-key/descriptor.js";
import { isGranted } from "../access.js";
import { type KeyOptionsArgs } from "../key-options.js";
import { awsAliasName, keyDescription } from "../names.js";
import { type Datacenter } from "../regions.js";
import { alarmOn, type WatchedKey } from "./alarms.js";
import { findExistingKey, policyOfExistingKey } from "./existing-key.js";
import { type GrantedKey, grantOn } from "./grant.js";
import { AwsGrantBy } from "./grant-by.js";
import { createKey, DELETION_WINDOW_IN_DAYS } from "./key.js";
import { AwsKeyUsage, keyPolicy, type KeyPolicyInput } from "./key-policy.js";
import { type AwsExistingKeyArgs, type AwsKeySettingsArgs, crossRegionReplicas } from "./key-settings.js";
import { replicaIn } from "./replicas.js";
import { type ResolvedAwsTenantKeyArgs, resolveAwsTenantKeyArgs } from "./tenant-key-args.js";

/** Arguments of `AwsTenantKey`. Name the grantee by exactly one of `serviceAccountId` and `serviceRoleArn`. */
export interface AwsTenantKeyArgs extends KeyOptionsArgs, AwsKeySettingsArgs {
  /** Tenant's id: 3 to 32 characters of a-z, 0-9 and -. */
  tenant: string;
  /** Datacenter of the service that the key is for; picks the AWS region. */
  datacenter: Datacenter;
  /** AWS account that owns the key: the tenant's own, 12 digits. */
  accountId: string;
  /** AWS account of the service, 12 digits. The account as a whole is granted; its administrators choose the roles. */
  serviceAccountId?: string;
  /** ARN of the one IAM role of the service that is granted. It must exist, or AWS refuses the policy. */
  serviceRoleArn?: string;
  /** How much of the key the service may use. Default: `least`. */
  usage?: AwsKeyUsage;
  /** Description of the key, as the AWS console shows it. Default: names tenant and datacenter. */
  description?: string;
  /** AWS region that overrides the datacenter's. Default: the datacenter's own. */
  region?: string;
  /** Lets `replicaRegions` be outside the datacenter's residency. Default: false. */
  allowCrossRegion?: boolean;
  /** Tags of the key. Default: none. */
  tags?: { [key: string]: string };
}

/**
 * A symmetric KMS key in the tenant's own account, its alias, and what lets the service use it: the key policy, or a KMS grant.
 *
 * Key, replicas and alias are protected; the policy or grant is not: `pulumi destroy --exclude-protected` withdraws it, as `access:
 * suspended` does, and keys stay. They outlive even a full teardown: no stack operation can make backups unreadable.
 *
 * With `existing`, a key that is there is read and judged, and gets neither alias nor any change but the grant.
 */
export class AwsTenantKey extends pulumi.ComponentResource {
  /** Public description of the key for the runtime; available once the service has been granted, or was told not to be. */
  readonly descriptor: pulumi.Output<AwsKmsDescriptor>;

  /**
   * @param name - resource name; children are called `NAME-key`, `NAME-alias`, `NAME-policy` or `NAME-grant`; `NAME-existing` is an
   *   adopted key as it was read, `NAME-replica-REGION` a replica, with its `NAME-policy-REGION` or `NAME-grant-REGION`
   * @param args - what to create or adopt, and for whom
   * @param opts - pass the AWS provider with the tenant's credentials as `provider` (or `providers`)
   * @throws InvalidArgsError before anything is registered, if an argument is not valid
   * @throws UnfitResourceError before anything is granted, in a preview too, if `existing` names a key that does not fit
   */
  constructor(name: string, args: AwsTenantKeyArgs, opts?: pulumi.ComponentResourceOptions) {
    const resolved = resolveAwsTenantKeyArgs(name, args);
    super("pulumi-byok:index:AwsTenantKey", name, {}, opts);

    const { grantee } = resolved;
    const { keyArn, aliasName, replicaArns, grants } = args.existing === undefined ? createKeys(this, name, args, resolved) : adoptKey(this, name, args, args.existing, resolved);
    this.descriptor = pulumi.all([keyArn, aliasName, pulumi.all(replicaArns), pulumi.all(grants)]).apply(([arn, alias, replicas]): AwsKmsDescriptor => ({
      schema: 1,
      tenant: args.tenant,
      datacenter: args.datacenter,
      provider: "aws-kms",
      grantedTo: grantee,
      keyArn: arn,
      ...(replicas.length === 0 ? {} : { replicaArns: replicas }),
      ...(alias === undefined ? {} : { aliasName: alias }),
    }));
    this.registerOutputs({ descriptor: this.descriptor });
  }
}

/** What both ways come to. */
interface GrantedKeys {
  readonly keyArn: pulumi.Output<string>;
  /** Undefined for an adopted key that was not named by its alias. */
  readonly aliasName: pulumi.Input<string> | undefined;
  readonly replicaArns: pulumi.Output<string>[];
  /** Ids of the grants; none while access is suspended. */
  readonly grants: pulumi.Output<string>[];
}

function createKeys(parent: AwsTenantKey, name: string, args: AwsTenantKeyArgs, resolved: ResolvedAwsTenantKeyArgs): GrantedKeys {
  const { region } = resolved;
  const description = args.description ?? keyDescription(args.tenant, args.datacenter);
  const deletionWindowInDays = args.deletionWindowInDays ?? DELETION_WINDOW_IN_DAYS;
  const outside = crossRegionReplicas(args, args.datacenter);
  if (outside.length > 0) void pulumi.log.warn(`${name}: replicas outside the residency of ${args.datacenter}: ${outside.join(", ")}`, parent);

  const { key, alias } = createKey(parent, name, { ...args, description, aliasName: args.aliasName ?? awsAliasName(args.tenant, args.datacenter), region });

  const replicas = (args.replicaRegions ?? []).map((replicaRegion) => ({
    region: replicaRegion,
    replica: replicaIn(replicaRegion, { parent, name, primaryKeyArn: key.arn, description, deletionWindowInDays, tags: args.tags }),
  }));
  const input = policyInput(args, resolved);
  const keys: GrantedKey[] = [
    { keyId: key.keyId, region, suffix: "", dependsOn: [alias] },
    ...replicas.map((one) => ({ keyId: one.replica.keyId, region: one.region, suffix: `-${one.region}`, dependsOn: [] })),
  ];
  watch(parent, name, args, { arn: key.arn, region, suffix: "" });
  for (const one of replicas) watch(parent, name, args, { arn: one.replica.arn, region: one.region, suffix: `-${one.region}` });
  const options = { parent, name, grantBy: args.grantBy ?? AwsGrantBy.KeyPolicy, input, policy: JSON.stringify(keyPolicy(input)), datacenter: args.datacenter };
  return {
    keyArn: key.arn,
    aliasName: alias.name,
    replicaArns: replicas.map(({ replica }) => replica.arn),
    grants: isGranted(args.access) ? keys.map((one) => grantOn(one, options)) : [],
  };
}

function adoptKey(parent: AwsTenantKey, name: string, args: AwsTenantKeyArgs, existing: AwsExistingKeyArgs, resolved: ResolvedAwsTenantKeyArgs): GrantedKeys {
  const { region } = resolved;
  const granted = isGranted(args.access);
  const grantBy = args.grantBy ?? AwsGrantBy.KeyPolicy;
  const options = { parent, name, key: existing.key, accountId: args.accountId, region, granted };
  const found = findExistingKey(options);
  watch(parent, name, args, { arn: found.arn, region, suffix: "" });
  const input = policyInput(args, resolved);
  const grant = (): pulumi.Output<string> => {
    // Only the way that replaces the policy needs to know it.
    const policy = grantBy === AwsGrantBy.KeyPolicy ? policyOfExistingKey(options, found, input) : "";
    return grantOn({ keyId: found.keyId, region, suffix: "", dependsOn: [] }, { parent, name, grantBy, input, policy, datacenter: args.datacenter });
  };
  return {
    keyArn: found.arn,
    aliasName: existing.key.startsWith("alias/") ? existing.key : undefined,
    replicaArns: [],
    grants: granted ? [grant()] : [],
  };
}

/** Whatever the access: alarms are the tenant's. */
function watch(parent: AwsTenantKey, name: string, { tenant, datacenter, alarms }: AwsTenantKeyArgs, key: WatchedKey): void {
  if (alarms !== undefined) alarmOn(key, { parent, name, tenant, datacenter, alarms });
}

function policyInput(args: AwsTenantKeyArgs, { partition, grantee }: ResolvedAwsTenantKeyArgs): KeyPolicyInput {
  const { accountId, tenant, keyMetadata, principalArns, serviceAddresses } = args;
  return { accountId, partition, grantee, usage: args.usage ?? AwsKeyUsage.Least, tenant, keyMetadata, principalArns, serviceAddresses };
}
