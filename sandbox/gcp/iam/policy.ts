/**
 * Allow policies: who has which role on a resource. Source: IAM documentation, "Policy" and "Principal identifiers";
 * google/iam/v1/policy.proto.
 *
 * @module
 */
import { randomBytes } from "node:crypto";

import { roleContains } from "./roles.js";

/** One role and who has it. */
export interface Binding {
  readonly role: string;
  /** e.g. `serviceAccount:NAME@PROJECT.iam.gserviceaccount.com`. */
  readonly members: readonly string[];
}

/** Which data access logs a service writes (google/iam/v1/policy.proto, AuditConfig); in policies of projects. */
export interface AuditConfig {
  /** A service's name, or `allServices`. */
  readonly service: string;
  readonly auditLogConfigs: readonly { readonly logType: string; readonly exemptedMembers?: readonly string[] | undefined }[];
}

/** A policy as it is stored. */
export interface PolicyRecord {
  readonly bindings: readonly Binding[];
  readonly auditConfigs?: readonly AuditConfig[];
  /** Base64; another value after every change. */
  readonly etag: string;
}

/** The policy of a resource that nobody gave one: no bindings, etag `ACAB` (answers of Google's APIs). */
export const EMPTY_POLICY: PolicyRecord = { bindings: [], etag: "ACAB" };

/** A policy with a fresh etag: bindings of the same role put together, members named once, empty bindings left out. */
export function newPolicy(bindings: readonly Binding[], auditConfigs: readonly AuditConfig[] = []): PolicyRecord {
  const byRole = new Map<string, Set<string>>();
  for (const { role, members } of bindings) {
    const known = byRole.get(role) ?? new Set<string>();
    for (const member of members) known.add(member);
    byRole.set(role, known);
  }
  return {
    bindings: [...byRole].filter(([, members]) => members.size > 0).map(([role, members]) => ({ role, members: [...members] })),
    ...(auditConfigs.length === 0 ? {} : { auditConfigs }),
    etag: randomBytes(8).toString("base64"),
  };
}

/** True if one of the policies gives a member the permission. Policies of ancestors are inherited: they only add. */
export function allows(policies: readonly PolicyRecord[], member: string, permission: string): boolean {
  return policies.some(({ bindings }) =>
    bindings.some(
      ({ role, members }) =>
        roleContains(role, permission) &&
        members.some((named) => named === member || named === "allUsers" || named === "allAuthenticatedUsers"),
    ),
  );
}

/** The member that stands for a service account. */
export function serviceAccountMember(email: string): string {
  return `serviceAccount:${email}`;
}
