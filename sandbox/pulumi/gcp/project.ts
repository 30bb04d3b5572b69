/**
 * `gcp:organizations/project:Project`. Source: terraform-provider-google, services/resourcemanager/resource_google_project.go
 * (the billing account is tried first, a project that is being deleted counts as gone, deletion_policy PREVENT unless given);
 * @pulumi/gcp/organizations/project.d.ts for names.
 *
 * @module
 */
import { type Deployed, PartiallyCreated, type ResourceType } from "../resource-type.js";
import { type Properties, sameValue, shown, textMapOf, textOf, type Value } from "../values.js";
import { type GoogleClient, isGoogleError } from "./client.js";
import { changedLabels, failed, type GcpContext, labelViews, newLabels, oneOf, requireNamed } from "./context.js";

/** verify.ValidateProjectID. */
function projectIdProblem(value: Value): string | undefined {
  return /^(?:(?:[-a-z0-9]{1,63}\.)*(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?):)?(?:[0-9]{1,19}|(?:[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?))$/.test(shown(value))
    ? undefined
    : `"project_id" ("${shown(value)}") doesn't match the form of a project id`;
}

/** verify.ValidateProjectName. */
function displayNameProblem(value: Value): string | undefined {
  return /^[A-Za-z0-9'"\s!-]{4,30}$/.test(shown(value))
    ? undefined
    : `"name" ("${shown(value)}") must be 4 to 30 characters with lowercase and uppercase letters, numbers, hyphen, single-quote, double-quote, space, and exclamation point.`;
}

/** A project of an organization. */
export const projectType: ResourceType<GcpContext> = {
  token: "gcp:organizations/project:Project",
  inputs: {
    autoCreateNetwork: { type: "boolean", byDefault: true, only: true },
    billingAccount: { type: "string" },
    deletionPolicy: { type: "string", byDefault: "PREVENT", problem: oneOf("deletion_policy", ["PREVENT", "ABANDON", "DELETE"]) },
    labels: { type: "tags" },
    name: { type: "string", computed: true, problem: displayNameProblem },
    orgId: { type: "string" },
    projectId: { type: "string", computed: true, replaces: true, problem: projectIdProblem },
  },
  computed: ["effectiveLabels", "number", "pulumiLabels"],
  stable: ["number", "projectId"],
  check: (inputs) => [...requireNamed(inputs, "projectId"), ...requireNamed(inputs, "name")],

  async create(context, inputs) {
    const { google } = context;
    const projectId = textOf(inputs, "projectId") ?? "";
    const displayName = textOf(inputs, "name") ?? "";
    const billingAccount = textOf(inputs, "billingAccount");
    const orgId = textOf(inputs, "orgId");
    if (billingAccount !== undefined) await requireBilling(google, billingAccount);
    const body = { projectId, displayName, labels: newLabels(context, inputs), ...(orgId === undefined ? {} : { parent: `organizations/${orgId}` }) };
    await google.rest("POST", "/v3/projects", body).catch((error: unknown) => {
      throw failed(
        `error creating project ${projectId} (${displayName})`,
        new Error(`${error instanceof Error ? error.message : String(error)}. If you received a 403 error, make sure you have the \`roles/resourcemanager.projectCreator\` permission`, { cause: error }),
      );
    });
    const id = `projects/${projectId}`;
    try {
      if (billingAccount !== undefined) await setBilling(google, id, billingAccount);
    } catch (error) {
      throw new PartiallyCreated({ id, state: { ...inputs, billingAccount: "" } }, error);
    }
    return existing(await readProject(context, id, inputs));
  },

  read: readProject,

  async update(context, id, deployed, inputs) {
    const { google } = context;
    const orgId = textOf(inputs, "orgId");
    if (orgId !== textOf(deployed, "orgId")) throw new Error(`the sandbox does not move projects to another organization (${id})`);
    const displayName = textOf(inputs, "name");
    const labels = changedLabels(deployed, inputs);
    const body = {
      ...(displayName === undefined || displayName === textOf(deployed, "name") ? {} : { displayName }),
      ...(sameValue(labels, textMapOf(deployed, "effectiveLabels")) ? {} : { labels }),
    };
    if (Object.keys(body).length > 0) {
      await google.rest("PATCH", `/v3/${id}?updateMask=${Object.keys(body).join(",")}`, body).catch((error: unknown) => {
        throw failed(`Error updating project "${displayName ?? id}"`, error);
      });
    }
    const billingAccount = textOf(inputs, "billingAccount");
    if (billingAccount !== undefined && billingAccount !== textOf(deployed, "billingAccount")) await setBilling(google, id, billingAccount);
    return existing(await readProject(context, id, inputs));
  },

  async delete({ google }, id, deployed) {
    const policy = textOf(deployed, "deletionPolicy") ?? "PREVENT";
    if (policy === "PREVENT") throw new Error("Cannot destroy project as deletion_policy is set to PREVENT.");
    if (policy === "ABANDON") return;
    try {
      await google.rest("DELETE", `/v3/${id}`);
    } catch (error) {
      if (isGoogleError(error, 404)) return;
      throw failed(`Error when reading or editing Project ${id}`, error);
    }
  },
};

/** Reads a project; undefined if there is none. */
export async function readProject({ google }: GcpContext, id: string, known: Properties): Promise<Deployed | undefined> {
  const projectId = id.slice(id.lastIndexOf("/") + 1);
  if (/^\d+$/.test(projectId)) throw new Error(`Error importing project "${projectId}", please use project_id`);
  const name = `projects/${projectId}`;
  let project: Record<string, unknown>;
  let billing: Record<string, unknown>;
  try {
    project = await google.rest("GET", `/v3/${name}`);
    if (project["state"] !== "ACTIVE") return undefined;
    billing = await google.rest("GET", `/v1/${name}/billingInfo`);
  } catch (error) {
    if (isGoogleError(error, 404)) return undefined;
    throw failed(`Error when reading or editing Project "${projectId}"`, error);
  }
  const billingAccount = String(billing["billingAccountName"]).replace(/^billingAccounts\//, "");
  const state: Properties = {
    autoCreateNetwork: true,
    deletionPolicy: textOf(known, "deletionPolicy") ?? "PREVENT",
    name: String(project["displayName"]),
    number: String(project["name"]).replace(/^projects\//, ""),
    orgId: String(project["parent"]).replace(/^organizations\//, ""),
    projectId,
    ...labelViews(project["labels"] as Record<string, string>, known),
    ...(billingAccount === "" ? {} : { billingAccount }),
  };
  return { id: name, state };
}

/** resourceGoogleProjectCheckPreRequisites: without the permission, no project is made. */
async function requireBilling(google: GoogleClient, account: string): Promise<void> {
  const permission = "billing.resourceAssociations.create";
  const { permissions = [] } = await google.rest("POST", `/v1/billingAccounts/${account}:testIamPermissions`, { permissions: [permission] });
  if (!(permissions as unknown[]).includes(permission)) {
    throw new Error(`failed pre-requisites: missing permission on "billingAccounts/${account}": ${permission}`);
  }
}

async function setBilling(google: GoogleClient, project: string, account: string): Promise<void> {
  await google.rest("PUT", `/v1/${project}/billingInfo`, { billingAccountName: `billingAccounts/${account}` }).catch((error: unknown) => {
    throw failed(`Error setting billing account "${account}" for project "${project}"`, error);
  });
}

function existing(deployed: Deployed | undefined): Deployed {
  if (deployed === undefined) throw new Error("Error reading Project: it is gone");
  return deployed;
}
