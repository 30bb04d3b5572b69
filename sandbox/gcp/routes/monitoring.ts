/**
 * Cloud Monitoring v3: notification channels and alert policies.
 *
 * @module
 */
import { z } from "zod";

import { MONITORING } from "../state.js";
import { nothing, type Route, route } from "./route.js";

const durations = z.string().regex(/^\d+(\.\d{1,9})?s$/);
const texts = z.record(z.string(), z.string());
const channel = z.strictObject({
  type: z.string(), displayName: z.string().optional(), description: z.string().optional(), labels: texts.optional(),
  userLabels: texts.optional(), enabled: z.boolean().optional(),
});
const policy = z.strictObject({
  displayName: z.string(),
  combiner: z.enum(["AND", "OR", "AND_WITH_MATCHING_RESOURCE"]),
  conditions: z.array(
    z.strictObject({
      displayName: z.string(),
      name: z.string().optional(),
      conditionMatchedLog: z.strictObject({ filter: z.string(), labelExtractors: texts.optional() }),
    }),
  ),
  alertStrategy: z.strictObject({ notificationRateLimit: z.strictObject({ period: durations }).optional(), autoClose: durations.optional() }).optional(),
  documentation: z.strictObject({ content: z.string().optional(), mimeType: z.literal("text/markdown").optional(), subject: z.string().optional() }).optional(),
  notificationChannels: z.array(z.string()).optional(),
  userLabels: texts.optional(),
  severity: z.enum(["CRITICAL", "ERROR", "WARNING"]).optional(),
  enabled: z.boolean().optional(),
});

const asked = ([project = "", id = ""]: readonly string[]) => ({ project, id });
const masked = (query: URLSearchParams) => query.get("updateMask") ?? "";
const aProject = ([project = ""]: readonly string[]): string => `projects/${project}`;

const channels = { path: /^\/v3\/projects\/([^/]+)\/notificationChannels$/, service: MONITORING, resource: aProject };
const aChannel = {
  path: /^\/v3\/projects\/([^/]+)\/notificationChannels\/([^/:]+)$/,
  service: MONITORING,
  resource: ([project = "", id = ""]: readonly string[]) => `projects/${project}/notificationChannels/${id}`,
};
const policies = { path: /^\/v3\/projects\/([^/]+)\/alertPolicies$/, service: MONITORING, resource: aProject };
const aPolicy = {
  path: /^\/v3\/projects\/([^/]+)\/alertPolicies\/([^/:]+)$/,
  service: MONITORING,
  resource: ([project = "", id = ""]: readonly string[]) => `projects/${project}/alertPolicies/${id}`,
};

/** Paths as google.api.http of the services has them. */
export const MONITORING_ROUTES: readonly Route[] = [
  route({ ...channels, verb: "POST", method: "CreateNotificationChannel", body: channel, request: ([project = ""], resource) => ({ project, resource }) }),
  route({ ...aChannel, verb: "GET", method: "GetNotificationChannel", body: nothing, request: asked }),
  route({
    ...aChannel, verb: "PATCH", method: "UpdateNotificationChannel", body: channel.partial(),
    request: (parts, resource, query) => ({ ...asked(parts), resource, updateMask: masked(query) }),
  }),
  route({
    ...aChannel, verb: "DELETE", method: "DeleteNotificationChannel", body: nothing,
    request: (parts, _, query) => ({ ...asked(parts), force: query.get("force") === "true" }),
  }),
  route({ ...policies, verb: "POST", method: "CreateAlertPolicy", body: policy, request: ([project = ""], resource) => ({ project, resource }) }),
  route({ ...aPolicy, verb: "GET", method: "GetAlertPolicy", body: nothing, request: asked }),
  route({
    ...aPolicy, verb: "PATCH", method: "UpdateAlertPolicy", body: policy.partial(),
    request: (parts, resource, query) => ({ ...asked(parts), resource, updateMask: masked(query) }),
  }),
  route({ ...aPolicy, verb: "DELETE", method: "DeleteAlertPolicy", body: nothing, request: asked }),
];
