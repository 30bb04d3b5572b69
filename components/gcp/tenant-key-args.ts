/**
 * Checks of `GcpTenantKeyArgs`: callers may be plain JavaScript, and Google Cloud would find most mistakes only halfway
 * through.
 *
 * @module
 */
import { isGranted } from "../access.js";
import { type ArgumentProblem, problemText } from "../argument-problem.js";
import { daysProblems } from "../days.js";
import { InvalidArgsError } from "../errors.js";
import { keyOptionsProblems } from "../key-options.js";
import { resourceName } from "../names.js";
import { isOneOf, oneOfRule } from "../one-of.js";
import { ProtectionLevel } from "../protection-level.js";
import { type Datacenter, isDatacenter, REGIONS } from "../regions.js";
import { keepsResidency, residencyRule, residencyWarning } from "../residency.js";
import { tenantProblems } from "../tenant-args.js";
import { gcpExistingProblems } from "./existing.js";
import {
  GCP_BILLING_ACCOUNT_PATTERN,
  GCP_BILLING_ACCOUNT_RULE,
  GCP_KMS_NAME_PATTERN,
  GCP_KMS_NAME_RULE,
  GCP_PROJECT_ID_PATTERN,
  GCP_PROJECT_ID_RULE,
  GCP_RESOURCE_NUMBER_PATTERN,
  GCP_RESOURCE_NUMBER_RULE,
  GCP_SERVICE_ACCOUNT_PATTERN,
  GCP_SERVICE_ACCOUNT_RULE,
  gcpKeyId,
  type GcpKeyNames,
  projectOfServiceAccount,
} from "./identity.js";
import { GCP_GLOBAL, GCP_LOCATION_RULE, GCP_REGION_PATTERN, GCP_RESIDENCY } from "./locations.js";
import { type GcpNewProjectArgs, type GcpTenantKeyArgs } from "./tenant-key.js";

/** Label keys and values. Resource Manager documentation, "Creating and managing labels", requirements. */
const LABEL_KEY = /^[a-z][a-z0-9_-]{0,62}$/;
const LABEL_VALUE = /^[a-z0-9_-]{0,63}$/;

/** Display names of projects. Resource Manager reference, `Project.displayName`. */
const PROJECT_DISPLAY_NAME = /^[A-Za-z0-9'" !-]{4,30}$/;

const GLOBAL_WARNING = `the key is in location ${GCP_GLOBAL}: no residency, Google serves it from anywhere`;

/** What checked arguments come to. */
export interface ResolvedGcpTenantKeyArgs extends GcpKeyNames {
  /** Cloud KMS location of the key, with what must be known about it. */
  readonly locationInWords: string;
  /** Set if the location does not keep the datacenter's residency. */
  readonly warning: string | undefined;
  /** Resource name of the key. */
  readonly keyId: string;
  /** Whether the service is granted. */
  readonly granted: boolean;
  /** Whether every use of the key is logged. */
  readonly auditLog: boolean;
}

/**
 * Refuses arguments that cannot work, and settles project, location and names of those that can.
 *
 * @throws InvalidArgsError with every problem found
 */
export function resolveGcpTenantKeyArgs(name: string, args: GcpTenantKeyArgs): ResolvedGcpTenantKeyArgs {
  const problems = [
    ...tenantProblems(args),
    ...keyOptionsProblems(args),
    ...projectProblems(args),
    ...serviceAccountProblems(args),
    ...locationProblems(args),
    ...keyProblems(args),
  ];
  if (problems.length > 0) throw new InvalidArgsError("GcpTenantKey", name, problems);

  const location = args.location ?? REGIONS[args.datacenter].gcp;
  const warning = location === GCP_GLOBAL ? GLOBAL_WARNING : residencyWarning(GCP_RESIDENCY, args.datacenter, location);
  const defaultName = resourceName(args.tenant, args.datacenter);
  // One of the two is there, or there were problems.
  const projectId = args.project ?? args.createProject?.projectId ?? "";
  const keyRingName = args.existing?.keyRing ?? args.keyRingName ?? defaultName;
  const keyName = args.existing?.key ?? args.keyName ?? defaultName;
  const place = { projectId, location, keyRingName, keyName };
  return {
    ...place,
    locationInWords: warning === undefined ? location : `${location} (no residency)`,
    warning,
    keyId: gcpKeyId(place),
    granted: isGranted(args.access),
    // It is the whole project's setting: nobody but us has made one in a project of ours.
    auditLog: args.auditLog ?? args.createProject !== undefined,
  };
}

/**
 * Why `location` cannot be the key's; `undefined` if it can.
 *
 * @param allowCrossRegion - lets it be a region outside the datacenter's residency
 */
export function gcpLocationProblem(location: string, datacenter: Datacenter, allowCrossRegion: boolean): string | undefined {
  if (location === GCP_GLOBAL) return undefined;
  if (!GCP_REGION_PATTERN.test(location)) return GCP_LOCATION_RULE;
  if (allowCrossRegion || keepsResidency(GCP_RESIDENCY, datacenter, location)) return undefined;
  return residencyRule(GCP_RESIDENCY, datacenter);
}

function projectProblems({ project, createProject }: GcpTenantKeyArgs): string[] {
  if ((project === undefined) === (createProject === undefined)) {
    return ["project, createProject: give exactly one of them"];
  }
  if (createProject !== undefined) {
    return newProjectProblems(createProject).map(([member, rule]) => `createProject.${member}: ${rule}`);
  }
  return project === undefined || GCP_PROJECT_ID_PATTERN.test(project) ? [] : [`project: ${GCP_PROJECT_ID_RULE}`];
}

/** Problems of a project to be created: member, and what is wrong with it. */
export function newProjectProblems(args: GcpNewProjectArgs): [member: keyof GcpNewProjectArgs, rule: string][] {
  const problems: [keyof GcpNewProjectArgs, string][] = [];
  if (!GCP_PROJECT_ID_PATTERN.test(args.projectId)) problems.push(["projectId", GCP_PROJECT_ID_RULE]);
  if (!GCP_BILLING_ACCOUNT_PATTERN.test(args.billingAccount)) problems.push(["billingAccount", GCP_BILLING_ACCOUNT_RULE]);
  if (args.displayName !== undefined && !PROJECT_DISPLAY_NAME.test(args.displayName)) {
    problems.push(["displayName", `must be 4 to 30 letters, digits, spaces and any of - ' " !`]);
  }
  for (const parent of ["organizationId", "folderId"] as const) {
    const id = args[parent];
    if (id !== undefined && !GCP_RESOURCE_NUMBER_PATTERN.test(id)) problems.push([parent, GCP_RESOURCE_NUMBER_RULE]);
  }
  if (args.organizationId !== undefined && args.folderId !== undefined) {
    problems.push(["organizationId", "excludes folderId; keep one of them, or neither"]);
  }
  return problems;
}

/** A key in the service's own project would be no key of the tenant's: the service could administer it. */
function serviceAccountProblems(args: GcpTenantKeyArgs): string[] {
  if (!GCP_SERVICE_ACCOUNT_PATTERN.test(args.serviceAccount)) return [`serviceAccount: ${GCP_SERVICE_ACCOUNT_RULE}`];
  const project = args.project ?? args.createProject?.projectId;
  return projectOfServiceAccount(args.serviceAccount) === project
    ? [`serviceAccount: is in the key's own project ${project ?? ""}; the tenant's key must live in the tenant's project`]
    : [];
}

function locationProblems(args: GcpTenantKeyArgs): string[] {
  // Of an unknown datacenter nothing is known; it is a problem of its own.
  if (args.location === undefined || !isDatacenter(args.datacenter)) return [];
  const problem = gcpLocationProblem(args.location, args.datacenter, args.allowCrossRegion === true);
  return problem === undefined ? [] : [`location: ${problem}`];
}

function keyProblems(args: GcpTenantKeyArgs): string[] {
  return [...gcpExistingProblems(args), ...keyFormProblems(args)].map(problemText);
}

/** What says how a key ring and a key are made. */
export interface GcpKeyFormArgs {
  readonly keyRingName?: string | undefined;
  readonly keyName?: string | undefined;
  readonly protectionLevel?: ProtectionLevel | undefined;
  readonly rotationPeriodInDays?: number | undefined;
  readonly destroyDelayInDays?: number | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Problems of what says how a key is made. */
export function keyFormProblems(args: GcpKeyFormArgs): ArgumentProblem[] {
  const problems: ArgumentProblem[] = [];
  for (const name of ["keyRingName", "keyName"] as const) {
    const value = args[name];
    if (value !== undefined && !GCP_KMS_NAME_PATTERN.test(value)) problems.push([[name], GCP_KMS_NAME_RULE]);
  }
  if (args.protectionLevel !== undefined && !isOneOf(ProtectionLevel, args.protectionLevel)) {
    problems.push([["protectionLevel"], oneOfRule(ProtectionLevel)]);
  }
  // Bounds: Cloud KMS reference, CryptoKey.rotationPeriod (24 to 876,000 hours) and "Destroy and restore key versions".
  problems.push(...daysProblems("rotationPeriodInDays", args.rotationPeriodInDays, 1, 36_500));
  problems.push(...daysProblems("destroyDelayInDays", args.destroyDelayInDays, 1, 120));
  for (const [key, value] of Object.entries(args.labels ?? {})) {
    if (!LABEL_KEY.test(key) || !LABEL_VALUE.test(value)) {
      problems.push([["labels", key], "keys and values of labels are up to 63 characters of a-z, 0-9, _ and -; keys begin with a letter"]);
    }
  }
  return problems;
}
