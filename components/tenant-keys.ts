/**
 * All master keys of one tenant for one datacenter, in one or several clouds.
 *
 * @module
 */
import * as pulumi from "@pulumi/pulumi";

import { type MasterKeyDescriptor } from "../runtime/master-key/descriptor.js";
import { type GcpNewProjectArgs } from "./gcp/tenant-key.js";
import { loadAws, loadAzure, loadGcp } from "./cloud-components.js";
import { type ProtectionLevel } from "./protection-level.js";
import { type Datacenter } from "./regions.js";
import { resolveTenantKeysArgs } from "./tenant-keys-args.js";

/** The service's own identities, one per cloud in use. Azure needs none: the application is made for the service. */
export interface ServiceIdentityArgs {
  /** AWS account of the service, 12 digits; excludes `awsRoleArn`. */
  awsAccountId?: string;
  /** ARN of the one IAM role of the service that is granted; excludes `awsAccountId`. */
  awsRoleArn?: string;
  /** E-mail of the service's service account in Google Cloud. */
  gcpServiceAccount?: string;
}

/** Where the tenant's key lives in AWS. */
export interface TenantAwsArgs {
  /** AWS account that owns the key: the tenant's own, 12 digits. */
  accountId: string;
  /** AWS region that overrides the datacenter's. Default: the datacenter's own. */
  region?: string;
}

/** Where the tenant's key lives in Google Cloud; see `GcpTenantKeyArgs`. */
export interface TenantGcpArgs {
  /** Id of the existing project that owns the key; excludes `createProject`. */
  project?: string;
  /** Creates the project that owns the key; excludes `project`. */
  createProject?: GcpNewProjectArgs;
  /** Another exact region within the datacenter's residency, or `global`, which has none. Default: the datacenter's own. */
  location?: string;
  /** Lets `location` be a region outside the datacenter's residency. Default: false. */
  allowCrossRegion?: boolean;
  /** Where the key material is kept. Default: `software`. */
  protectionLevel?: ProtectionLevel;
  /** Grants on the key of that name that exists already, and creates none. Default: false. */
  existingKey?: boolean;
}

/** Where the tenant's key lives in Azure, and how the service signs in there; see `AzureTenantKeyArgs`. */
export interface TenantAzureArgs {
  /** Id of the Entra tenant (directory). */
  entraTenantId: string;
  /** Id of the subscription that owns the key: the tenant's own. */
  subscriptionId: string;
  /** One or two certificates of the service, PEM, public. */
  certificates: string[];
  /** Name of an existing resource group. Default: a new one. */
  resourceGroup?: string;
  /** Name of the vault. Default: made of tenant, datacenter and a suffix. */
  vaultName?: string;
  /** Another Azure region within the datacenter's residency. Default: the one closest to the datacenter. */
  location?: string;
  /** Lets `location` be a region outside the datacenter's residency. Default: false. */
  allowCrossRegion?: boolean;
  /** Where the key material is kept. Default: `software`. */
  protectionLevel?: ProtectionLevel;
  /** Bits of the RSA key: 2048, 3072 or 4096. Default: 3072. */
  keySize?: number;
  /** Grants on the key of that name that exists already, and creates none. Default: false. */
  existingKey?: boolean;
}

/**
 * Arguments of `TenantKeys`: at least one of `aws`, `gcp` and `azure`. Name the service by exactly one of `preset` and
 * `service`; with keys in Azure only, neither is needed.
 */
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
  /** Makes a key in Google Cloud KMS. */
  gcp?: TenantGcpArgs;
  /** Makes a key in Azure Key Vault, and the application that the service uses it by. */
  azure?: TenantAzureArgs;
  /** Tags of the keys; labels in Google Cloud, which allows fewer characters. Default: none. */
  tags?: { [key: string]: string };
}

/**
 * One tenant's master keys: a key per cloud named in the arguments, each granted to the same service.
 *
 * Constructs no provider: pass the clouds' providers as `opts.providers`. Loads the SDKs of the clouds named, and no others.
 */
export class TenantKeys extends pulumi.ComponentResource {
  /** Master key descriptors for the runtime, one per cloud. Public: no secret in them. */
  readonly masterKeys: pulumi.Output<MasterKeyDescriptor[]>;

  /**
   * @param name - resource name; children are called `NAME-CLOUD`, and `NAME-azure-app` the application
   * @param args - whose keys, where, and for which service
   * @param opts - `providers`: one per cloud in use, with the tenant's credentials; for Azure both azure-native and azuread
   * @throws InvalidArgsError before anything is registered, if an argument is not valid
   * @throws MissingPeerError if the SDK of a cloud named is not installed
   */
  constructor(name: string, args: TenantKeysArgs, opts?: pulumi.ComponentResourceOptions) {
    const { aws, gcp, azure } = resolveTenantKeysArgs(name, args, new Date());
    // Loaded before anything is registered.
    const awsComponents = aws && loadAws();
    const gcpComponents = gcp && loadGcp();
    const azureComponents = azure && loadAzure();
    super("pulumi-byok:index:TenantKeys", name, {}, opts);

    const descriptors: pulumi.Output<MasterKeyDescriptor>[] = [];
    if (aws && awsComponents) {
      descriptors.push(new awsComponents.AwsTenantKey(`${name}-aws`, aws, { parent: this }).descriptor);
    }
    if (gcp && gcpComponents) {
      descriptors.push(new gcpComponents.GcpTenantKey(`${name}-gcp`, gcp, { parent: this }).descriptor);
    }
    if (azure && azureComponents) {
      const { AzureAppRegistration, AzureTenantKey } = azureComponents;
      const application = new AzureAppRegistration(`${name}-azure-app`, azure.application, { parent: this });
      descriptors.push(new AzureTenantKey(`${name}-azure`, { ...azure.key, application }, { parent: this }).descriptor);
    }

    this.masterKeys = pulumi.all(descriptors);
    this.registerOutputs({ masterKeys: this.masterKeys });
  }
}
