/**
 * `gcp:projects/service:Service`. Source: terraform-provider-google, services/resourcemanager/resource_google_project_service.go
 * (an enabled service is taken as it is; disabled on destroy only if asked for); defaults and deletionPolicy:
 * @pulumi/gcp/projects/service.d.ts.
 *
 * @module
 */
import { type Deployed, type ResourceType } from "../resource-type.js";
import { flagOf, type Properties, shown, textOf, type Value } from "../values.js";
import { isGoogleError } from "./client.js";
import { deletionPolicy, deletionPolicyOf, failed, type GcpContext, mayDelete, projectOf } from "./context.js";

/** validateProjectServiceService. */
function serviceProblem(value: Value): string | undefined {
  return shown(value).includes(".") ? undefined : `expected ${shown(value)} to be a domain like serviceusage.googleapis.com`;
}

/** GetResourceNameFromSelfLink: `projects/P` is as good as `P`. */
function lastPart(project: string): string {
  return project.slice(project.lastIndexOf("/") + 1);
}

/** An API that a project uses. */
export const serviceType: ResourceType<GcpContext> = {
  token: "gcp:projects/service:Service",
  inputs: {
    checkIfServiceHasUsageOnDestroy: { type: "boolean", only: false },
    deletionPolicy,
    disableDependentServices: { type: "boolean" },
    disableOnDestroy: { type: "boolean", byDefault: false },
    project: { type: "string", computed: true, replaces: true, same: (a, b) => lastPart(shown(a)) === lastPart(shown(b)) },
    service: { type: "string", required: true, replaces: true, problem: serviceProblem },
  },
  computed: [],
  stable: ["project", "service"],

  async create(context, inputs) {
    const project = lastPart(projectOf(context, inputs));
    const service = textOf(inputs, "service") ?? "";
    await context.google.rest("POST", `/v1/projects/${project}/services/${service}:enable`).catch((error: unknown) => {
      throw failed(`Error when enabling service "${service}" of project "${project}"`, error);
    });
    const deployed = await readService(context, `${project}/${service}`, inputs);
    if (deployed === undefined) throw new Error(`service ${service} of project ${project} is not enabled`);
    return deployed;
  },

  read: readService,

  /** What can be changed is the provider's own business, and goes into the state only. */
  async update(context, id, _, inputs) {
    const deployed = await readService(context, id, inputs);
    if (deployed === undefined) throw new Error(`service ${id} is not enabled any more`);
    return deployed;
  },

  async delete({ google }, id, deployed) {
    if (!mayDelete(deployed, "ProjectService") || !flagOf(deployed, "disableOnDestroy")) return;
    const [project = "", service = ""] = id.split("/");
    try {
      await google.rest("POST", `/v1/projects/${project}/services/${service}:disable`);
    } catch (error) {
      if (isGoogleError(error, 404)) return;
      throw failed(`Error disabling service "${service}" for project "${project}"`, error);
    }
  },
};

async function readService({ google }: GcpContext, id: string, known: Properties): Promise<Deployed | undefined> {
  const [project, service, ...rest] = id.split("/");
  if (project === undefined || service === undefined || rest.length > 0) {
    throw new Error(`Invalid google_project_service id format for import, expecting \`{project}/{service}\`, found ${id}`);
  }
  try {
    if ((await google.rest("GET", `/v3/projects/${project}`))["state"] !== "ACTIVE") return undefined;
    if ((await google.rest("GET", `/v1/projects/${project}/services/${service}`))["state"] !== "ENABLED") return undefined;
  } catch (error) {
    if (isGoogleError(error, 404)) return undefined;
    throw failed(`Error when reading or editing Project Service ${id}`, error);
  }
  const state: Properties = {
    deletionPolicy: deletionPolicyOf(known),
    disableOnDestroy: flagOf(known, "disableOnDestroy"),
    project,
    service,
    ...(known["disableDependentServices"] === undefined ? {} : { disableDependentServices: known["disableDependentServices"] }),
  };
  return { id, state };
}
