/**
 * The service's own side in Google Cloud: the service account that tenants grant, and the service key.
 *
 * @module
 */
import "./peers.js";

import { type Service } from "@pulumi/gcp/projects";
import { Account, IAMMember } from "@pulumi/gcp/serviceaccount";
import * as pulumi from "@pulumi/pulumi";

import { type GcpKmsDescriptor } from "../../runtime/master-key/descriptor.js";
import { type ProtectionLevel } from "../protection-level.js";
import { type Datacenter } from "../regions.js";
import { type GcpExistingArgs } from "./existing.js";
import { registerGrants } from "./grants.js";
import { enableApi, keyIn } from "./key.js";
import { resolveGcpServiceIdentityArgs } from "./service-identity-args.js";

/** Lets its member make short-lived tokens of the account. IAM documentation, "Service account impersonation". */
const IMPERSONATE_ROLE = "roles/iam.serviceAccountTokenCreator";

/** Arguments of `GcpServiceIdentity`. */
export interface GcpServiceIdentityArgs {
  /** Id of the service's own project; it exists. */
  project: string;
  /** Datacenter that the service key is for; picks its region. */
  datacenter: Datacenter;
  /** Another exact region within the datacenter's residency, or `global`, which has none. Default: the datacenter's own. */
  location?: string;
  /** Lets `location` be a region outside the datacenter's residency. Default: false. */
  allowCrossRegion?: boolean;
  /** Id of the service account, what its e-mail begins with. Default: `byok-service-DATACENTER`. */
  accountId?: string;
  /**
   * Tenants that get a service account of their own, to be granted their keys in place of the common one, which may
   * impersonate them. Default: none.
   */
  perTenant?: string[];
  /** Lets the service account read the service key's metadata. Default: true. */
  keyMetadata?: boolean;
  /** Name of the service key's ring. Default: `byok-service-DATACENTER`. */
  keyRingName?: string;
  /** Name of the service key. Default: `byok-service-DATACENTER`. */
  keyName?: string;
  /** Key ring, or service key, that is there already: read and checked, never created nor changed. Default: both are created. */
  existing?: GcpExistingArgs;
  /** Where the service key's material is kept. Cannot be changed later. Default: `software`. */
  protectionLevel?: ProtectionLevel;
  /** Days between automatic rotations of the service key, 1 to 36500. Default: 90. */
  rotationPeriodInDays?: number;
  /** Days between a request to destroy a version of the service key and its destruction, 1 to 120. Cannot be changed later. Default: 30. */
  destroyDelayInDays?: number;
  /** Labels of the service key. Default: none. */
  labels?: { [key: string]: string };
}

/**
 * What a service needs in its own Google Cloud project: the service account it runs under, which tenants grant their keys, and
 * the service key, which seals every tenant's binding shares and which only that account may use.
 *
 * With `perTenant` each tenant grants an account of its own instead. Nobody can use the keys of two tenants at once then: the
 * service has to become the tenant's account first, by short-lived tokens that Google logs ("impersonation"), and the key of
 * one tenant is closed to the account of another.
 *
 * Everything but the impersonation is protected and outlives even a full teardown: losing the service key loses every backup of
 * every tenant, and an account that is deleted and made again has lost what tenants granted it. Accounts that are there under
 * their names are taken as they are.
 */
export class GcpServiceIdentity extends pulumi.ComponentResource {
  /** Descriptor of the service key for the runtime; available once the service account may use it. Public: no secret in it. */
  readonly serviceKey: pulumi.Output<GcpKmsDescriptor>;
  /** E-mail of the service account: what tenants without an account of their own grant. */
  readonly serviceAccount: pulumi.Output<string>;
  /** E-mails of the tenants' accounts, by tenant: what those tenants grant. */
  readonly tenantServiceAccounts: pulumi.Output<{ [tenant: string]: string }>;

  /**
   * @param name - resource name; children are called `NAME-iam-api`, `NAME-account`, `NAME-key`, `NAME-grant`, `NAME-metadata`,
   *   unless they exist `NAME-api`, `NAME-ring`, and with `perTenant` `NAME-iamcredentials-api` and per tenant
   *   `NAME-account-TENANT`, `NAME-impersonate-TENANT`
   * @param args - where, and for which tenants
   * @param opts - pass the Google Cloud provider with the service's credentials as `provider` (or `providers`)
   * @throws InvalidArgsError before anything is registered, if an argument is not valid
   * @throws UnfitResourceError before anything is granted, if the key of `existing` does not fit
   */
  constructor(name: string, args: GcpServiceIdentityArgs, opts?: pulumi.ComponentResourceOptions) {
    const resolved = resolveGcpServiceIdentityArgs(name, args);
    super("pulumi-byok:index:GcpServiceIdentity", name, {}, opts);

    const { project } = args;
    const { accountId, tenants, ...place } = resolved;
    const iam = enableApi(this, `${name}-iam`, project, "iam");
    const account = registerAccount(this, `${name}-account`, { project, accountId, displayName: "Backup service" }, [iam]);

    const keyId = keyIn(this, name, "GcpServiceIdentity", { ...place, project, projectId: project, existing: args.existing }, args, true);
    const grant = registerGrants(this, name, { keyId, member: account.member, metadata: args.keyMetadata !== false, protect: true });

    const credentials = tenants.length === 0 ? [] : [enableApi(this, `${name}-iamcredentials`, project, "iamcredentials")];
    const emails = tenants.map(([tenant, id]): [string, pulumi.Output<string>] => {
      const own = registerAccount(this, `${name}-account-${tenant}`, { project, accountId: id, displayName: `Backup service for ${tenant}` }, [iam, ...credentials]);
      new IAMMember(
        `${name}-impersonate-${tenant}`,
        { serviceAccountId: own.name, role: IMPERSONATE_ROLE, member: account.member },
        { parent: this, protect: false, retainOnDelete: false },
      );
      return [tenant, own.email];
    });

    this.serviceKey = pulumi.all([keyId, account.member, grant.id]).apply(([id, member]): GcpKmsDescriptor => ({
      schema: 1,
      // The service is its own tenant: nobody else's key descriptor passes for its own.
      tenant: "service",
      datacenter: args.datacenter,
      provider: "gcp-kms",
      grantedTo: member,
      keyName: id,
    }));
    this.serviceAccount = account.email;
    this.tenantServiceAccounts = pulumi.output(Object.fromEntries(emails));
    this.registerOutputs({
      serviceKey: this.serviceKey,
      serviceAccount: this.serviceAccount,
      tenantServiceAccounts: this.tenantServiceAccounts,
    });
  }
}

/** An account that Pulumi neither deletes nor, if it is there, changes. */
function registerAccount(
  parent: pulumi.Resource, name: string, of: { readonly project: string; readonly accountId: string; readonly displayName: string }, dependsOn: Service[],
): Account {
  return new Account(name, { ...of, createIgnoreAlreadyExists: true }, { parent, protect: true, retainOnDelete: true, dependsOn });
}
