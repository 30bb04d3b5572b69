/**
 * Checks of `GcpServiceIdentityArgs`, and the names that follow from them.
 *
 * @module
 */
import { createHash } from "node:crypto";

import { type ArgumentProblem, problemText } from "../argument-problem.js";
import { InvalidArgsError } from "../errors.js";
import { TENANT_PATTERN, TENANT_RULE } from "../names.js";
import { oneOfRule } from "../one-of.js";
import { Datacenter, isDatacenter, REGIONS } from "../regions.js";
import { gcpExistingProblems } from "./existing.js";
import { GCP_ACCOUNT_ID_PATTERN, GCP_ACCOUNT_ID_RULE, GCP_PROJECT_ID_PATTERN, GCP_PROJECT_ID_RULE } from "./identity.js";
import { GCP_LOCATION_RULE } from "./locations.js";
import { type GcpServiceIdentityArgs } from "./service-identity.js";
import { gcpLocationProblem, keyFormProblems } from "./tenant-key-args.js";

/** Length of what is left of a tenant's id: `byok-` + 13 + `-usa-` + 6 are less than the 30 characters that Google allows. */
const TENANT_LENGTH = 13;
const SUFFIX_LENGTH = 6;

/** What checked arguments come to. */
export interface ResolvedGcpServiceIdentityArgs {
  readonly accountId: string;
  readonly location: string;
  readonly keyRingName: string;
  readonly keyName: string;
  /** Account ids of the tenants' accounts, by tenant. */
  readonly tenants: readonly (readonly [tenant: string, accountId: string])[];
}

/**
 * Id of the service account by which the service uses one tenant's keys, e.g. `byok-acme-eu-3f9a1c`. The suffix keeps apart
 * what the shortened id does not.
 */
export function gcpTenantAccountId(tenant: string, datacenter: Datacenter): string {
  const slug = tenant.replace(/^-+/, "").slice(0, TENANT_LENGTH);
  // Neither of the two contains a line feed.
  const digest = createHash("sha256").update([tenant, datacenter].join("\n")).digest("hex").slice(0, SUFFIX_LENGTH);
  return ["byok", slug, datacenter, digest].filter((part) => part !== "").join("-");
}

/** @throws InvalidArgsError with every problem found */
export function resolveGcpServiceIdentityArgs(name: string, args: GcpServiceIdentityArgs): ResolvedGcpServiceIdentityArgs {
  const problems = gcpServiceIdentityProblems(args).map(problemText);
  if (problems.length > 0) throw new InvalidArgsError("GcpServiceIdentity", name, problems);
  const { datacenter, existing } = args;
  const defaultName = `byok-service-${datacenter}`;
  return {
    accountId: args.accountId ?? defaultName,
    location: args.location ?? REGIONS[datacenter].gcp,
    keyRingName: existing?.keyRing ?? args.keyRingName ?? defaultName,
    keyName: existing?.key ?? args.keyName ?? defaultName,
    tenants: (args.perTenant ?? []).map((tenant) => [tenant, gcpTenantAccountId(tenant, datacenter)]),
  };
}

/** Problems of the arguments: path, and what is wrong; whatever a program in plain JavaScript has put there. */
export function gcpServiceIdentityProblems(args: GcpServiceIdentityArgs): ArgumentProblem[] {
  const given: Readonly<Record<string, unknown>> = { ...args };
  const { project, datacenter, location, accountId, perTenant, keyMetadata } = given;
  const problems: ArgumentProblem[] = [];
  if (typeof project !== "string" || !GCP_PROJECT_ID_PATTERN.test(project)) problems.push([["project"], GCP_PROJECT_ID_RULE]);
  if (!isDatacenter(datacenter)) {
    problems.push([["datacenter"], oneOfRule(Datacenter)]);
  } else if (location !== undefined) {
    const problem = typeof location === "string" ? gcpLocationProblem(location, datacenter, args.allowCrossRegion === true) : GCP_LOCATION_RULE;
    if (problem !== undefined) problems.push([["location"], problem]);
  }
  if (accountId !== undefined && (typeof accountId !== "string" || !GCP_ACCOUNT_ID_PATTERN.test(accountId))) {
    problems.push([["accountId"], GCP_ACCOUNT_ID_RULE]);
  }
  if (keyMetadata !== undefined && typeof keyMetadata !== "boolean") problems.push([["keyMetadata"], "must be true or false"]);
  if (perTenant !== undefined) problems.push(...tenantListProblems(perTenant));
  return [...problems, ...gcpExistingProblems(args), ...keyFormProblems(args)];
}

function tenantListProblems(tenants: unknown): ArgumentProblem[] {
  if (!Array.isArray(tenants)) return [[["perTenant"], "must be a list of tenants' ids"]];
  const list: readonly unknown[] = tenants;
  return list.flatMap((tenant, index): ArgumentProblem[] => {
    if (typeof tenant !== "string" || !TENANT_PATTERN.test(tenant)) return [[["perTenant", index], TENANT_RULE]];
    return list.indexOf(tenant) === index ? [] : [[["perTenant", index], "is there twice"]];
  });
}
