/**
 * `azure-native:keyvault:Key`. Source: @pulumi/azure-native/keyvault/key.d.ts; pulumi-azure-native,
 * provider/pkg/resources/customresources/custom_keyvault.go (deletion is the vault's own).
 *
 * ARM makes keys that are not there and changes none: an update of a key's properties is asked for, answered with the key as
 * it is, and done. Outputs lie flat, inputs are within `properties`: a refresh does not see that a key was changed.
 *
 * @module
 */
import { VAULT_SUFFIX } from "../../azure/names.js";
import { responseError } from "../azure/client.js";
import { type Deployed, type ResourceType } from "../resource-type.js";
import { type Property } from "../schema.js";
import { type Properties, textOf, type Value } from "../values.js";
import { API_VERSIONS, type AzureNativeContext, get, mustGet, objectOf, pick, put, requireAbsent } from "./context.js";
import { apiVersion, nameGiven, PATH, pathOf, vaultIdOf } from "./names.js";

const VERSION = API_VERSIONS.keyvault;
/** Version of the vault's own API that deletes (azure-sdk-for-go, azkeys 1.4). */
const DATA_PLANE_VERSION = "7.6";
const OUTPUTS = ["location", "name", "tags", "type"];
const FLAT_OUTPUTS = ["keyOps", "keySize", "keyUri", "keyUriWithVersion", "kty", "rotationPolicy"];

/** What the SDK calls by another name than the API. */
const ATTRIBUTES = { enabled: "enabled", expires: "exp", exportable: "exportable", notBefore: "nbf" } as const;
const SHOWN_ATTRIBUTES = { ...ATTRIBUTES, created: "created", recoveryLevel: "recoveryLevel", updated: "updated" } as const;

const TYPED_ACTION: Property = { type: "object", members: { type: { type: "string" } } };
const TRIGGER: Property = { type: "object", members: { timeAfterCreate: { type: "string" }, timeBeforeExpiry: { type: "string" } } };

const PROPERTIES: Record<string, Property> = {
  attributes: {
    type: "object",
    members: {
      enabled: { type: "boolean" },
      expires: { type: "number" },
      exportable: { type: "boolean", only: false },
      notBefore: { type: "number" },
    },
  },
  keyOps: { type: "list", items: { type: "string" } },
  keySize: { type: "number" },
  kty: { type: "string" },
  rotationPolicy: {
    type: "object",
    members: {
      attributes: { type: "object", members: { expiryTime: { type: "string" } } },
      lifetimeActions: { type: "list", items: { type: "object", members: { action: TYPED_ACTION, trigger: TRIGGER } } },
    },
  },
};

/** A key in a vault. */
export const vaultKeyType: ResourceType<AzureNativeContext> = {
  token: "azure-native:keyvault:Key",
  inputs: {
    azureApiVersion: apiVersion(VERSION),
    keyName: PATH.keyName,
    properties: { type: "object", required: true, members: PROPERTIES },
    resourceGroupName: { ...PATH.resourceGroupName, required: true },
    tags: { type: "tags" },
    vaultName: { ...PATH.vaultName, required: true },
  },
  computed: ["attributes", "keyOps", "keySize", "keyUri", "keyUriWithVersion", "kty", "location", "name", "rotationPolicy", "type"],
  stable: [],

  check: (inputs) => nameGiven(inputs, "keyName"),

  inputsIn: ({ id, state, before }) => ({
    ...pick(state, ["azureApiVersion", "tags"]),
    ...pathOf(id),
    keyName: keyNameOf(id),
    ...(before === undefined ? { properties: importedProperties(state) } : {}),
  }),

  async create(context, inputs) {
    const id = keyId(context, inputs);
    await requireAbsent(context, id, VERSION);
    return write(context, id, inputs);
  },

  async read(context, id) {
    const found = await get(context, id, VERSION);
    return found === undefined ? undefined : deployedOf(found);
  },

  update: async (context, id, _, inputs) => write(context, id, inputs),

  async delete({ client }, id) {
    const host = `${pathOf(id).vaultName.toLowerCase()}${VAULT_SUFFIX}`;
    const answer = await client.send("DELETE", host, `/keys/${encodeURIComponent(keyNameOf(id))}?api-version=${DATA_PLANE_VERSION}`);
    if (answer.status !== 200 && answer.status !== 404) throw responseError(answer);
  },
};

/** The function getKey. */
export async function readKey(context: AzureNativeContext, args: Properties): Promise<Properties> {
  const { id, state } = deployedOf(await mustGet(context, keyId(context, args), VERSION));
  return { ...state, id };
}

function keyId(context: AzureNativeContext, inputs: Properties): string {
  return `${vaultIdOf(context, inputs)}/keys/${encodeURIComponent(textOf(inputs, "keyName") ?? "")}`;
}

function keyNameOf(id: string): string {
  return decodeURIComponent(id.slice(id.lastIndexOf("/") + 1));
}

async function write(context: AzureNativeContext, id: string, inputs: Properties): Promise<Deployed> {
  const { attributes, ...properties } = objectOf(inputs, "properties");
  const body = {
    ...pick(inputs, ["tags"]),
    properties: {
      ...properties,
      ...(attributes === undefined ? {} : { attributes: renamed(objectOf({ attributes }, "attributes"), swapped(ATTRIBUTES)) }),
    },
  };
  return deployedOf(await put(context, id, VERSION, body));
}

function deployedOf(found: Properties): Deployed {
  const properties = objectOf(found, "properties");
  return {
    id: textOf(found, "id") ?? "",
    state: {
      azureApiVersion: VERSION,
      attributes: renamed(objectOf(properties, "attributes"), SHOWN_ATTRIBUTES),
      ...pick(properties, FLAT_OUTPUTS),
      ...pick(found, OUTPUTS),
    },
  };
}

/** The inputs that the state of an imported key comes from. */
function importedProperties(state: Properties): Properties {
  return { attributes: pick(objectOf(state, "attributes"), Object.keys(ATTRIBUTES)), ...pick(state, ["keyOps", "keySize", "kty"]) };
}

/** Members by new names: `names` has the old name of each new one. */
function renamed(from: Properties, names: Readonly<Record<string, string>>): Properties {
  return Object.fromEntries(
    Object.entries(names).flatMap(([name, old]): [string, Value][] => {
      const value = from[old];
      return value === undefined || value === null ? [] : [[name, value]];
    }),
  );
}

function swapped(names: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(names).map(([name, old]) => [old, name]));
}
