/**
 * Names and locations of azure-native resources. Patterns: the OpenAPI documents of Azure (common-types v5, `keyvault`), by
 * which the provider checks; messages: pulumi-azure-native, provider/pkg/provider/provider.go (validateProperty).
 *
 * @module
 */
import { type AzureNativeContext, API_VERSIONS, get } from "./context.js";
import { type CheckFailure, type Property } from "../schema.js";
import { type Properties, shown, textOf } from "../values.js";

/** A part of the resource's path: another one is another resource. */
function pathPart(name: string, pattern: RegExp): Property {
  return {
    type: "string",
    replaces: true,
    problem: (value) => (pattern.test(shown(value)) ? undefined : `'${name}' does not match expression '${pattern.source}'`),
  };
}

/** The path parameters of the types. */
export const PATH = {
  resourceGroupName: {
    type: "string",
    replaces: true,
    problem: (value) => {
      const { length } = shown(value);
      if (length < 1) return `'resourceGroupName' is too short (${length}): at least 1 characters required`;
      return length > 90 ? `'resourceGroupName' is too long (${length}): at most 90 characters allowed` : undefined;
    },
  },
  vaultName: pathPart("vaultName", /^[a-zA-Z0-9-]{3,24}$/),
  keyName: pathPart("keyName", /^[a-zA-Z0-9-]{1,127}$/),
} satisfies Record<string, Property>;

/** The name that the real provider would make up of the resource's; the sandbox does not know how. */
export function nameGiven(inputs: Properties, name: string): readonly CheckFailure[] {
  return inputs[name] === undefined ? [{ property: name, reason: `the sandbox makes up no names: it needs a ${name}` }] : [];
}

/** The API version that the provider adds to inputs (applyDefaults); the SDK offers no other. */
export function apiVersion(version: string): Property {
  return { type: "string", byDefault: version, only: version };
}

/** Case and spaces do not matter: `West Europe` is `westeurope` (normalizedLocation). */
export const LOCATION: Property = {
  type: "string",
  computed: true,
  same: (deployed, wanted) => normalized(shown(deployed)) === normalized(shown(wanted)),
};

function normalized(location: string): string {
  return location.toLowerCase().replaceAll(" ", "");
}

/**
 * Where a resource goes: where it says, where the provider is set to, or where its group is (getDefaultLocation).
 *
 * @throws Error if none of them says.
 */
export async function locationOf(context: AzureNativeContext, inputs: Properties): Promise<string> {
  const given = textOf(inputs, "location") ?? context.location;
  if (given !== undefined) return given;
  const group = textOf(inputs, "resourceGroupName");
  const found = group === undefined ? undefined : await get(context, groupId(context, group), API_VERSIONS.resources);
  const location = found === undefined ? undefined : textOf(found, "location");
  if (location === undefined) {
    throw new Error("missing required property 'location'. Either set it explicitly or configure it with 'pulumi config set azure-native:location <value>'.");
  }
  return location;
}

/** Id of a resource group. */
export function groupId({ subscription }: AzureNativeContext, name: string): string {
  return `/subscriptions/${subscription}/resourceGroups/${encodeURIComponent(name)}`;
}

/** Id of a vault, from the inputs of something in it or of itself. */
export function vaultIdOf(context: AzureNativeContext, inputs: Properties): string {
  const group = groupId(context, textOf(inputs, "resourceGroupName") ?? "");
  return `${group}/providers/Microsoft.KeyVault/vaults/${encodeURIComponent(textOf(inputs, "vaultName") ?? "")}`;
}

const VAULT_ID = /^\/subscriptions\/[^/]+\/resourceGroups\/([^/]+)\/providers\/Microsoft\.KeyVault\/vaults\/([^/]+)/i;

/**
 * Group and vault that an id names.
 *
 * @throws Error if it names none.
 */
export function pathOf(id: string): { readonly resourceGroupName: string; readonly vaultName: string } {
  const [, resourceGroupName, vaultName] = VAULT_ID.exec(id) ?? [];
  if (resourceGroupName === undefined || vaultName === undefined) throw new Error(`'${id}' is not the id of a vault, or of something in one`);
  return { resourceGroupName: decodeURIComponent(resourceGroupName), vaultName: decodeURIComponent(vaultName) };
}
