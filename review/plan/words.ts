/**
 * A plan for people.
 *
 * @module
 */
import { type Paint } from "../../runtime/cli/terminal.js";
import { shortType } from "./cloud-of.js";
import { type Finding, type Plan, type PlannedResource } from "./schema.js";
import { type Column, table } from "./table.js";

/** Lines of text; tables are as wide as they need to be. */
export function planWords(plan: Plan, paint: Paint): string[] {
  const whose = plan.tenant === undefined ? "" : `: tenant ${plan.tenant}, datacenter ${plan.datacenter ?? "unknown"}, access ${plan.access}`;
  const heading = (text: string): string[] => ["", paint.bold(text)];
  return [
    paint.bold(`Stack ${plan.stack} of project ${plan.project}${whose}`),
    `Program ${plan.program}. Nothing was contacted.`,
    ...heading("What will exist"),
    ...table(
      columns(["RESOURCE", 40], ["TYPE", 24], ["IN THE CLOUD", 40], ["DELETED BY", 30]),
      plan.resources.filter(({ kind }) => kind !== "provider" && kind !== "component").map((resource) => [
        resource.name,
        shortType(resource.type),
        resource.cloudName ?? resource.id ?? "",
        deletedBy(resource),
      ]),
    ),
    ...heading("Who will be able to do what"),
    ...table(
      columns(["WHO", 36], ["WHOSE", 8], ["MAY", 30], ["ON", 28], ["IF", 30], ["THROUGH", 30]),
      plan.accessTable.map(({ principal, kind, whose: owner, effect, operations, on, conditions, through }) => [
        `${principal} (${kind})`,
        owner,
        `${effect === "deny" ? "NOT " : ""}${operations.join(", ")}`,
        on,
        conditions.join("; "),
        through ?? "",
      ]),
    ),
    ...heading("Where"),
    ...table(
      columns(["RESOURCE", 40], ["CLOUD", 8], ["IN", 24], ["LOCATION", 20], ["RESIDENCY", 60]),
      plan.places.map(({ resource, cloud, account, location, residency, why }) => [resource, cloud, account, location, `${residency}: ${why}`]),
    ),
    ...heading("Taking the key away"),
    ...plan.revocation.flatMap(({ cloud, words }) => table(columns([cloud, 110]), [[words]])),
    "  The service stops within the bound that it prints (docs/cache.md), counted from then.",
    ...heading("Findings"),
    ...(plan.findings.length === 0 ? ["  none"] : plan.findings.map((finding) => `  ${findingWords(finding, paint)}`)),
  ];
}

function columns(...given: readonly (readonly [head: string, width: number])[]): Column[] {
  return given.map(([head, width]) => ({ head, width }));
}

function deletedBy({ kind, protected: guarded, retained }: PlannedResource): string {
  if (kind === "adopted") return "nothing here: adopted";
  if (retained) return "nothing here: kept";
  return guarded ? "full teardown" : "destroy --exclude-protected";
}

function findingWords({ severity, code, resource, message }: Finding, paint: Paint): string {
  const mark = severity === "info" ? severity : paint.bad(severity);
  return `${mark} [${code}] ${resource === undefined ? "" : `${resource}: `}${message}`;
}
