/**
 * What the tenant does to the service's application: acts on its certificates and on itself, through Graph.
 *
 * @module
 */
import { ByokError } from "../../runtime/master-key/errors.js";
import { ask, directoryOf } from "./administrator.js";
import { type Azure } from "./azure.js";
import { thumbprintOf } from "./graph/key-credentials.js";
import { GRAPH_HOST } from "./names.js";
import { type ApplicationRecord, type KeyCredentialRecord } from "./state.js";

/** An application, as `status` shows it. */
export interface ApplicationStatus {
  readonly clientId: string;
  readonly displayName: string;
  readonly entraTenantId: string;
  /** Object id of its service principal in its own directory, if it has one. */
  readonly servicePrincipalId?: string | undefined;
  readonly certificates: readonly CertificateStatus[];
  /** True while it is deleted and can be restored. */
  readonly deleted: boolean;
}

/** A registered certificate. */
export interface CertificateStatus {
  /** SHA-1, upper-case hex. */
  readonly thumbprint: string;
  /** ISO 8601; Entra takes it from then on. */
  readonly notBefore: string;
  /** ISO 8601; Entra refuses it from then on. */
  readonly notAfter: string;
}

/** Shows every application. */
export function applicationStatuses(azure: Azure): ApplicationStatus[] {
  const { applications, servicePrincipals } = azure.state;
  return applications.map((application) => {
    const principal = servicePrincipals.find(
      (one) => one.appId === application.appId && one.directory === application.directory && one.deletedAt === null,
    );
    return {
      clientId: application.appId,
      displayName: application.displayName,
      entraTenantId: application.directory,
      ...(principal === undefined ? {} : { servicePrincipalId: principal.id }),
      certificates: application.keyCredentials.map((credential) => ({
        thumbprint: thumbprintOf(credential),
        notBefore: new Date(credential.startAt).toISOString(),
        notAfter: new Date(credential.endAt).toISOString(),
      })),
      deleted: application.deletedAt !== null,
    };
  });
}

/**
 * Ends the registered time of certificates now, as if their last day had come: they are registered anew with an
 * `endDateTime` of now (or of their beginning, if that is later). The certificate itself, which the service holds, keeps its
 * own dates.
 *
 * @throws ByokError CONFIG_INVALID if there is no such application or certificate.
 */
export function expireCertificate(azure: Azure, clientId: string, thumbprint: string | undefined): ApplicationStatus {
  return change(azure, clientId, thumbprint, (credential) => [
    {
      displayName: credential.displayName,
      startDateTime: new Date(credential.startAt).toISOString(),
      endDateTime: new Date(Math.min(credential.endAt, Math.max(credential.startAt, azure.now()))).toISOString(),
      type: "AsymmetricX509Cert",
      usage: "Verify",
      key: credential.certificate,
    },
  ]);
}

/** Takes certificates off the application. Throws as {@link expireCertificate}. */
export function removeCertificate(azure: Azure, clientId: string, thumbprint: string | undefined): ApplicationStatus {
  return change(azure, clientId, thumbprint, () => []);
}

/** Deletes an application with its service principal. Throws ByokError CONFIG_INVALID. */
export function deleteApplication(azure: Azure, clientId: string): ApplicationStatus {
  const application = applicationNamed(azure, clientId, false);
  ask(azure, directoryOf(azure, application.directory), "DELETE", GRAPH_HOST, `/v1.0/applications/${application.id}`);
  return statusOf(azure, application);
}

/** Restores a deleted application with its service principal. Throws ByokError CONFIG_INVALID. */
export function restoreApplication(azure: Azure, clientId: string): ApplicationStatus {
  const application = applicationNamed(azure, clientId, true);
  ask(azure, directoryOf(azure, application.directory), "POST", GRAPH_HOST, `/v1.0/directory/deletedItems/${application.id}/restore`);
  return statusOf(azure, application);
}

function change(
  azure: Azure,
  clientId: string,
  thumbprint: string | undefined,
  into: (credential: KeyCredentialRecord) => object[],
): ApplicationStatus {
  const application = applicationNamed(azure, clientId, false);
  const { keyCredentials } = application;
  const meant = keyCredentials.filter((credential) => thumbprint === undefined || thumbprintOf(credential) === thumbprint.toUpperCase());
  if (meant.length === 0) {
    const has = keyCredentials.map(thumbprintOf).join(", ");
    throw new ByokError(
      "CONFIG_INVALID",
      `The application ${clientId} has no certificate${thumbprint === undefined ? "" : ` ${thumbprint}`}. ${has === "" ? "It has none." : `It has: ${has}.`}`,
    );
  }
  ask(azure, directoryOf(azure, application.directory), "PATCH", GRAPH_HOST, `/v1.0/applications/${application.id}`, {
    keyCredentials: keyCredentials.flatMap((credential) => (meant.includes(credential) ? into(credential) : [{ keyId: credential.keyId }])),
  });
  return statusOf(azure, application);
}

function applicationNamed(azure: Azure, clientId: string, deleted: boolean): ApplicationRecord {
  const { applications } = azure.state;
  const candidates = applications.filter(({ deletedAt }) => (deletedAt !== null) === deleted);
  const found = candidates.find(({ appId }) => appId === clientId.toLowerCase());
  if (found === undefined) {
    const has = candidates.map(({ appId, displayName }) => `${appId} (${displayName})`).join(", ");
    throw new ByokError(
      "CONFIG_INVALID",
      `The sandbox has no ${deleted ? "deleted " : ""}application ${clientId}. ${has === "" ? "It has none." : `It has: ${has}.`}`,
    );
  }
  return found;
}

function statusOf(azure: Azure, application: ApplicationRecord): ApplicationStatus {
  const status = applicationStatuses(azure).find(({ clientId }) => clientId === application.appId);
  if (status === undefined) throw new Error(`application ${application.appId} vanished`);
  return status;
}
