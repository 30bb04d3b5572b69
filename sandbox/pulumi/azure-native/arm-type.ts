/**
 * Resource types that are one PUT to Azure Resource Manager: inputs within the API's `properties` lie flat in the SDK, and the
 * outputs as well. Source: pulumi-azure-native, provider/pkg/gen (client flattening) and provider/pkg/provider/provider.go.
 *
 * @module
 */
import { type Deployed, type ResourceType } from "../resource-type.js";
import { type Property, type PropertyTable } from "../schema.js";
import { type Properties, textOf, type Value } from "../values.js";
import { type AzureNativeContext, get, objectOf, pick, put, remove, requireAbsent } from "./context.js";
import { apiVersion, nameGiven } from "./names.js";

/** What makes one type differ from another. */
export interface ArmType {
  readonly token: string;
  /** Version of ARM's API that azure-native 3.28 uses for the type (documentation of the class in the SDK). */
  readonly version: string;
  /** Inputs that are parts of the path. The last one is the resource's name, which the sandbox does not make up. */
  readonly path: PropertyTable;
  /** Inputs beside the API's `properties`: location and tags. */
  readonly beside?: PropertyTable;
  /** Inputs within the API's `properties`. */
  readonly properties: PropertyTable;
  /** Outputs within the API's `properties` that are no inputs. */
  readonly computed?: readonly string[];
  /** Resource id, of inputs. */
  id(context: AzureNativeContext, inputs: Properties): string;
  /** The inputs that an id holds. */
  pathIn(id: string): Properties;
}

/** The resource type that plays it. */
export function armType(of: ArmType): ResourceType<AzureNativeContext> {
  const { version, beside = {}, computed = [] } = of;
  const withinProperties = Object.keys(of.properties);
  const outputs = [...Object.keys(beside), "name", "systemData", "type"];
  const nameInput = Object.keys(of.path).at(-1) ?? "name";

  const deployedOf = (found: Properties): Deployed => ({
    id: textOf(found, "id") ?? "",
    state: { azureApiVersion: version, ...pick(objectOf(found, "properties"), [...withinProperties, ...computed]), ...pick(found, outputs) },
  });
  const write = async (context: AzureNativeContext, id: string, inputs: Properties): Promise<Deployed> =>
    deployedOf(await put(context, id, version, { ...pick(inputs, Object.keys(beside)), properties: pick(inputs, withinProperties) }));

  return {
    token: of.token,
    inputs: { azureApiVersion: apiVersion(version), ...of.path, ...beside, ...of.properties },
    computed: [...computed, "name", "type"].filter((name) => of.path[name] === undefined),
    stable: [],

    check: (inputs) => nameGiven(inputs, nameInput),

    inputsIn: ({ id, state }) => ({ ...pick(state, ["azureApiVersion", ...Object.keys(beside)]), ...settable(of.properties, state), ...of.pathIn(id) }),

    async create(context, inputs) {
      const id = of.id(context, inputs);
      await requireAbsent(context, id, version);
      return write(context, id, inputs);
    },

    async read(context, id) {
      const found = await get(context, id, version);
      return found === undefined ? undefined : deployedOf(found);
    },

    update: async (context, id, _, inputs) => write(context, id, inputs),

    async delete(context, id) {
      await remove(context, id, version);
    },
  };
}

/** Of a state, what can be set: services add read-only members inside of lists and objects too (SdkOutputsToSdkInputs). */
function settable(table: PropertyTable, state: Properties): Properties {
  return Object.fromEntries(
    Object.entries(table).flatMap(([name, property]): [string, Value][] => {
      const value = state[name];
      return value === undefined || value === null ? [] : [[name, settableValue(property, value)]];
    }),
  );
}

function settableValue({ members, items }: Property, value: Value): Value {
  if (Array.isArray(value)) return (value as readonly Value[]).map((item) => (items === undefined ? item : settableValue(items, item)));
  return members === undefined || typeof value !== "object" || value === null ? value : settable(members, value as Properties);
}

/** Path of a resource that lies in a group: its group and its name. */
export function inGroup(type: string, nameInput: string): Pick<ArmType, "id" | "pathIn"> {
  const pattern = new RegExp(`^/subscriptions/[^/]+/resourceGroups/([^/]+)/providers/${type}/([^/]+)$`, "i");
  return {
    id: ({ subscription }, inputs) =>
      `/subscriptions/${subscription}/resourceGroups/${encoded(inputs, "resourceGroupName")}/providers/${type}/${encoded(inputs, nameInput)}`,
    pathIn(id) {
      const [, group, name] = pattern.exec(id) ?? [];
      if (group === undefined || name === undefined) throw new Error(`'${id}' is not the id of a resource of type ${type}`);
      return { resourceGroupName: decodeURIComponent(group), [nameInput]: decodeURIComponent(name) };
    },
  };
}

/** Path of a resource that lies on another one: the other one's id and its name. */
export function onResource(type: string, scopeInput: string, nameInput: string): Pick<ArmType, "id" | "pathIn"> {
  const pattern = new RegExp(`^(/.+)/providers/${type}/([^/]+)$`, "i");
  return {
    id: (_, inputs) => `/${(textOf(inputs, scopeInput) ?? "").replace(/^\//, "")}/providers/${type}/${encoded(inputs, nameInput)}`,
    pathIn(id) {
      const [, scope, name] = pattern.exec(id) ?? [];
      if (scope === undefined || name === undefined) throw new Error(`'${id}' is not the id of a resource of type ${type}`);
      return { [scopeInput]: scope, [nameInput]: decodeURIComponent(name) };
    },
  };
}

function encoded(inputs: Properties, name: string): string {
  return encodeURIComponent(textOf(inputs, name) ?? "");
}
