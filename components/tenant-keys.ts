/**
 * All master keys of one tenant for one datacenter, in one or several clouds.
 *
 * @module
 */
import * as pulumi from "@pulumi/pulumi";

import { type MasterKeyDescriptor } from "../runtime/master-key/descriptor.js";
import { AwsTenantKey, type AwsTenantKeyArgs } from "./aws/tenant-key.js";
import { resolveTenantKeyArgs } from "./aws/tenant-key-args.js";
import { InvalidArgsError } from "./errors.js";
import { isServicePreset, PRESETS } from "./presets.js";
import { type Datacenter } from "./regions.js";

/** The service's own identities, one per cloud in use. */
export interface ServiceIdentityArgs {
  /** AWS account of the service, 12 digits; excludes `awsRoleArn`. */
  awsAccountId?: string;
  /** ARN of the one IAM role of the service that is granted; excludes `awsAccountId`. */
  awsRoleArn?: string;
}

/** Where the tenant's key lives in AWS. */
export interface TenantAwsArgs {
  /** AWS account that owns the key: the tenant's own, 12 digits. */
  accountId: string;
  /** AWS region that overrides the datacenter's. Default: the datacenter's own. */
  region?: string;
}

/** Arguments of `TenantKeys`. Name the service by exactly one of `preset` and `service`. */
export interface TenantKeysArgs {
  /** Tenant's id: 3 to 32 characters of a-z, 0-9 and -. */
  tenant: string;
  /** Datacenter of the service that the keys are for; picks the region in every cloud. */
  datacenter: Datacenter;
  /** A service known to this package, `afi`: its identities, its resource names, its usage. */
  preset?: string;
  /** Identities of any other service, granted the least usage. */
  service?: ServiceIdentityArgs;
  /** Makes a key in AWS KMS. */
  aws?: TenantAwsArgs;
  /** Tags of the keys, in clouds that have tags. Default: none. */
  tags?: { [key: string]: string };
}

/**
 * One tenant's master keys: a key per cloud named in the arguments, each granted to the same service.
 *
 * Constructs no provider: pass the clouds' providers as `opts.providers`.
 */
export class TenantKeys extends pulumi.ComponentResource {
  /** Master key descriptors for the runtime, one per cloud. Public: no secret in them. */
  readonly masterKeys: pulumi.Output<MasterKeyDescriptor[]>;

  /**
   * @param name - resource name; children are called `NAME-CLOUD`
   * @param args - whose keys, where, and for which service
   * @param opts - `providers`: one per cloud in use, with the tenant's credentials
   * @throws InvalidArgsError before anything is registered, if an argument is not valid
   */
  constructor(name: string, args: TenantKeysArgs, opts?: pulumi.ComponentResourceOptions) {
    checkTenantKeysArgs(name, args);
    const aws = awsTenantKeyArgs(args);
    if (aws !== undefined) resolveTenantKeyArgs(`${name}-aws`, aws);
    super("pulumi-byok:index:TenantKeys", name, {}, opts);

    const descriptors: pulumi.Output<MasterKeyDescriptor>[] = [];
    if (aws !== undefined) descriptors.push(new AwsTenantKey(`${name}-aws`, aws, { parent: this }).descriptor);

    this.masterKeys = pulumi.all(descriptors);
    this.registerOutputs({ masterKeys: this.masterKeys });
  }
}

/** The arguments of the AWS key; `undefined` without AWS. A preset brings identity, names and usage, see `AwsPreset`. */
function awsTenantKeyArgs(args: TenantKeysArgs): AwsTenantKeyArgs | undefined {
  if (args.aws === undefined) return undefined;
  const { awsAccountId, awsRoleArn } = args.service ?? {};
  return {
    tenant: args.tenant,
    datacenter: args.datacenter,
    ...args.aws,
    ...(isServicePreset(args.preset) ? PRESETS[args.preset].aws : {}),
    ...(awsAccountId === undefined ? {} : { serviceAccountId: awsAccountId }),
    ...(awsRoleArn === undefined ? {} : { serviceRoleArn: awsRoleArn }),
    ...(args.tags === undefined ? {} : { tags: args.tags }),
  };
}

/** Checks what is not the business of one cloud's component. */
function checkTenantKeysArgs(name: string, args: TenantKeysArgs): void {
  const problems: string[] = [];
  if (args.aws === undefined) problems.push("aws: is required: no other cloud can be provisioned by this release");
  if ((args.preset === undefined) === (args.service === undefined)) {
    problems.push("preset, service: give exactly one of them");
  }
  if (args.preset !== undefined && !isServicePreset(args.preset)) {
    problems.push(`preset: must be one of ${Object.keys(PRESETS).join(", ")}`);
  }
  if (problems.length > 0) throw new InvalidArgsError("TenantKeys", name, problems);
}
