/**
 * Google Cloud's ids and names as strings: which are well formed.
 *
 * @module
 */

/**
 * Shape of a project id, an older domain prefix included; not a project number, not a display name. Resource Manager
 * reference, `Project.projectId`; as in the master key descriptor.
 */
export const GCP_PROJECT_ID_PATTERN = /^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/;

/** What {@link GCP_PROJECT_ID_PATTERN} says, in words. */
export const GCP_PROJECT_ID_RULE =
  "must be a Google Cloud project id such as acme-backup-keys: 6 to 30 characters of a-z, 0-9 and -, beginning with a letter (not the project's number or display name)";

/**
 * Shape of a user-managed service account's e-mail. Google's own agents and default accounts look different: those are
 * nobody's backup service. IAM documentation, "Service accounts overview", types. Groups: project id, its domain.
 */
export const GCP_SERVICE_ACCOUNT_PATTERN =
  /^[a-z][a-z0-9-]{4,28}[a-z0-9]@([a-z][a-z0-9-]{4,28}[a-z0-9])(?:\.([a-z0-9-]+(?:\.[a-z0-9-]+)+))?\.iam\.gserviceaccount\.com$/;

/** What {@link GCP_SERVICE_ACCOUNT_PATTERN} says, in words. */
export const GCP_SERVICE_ACCOUNT_RULE =
  "must be the e-mail of one service account, NAME@PROJECT.iam.gserviceaccount.com (without serviceAccount: before it)";

/** Id of a service account: what its e-mail begins with. IAM reference, `serviceAccounts.create`, accountId. */
export const GCP_ACCOUNT_ID_PATTERN = /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/;

/** What {@link GCP_ACCOUNT_ID_PATTERN} says, in words. */
export const GCP_ACCOUNT_ID_RULE = "must be 6 to 30 characters of a-z, 0-9 and -, beginning with a letter and not ending with -";

/** Id of a billing account, e.g. `012345-6789AB-CDEF01`. Cloud Billing documentation, "Find your billing account ID". */
export const GCP_BILLING_ACCOUNT_PATTERN = /^[0-9A-F]{6}(-[0-9A-F]{6}){2}$/;

/** What {@link GCP_BILLING_ACCOUNT_PATTERN} says, in words. */
export const GCP_BILLING_ACCOUNT_RULE = "must be a billing account id such as 012345-6789AB-CDEF01";

/** Id of an organization or a folder. Resource Manager reference, `Organization.name`, `Folder.name`: digits. */
export const GCP_RESOURCE_NUMBER_PATTERN = /^\d{1,20}$/;

/** What {@link GCP_RESOURCE_NUMBER_PATTERN} says, in words. */
export const GCP_RESOURCE_NUMBER_RULE = "must be the numeric id alone, such as 123456789012; in quotes";

/** Name of a key ring or a key: `[a-zA-Z0-9_-]{1,63}`, Cloud KMS reference, `keyRings.create` and `cryptoKeys.create`. */
export const GCP_KMS_NAME_PATTERN = /^[A-Za-z0-9_-]{1,63}$/;

/** What {@link GCP_KMS_NAME_PATTERN} says, in words. */
export const GCP_KMS_NAME_RULE = "must be 1 to 63 characters of A-Z, a-z, 0-9, _ and -";

/** Project id of a service account's e-mail, as `domain.com:project` for an older domain-scoped project. */
export function projectOfServiceAccount(email: string): string | undefined {
  const [, project, domain] = GCP_SERVICE_ACCOUNT_PATTERN.exec(email) ?? [];
  return project === undefined || domain === undefined ? project : `${domain}:${project}`;
}

/** The IAM member that stands for a service account. IAM documentation, "Principal identifiers". */
export function serviceAccountMember(email: string): string {
  return `serviceAccount:${email}`;
}

/** What the resource name of a key is made of. */
export interface GcpKeyNames {
  readonly projectId: string;
  readonly location: string;
  readonly keyRingName: string;
  readonly keyName: string;
}

/** Resource name of a key. Cloud KMS reference, `CryptoKey.name`. */
export function gcpKeyId({ projectId, location, keyRingName, keyName }: GcpKeyNames): string {
  return `projects/${projectId}/locations/${location}/keyRings/${keyRingName}/cryptoKeys/${keyName}`;
}
