/**
 * Functions of the provider `gcp` that look at what is there. Source: terraform-provider-google,
 * services/resourcemanager/data_source_google_project.go, services/billing/data_source_google_billing_account.go.
 *
 * @module
 */
import { type Properties, textOf } from "../values.js";
import { isGoogleError } from "./client.js";
import { failed, type GcpContext, projectOf } from "./context.js";
import { readProject } from "./project.js";

/**
 * `gcp:organizations/getProject:getProject`: the project named, or the provider's.
 *
 * @throws Error in the provider's words if it is not there, or not for the deployer to see
 */
export async function getProject(context: GcpContext, args: Properties): Promise<Properties> {
  const id = `projects/${textOf(args, "projectId") ?? projectOf(context, {})}`;
  const found = await readProject(context, id, {});
  if (found === undefined) throw new Error(`${id} not found or not in ACTIVE state`);
  return { id, folderId: "", tags: {}, billingAccount: "", ...found.state };
}

/**
 * `gcp:organizations/getBillingAccount:getBillingAccount`, by the account's id and without its projects.
 *
 * @throws Error in the provider's words if it is not there, or not for the deployer to see
 */
export async function getBillingAccount({ google }: GcpContext, args: Properties): Promise<Properties> {
  const billingAccount = textOf(args, "billingAccount");
  if (billingAccount === undefined || args["lookupProjects"] !== false) {
    throw new Error("the sandbox looks up billing accounts by their id, and not their projects");
  }
  const found = await google.rest("GET", `/v1/billingAccounts/${billingAccount}`).catch((error: unknown) => {
    if (isGoogleError(error, 404)) throw new Error(`Billing Account Not Found : ${billingAccount}`, { cause: error });
    throw failed(`Error when reading or editing Billing Account Not Found : ${billingAccount}`, error);
  });
  return {
    id: billingAccount,
    billingAccount,
    displayName: String(found["displayName"]),
    name: String(found["name"]),
    open: found["open"] === true,
    currencyCode: String(found["currencyCode"]),
    lookupProjects: false,
    projectIds: [],
  };
}
