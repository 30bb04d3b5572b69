/**
 * A tenant's key in Azure Key Vault, and the grant that lets the service use it.
 *
 * @module
 */
import "./peers.js";

import { AccessPolicy, Key, Vault } from "@pulumi/azure-native/keyvault";
import { ResourceGroup } from "@pulumi/azure-native/resources";
import * as pulumi from "@pulumi/pulumi";

import { type AzureKeyVaultDescriptor } from "../../runtime/master-key/descriptor.js";
import { type KeyOptionsArgs } from "../key-options.js";
import { ProtectionLevel } from "../protection-level.js";
import { type Datacenter } from "../regions.js";
import { azureKeyResourceId } from "./identity.js";
import { type ResolvedAzureTenantKeyArgs, resolveAzureTenantKeyArgs } from "./tenant-key-args.js";
import { type AzureWatchArgs } from "./watch-args.js";
import { registerWatch } from "./watch.js";

/** The application that the service signs in as; an `AzureAppRegistration` is one. */
export interface AzureApplicationArgs {
  /** Application (client) id. */
  clientId: pulumi.Input<string>;
  /** Object id of its service principal in the tenant's directory: not of the application, not the client id. */
  servicePrincipalId: pulumi.Input<string>;
  /** SHA-1 thumbprint of the certificate that the service should use. */
  certificateThumbprint: pulumi.Input<string>;
  /** End of that certificate's validity, RFC 3339 in UTC. */
  certificateNotAfter: pulumi.Input<string>;
}

/** Arguments of `AzureTenantKey`. */
export interface AzureTenantKeyArgs extends KeyOptionsArgs, AzureWatchArgs {
  /** Tenant's id at the service: 3 to 32 characters of a-z, 0-9 and -. Not the Entra tenant. */
  tenant: string;
  /** Datacenter of the service that the key is for; picks the Azure region. */
  datacenter: Datacenter;
  /** Id of the Entra tenant (directory) that the subscription trusts. */
  entraTenantId: string;
  /** Id of the subscription that owns the key: the tenant's own. */
  subscriptionId: string;
  /** The application that is granted. */
  application: AzureApplicationArgs;
  /** Name of an existing resource group. Default: a new one, `byok-TENANT-DATACENTER`. */
  resourceGroup?: string;
  /** Another Azure region within the datacenter's residency. Default: the one closest to the datacenter. */
  location?: string;
  /** Lets `location` be a region outside the datacenter's residency. Default: false. */
  allowCrossRegion?: boolean;
  /** Name of the vault, 3 to 24 characters. Default: `byok-TENANT-DATACENTER-` and a suffix that is always the same. */
  vaultName?: string;
  /** Name of the key. Default: `byok-TENANT-DATACENTER`. */
  keyName?: string;
  /**
   * Grants on the key of these names that exists already, made by hand or left by a teardown, and creates none. Default:
   * false.
   */
  existingKey?: boolean;
  /** Where the key material is kept; `hsm` makes a premium vault. Cannot be changed later. Default: `software`. */
  protectionLevel?: ProtectionLevel;
  /**
   * Bits of the RSA key: 2048, 3072 or 4096. Cannot be changed later. Default: 3072, good beyond 2030 (NIST SP 800-57
   * part 1, table 4); Azure's own default is 2048.
   */
  keySize?: number;
  /** Tags of resource group, vault and key. Default: none. */
  tags?: { [key: string]: string };
}

/**
 * An RSA key in a key vault in the tenant's own subscription, and the access policy by which the service may use it: the
 * key permissions Encrypt and Decrypt, for the application's service principal, and nothing else.
 *
 * The vault has Azure's default settings and purge protection, which nobody can turn off again: whoever deletes key or vault,
 * they can be recovered for 90 days. Everything but the access policy is protected, and `pulumi destroy --exclude-protected`
 * withdraws the policy. Key, vault and a resource group of ours outlive even a full teardown: no stack operation can make
 * backups unreadable. Their names stay taken; after a full teardown `up` must be told to take the key that is there
 * (`existingKey`), and backups open again once the service has the new descriptor. To start over with a new key, name
 * another vault and resource group.
 *
 * The tenant revokes by disabling the key, by closing the vault's network, or by removing the access policy. `up --refresh`
 * undoes neither of the first two; a withdrawn policy it puts back. Azure Resource Manager never changes a key that exists:
 * another size or protection level is shown as a replacement, which the protection refuses.
 */
export class AzureTenantKey extends pulumi.ComponentResource {
  /** Public description of the key for the runtime; available once the service has been granted. */
  readonly descriptor: pulumi.Output<AzureKeyVaultDescriptor>;

  /**
   * @param name - resource name; children are called `NAME-key`, `NAME-policy` and, unless the key exists, `NAME-vault`,
   *   `NAME-group`
   * @param args - what to create, and for whom
   * @param opts - pass the azure-native provider with the tenant's credentials as `provider` (or `providers`)
   * @throws InvalidArgsError before anything is registered, if an argument is not valid
   */
  constructor(name: string, args: AzureTenantKeyArgs, opts?: pulumi.ComponentResourceOptions) {
    const resolved = resolveAzureTenantKeyArgs(name, args);
    super("pulumi-byok:index:AzureTenantKey", name, {}, opts);

    if (resolved.warning !== undefined) void pulumi.log.warn(`${name}: ${resolved.warning}`, this);

    const { resourceGroup, vaultName, entraTenantId } = resolved;
    const key =
      args.existingKey === true
        ? Key.get(`${name}-key`, azureKeyResourceId(resolved), { parent: this })
        : createKey(this, name, args, resolved);

    const grant = new AccessPolicy(
      `${name}-policy`,
      {
        resourceGroupName: resourceGroup,
        vaultName,
        policy: {
          tenantId: entraTenantId,
          objectId: args.application.servicePrincipalId,
          // No applicationId: it would make this a policy for users who come through the application.
          permissions: { keys: ["encrypt", "decrypt"] },
        },
      },
      {
        parent: this,
        protect: false,
        retainOnDelete: false,
        // The grant comes last and goes first: nobody is granted a key that is only half set up, or half torn down.
        dependsOn: key,
        // The provider updates the policy of one principal; for another one it answers that there is none to update.
        replaceOnChanges: ["policy.objectId"],
      },
    );

    registerWatch(this, name, args, resolved, key);

    const { clientId, servicePrincipalId, certificateThumbprint, certificateNotAfter } = args.application;
    this.descriptor = pulumi
      .all([key.keyUri, clientId, servicePrincipalId, certificateThumbprint, certificateNotAfter, grant.id])
      .apply(
        ([keyUri, clientId, grantedTo, certificateThumbprint, certificateNotAfter]): AzureKeyVaultDescriptor => ({
          schema: 1,
          tenant: args.tenant,
          datacenter: args.datacenter,
          provider: "azure-key-vault",
          grantedTo,
          keyUri: versionlessKeyUri(keyUri),
          entraTenantId,
          clientId,
          certificateThumbprint,
          certificateNotAfter,
          operation: "encrypt",
        }),
      );
    this.registerOutputs({ descriptor: this.descriptor });
  }
}

/** The identifier that follows rotations, host in lower case and without a port. */
function versionlessKeyUri(keyUri: string): string {
  const { origin, pathname } = new URL(keyUri);
  return `${origin}${pathname}`;
}

function createKey(
  parent: AzureTenantKey,
  name: string,
  args: AzureTenantKeyArgs,
  { location, resourceGroup, vaultName, keyName, entraTenantId }: ResolvedAzureTenantKeyArgs,
): Key {
  // protect and retainOnDelete are set on every child, since children inherit what they do not set.
  const kept = { parent, protect: true, retainOnDelete: true };
  const tags = args.tags === undefined ? {} : { tags: args.tags };
  const hsm = args.protectionLevel === ProtectionLevel.Hsm;

  const resourceGroupName =
    args.resourceGroup === undefined
      ? new ResourceGroup(`${name}-group`, { resourceGroupName: resourceGroup, location, ...tags }, kept).name
      : resourceGroup;

  const vault = new Vault(
    `${name}-vault`,
    {
      resourceGroupName,
      vaultName,
      location,
      properties: {
        tenantId: entraTenantId,
        sku: { family: "A", name: hsm ? "premium" : "standard" },
        // Explicit, because the default depends on the version of Azure's API.
        enableRbacAuthorization: false,
        enableSoftDelete: true,
        softDeleteRetentionInDays: 90,
        enablePurgeProtection: true,
        // No accessPolicies: policies are resources of their own, and the provider then leaves those on the vault alone.
      },
      ...tags,
    },
    // Closing the network is one way to revoke; `pulumi up --refresh` must not quietly undo it.
    { ...kept, ignoreChanges: ["properties.networkAcls", "properties.publicNetworkAccess"] },
  );

  return new Key(
    `${name}-key`,
    {
      resourceGroupName,
      vaultName: vault.name,
      keyName,
      properties: {
        kty: hsm ? "RSA-HSM" : "RSA",
        keySize: args.keySize ?? 3072,
        // Only settable now. All four, so that a later grant may be for wrapping; the access policy restricts.
        keyOps: ["encrypt", "decrypt", "wrapKey", "unwrapKey"],
      },
      ...tags,
    },
    {
      ...kept,
      // Disabling the key is how the tenant revokes, and how it is rotated is the tenant's business.
      ignoreChanges: ["properties.attributes", "properties.rotationPolicy"],
      // Keys - Create If Not Exist returns an existing key as it is: without this, a change would pass for made.
      replaceOnChanges: ["properties.kty", "properties.keySize", "properties.keyOps"],
    },
  );
}
