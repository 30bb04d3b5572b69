/**
 * A tenant's key in Azure Key Vault, and the grant that lets the service use it.
 *
 * @module
 */
import "./peers.js";

import { type Key } from "@pulumi/azure-native/keyvault";
import * as pulumi from "@pulumi/pulumi";

import { type AzureKeyVaultDescriptor } from "../../runtime/master-key/descriptor.js";
import { isGranted } from "../access.js";
import { type KeyOptionsArgs } from "../key-options.js";
import { type ProtectionLevel } from "../protection-level.js";
import { type Datacenter } from "../regions.js";
import { adoptKey } from "./adoption.js";
import { type ExistingAzureKeyArgs } from "./existing.js";
import { AZURE_OPERATIONS, AzureGrantBy } from "./grant-by.js";
import { type FoundPolicy, grantFoundPolicy, type GrantOf, grantPolicy, grantRole, keyPermissions } from "./grant.js";
import { createKey } from "./key.js";
import { type ResolvedAzureTenantKeyArgs, resolveAzureTenantKeyArgs } from "./tenant-key-args.js";
import { createVault } from "./vault.js";
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
  /** True if it was there before the program: it may have an access policy already, which is taken over. Default: false. */
  existing?: boolean;
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
   * Vault, or vault and key, that exist already, in `resourceGroup`: made by hand, or left by a teardown. They are read, must
   * fit, and are never changed. Default: both are made.
   */
  existing?: ExistingAzureKeyArgs;
  /** Where the key material is kept; `hsm` makes a premium vault. Cannot be changed later. Default: `software`. */
  protectionLevel?: ProtectionLevel;
  /**
   * Bits of the RSA key: 2048, 3072 or 4096. Cannot be changed later. Default: 3072, good beyond 2030 (NIST SP 800-57
   * part 1, table 4); Azure's own default is 2048.
   */
  keySize?: number;
  /**
   * Makes a new version of the key every so many days, 7 to 3650; versions never expire. Only taken when the key is made.
   * Default: the key is rotated by hand.
   */
  rotationPeriodInDays?: number;
  /**
   * How the service is granted the key. Another way takes effect in place; between the two the service is without access for
   * seconds, with a role for up to ten minutes. Default: `accessPolicy`.
   */
  grantBy?: AzureGrantBy;
  /**
   * Public IPv4 addresses or ranges that the service comes from: the vault's firewall lets in these and no others, the tenant's
   * own people included. `0.0.0.0/0` alone opens the vault to every address again. Default: the firewall is the tenant's own
   * business, open in a new vault.
   */
  serviceAddresses?: string[];
  /**
   * Tags of resource group, vault and key; a key that exists keeps those it was made with. Default: none.
   */
  tags?: { [key: string]: string };
}

/**
 * An RSA key in a key vault in the tenant's own subscription, and the grant by which the service may use it: an access policy
 * with the key permissions Encrypt and Decrypt, or a role at the key, for the application's service principal.
 *
 * The vault has Azure's default settings and purge protection, which nobody can turn off again: whoever deletes key or vault,
 * they can be recovered for 90 days. Everything but the grant is protected, and `pulumi destroy --exclude-protected`
 * withdraws the grant, as `access: suspended` does. Key, vault and a resource group of ours outlive even a full teardown: no
 * stack operation can make backups unreadable. Their names stay taken; after a full teardown `up` must be told to take the
 * key that is there (`existing: { key }`), and backups open again once the service has the new descriptor. To start over with
 * a new key, name another vault and resource group.
 *
 * The tenant revokes by suspending access, by disabling the key, by closing the vault's network, or by removing the grant by
 * hand. `up --refresh` undoes neither a disabled key nor a closed network (unless `serviceAddresses` says what the network
 * lets in); a grant withdrawn by hand it puts back.
 *
 * Azure Resource Manager never changes a key that exists: another size, protection level or rotation period is refused, with
 * what to do instead.
 */
export class AzureTenantKey extends pulumi.ComponentResource {
  /** Public description of the key for the runtime; available once the service has been granted. */
  readonly descriptor: pulumi.Output<AzureKeyVaultDescriptor>;

  /**
   * @param name - resource name; children are called `NAME-key`, `NAME-vault`, `NAME-group` unless that exists, and
   *   `NAME-policy` or `NAME-role` unless access is suspended
   * @param args - what to create, and for whom
   * @param opts - pass the azure-native provider with the tenant's credentials as `provider` (or `providers`)
   * @throws InvalidArgsError before anything is registered, if an argument is not valid
   * @throws UnfitResourceError before anything is granted, through the outputs, if what exists does not fit
   */
  constructor(name: string, args: AzureTenantKeyArgs, opts?: pulumi.ComponentResourceOptions) {
    const resolved = resolveAzureTenantKeyArgs(name, args);
    super("pulumi-byok:index:AzureTenantKey", name, {}, opts);

    if (resolved.warning !== undefined) void pulumi.log.warn(`${name}: ${resolved.warning}`, this);

    const place = resolved.adoptsVault ? adoptKey(this, name, args, resolved) : makeKey(this, name, args, resolved);
    const granted = isGranted(args.access) ? grant(this, name, args, resolved, place) : undefined;

    registerWatch(this, name, args, resolved, place.key);

    const { clientId, servicePrincipalId, certificateThumbprint, certificateNotAfter } = args.application;
    this.descriptor = pulumi
      .all([place.key.keyUri, clientId, servicePrincipalId, certificateThumbprint, certificateNotAfter, granted])
      .apply(
        ([keyUri, clientId, grantedTo, certificateThumbprint, certificateNotAfter]): AzureKeyVaultDescriptor => ({
          schema: 1,
          tenant: args.tenant,
          datacenter: args.datacenter,
          provider: "azure-key-vault",
          grantedTo,
          keyUri: versionlessKeyUri(keyUri),
          entraTenantId: resolved.entraTenantId,
          clientId,
          certificateThumbprint,
          certificateNotAfter,
          operation: AZURE_OPERATIONS[resolved.grantBy],
        }),
      );
    this.registerOutputs({ descriptor: this.descriptor });
  }
}

/** A key that can be granted. */
export interface GrantableKey {
  readonly key: Key;
  /** Known once vault and key fit. */
  readonly vaultName: pulumi.Input<string>;
  /** Policies that the vault had before; `undefined` for a vault of ours. */
  readonly policies: pulumi.Output<readonly FoundPolicy[]> | undefined;
}

function makeKey(
  parent: AzureTenantKey,
  name: string,
  args: AzureTenantKeyArgs,
  resolved: ResolvedAzureTenantKeyArgs,
): GrantableKey {
  const vault = createVault(parent, name, args, resolved);
  return { key: createKey(parent, name, args, resolved, vault.name), vaultName: resolved.vaultName, policies: undefined };
}

/** @returns known when the grant is there */
function grant(
  parent: AzureTenantKey,
  name: string,
  { application, keyMetadata }: AzureTenantKeyArgs,
  place: ResolvedAzureTenantKeyArgs,
  { key, vaultName, policies }: GrantableKey,
): pulumi.Output<string> {
  const of: GrantOf = { parent, name, place, vaultName, principalId: application.servicePrincipalId, dependsOn: key };
  if (place.grantBy === AzureGrantBy.Role) return grantRole(of).id;
  const permissions = keyPermissions(keyMetadata === true);
  return policies !== undefined && application.existing === true
    ? grantFoundPolicy(of, permissions, policies)
    : grantPolicy(of, permissions).id;
}

/** The identifier that follows rotations, host in lower case and without a port. */
function versionlessKeyUri(keyUri: string): string {
  const { origin, pathname } = new URL(keyUri);
  return `${origin}${pathname}`;
}
