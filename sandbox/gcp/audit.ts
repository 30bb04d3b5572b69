/**
 * Which calls of Cloud KMS a project's own audit logs have. Source: Cloud KMS documentation, "Cloud Key Management Service
 * audit logging" (methods by permission type); Cloud Logging documentation, "Enable Data Access audit logs" (what a service
 * logs is the union of its own configuration and that of `allServices`; exempted members are exempted by either).
 *
 * @module
 */
import { serviceAccountMember } from "./iam/policy.js";
import { parseName } from "./names.js";
import { CLOUD_KMS, type GcpState } from "./state.js";

/** Last part of a log's name: `projects/P/logs/cloudaudit.googleapis.com%2FNAME`. */
export type AuditLogName = "activity" | "data_access";

/** Permission types of Cloud KMS's methods; others are of other services, or not logged at all. */
const PERMISSION_TYPES: ReadonlyMap<string, string> = new Map([
  ...["GetKeyRing", "ListKeyRings", "GetCryptoKey", "ListCryptoKeys", "GetCryptoKeyVersion", "ListCryptoKeyVersions", "GetIamPolicy"].map(
    (method): [string, string] => [method, "ADMIN_READ"],
  ),
  ...[
    "CreateKeyRing", "CreateCryptoKey", "UpdateCryptoKey", "UpdateCryptoKeyPrimaryVersion", "CreateCryptoKeyVersion", "UpdateCryptoKeyVersion",
    "DestroyCryptoKeyVersion", "RestoreCryptoKeyVersion", "SetIamPolicy",
  ].map((method): [string, string] => [method, "ADMIN_WRITE"]),
  ...["Encrypt", "Decrypt"].map((method): [string, string] => [method, "DATA_READ"]),
]);

/** The log that has a call of a method about a resource; undefined if none has. */
export function auditLogOf(state: GcpState, method: string, caller: string, resource: string | undefined): AuditLogName | undefined {
  const type = PERMISSION_TYPES.get(method);
  if (type === undefined || resource === undefined) return undefined;
  if (type === "ADMIN_WRITE") return "activity";
  const id = parseName(resource)?.project;
  const project = state.projects.find(({ projectId }) => projectId === id);
  const configured = (project?.policy.auditConfigs ?? [])
    .filter(({ service }) => service === CLOUD_KMS || service === "allServices")
    .flatMap(({ auditLogConfigs }) => auditLogConfigs)
    .filter(({ logType }) => logType === type);
  const exempted = configured.some(({ exemptedMembers = [] }) => exemptedMembers.includes(serviceAccountMember(caller)));
  return configured.length > 0 && !exempted ? "data_access" : undefined;
}
