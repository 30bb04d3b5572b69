/**
 * The service's own side in AWS: the role that it runs under, what that role may do with tenants' keys, and the service key.
 *
 * @module
 */
import "./peers.js";

import { Role } from "@pulumi/aws/iam/role";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy";
import { KeyPolicy } from "@pulumi/aws/kms";
import * as pulumi from "@pulumi/pulumi";

import { type AwsKmsDescriptor } from "../../runtime/master-key/descriptor.js";
import { type Datacenter } from "../regions.js";
import { createKey } from "./key.js";
import { resolveAwsServiceIdentityArgs } from "./service-identity-args.js";
import { serviceKeyPolicy, tenantKeysPolicy, trustPolicy } from "./service-policies.js";

/** Arguments of `AwsServiceIdentity`. */
export interface AwsServiceIdentityArgs {
  /** The service's own AWS account, 12 digits. */
  accountId: string;
  /** Datacenter that the service key is for; picks its region. */
  datacenter: Datacenter;
  /** AWS region of the service key that overrides the datacenter's. Default: the datacenter's own. */
  region?: string;
  /**
   * Who may assume the role: ARNs of roles, users or accounts (`arn:aws:iam::ACCOUNT:root`), or AWS services such as
   * `ec2.amazonaws.com`. At least one.
   */
  trustedPrincipals: string[];
  /** Name of the role. Default: `byok-service-DATACENTER`. */
  roleName?: string;
  /** The tenants' accounts whose keys the role may use. Default: any account that grants it one. */
  tenantAccountIds?: string[];
  /** Lets the role describe keys. Default: true. */
  keyMetadata?: boolean;
  /** Alias of the service key. Default: `alias/byok-service-DATACENTER`. */
  aliasName?: string;
  /** Makes the service key a multi-Region key. Cannot be changed later. Default: false. */
  multiRegion?: boolean;
  /** Days between automatic rotations of the service key's material, 90 to 2560. Default: 365. */
  rotationPeriodInDays?: number;
  /** Days between a request to delete the service key and its deletion, 7 to 30. Default: 30. */
  deletionWindowInDays?: number;
  /** Tags of role and key. Default: none. */
  tags?: { [key: string]: string };
}

/**
 * The service's own side: one IAM role, its policy for tenants' keys, and the service key, which seals what no tenant's key alone
 * may open. Deployed with the service's credentials, never a tenant's.
 *
 * Losing the service key loses the backups of every tenant: it is protected, and kept in AWS whatever happens to the stack.
 */
export class AwsServiceIdentity extends pulumi.ComponentResource {
  /** Descriptor of the service key, for `--service-key descriptor:FILE` and `KeyAccess.serviceKey`. */
  readonly serviceKey: pulumi.Output<AwsKmsDescriptor>;
  /** ARN of the role: what tenants grant, as `byok:service.awsRoleArn`. */
  readonly roleArn: pulumi.Output<string>;

  /**
   * @param name - resource name; children are called `NAME-role`, `NAME-role-policy`, `NAME-key`, `NAME-alias`, `NAME-policy`
   * @param args - what to create
   * @param opts - pass the AWS provider with the service's credentials as `provider` (or `providers`)
   * @throws InvalidArgsError before anything is registered, if an argument is not valid
   */
  constructor(name: string, args: AwsServiceIdentityArgs, opts?: pulumi.ComponentResourceOptions) {
    const { region, partition } = resolveAwsServiceIdentityArgs(name, args);
    super("pulumi-byok:index:AwsServiceIdentity", name, {}, opts);
    const { accountId, datacenter, keyMetadata = true } = args;
    // Tenants' key policies bind to the role itself, not to its name: one that is made again is let in nowhere.
    const role = new Role(
      `${name}-role`,
      {
        name: args.roleName ?? `byok-service-${datacenter}`,
        description: `Backup service in datacenter ${datacenter}: uses tenants' keys`,
        assumeRolePolicy: JSON.stringify(trustPolicy(args.trustedPrincipals)),
        ...(args.tags === undefined ? {} : { tags: args.tags }),
      },
      // protect and retainOnDelete are set on every child, since children inherit what they do not set.
      { parent: this, protect: true, retainOnDelete: true },
    );

    const { key, alias } = createKey(this, name, {
      ...args,
      description: `Service key of the backup service for datacenter ${datacenter}`,
      aliasName: args.aliasName ?? `alias/byok-service-${datacenter}`,
      region,
    });
    const policy = new KeyPolicy(
      `${name}-policy`,
      { keyId: key.keyId, policy: role.arn.apply((arn) => JSON.stringify(serviceKeyPolicy({ accountId, partition, roleArn: arn, keyMetadata }))), region },
      { parent: this, protect: false, retainOnDelete: false, dependsOn: alias },
    );
    const rolePolicy = new RolePolicy(
      `${name}-role-policy`,
      { role: role.name, name: "byok-tenant-keys", policy: JSON.stringify(tenantKeysPolicy(args, partition)) },
      { parent: this, protect: false, retainOnDelete: false },
    );

    this.roleArn = pulumi.all([role.arn, rolePolicy.id]).apply(([arn]) => arn);
    this.serviceKey = pulumi.all([key.arn, alias.name, role.arn, policy.id]).apply(([keyArn, aliasName, grantedTo]): AwsKmsDescriptor => ({
      schema: 1,
      tenant: "service",
      datacenter,
      provider: "aws-kms",
      grantedTo,
      keyArn,
      aliasName,
    }));
    this.registerOutputs({ serviceKey: this.serviceKey, roleArn: this.roleArn });
  }
}
