/** Every resource type of the sandbox, found where resource types are: nobody has to list a new one. */
import { readdirSync } from "node:fs";
import { join } from "node:path";

import { type ResourceType } from "../../../../sandbox/pulumi/resource-type.js";

const FOLDER = join(__dirname, "../../../../sandbox/pulumi");
const PROVIDERS = ["aws", "azure-native", "azuread", "gcp"] as const;

/** As much of a type as its table is about. */
export type TableOf = Pick<ResourceType<never>, "token" | "inputs">;

/** By the order of their files. */
export async function resourceTypes(): Promise<TableOf[]> {
  const files = PROVIDERS.flatMap((provider) => readdirSync(join(FOLDER, provider)).filter((file) => file.endsWith(".ts")).map((file) => join(FOLDER, provider, file)));
  const modules = await Promise.all(files.map(async (file): Promise<unknown> => import(file)));
  return modules.flatMap((module) => (typeof module === "object" && module !== null ? Object.values(module).flat().filter(isResourceType) : []));
}

function isResourceType(value: unknown): value is TableOf {
  return typeof value === "object" && value !== null && "token" in value && "inputs" in value && "stable" in value;
}
