/**
 * Who will be able to do what: one row per principal and thing, read off the resources that say so.
 *
 * @module
 */
import { type DeclaredProgram, type DeclaredResource } from "../declared-resource.js";
import { descriptorsOf } from "../descriptors.js";
import { awsAccess } from "./aws-access.js";
import { azureAccess } from "./azure-access.js";
import { type Deployer, deployerRows } from "./deployers.js";
import { gcpAccess } from "./gcp-access.js";
import { type AccessRow, type Finding } from "./schema.js";

/** What rows are derived from. */
export interface Declared {
  readonly resources: readonly DeclaredResource[];
  /** Identities that descriptors say are granted, as the cloud spells them. */
  readonly service: ReadonlySet<string>;
  /** A resource by its URN. */
  readonly byUrn: ReadonlyMap<string, DeclaredResource>;
}

/** Rows, and what could not be read. */
export interface DerivedAccess {
  readonly rows: readonly AccessRow[];
  readonly findings: readonly Finding[];
}

/** The access table of a program. */
export function accessTable(program: DeclaredProgram, deployers: readonly Deployer[]): DerivedAccess {
  const declared: Declared = {
    resources: program.resources,
    service: new Set(descriptorsOf(program).flatMap(({ grantedTo }) => (typeof grantedTo === "string" ? [grantedTo] : []))),
    byUrn: new Map(program.resources.map((resource) => [resource.urn, resource])),
  };
  const parts = [awsAccess(declared), gcpAccess(declared), azureAccess(declared)];
  return {
    rows: [...parts.flatMap(({ rows }) => rows), ...deployerRows(program.resources, deployers)],
    findings: parts.flatMap(({ findings }) => findings),
  };
}

/** The resource that an input comes from, or the one whose known id or name it holds; undefined if neither. */
export function targetOf(declared: Declared, resource: DeclaredResource, input: string): DeclaredResource | undefined {
  const [urn] = resource.dependencies[input] ?? [];
  if (urn !== undefined) return declared.byUrn.get(urn);
  const value = resource.inputs[input];
  return declared.resources.find(({ id, kind }) => id !== undefined && id === value && (kind === "created" || kind === "adopted"));
}
