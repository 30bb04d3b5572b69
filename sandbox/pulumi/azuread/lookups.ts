/**
 * Functions that look something up by its client id. Source: terraform-provider-azuread,
 * internal/services/applications/application_data_source.go, internal/services/serviceprincipals/service_principal_data_source.go.
 *
 * @module
 */
import { type Properties, textOf } from "../values.js";
import { readApplication } from "./application.js";
import { ask, type AzureadContext } from "./context.js";
import { readServicePrincipal } from "./service-principal.js";

type Lookup = (context: AzureadContext, args: Properties) => Promise<Properties>;

/** What is looked up, by the function's token. */
export const LOOKUPS: Readonly<Record<string, Lookup>> = {
  "azuread:index/getApplication:getApplication": (context, args) =>
    lookup(context, args, {
      collection: "/applications",
      read: readApplication,
      missing: (clientId) => `Application not found: No application found matching filter: "appId eq '${clientId}'"`,
    }),
  "azuread:index/getServicePrincipal:getServicePrincipal": (context, args) =>
    lookup(context, args, {
      collection: "/servicePrincipals",
      read: readServicePrincipal,
      missing: (clientId) => `No service principal found for application ID: "${clientId}"`,
    }),
};

async function lookup(
  context: AzureadContext,
  args: Properties,
  { collection, read, missing }: { readonly collection: string; readonly read: typeof readApplication; readonly missing: (clientId: string) => string },
): Promise<Properties> {
  const clientId = textOf(args, "clientId");
  if (clientId === undefined) throw new Error("the sandbox looks up by clientId only");
  const filter = encodeURIComponent(`appId eq '${clientId}'`);
  const { value } = await ask(context, `Listing ${collection}`, "GET", `${collection}?$filter=${filter}`);
  const [there] = Array.isArray(value) ? (value as readonly Properties[]) : [];
  const id = there === undefined ? undefined : `${collection}/${textOf(there, "id") ?? ""}`;
  const found = id === undefined ? undefined : await read(context, id, {});
  if (found === undefined) throw new Error(missing(clientId));
  return { ...found.state, id: found.id };
}
