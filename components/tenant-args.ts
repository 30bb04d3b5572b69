/**
 * The arguments that every cloud's key has in common.
 *
 * @module
 */
import { TENANT_PATTERN, TENANT_RULE } from "./names.js";
import { DATACENTERS, isDatacenter } from "./regions.js";

/** Problems of tenant and datacenter, whatever a program in plain JavaScript has put there. */
export function tenantProblems({ tenant, datacenter }: { readonly tenant: unknown; readonly datacenter: unknown }): string[] {
  const problems: string[] = [];
  if (typeof tenant !== "string" || !TENANT_PATTERN.test(tenant)) problems.push(`tenant: ${TENANT_RULE}`);
  if (!isDatacenter(datacenter)) problems.push(`datacenter: must be one of ${DATACENTERS.join(", ")}`);
  return problems;
}
