/**
 * `gcp:projects/iAMAuditConfig:IAMAuditConfig`. Source: terraform-provider-google, tpgiamresource/resource_iam_audit_config.go
 * (authoritative for its service, configuration in any order, nothing but the project replaces),
 * services/resourcemanager/iam_project.go (the update mask); @pulumi/gcp/projects/iamauditConfig.d.ts.
 *
 * @module
 */
import { type Deployed, type ResourceType } from "../resource-type.js";
import { type Properties, sameValue, shown, textOf, type Value } from "../values.js";
import { isGoogleError } from "./client.js";
import { failed, type GcpContext } from "./context.js";
import { writePolicy } from "./policy-write.js";

interface LogConfig {
  readonly logType: string;
  readonly exemptedMembers?: readonly string[];
}

interface AuditConfig {
  readonly service: string;
  readonly auditLogConfigs: readonly LogConfig[];
}

/** What one service logs in a project. */
export const iamAuditConfigType: ResourceType<GcpContext> = {
  token: "gcp:projects/iAMAuditConfig:IAMAuditConfig",
  inputs: {
    auditLogConfigs: {
      type: "list",
      required: true,
      items: { type: "object", members: { exemptedMembers: { type: "list", items: { type: "string" } }, logType: { type: "string", required: true } } },
      same: (deployed, wanted) => sameValue(inOrder(deployed), inOrder(wanted)),
    },
    project: { type: "string", required: true, replaces: true },
    service: { type: "string", required: true },
  },
  computed: ["etag"],
  stable: ["project"],

  async create(context, inputs) {
    await write(context, inputs, [configOf(inputs)]);
    return existing(await readConfig(context, "", inputs));
  },

  read: readConfig,

  async update(context, _, __, inputs) {
    await write(context, inputs, [configOf(inputs)]);
    return existing(await readConfig(context, "", inputs));
  },

  async delete(context, _, deployed) {
    try {
      await write(context, deployed, []);
    } catch (error) {
      if (error instanceof Error && isGoogleError(error.cause, 404)) return;
      throw error;
    }
  },
};

/** Replaces what the policy says about the service. */
async function write({ google }: GcpContext, properties: Properties, instead: readonly AuditConfig[]): Promise<void> {
  const project = textOf(properties, "project") ?? "";
  await writePolicy(`project "${project}"`, async () => {
    const policy = await getPolicy(google, project);
    const others = auditConfigsOf(policy).filter(({ service }) => service !== textOf(properties, "service"));
    await google.rest("POST", `/v1/projects/${project}:setIamPolicy`, {
      policy: { version: 3, etag: policy["etag"], bindings: policy["bindings"], auditConfigs: [...others, ...instead] },
      updateMask: "bindings,etag,auditConfigs",
    });
  });
}

async function readConfig({ google }: GcpContext, id: string, known: Properties): Promise<Deployed | undefined> {
  // Importing: "project service", as the provider wants it.
  const [importedProject = "", importedService = ""] = id.split(/\s+/);
  const project = textOf(known, "project") ?? importedProject;
  const service = textOf(known, "service") ?? importedService;
  let policy: Record<string, unknown>;
  try {
    policy = await getPolicy(google, project);
  } catch (error) {
    if (isGoogleError(error, 404)) return undefined;
    throw failed(`Error retrieving IAM policy for project "${project}"`, error);
  }
  const found = auditConfigsOf(policy).find((config) => config.service === service);
  if (found === undefined) return undefined;
  const auditLogConfigs = found.auditLogConfigs.map(
    ({ logType, exemptedMembers = [] }): Properties => ({ logType, ...(exemptedMembers.length === 0 ? {} : { exemptedMembers: [...exemptedMembers] }) }),
  );
  return { id: `${project}/audit_config/${service}`, state: { auditLogConfigs, etag: String(policy["etag"]), project, service } };
}

function getPolicy(google: GcpContext["google"], project: string): Promise<Record<string, unknown>> {
  return google.rest("POST", `/v1/projects/${project}:getIamPolicy`, { options: { requestedPolicyVersion: 3 } });
}

function auditConfigsOf(policy: Record<string, unknown>): readonly AuditConfig[] {
  return (policy["auditConfigs"] ?? []) as readonly AuditConfig[];
}

function configOf(inputs: Properties): AuditConfig {
  return { service: textOf(inputs, "service") ?? "", auditLogConfigs: inputs["auditLogConfigs"] as unknown as readonly LogConfig[] };
}

/** Both are sets for the provider. */
function inOrder(configs: Value): Value {
  const list = Array.isArray(configs) ? (configs as readonly Properties[]) : [];
  const each = list.map(({ logType = "", exemptedMembers }): string => {
    const members = Array.isArray(exemptedMembers) ? (exemptedMembers as readonly Value[]).map(shown).sort() : [];
    return [shown(logType), ...members].join(" ");
  });
  return each.sort();
}

function existing(deployed: Deployed | undefined): Deployed {
  if (deployed === undefined) throw new Error("Error reading audit config: it is gone");
  return deployed;
}
