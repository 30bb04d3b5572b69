/**
 * `azuread:index/servicePrincipal:ServicePrincipal`. Source: terraform-provider-azuread,
 * internal/services/serviceprincipals/service_principal_resource.go; @pulumi/azuread/servicePrincipal.d.ts.
 *
 * @module
 */
import { type Deployed, type ResourceType } from "../resource-type.js";
import { flagOf, type Properties, textOf, type Value } from "../values.js";
import { alreadyExists, ask, type AzureadContext, find, objectIdOf, setOfStrings, textOrNull, texts, upTo, uuidProblem } from "./context.js";
import { features, featureTags } from "./features.js";

/** What the application is in the directory: the one that is granted and signs in. */
export const servicePrincipalType: ResourceType<AzureadContext> = {
  token: "azuread:index/servicePrincipal:ServicePrincipal",
  inputs: {
    accountEnabled: { type: "boolean", byDefault: true },
    appRoleAssignmentRequired: { type: "boolean", byDefault: false },
    clientId: { type: "string", required: true, replaces: true, problem: uuidProblem("clientId") },
    description: { type: "string", problem: upTo("description", 1024) },
    notes: { type: "string", problem: upTo("notes", 1024) },
    tags: setOfStrings({ computed: true }),
    useExisting: { type: "boolean" },
  },
  computed: [
    "appRoleIds",
    "appRoles",
    "applicationTenantId",
    "displayName",
    "featureTags",
    "features",
    "homepageUrl",
    "logoutUrl",
    "oauth2PermissionScopeIds",
    "oauth2PermissionScopes",
    "objectId",
    "redirectUris",
    "samlMetadataUrl",
    "servicePrincipalNames",
    "signInAudience",
    "tags",
    "type",
  ],
  stable: ["objectId"],

  async create(context, inputs) {
    const clientId = textOf(inputs, "clientId") ?? "";
    const filter = encodeURIComponent(`appId eq '${clientId}'`);
    const { value } = await ask(context, "Could not list existing service principals", "GET", `/servicePrincipals?$filter=${filter}`);
    const [there] = Array.isArray(value) ? (value as readonly Properties[]) : [];
    if (there !== undefined) {
      const objectId = textOf(there, "id") ?? "";
      if (!flagOf(inputs, "useExisting")) throw alreadyExists("azuread_service_principal", objectId);
      return change(context, `/servicePrincipals/${objectId}`, inputs);
    }
    const made = await ask(context, "Could not create service principal", "POST", "/servicePrincipals", { ...body(inputs), appId: clientId });
    return existing(await readServicePrincipal(context, `/servicePrincipals/${textOf(made, "id") ?? ""}`, inputs));
  },

  read: readServicePrincipal,

  update: async (context, id, _, inputs) => change(context, id, inputs),

  async delete(context, id, deployed) {
    try {
      await ask(context, `Deleting ${named(id)}`, "DELETE", id);
    } catch (error) {
      // One that was there before may be gone before.
      if (!flagOf(deployed, "useExisting")) throw error;
    }
  },
};

function named(id: string): string {
  return `Service Principal (Service Principal: "${objectIdOf(id)}")`;
}

async function change(context: AzureadContext, id: string, inputs: Properties): Promise<Deployed> {
  await ask(context, `Updating ${named(id)}`, "PATCH", id, body(inputs));
  return existing(await readServicePrincipal(context, id, inputs));
}

function body(inputs: Properties): Properties {
  return {
    accountEnabled: inputs["accountEnabled"] ?? true,
    appRoleAssignmentRequired: inputs["appRoleAssignmentRequired"] ?? false,
    description: textOrNull(inputs["description"]),
    notes: textOrNull(inputs["notes"]),
    tags: inputs["tags"] ?? [],
  };
}

/** A service principal by its resource id; undefined if it is gone. */
export async function readServicePrincipal(context: AzureadContext, id: string, known: Properties): Promise<Deployed | undefined> {
  const found = await find(context, `Retrieving ${named(id)}`, id);
  if (found === undefined) return undefined;
  const tags = found["tags"] ?? [];
  const { useExisting } = known;
  return {
    id,
    state: {
      accountEnabled: found["accountEnabled"] ?? false,
      alternativeNames: [],
      appRoleAssignmentRequired: found["appRoleAssignmentRequired"] ?? false,
      appRoleIds: {},
      appRoles: [],
      applicationTenantId: found["appOwnerOrganizationId"] ?? "",
      clientId: found["appId"] ?? "",
      displayName: found["displayName"] ?? "",
      featureTags: featureTags(tags),
      features: features(tags),
      homepageUrl: "",
      logoutUrl: "",
      notificationEmailAddresses: [],
      oauth2PermissionScopeIds: {},
      oauth2PermissionScopes: [],
      objectId: found["id"] ?? "",
      owners: [],
      redirectUris: [],
      samlMetadataUrl: "",
      // Without the application's own id.
      servicePrincipalNames: listOf(found["servicePrincipalNames"]).filter((name) => name !== found["appId"]),
      signInAudience: found["signInAudience"] ?? "",
      tags,
      type: found["servicePrincipalType"] ?? "",
      ...texts(found, "description", "notes"),
      ...(useExisting === undefined ? {} : { useExisting }),
    },
  };
}

function listOf(value: Value | undefined): readonly Value[] {
  return Array.isArray(value) ? (value as readonly Value[]) : [];
}

function existing(deployed: Deployed | undefined): Deployed {
  if (deployed === undefined) throw new Error("the service principal was written, and is gone");
  return deployed;
}
