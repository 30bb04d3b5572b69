/**
 * All master keys of one tenant for one datacenter, in one or several clouds.
 *
 * @module
 */
import * as pulumi from "@pulumi/pulumi";

import { type MasterKeyDescriptor } from "../runtime/master-key/descriptor.js";
import { type TenantAwsArgs } from "./aws/in-tenant-keys.js";
import { type TenantAzureArgs } from "./azure/in-tenant-keys.js";
import { loadAws, loadAzure, loadGcp } from "./cloud-components.js";
import { type TenantGcpArgs } from "./gcp/in-tenant-keys.js";
import { type KeyOptionsArgs } from "./key-options.js";
import { type Datacenter } from "./regions.js";
import { resolveTenantKeysArgs } from "./tenant-keys-args.js";

export { type TenantAwsArgs, type TenantAzureArgs, type TenantGcpArgs };

/** The service's own identities, one per cloud in use. Azure needs none: the application is made for the service. */
export interface ServiceIdentityArgs {
  /** AWS account of the service, 12 digits; excludes `awsRoleArn`. */
  awsAccountId?: string;
  /** ARN of the one IAM role of the service that is granted; excludes `awsAccountId`. */
  awsRoleArn?: string;
  /** E-mail of the service's service account in Google Cloud. */
  gcpServiceAccount?: string;
}

/**
 * Arguments of `TenantKeys`: at least one of `aws`, `gcp` and `azure`. Name the service by exactly one of `preset` and
 * `service`; with keys in Azure only, neither is needed.
 */
export interface TenantKeysArgs extends KeyOptionsArgs {
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
