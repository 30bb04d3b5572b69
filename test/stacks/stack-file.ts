/** Reads stack files as the Pulumi engine does. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { parse } from "yaml";

/** Repository root. */
export const ROOT = join(__dirname, "..", "..");

/** Example stacks in AWS: tenant acme, one per datacenter. */
export const EXAMPLE_STACKS = ["acme-usa", "acme-eu", "acme-uk", "acme-au", "acme-ca"] as const;

/** Example stacks in Google Cloud: tenant acme, one per datacenter. */
export const GCP_EXAMPLE_STACKS = ["acme-gcp-usa", "acme-gcp-eu", "acme-gcp-uk", "acme-gcp-au", "acme-gcp-ca"] as const;

/** Example stacks in Azure: tenant acme, one per datacenter. */
export const AZURE_EXAMPLE_STACKS = [
  "acme-azure-usa",
  "acme-azure-eu",
  "acme-azure-uk",
  "acme-azure-au",
  "acme-azure-ca",
] as const;

/** The example stack with a key in every cloud, of a tenant of its own. */
export const THREE_CLOUDS_EXAMPLE_STACK = "acme-all-eu";

/** Every example stack. */
export const ALL_EXAMPLE_STACKS = [
  ...EXAMPLE_STACKS,
  ...GCP_EXAMPLE_STACKS,
  ...AZURE_EXAMPLE_STACKS,
  THREE_CLOUDS_EXAMPLE_STACK,
] as const;

/** Path of a stack's configuration. */
export function stackFile(stack: string): string {
  return join(ROOT, "stacks", `Pulumi.${stack}.yaml`);
}

/** The `config` of a stack file as programs get it: scalars as text, objects and lists as JSON. */
export async function readStackConfig(stack: string): Promise<Record<string, string>> {
  const file = parse(await readFile(stackFile(stack), "utf8")) as { config: Record<string, unknown> };
  return Object.fromEntries(
    Object.entries(file.config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}
