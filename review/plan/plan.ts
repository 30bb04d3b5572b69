/**
 * Puts a plan together.
 *
 * @module
 */
import { Access } from "../../components/access.js";
import { type StackConfig } from "../../stacks/config.js";
import { type DeclaredProgram, type DeclaredResource } from "../declared-resource.js";
import { descriptorsOf } from "../descriptors.js";
import { type StackOfProject } from "../project.js";
import { accessTable } from "./access-table.js";
import { cloudNameOf, cloudOf } from "./cloud-of.js";
import { type Deployer, deployerFindings } from "./deployers.js";
import { accessFindings, programFindings } from "./findings.js";
import { placeFindings, placesOf } from "./places.js";
import { revocationOf } from "./revocation.js";
import { CLOUDS, type Finding, type Plan, type PlannedResource } from "./schema.js";

/** What a plan is made of. */
export interface PlanInput {
  readonly project: StackOfProject;
  readonly program: DeclaredProgram;
  /** The stack's configuration, if the program is this package's own. */
  readonly config: StackConfig | undefined;
  readonly deployers: readonly Deployer[];
  readonly now: Date;
}

const SEVERITIES = ["error", "warning", "info"];

/** The plan of a program. */
export function planOf({ project, program, config, deployers, now }: PlanInput): Plan {
  const { resources } = program;
  const [descriptor] = descriptorsOf(program);
  const tenant = config?.tenant ?? textOf(descriptor?.["tenant"]);
  const datacenter = config?.datacenter ?? textOf(descriptor?.["datacenter"]);
  const clouds = CLOUDS.filter((cloud) => resources.some((resource) => resource.kind !== "component" && cloudOf(resource) === cloud));
  const access = config?.access === Access.Suspended ? "suspended" : "granted";
  const { rows, findings } = accessTable(program, deployers);
  const places = placesOf(resources, datacenter);
  const all: Finding[] = [
    ...findings,
    ...accessFindings(rows),
    ...deployerFindings(rows, deployers),
    ...placeFindings(places),
    ...programFindings(program, now),
    ...(access === "suspended" ? [SUSPENDED] : []),
  ];
  return {
    schema: 1,
    project: project.project,
    stack: project.stack,
    program: project.program,
    ...(tenant === undefined ? {} : { tenant }),
    ...(datacenter === undefined ? {} : { datacenter }),
    clouds,
    access,
    resources: plannedResources(resources),
    accessTable: [...rows],
    places,
    revocation: revocationOf(rows, clouds, access),
    findings: all.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity)),
  };
}

const SUSPENDED: Finding = { severity: "info", code: "suspended", message: "byok:access is suspended: the service cannot use these keys" };

/** Parents before their children, as in a tree. */
function plannedResources(resources: readonly DeclaredResource[]): PlannedResource[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const below = (parent: string | undefined): DeclaredResource[] =>
    resources.filter((resource) => resource.parent === parent).flatMap((resource) => [resource, ...below(resource.urn)]);
  return below(undefined).map((resource) => {
    const cloud = cloudOf(resource);
    const cloudName = cloudNameOf(resource);
    const parent = resource.parent === undefined ? undefined : byUrn.get(resource.parent)?.name;
    return {
      name: resource.name,
      type: resource.type,
      urn: resource.urn,
      kind: resource.kind,
      ...(cloud === undefined ? {} : { cloud }),
      ...(parent === undefined ? {} : { parent }),
      ...(cloudName === undefined ? {} : { cloudName }),
      ...(resource.id === undefined || resource.kind === "component" || resource.kind === "provider" ? {} : { id: resource.id }),
      protected: resource.protect,
      retained: resource.retainOnDelete,
    };
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
