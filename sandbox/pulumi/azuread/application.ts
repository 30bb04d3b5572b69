/**
 * `azuread:index/application:Application`. Source: terraform-provider-azuread,
 * internal/services/applications/application_resource.go; @pulumi/azuread/application.d.ts.
 *
 * Played are those properties that matter to an application which signs in by certificate.
 *
 * @module
 */
import { SIGN_IN_AUDIENCES } from "../../azure/graph/operations/applications.js";
import { type Deployed, type ResourceType } from "../resource-type.js";
import { flagOf, type Properties, textOf } from "../values.js";
import { ask, type AzureadContext, find, notEmpty, objectIdOf, oneOf, setOfStrings, textOrNull, texts, upTo } from "./context.js";
import { featureTags } from "./features.js";

/** An application. */
export const applicationType: ResourceType<AzureadContext> = {
  token: "azuread:index/application:Application",
  inputs: {
    description: { type: "string", problem: upTo("description", 1024) },
    displayName: { type: "string", required: true, problem: notEmpty("displayName") },
    identifierUris: setOfStrings(),
    notes: { type: "string", problem: notEmpty("notes") },
    // Graph would be searched by display name, which the sandbox does not play.
    preventDuplicateNames: { type: "boolean", byDefault: false, only: false },
    signInAudience: { type: "string", byDefault: "AzureADMyOrg", problem: oneOf("signInAudience", SIGN_IN_AUDIENCES) },
    tags: setOfStrings({ computed: true }),
  },
  computed: [
    "appRoleIds",
    "clientId",
    "disabledByMicrosoft",
    "featureTags",
    "logoUrl",
    "oauth2PermissionScopeIds",
    "objectId",
    "publisherDomain",
    "tags",
    "templateId",
  ],
  stable: ["clientId", "objectId"],

  async create(context, inputs) {
    const made = await ask(context, "Could not create application", "POST", "/applications", { ...body(inputs), identifierUris: inputs["identifierUris"] ?? [] });
    return existing(await readApplication(context, `/applications/${textOf(made, "id") ?? ""}`, inputs), "created");
  },

  read: readApplication,

  async update(context, id, _, inputs) {
    const doing = `Could not update application with object ID: "${objectIdOf(id)}"`;
    await ask(context, doing, "PATCH", id, { ...body(inputs), identifierUris: inputs["identifierUris"] ?? [] });
    return existing(await readApplication(context, id, inputs), "updated");
  },

  async delete(context, id) {
    await ask(context, `deleting ${named(id)}`, "DELETE", id);
  },
};

/** How the provider calls an application in its errors. */
export function named(id: string): string {
  return `Application (Application: "${objectIdOf(id)}")`;
}

function body(inputs: Properties): Properties {
  return {
    displayName: inputs["displayName"] ?? null,
    description: textOrNull(inputs["description"]),
    notes: textOrNull(inputs["notes"]),
    signInAudience: inputs["signInAudience"] ?? null,
    tags: inputs["tags"] ?? [],
  };
}

/** An application by its resource id; undefined if it is gone. */
export async function readApplication(context: AzureadContext, id: string, known: Properties): Promise<Deployed | undefined> {
  const found = await find(context, `Retrieving ${named(id)}`, id);
  if (found === undefined) return undefined;
  const tags = found["tags"] ?? [];
  return {
    id,
    state: {
      appRoleIds: {},
      clientId: found["appId"] ?? "",
      disabledByMicrosoft: "",
      displayName: found["displayName"] ?? "",
      featureTags: featureTags(tags),
      identifierUris: found["identifierUris"] ?? [],
      logoUrl: "",
      oauth2PermissionScopeIds: {},
      objectId: found["id"] ?? "",
      owners: [],
      preventDuplicateNames: flagOf(known, "preventDuplicateNames"),
      publisherDomain: "",
      signInAudience: found["signInAudience"] ?? "",
      tags,
      templateId: "",
      ...texts(found, "description", "notes"),
    },
  };
}

function existing(deployed: Deployed | undefined, done: string): Deployed {
  if (deployed === undefined) throw new Error(`the application was ${done}, and is gone`);
  return deployed;
}
