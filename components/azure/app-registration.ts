/**
 * The application by which the service signs in to the tenant's directory.
 *
 * @module
 */
import "./peers.js";

import { Application } from "@pulumi/azuread/application";
import { ApplicationCertificate } from "@pulumi/azuread/applicationCertificate";
import { getApplication } from "@pulumi/azuread/getApplication";
import { getServicePrincipal } from "@pulumi/azuread/getServicePrincipal";
import { ServicePrincipal } from "@pulumi/azuread/servicePrincipal";
import * as pulumi from "@pulumi/pulumi";

import { UnfitResourceError } from "../errors.js";
import { resourceName } from "../names.js";
import { type Datacenter } from "../regions.js";
import { type ResolvedAppRegistrationArgs, resolveAppRegistrationArgs } from "./app-registration-args.js";
import { applicationMisfits } from "./fit.js";

/** Arguments of `AzureAppRegistration`. */
export interface AzureAppRegistrationArgs {
  /** Tenant's id at the service: 3 to 32 characters of a-z, 0-9 and -. Not the Entra tenant. */
  tenant: string;
  /** Datacenter of the service that the application is for. */
  datacenter: Datacenter;
  /**
   * One or two certificates of the service, PEM: the one in use and, while it is being replaced, its successor. Public; the
   * private keys never leave the service.
   */
  certificates: string[];
  /** Display name of the application. Default: `byok-TENANT-DATACENTER`. */
  displayName?: string;
  /**
   * Client id of an application that exists already, made by hand: it is read, must fit, and is never changed. Its certificates
   * stay in the tenant's own hands too; `certificates` says which ones the service has. Excludes `displayName`. Default: a new
   * application.
   */
  existing?: string;
}

/**
 * A single-tenant application in the tenant's own directory, its service principal, and the service's certificates: no
 * client secret, no permission, no redirect. On its own it can do nothing; `AzureTenantKey` grants it the key.
 *
 * Application and service principal are protected: their ids are in the descriptor, and a new application has new ones.
 * The certificates are not, so that one can be replaced, and so that `pulumi destroy --exclude-protected` takes away the
 * sign-in together with the grant; `up` puts both back. A full teardown removes all of it: nothing here is needed to keep
 * backups readable, and the service's certificates have no business in a directory that it no longer serves. The next `up`
 * makes a new application, which means a new descriptor for the service.
 *
 * A tenant may also turn off the service principal's sign-in by hand; `up --refresh` leaves it off.
 */
export class AzureAppRegistration extends pulumi.ComponentResource {
  /** Application (client) id. */
  readonly clientId: pulumi.Output<string>;
  /** Object id of the service principal: what access policies name. */
  readonly servicePrincipalId: pulumi.Output<string>;
  /** SHA-1 thumbprint of the certificate that the service should use: the one valid longest. */
  readonly certificateThumbprint: pulumi.Output<string>;
  /** End of that certificate's validity, RFC 3339. */
  readonly certificateNotAfter: pulumi.Output<string>;

  /** True if it was there before: then it may be granted already. */
  readonly existing: boolean;

  /**
   * @param name - resource name; children are called `NAME-application`, `NAME-principal` and, one per certificate,
   *   `NAME-certificate-` and eight digits of its thumbprint; an application that exists has none
   * @param args - for whom, and which certificates sign in
   * @param opts - pass the azuread provider with the tenant's credentials as `provider` (or `providers`)
   * @throws InvalidArgsError before anything is registered, if an argument is not valid
   * @throws UnfitResourceError through the outputs, if an application that exists does not fit
   */
  constructor(name: string, args: AzureAppRegistrationArgs, opts?: pulumi.ComponentResourceOptions) {
    const resolved = resolveAppRegistrationArgs(name, args, new Date());
    super("pulumi-byok:index:AzureAppRegistration", name, {}, opts);

    const { newest } = resolved;
    this.existing = args.existing !== undefined;
    const { clientId, servicePrincipalId, ready } =
      args.existing === undefined ? register(this, name, args, resolved) : adopt(this, name, args.existing.toLowerCase());
    this.clientId = clientId;
    this.servicePrincipalId = servicePrincipalId;
    // Not before it can sign in.
    this.certificateThumbprint = ready.apply(() => newest.thumbprint);
    this.certificateNotAfter = ready.apply(() => newest.notAfter);
    this.registerOutputs({
      clientId: this.clientId,
      servicePrincipalId: this.servicePrincipalId,
      certificateThumbprint: this.certificateThumbprint,
      certificateNotAfter: this.certificateNotAfter,
    });
  }
}

/** An application that can be granted. */
interface GrantableApplication {
  readonly clientId: pulumi.Output<string>;
  readonly servicePrincipalId: pulumi.Output<string>;
  /** Known once it can sign in, as far as this program sees to it. */
  readonly ready: pulumi.Output<unknown>;
}

function register(
  parent: AzureAppRegistration,
  name: string,
  args: AzureAppRegistrationArgs,
  { certificates }: ResolvedAppRegistrationArgs,
): GrantableApplication {
  // protect and retainOnDelete are set on every child, since children inherit what they do not set.
  const application = new Application(
    `${name}-application`,
    { displayName: args.displayName ?? resourceName(args.tenant, args.datacenter), signInAudience: "AzureADMyOrg" },
    { parent, protect: true, retainOnDelete: false },
  );

  const principal = new ServicePrincipal(
    `${name}-principal`,
    { clientId: application.clientId },
    // Turning sign-in off is one way to revoke; `pulumi up --refresh` must not quietly undo it.
    { parent, protect: true, retainOnDelete: false, ignoreChanges: ["accountEnabled"] },
  );

  // Named by thumbprint: when the older of two goes, the newer one stays the resource that it was.
  const uploaded = certificates.map(
    ({ pem, thumbprint, notAfter }) =>
      new ApplicationCertificate(
        `${name}-certificate-${thumbprint.slice(0, 8).toLowerCase()}`,
        { applicationId: application.id, type: "AsymmetricX509Cert", encoding: "pem", value: pem, endDate: notAfter },
        // Signing in comes last and goes first.
        { parent, protect: false, retainOnDelete: false, dependsOn: principal },
      ),
  );
  return {
    clientId: application.clientId,
    servicePrincipalId: principal.objectId,
    ready: pulumi.all(uploaded.map(({ id }) => id)),
  };
}

/** Looks the application up by its client id: Pulumi reads by object id, which people do not know. */
function adopt(parent: AzureAppRegistration, name: string, clientId: string): GrantableApplication {
  const unfit = (...misfits: string[]): UnfitResourceError =>
    new UnfitResourceError("AzureAppRegistration", name, `application ${clientId}`, misfits);
  const look = async (): Promise<string> => {
    // One after the other: of an application that is not there, nobody needs to hear that it has no service principal.
    const { signInAudience } = await getApplication({ clientId }, { parent }).catch((error: unknown) => {
      throw unfit(`cannot be read: ${said(error)}; give the client id of an application that this directory is the home of`);
    });
    const { objectId, accountEnabled } = await getServicePrincipal({ clientId }, { parent }).catch((error: unknown) => {
      throw unfit(`has no service principal that can be read: ${said(error)}; az ad sp create --id ${clientId}`);
    });
    const misfits = applicationMisfits({ clientId, signInAudience, accountEnabled });
    if (misfits.length > 0) throw unfit(...misfits);
    return objectId;
  };
  const servicePrincipalId = pulumi.output(look());
  return { clientId: servicePrincipalId.apply(() => clientId), servicePrincipalId, ready: servicePrincipalId };
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
