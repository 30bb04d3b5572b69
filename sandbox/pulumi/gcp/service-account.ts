/**
 * `gcp:serviceaccount/account:Account`. Source: terraform-provider-google,
 * services/resourcemanager/resource_google_service_account.go (schema, the disabled flag only counts after the creation);
 * createIgnoreAlreadyExists and deletionPolicy: @pulumi/gcp/serviceaccount/account.d.ts.
 *
 * @module
 */
import { type Deployed, type ResourceType } from "../resource-type.js";
import { flagOf, type Properties, shown, textOf, type Value } from "../values.js";
import { isGoogleError } from "./client.js";
import { deletionPolicy, deletionPolicyOf, failed, type GcpContext, mayDelete, projectOf, requireNamed } from "./context.js";

/** verify.ValidateRFC1035Name(6, 30). */
function accountIdProblem(value: Value): string | undefined {
  return /^(?=.{6,30}$)[a-z]([-a-z0-9]*[a-z0-9])$/.test(shown(value))
    ? undefined
    : `"account_id" ("${shown(value)}") must match regex "^(?:[a-z](?:[-a-z0-9]{4,28}[a-z0-9]))$"`;
}

/** An identity for programs. */
export const serviceAccountType: ResourceType<GcpContext> = {
  token: "gcp:serviceaccount/account:Account",
  inputs: {
    accountId: { type: "string", computed: true, replaces: true, problem: accountIdProblem },
    createIgnoreAlreadyExists: { type: "boolean" },
    deletionPolicy,
    description: { type: "string" },
    disabled: { type: "boolean", byDefault: false },
    displayName: { type: "string" },
    project: { type: "string", computed: true, replaces: true },
  },
  computed: ["email", "member", "name", "uniqueId"],
  stable: ["accountId", "email", "member", "name", "project", "uniqueId"],
  check: (inputs) => requireNamed(inputs, "accountId"),

  async create(context, inputs) {
    const project = projectOf(context, inputs);
    const body = { accountId: textOf(inputs, "accountId") ?? "", serviceAccount: about(inputs) };
    await context.google.rest("POST", `/v1/projects/${project}/serviceAccounts`, body).catch((error: unknown) => {
      // Taken as it is then, without a change to it.
      if (!flagOf(inputs, "createIgnoreAlreadyExists") || !isGoogleError(error, 409)) throw failed("Error creating service account", error);
    });
    return existing(await readAccount(context, `projects/${project}/serviceAccounts/${body.accountId}@${project}.iam.gserviceaccount.com`, inputs));
  },

  read: readAccount,

  async update(context, id, deployed, inputs) {
    const { google } = context;
    if (flagOf(deployed, "disabled") !== flagOf(inputs, "disabled")) {
      await google.rest("POST", `/v1/${id}:${flagOf(inputs, "disabled") ? "disable" : "enable"}`);
    }
    const changed = (["displayName", "description"] as const).filter((name) => textOf(deployed, name) !== textOf(inputs, name));
    if (changed.length > 0) {
      const serviceAccount = { displayName: "", description: "", ...about(inputs) };
      await google.rest("PATCH", `/v1/${id}`, { serviceAccount, updateMask: changed.join(",") });
    }
    return existing(await readAccount(context, id, inputs));
  },

  async delete({ google }, id, deployed) {
    if (!mayDelete(deployed, "ServiceAccount")) return;
    try {
      await google.rest("DELETE", `/v1/${id}`);
    } catch (error) {
      if (isGoogleError(error, 404)) return;
      throw failed(`Error when reading or editing Service Account "${id}"`, error);
    }
  },
};

function about(inputs: Properties): { displayName?: string; description?: string } {
  const [displayName, description] = [textOf(inputs, "displayName"), textOf(inputs, "description")];
  return { ...(displayName === undefined ? {} : { displayName }), ...(description === undefined ? {} : { description }) };
}

async function readAccount({ google }: GcpContext, id: string, known: Properties): Promise<Deployed | undefined> {
  let account: Record<string, unknown>;
  try {
    account = await google.rest("GET", `/v1/${id}`);
  } catch (error) {
    if (isGoogleError(error, 404)) return undefined;
    throw failed(`Error when reading or editing Service Account "${id}"`, error);
  }
  const email = String(account["email"]);
  const text = (name: string): Properties => (typeof account[name] === "string" && account[name] !== "" ? { [name]: account[name] } : {});
  const state: Properties = {
    accountId: email.slice(0, email.indexOf("@")),
    deletionPolicy: deletionPolicyOf(known),
    disabled: account["disabled"] === true,
    email,
    member: `serviceAccount:${email}`,
    name: String(account["name"]),
    project: String(account["projectId"]),
    uniqueId: String(account["uniqueId"]),
    ...(known["createIgnoreAlreadyExists"] === undefined ? {} : { createIgnoreAlreadyExists: flagOf(known, "createIgnoreAlreadyExists") }),
    ...text("displayName"),
    ...text("description"),
  };
  return { id: String(account["name"]), state };
}

function existing(deployed: Deployed | undefined): Deployed {
  if (deployed === undefined) throw new Error("Error reading service account: it is gone");
  return deployed;
}
