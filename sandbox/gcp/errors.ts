/**
 * What Google's APIs answer when they refuse. Codes: google/rpc/code.proto; details: google/rpc/error_details.proto, with
 * reasons of google/api/error_reason.proto. Messages: as seen in public logs and documentation, named where they were
 * found; a message without a source is our own wording.
 *
 * @module
 */

/** Status codes by name, with the HTTP status that REST answers carry (google/rpc/code.proto). */
export const HTTP_STATUS = {
  INVALID_ARGUMENT: 400,
  DEADLINE_EXCEEDED: 504,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  PERMISSION_DENIED: 403,
  RESOURCE_EXHAUSTED: 429,
  FAILED_PRECONDITION: 400,
  ABORTED: 409,
  UNIMPLEMENTED: 501,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  UNAUTHENTICATED: 401,
} as const;

/** Name of a status code. */
export type StatusName = keyof typeof HTTP_STATUS;

/** What is said about an error besides its message, e.g. `google.rpc.ErrorInfo`; members as in error_details.proto. */
export interface ErrorDetail {
  readonly type: "google.rpc.ErrorInfo" | "google.rpc.PreconditionFailure" | "google.rpc.Help";
  readonly members: Readonly<Record<string, unknown>>;
}

/** A refusal. `name` is the status code's name. */
export class GoogleError extends Error {
  constructor(
    override readonly name: StatusName,
    message: string,
    readonly details: readonly ErrorDetail[] = [],
  ) {
    super(message);
  }
}

/** What the sandbox does not play. Never answered with a success: the caller must not believe it was done. */
export function notInSandbox(what: string): GoogleError {
  return new GoogleError("UNIMPLEMENTED", `The sandbox does not implement ${what}.`);
}

/** A request that is not acceptable. */
export function invalidArgument(message: string): GoogleError {
  return new GoogleError("INVALID_ARGUMENT", message);
}

/** `CryptoKey NAME not found.` (ebourg/jsign, recorded answer in its GoogleCloudSigningServiceTest). */
export function notFound(kind: string, name: string): GoogleError {
  return new GoogleError("NOT_FOUND", `${kind} ${name} not found.`);
}

/** `KeyRing NAME already exists.` (users' logs of google_kms_key_ring, which cannot be made twice). */
export function alreadyExists(kind: string, name: string): GoogleError {
  return new GoogleError("ALREADY_EXISTS", `${kind} ${name} already exists.`);
}

/**
 * `Permission 'P' denied on resource 'R' (or it may not exist).` (hashicorp/terraform-provider-google#5103, #15415;
 * GoogleCloudPlatform/java-docs-samples#6571). The ErrorInfo is what newer answers of Google's APIs carry; its domain
 * is the service's.
 */
export function permissionDenied(permission: string, resource: string, service: string): GoogleError {
  return new GoogleError("PERMISSION_DENIED", `Permission '${permission}' denied on resource '${resource}' (or it may not exist).`, [
    {
      type: "google.rpc.ErrorInfo",
      members: { reason: "IAM_PERMISSION_DENIED", domain: service, metadata: { permission, resource } },
    },
  ]);
}

/**
 * A location that Cloud KMS does not have, or a gRPC request without the routing header that names the resource
 * (georgewhewell/ethers-gcp-kms-signer#13 has the whole text).
 */
export function misrouted(location: string): GoogleError {
  return new GoogleError(
    "NOT_FOUND",
    `The request concerns location '${location}' but was sent to location 'global'. Either Cloud KMS is not available in '${location}' or the request was misrouted. gRPC clients must ensure that 'x-goog-request-params' is specified in request metadata. See https://cloud.google.com/kms/docs/grpc for more information.`,
  );
}

/**
 * `VERSION is not enabled, current state is: STATE.` with a PreconditionFailure of type `KEY_STATE` about the version
 * (sethvargo/vault-on-gke#56; the detail in logs of SOPS users, for DESTROY_SCHEDULED; the types for other states are formed alike).
 */
export function versionNotEnabled(version: string, state: string): GoogleError {
  return new GoogleError("FAILED_PRECONDITION", `${version} is not enabled, current state is: ${state}.`, [
    { type: "google.rpc.PreconditionFailure", members: { violations: [{ type: `KEY_${state}`, subject: version }] } },
  ]);
}

/** A state that an operation cannot start from. Our own wording, in the form of {@link versionNotEnabled}. */
export function wrongVersionState(version: string, state: string, doing: string): GoogleError {
  return new GoogleError("FAILED_PRECONDITION", `${version} cannot be ${doing}, current state is: ${state}.`, [
    { type: "google.rpc.PreconditionFailure", members: { violations: [{ type: `KEY_${state}`, subject: version }] } },
  ]);
}

/** The ciphertext names another key, or none (googleapis/nodejs-kms#39, #145). */
export function wrongCryptoKey(): GoogleError {
  return invalidArgument("Decryption failed: verify that 'name' refers to the correct CryptoKey.");
}

/** The key's own ciphertext, damaged or with other authenticated data (GoogleCloudPlatform/python-docs-samples#2465). */
export function invalidCiphertext(): GoogleError {
  return invalidArgument("Decryption failed: the ciphertext is invalid.");
}

/** Cloud KMS documentation, "Verifying end-to-end data integrity". */
export function checksumMismatch(checksum: string, field: string): GoogleError {
  return invalidArgument(`The checksum in field ${checksum} did not match the data in field ${field}.`);
}

/** A policy written over another one (IAM documentation, "Updating a policy with read-modify-write"; answers in many logs). */
export function concurrentPolicyChange(): GoogleError {
  return new GoogleError(
    "ABORTED",
    "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.",
  );
}

const SEE =
  "Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";

/** No bearer token at all. Reasons: google/api/error_reason.proto. */
export function credentialsMissing(service: string): GoogleError {
  return unauthenticated(`Request is missing required authentication credential. ${SEE}`, "CREDENTIALS_MISSING", service);
}

/** A token that nobody issued, or not to this service, or not any more. */
export function credentialsInvalid(
  service: string,
  reason: "ACCESS_TOKEN_TYPE_UNSUPPORTED" | "ACCESS_TOKEN_EXPIRED" | "ACCOUNT_STATE_INVALID",
): GoogleError {
  return unauthenticated(`Request had invalid authentication credentials. ${SEE}`, reason, service);
}

function unauthenticated(message: string, reason: string, service: string): GoogleError {
  return new GoogleError("UNAUTHENTICATED", message, [
    { type: "google.rpc.ErrorInfo", members: { reason, domain: "googleapis.com", metadata: { service } } },
  ]);
}

/** A token whose scopes do not cover the service. */
export function scopeInsufficient(service: string): GoogleError {
  return new GoogleError("PERMISSION_DENIED", "Request had insufficient authentication scopes.", [
    {
      type: "google.rpc.ErrorInfo",
      members: { reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT", domain: "googleapis.com", metadata: { service } },
    },
  ]);
}

/** Titles of the services that can be disabled, as Service Usage shows them. */
const TITLES: Readonly<Record<string, string>> = {
  "cloudkms.googleapis.com": "Cloud Key Management Service (KMS) API",
  "monitoring.googleapis.com": "Cloud Monitoring API",
  "iam.googleapis.com": "Identity and Access Management (IAM) API",
  "iamcredentials.googleapis.com": "IAM Service Account Credentials API",
};

/**
 * An API that a project has not enabled (Service Usage documentation, "Troubleshooting"; SERVICE_DISABLED in
 * google/api/error_reason.proto, whose comment has the metadata).
 *
 * @param number the project's number.
 */
export function serviceDisabled(service: string, number: string): GoogleError {
  const title = TITLES[service] ?? service;
  const activationUrl = `https://console.developers.google.com/apis/api/${service}/overview?project=${number}`;
  return new GoogleError(
    "PERMISSION_DENIED",
    `${title} has not been used in project ${number} before or it is disabled. Enable it by visiting ${activationUrl} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.`,
    [
      {
        type: "google.rpc.ErrorInfo",
        members: {
          reason: "SERVICE_DISABLED",
          domain: "googleapis.com",
          metadata: { service, serviceTitle: title, consumer: `projects/${number}`, containerInfo: number, activationUrl },
        },
      },
      {
        type: "google.rpc.Help",
        members: { links: [{ description: "Google developers console API activation", url: activationUrl }] },
      },
    ],
  );
}
