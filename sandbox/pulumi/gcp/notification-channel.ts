/**
 * `gcp:monitoring/notificationChannel:NotificationChannel`. Source: terraform-provider-google,
 * services/monitoring/resource_monitoring_notification_channel.go (schema; an update sends everything, without a mask);
 * deletionPolicy: @pulumi/gcp/monitoring/notificationChannel.d.ts.
 *
 * @module
 */
import { type Deployed, type ResourceType } from "../resource-type.js";
import { flagOf, type Properties, textMapOf, textOf } from "../values.js";
import { isGoogleError } from "./client.js";
import { deletionPolicy, deletionPolicyOf, failed, type GcpContext, mayDelete, projectOf } from "./context.js";

/** Where notifications go. */
export const notificationChannelType: ResourceType<GcpContext> = {
  token: "gcp:monitoring/notificationChannel:NotificationChannel",
  inputs: {
    deletionPolicy,
    description: { type: "string" },
    displayName: { type: "string" },
    enabled: { type: "boolean", byDefault: true },
    forceDelete: { type: "boolean", byDefault: false },
    labels: { type: "tags" },
    project: { type: "string", computed: true, replaces: true },
    type: { type: "string", required: true },
    userLabels: { type: "tags" },
  },
  computed: ["name", "verificationStatus"],
  stable: ["name", "project"],

  async create(context, inputs) {
    const made = await context.google
      .rest("POST", `/v3/projects/${projectOf(context, inputs)}/notificationChannels`, bodyOf(inputs))
      .catch((error: unknown) => {
        throw failed("Error creating NotificationChannel", error);
      });
    return existing(await readChannel(context, String(made["name"]), inputs));
  },

  read: readChannel,

  async update(context, id, _, inputs) {
    await context.google.rest("PATCH", `/v3/${id}`, bodyOf(inputs)).catch((error: unknown) => {
      throw failed(`Error updating NotificationChannel "${id}"`, error);
    });
    return existing(await readChannel(context, id, inputs));
  },

  async delete({ google }, id, deployed) {
    if (!mayDelete(deployed, "MonitoringNotificationChannel")) return;
    try {
      await google.rest("DELETE", `/v3/${id}?force=${String(flagOf(deployed, "forceDelete"))}`);
    } catch (error) {
      if (isGoogleError(error, 404)) return;
      throw failed("Error when reading or editing NotificationChannel", error);
    }
  },
};

function bodyOf(inputs: Properties): Record<string, unknown> {
  const given = (name: string): boolean => inputs[name] !== undefined;
  const texts = ["type", "displayName", "description"].filter(given).map((name): [string, unknown] => [name, textOf(inputs, name)]);
  const maps = ["labels", "userLabels"].filter(given).map((name): [string, unknown] => [name, textMapOf(inputs, name)]);
  return { ...Object.fromEntries<unknown>([...texts, ...maps]), enabled: flagOf(inputs, "enabled") };
}

async function readChannel({ google }: GcpContext, id: string, known: Properties): Promise<Deployed | undefined> {
  let channel: Record<string, unknown>;
  try {
    channel = await google.rest("GET", `/v3/${id}`);
  } catch (error) {
    if (isGoogleError(error, 404)) return undefined;
    throw failed(`Error when reading or editing MonitoringNotificationChannel "${id}"`, error);
  }
  const { name, ...rest } = channel as Properties;
  const state: Properties = {
    ...rest,
    deletionPolicy: deletionPolicyOf(known),
    forceDelete: flagOf(known, "forceDelete"),
    name: name ?? id,
    project: id.split("/")[1] ?? "",
    verificationStatus: "",
  };
  return { id, state };
}

function existing(deployed: Deployed | undefined): Deployed {
  if (deployed === undefined) throw new Error("Error reading NotificationChannel: it is gone");
  return deployed;
}
