/**
 * `azure-native:keyvault:AccessPolicy`: one principal's policy of a vault. Source: pulumi-azure-native,
 * provider/pkg/resources/customresources/custom_keyvault_accesspolicy.go, and customCreate in provider.go.
 *
 * The principal is a part of the id, but a changed one is an update, which then finds no policy to update: programs that may
 * change it ask for a replacement (`replaceOnChanges: ["policy.objectId"]`).
 *
 * @module
 */
import { responseError } from "../azure/client.js";
import { type Deployed, type ResourceType } from "../resource-type.js";
import { type Property } from "../schema.js";
import { type Properties, textOf, type Value } from "../values.js";
import { API_VERSIONS, ask, type AzureNativeContext, objectOf, pick } from "./context.js";
import { PATH, pathOf, vaultIdOf } from "./names.js";

const VERSION = API_VERSIONS.keyvault;

const PERMISSIONS: Property = { type: "list", items: { type: "string" } };

/** AccessPolicyEntry of the SDK. */
export const ACCESS_POLICY: Property = {
  type: "object",
  members: {
    applicationId: { type: "string" },
    objectId: { type: "string", required: true },
    permissions: {
      type: "object",
      required: true,
      members: { certificates: PERMISSIONS, keys: PERMISSIONS, secrets: PERMISSIONS, storage: PERMISSIONS },
    },
    tenantId: { type: "string", required: true },
  },
};

/** An access policy. */
export const accessPolicyType: ResourceType<AzureNativeContext> = {
  token: "azure-native:keyvault:AccessPolicy",
  inputs: {
    policy: { ...ACCESS_POLICY, required: true },
    resourceGroupName: { ...PATH.resourceGroupName, required: true },
    vaultName: { ...PATH.vaultName, required: true },
  },
  computed: [],
  stable: [],

  async create(context, inputs) {
    const id = policyId(context, inputs);
    if ((await find(context, id, inputs)) !== undefined) throw new Error(`cannot create already existing resource "${id}"`);
    return write(context, id, inputs);
  },

  read: find,

  async update(context, id, _, inputs) {
    const objectId = textOf(objectOf(inputs, "policy"), "objectId") ?? "";
    if ((await find(context, policyId(context, inputs), inputs)) === undefined) throw new Error(`access policy for ${objectId} does not exist`);
    return write(context, id, inputs);
  },

  async delete(context, _, deployed) {
    await modify(context, deployed, "remove");
  },
};

function policyId(context: AzureNativeContext, inputs: Properties): string {
  return `${vaultIdOf(context, inputs)}/accessPolicy/${textOf(objectOf(inputs, "policy"), "objectId") ?? ""}`;
}

/** The policy that an id names; ids of old had no principal, which is then the known one. */
async function find(context: AzureNativeContext, id: string, known: Properties): Promise<Deployed | undefined> {
  const [, inId] = /\/accessPolicy\/([^/]+)$/i.exec(id) ?? [];
  const objectId = inId ?? textOf(objectOf(known, "policy"), "objectId") ?? "";
  const path = pathOf(id);
  const answer = await ask(context, "GET", vaultIdOf(context, path), VERSION);
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw responseError(answer);
  const policies = objectOf(answer.body, "properties")["accessPolicies"];
  const policy = (Array.isArray(policies) ? (policies as readonly Properties[]) : []).find((one) => one["objectId"] === objectId);
  if (policy === undefined) return undefined;
  return {
    id,
    state: {
      resourceGroupName: path.resourceGroupName,
      vaultName: textOf(answer.body, "name") ?? path.vaultName,
      policy: { ...pick(policy, ["tenantId", "objectId", "applicationId"]), permissions: granted(objectOf(policy, "permissions")) },
    },
  };
}

/** Lists of permissions that are not empty. */
function granted(permissions: Properties): Properties {
  const kinds = Object.entries(permissions).filter((entry): entry is [string, readonly Value[]] => Array.isArray(entry[1]) && entry[1].length > 0);
  return Object.fromEntries(kinds);
}

async function write(context: AzureNativeContext, id: string, inputs: Properties): Promise<Deployed> {
  await modify(context, inputs, "replace");
  const written = await find(context, policyId(context, inputs), inputs);
  if (written === undefined) throw new Error("newly written access policy not found");
  return { ...written, id };
}

async function modify(context: AzureNativeContext, properties: Properties, kind: "replace" | "remove"): Promise<void> {
  const policy = objectOf(properties, "policy");
  const answer = await ask(context, "PUT", `${vaultIdOf(context, properties)}/accessPolicies/${kind}`, VERSION, {
    // The provider always names an application, if only with an empty text.
    properties: { accessPolicies: [{ ...policy, applicationId: textOf(policy, "applicationId") ?? "" }] },
  });
  if (answer.status !== 200 && answer.status !== 201) throw responseError(answer);
}
