/** Reads stack files as the Pulumi engine does. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { parse } from "yaml";

/** Repository root. */
export const ROOT = join(__dirname, "..", "..");

/** Every example stack: tenant acme, one per datacenter. */
export const EXAMPLE_STACKS = ["acme-usa", "acme-eu", "acme-uk", "acme-au", "acme-ca"] as const;

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
