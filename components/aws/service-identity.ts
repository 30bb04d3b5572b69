/**
 * The service's own side in AWS: the role that it runs under, what that role may do with tenants' keys, and the service key.
 *
 * @module
 */
import { type Datacenter } from "../regions.js";

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
