/**
 * `gcp:monitoring/alertPolicy:AlertPolicy`, with conditions on log entries only. Source: terraform-provider-google,
 * services/monitoring/resource_monitoring_alert_policy.go (schema; an update names what changed, nothing but the project
 * replaces); severity and deletionPolicy: @pulumi/gcp/monitoring/alertPolicy.d.ts.
 *
 * @module
 */
import { type Deployed, type ResourceType } from "../resource-type.js";
import { type Property, type PropertyTable } from "../schema.js";
import { type Properties, sameValue, type Value } from "../values.js";
import { isGoogleError } from "./client.js";
import { deletionPolicy, deletionPolicyOf, failed, type GcpContext, mayDelete, oneOf, projectOf } from "./context.js";

const matchedLog: Property = { type: "object", members: { filter: { type: "string", required: true }, labelExtractors: { type: "tags" } } };

/** Inputs that are members of the API's AlertPolicy, under the same names. */
const MEMBERS: PropertyTable = {
  alertStrategy: {
    type: "object",
    members: { autoClose: { type: "string" }, notificationRateLimit: { type: "object", members: { period: { type: "string" } } } },
  },
  combiner: { type: "string", required: true, problem: oneOf("combiner", ["AND", "OR", "AND_WITH_MATCHING_RESOURCE"]) },
  conditions: {
    type: "list",
    required: true,
    items: { type: "object", members: { conditionMatchedLog: matchedLog, displayName: { type: "string", required: true } } },
    // Their names are the API's to give.
    same: (deployed, wanted) => sameValue(withoutNames(deployed), withoutNames(wanted)),
  },
  displayName: { type: "string", required: true },
  documentation: { type: "object", members: { content: { type: "string" }, mimeType: { type: "string", byDefault: "text/markdown" }, subject: { type: "string" } } },
  enabled: { type: "boolean", byDefault: true },
  notificationChannels: { type: "list", items: { type: "string" } },
  severity: { type: "string", problem: oneOf("severity", ["CRITICAL", "ERROR", "WARNING", ""]) },
  userLabels: { type: "tags" },
};

/** When somebody is notified, and who. */
export const alertPolicyType: ResourceType<GcpContext> = {
  token: "gcp:monitoring/alertPolicy:AlertPolicy",
  inputs: { ...MEMBERS, deletionPolicy, project: { type: "string", computed: true, replaces: true } },
  computed: ["creationRecords", "name"],
  stable: ["name", "project"],

  async create(context, inputs) {
    const made = await context.google.rest("POST", `/v3/projects/${projectOf(context, inputs)}/alertPolicies`, bodyOf(inputs)).catch((error: unknown) => {
      throw failed("Error creating AlertPolicy", error);
    });
    return existing(await readPolicy(context, String(made["name"]), inputs));
  },

  read: readPolicy,

  async update(context, id, deployed, inputs) {
    const changed = Object.entries(MEMBERS).flatMap(([name, { same = sameValue }]) => {
      const old: Value = deployed[name] ?? null;
      const now: Value = inputs[name] ?? null;
      return old === now || (old !== null && now !== null && same(old, now)) ? [] : [name];
    });
    await context.google.rest("PATCH", `/v3/${id}?updateMask=${changed.join(",")}`, bodyOf(inputs)).catch((error: unknown) => {
      throw failed(`Error updating AlertPolicy "${id}"`, error);
    });
    return existing(await readPolicy(context, id, inputs));
  },

  async delete({ google }, id, deployed) {
    if (!mayDelete(deployed, "MonitoringAlertPolicy")) return;
    try {
      await google.rest("DELETE", `/v3/${id}`);
    } catch (error) {
      if (isGoogleError(error, 404)) return;
      throw failed("Error when reading or editing AlertPolicy", error);
    }
  },
};

function bodyOf(inputs: Properties): object {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => Object.hasOwn(MEMBERS, name)));
}

async function readPolicy({ google }: GcpContext, id: string, known: Properties): Promise<Deployed | undefined> {
  let policy: Record<string, unknown>;
  try {
    policy = await google.rest("GET", `/v3/${id}`);
  } catch (error) {
    if (isGoogleError(error, 404)) return undefined;
    throw failed(`Error when reading or editing MonitoringAlertPolicy "${id}"`, error);
  }
  const state: Properties = {
    ...(policy as Properties),
    creationRecords: [],
    deletionPolicy: deletionPolicyOf(known),
    project: id.split("/")[1] ?? "",
  };
  return { id, state };
}

function withoutNames(conditions: Value): Value {
  if (!Array.isArray(conditions)) return conditions;
  return (conditions as readonly Properties[]).map((condition): Properties =>
    Object.fromEntries(Object.entries(condition).filter(([member]) => member !== "name")),
  );
}

function existing(deployed: Deployed | undefined): Deployed {
  if (deployed === undefined) throw new Error("Error reading AlertPolicy: it is gone");
  return deployed;
}
