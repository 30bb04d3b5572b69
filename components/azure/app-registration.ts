/**
 * The application by which the service signs in to the tenant's directory.
 *
 * @module
 */
import "./peers.js";

import { Application } from "@pulumi/azuread/application";
import { ApplicationCertificate } from "@pulumi/azuread/applicationCertificate";
import { ServicePrincipal } from "@pulumi/azuread/servicePrincipal";
import * as pulumi from "@pulumi/pulumi";

import { resourceName } from "../names.js";
import { type Datacenter } from "../regions.js";
import { resolveAppRegistrationArgs } from "./app-registration-args.js";

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

  /**
   * @param name - resource name; children are called `NAME-application`, `NAME-principal` and, one per certificate,
   *   `NAME-certificate-` and eight digits of its thumbprint
   * @param args - for whom, and which certificates sign in
   * @param opts - pass the azuread provider with the tenant's credentials as `provider` (or `providers`)
   * @throws InvalidArgsError before anything is registered, if an argument is not valid
   */
  constructor(name: string, args: AzureAppRegistrationArgs, opts?: pulumi.ComponentResourceOptions) {
    const { certificates, newest } = resolveAppRegistrationArgs(name, args, new Date());
    super("pulumi-byok:index:AzureAppRegistration", name, {}, opts);

    // protect and retainOnDelete are set on every child, since children inherit what they do not set.
    const application = new Application(
      `${name}-application`,
      { displayName: args.displayName ?? resourceName(args.tenant, args.datacenter), signInAudience: "AzureADMyOrg" },
      { parent: this, protect: true, retainOnDelete: false },
    );

    const principal = new ServicePrincipal(
      `${name}-principal`,
      { clientId: application.clientId },
      // Turning sign-in off is one way to revoke; `pulumi up --refresh` must not quietly undo it.
      { parent: this, protect: true, retainOnDelete: false, ignoreChanges: ["accountEnabled"] },
    );

    // Named by thumbprint: when the older of two goes, the newer one stays the resource that it was.
    const uploaded = certificates.map(
      ({ pem, thumbprint, notAfter }) =>
        new ApplicationCertificate(
          `${name}-certificate-${thumbprint.slice(0, 8).toLowerCase()}`,
          { applicationId: application.id, type: "AsymmetricX509Cert", encoding: "pem", value: pem, endDate: notAfter },
          // Signing in comes last and goes first.
          { parent: this, protect: false, retainOnDelete: false, dependsOn: principal },
        ),
    );

    this.clientId = application.clientId;
    this.servicePrincipalId = principal.objectId;
    // Not before it can sign in.
    const ready = pulumi.all(uploaded.map(({ id }) => id));
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
