/**
 * Notification channels and alert policies, kept and not acted on: the runtime does not feel them. Cloud Monitoring API v3,
 * `projects.notificationChannels` and `projects.alertPolicies`; permissions: "Cloud Monitoring: access control".
 *
 * @module
 */
import { type Call } from "../call.js";
import { GoogleError, invalidArgument, permissionDenied, serviceDisabled } from "../errors.js";
import { digits, type MonitoredRecord, MONITORING, type ProjectRecord } from "../state.js";

/** A new channel or policy, as the API takes it. */
export interface CreateMonitoredRequest {
  readonly project: string;
  readonly resource: Readonly<Record<string, unknown>>;
}

/** One that is there. */
export interface MonitoredRequest {
  readonly project: string;
  readonly id: string;
}

/** Another content for one that is there; members that the mask does not name stay. */
export interface UpdateMonitoredRequest extends MonitoredRequest {
  readonly resource: Readonly<Record<string, unknown>>;
  /** Members, comma-separated; all of them where empty (UpdateNotificationChannelRequest, UpdateAlertPolicyRequest). */
  readonly updateMask: string;
}

/** Whether a channel goes although policies name it. */
export interface DeleteChannelRequest extends MonitoredRequest {
  readonly force: boolean;
}

/** Makes a channel; of e-mail ones the address is required (notificationChannelDescriptors of `email`). */
export function createNotificationChannel(call: Call, { project: id, resource }: CreateMonitoredRequest): object {
  const project = authorized(call, "monitoring.notificationChannels.create", id);
  const { type, labels } = resource as { type?: unknown; labels?: { email_address?: unknown } };
  if (type === "email" && typeof labels?.email_address !== "string") {
    throw invalidArgument('Field "notification_channel.labels[\'email_address\']" is not allowed: must be supplied for channels of type email.');
  }
  return add(call, call.state.notificationChannels, { name: `projects/${project.projectId}/notificationChannels/${digits(19)}`, resource });
}

/** Shows a channel. */
export function getNotificationChannel(call: Call, request: MonitoredRequest): object {
  return message(channel(call, "get", request));
}

/** Changes a channel. */
export function updateNotificationChannel(call: Call, request: UpdateMonitoredRequest): object {
  return change(call, channel(call, "update", request), request);
}

/** Deletes a channel that no policy names, or any by force. */
export function deleteNotificationChannel(call: Call, request: DeleteChannelRequest): object {
  const found = channel(call, "delete", request);
  const users = call.state.alertPolicies.filter(({ resource }) => channelsOf(resource).includes(found.name));
  if (users.length > 0 && !request.force) {
    const names = users.map(({ name }) => name).join(", ");
    throw invalidArgument(`Cannot delete notification channel. One or more alerting policies are using it: ${names}.`);
  }
  for (const user of users) user.resource = { ...user.resource, notificationChannels: channelsOf(user.resource).filter((name) => name !== found.name) };
  return remove(call, call.state.notificationChannels, found);
}

/** Makes a policy. */
export function createAlertPolicy(call: Call, { project: id, resource }: CreateMonitoredRequest): object {
  const project = authorized(call, "monitoring.alertPolicies.create", id);
  requireAcceptable(call, project, resource, "create");
  const name = `projects/${project.projectId}/alertPolicies/${digits(19)}`;
  return add(call, call.state.alertPolicies, { name, resource: withConditionNames(name, resource) });
}

/** Shows a policy. */
export function getAlertPolicy(call: Call, request: MonitoredRequest): object {
  return message(policy(call, "get", request));
}

/** Changes a policy. */
export function updateAlertPolicy(call: Call, request: UpdateMonitoredRequest): object {
  const found = policy(call, "update", request);
  requireAcceptable(call, authorized(call, "monitoring.alertPolicies.update", request.project), { ...found.resource, ...request.resource }, "update");
  return change(call, found, { ...request, resource: withConditionNames(found.name, request.resource) });
}

/** Deletes a policy. */
export function deleteAlertPolicy(call: Call, request: MonitoredRequest): object {
  return remove(call, call.state.alertPolicies, policy(call, "delete", request));
}

/** A condition on log entries stands alone, and needs a limit of notifications (AlertStrategy.notificationRateLimit). */
function requireAcceptable(call: Call, project: ProjectRecord, resource: Readonly<Record<string, unknown>>, verb: string): void {
  const { conditions = [], alertStrategy } = resource as { conditions?: readonly object[]; alertStrategy?: { notificationRateLimit?: unknown } };
  if (conditions.length < 1 || conditions.length > 6) throw invalidArgument("A policy must have 1 to 6 conditions.");
  if (conditions.some((condition) => "conditionMatchedLog" in condition)) {
    if (conditions.length > 1) throw invalidArgument("A policy with a conditionMatchedLog can have no other conditions.");
    if (alertStrategy?.notificationRateLimit === undefined) throw invalidArgument("Field alert_policy.alert_strategy.notification_rate_limit is required for log-based alerting policies.");
    const permission = `logging.notificationRules.${verb}`;
    if (!call.mayInProject(permission, project)) throw permissionDenied(permission, `projects/${project.projectId}`, MONITORING);
  }
  const missing = channelsOf(resource).find((name) => !call.state.notificationChannels.some((one) => one.name === name));
  if (missing !== undefined) throw new GoogleError("NOT_FOUND", `Supplied notification channel ${missing} does not exist.`);
}

function channelsOf({ notificationChannels }: Readonly<Record<string, unknown>>): readonly string[] {
  return (notificationChannels as readonly string[] | undefined) ?? [];
}

function withConditionNames(name: string, resource: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { conditions } = resource as { conditions?: readonly object[] };
  if (conditions === undefined) return resource;
  return { ...resource, conditions: conditions.map((condition) => ({ name: `${name}/conditions/${digits(19)}`, ...condition })) };
}

function channel(call: Call, verb: string, request: MonitoredRequest): MonitoredRecord {
  return found(call, call.state.notificationChannels, "notificationChannels", verb, request);
}

function policy(call: Call, verb: string, request: MonitoredRequest): MonitoredRecord {
  return found(call, call.state.alertPolicies, "alertPolicies", verb, request);
}

function found(call: Call, among: readonly MonitoredRecord[], collection: string, verb: string, { project: id, id: number }: MonitoredRequest): MonitoredRecord {
  const project = authorized(call, `monitoring.${collection}.${verb}`, id);
  const name = `projects/${project.projectId}/${collection}/${number}`;
  call.trace.resource = name;
  const one = among.find((candidate) => candidate.name === name);
  if (one === undefined) throw new GoogleError("NOT_FOUND", `The resource ${name} does not exist.`);
  return one;
}

function add(call: Call, to: MonitoredRecord[], one: MonitoredRecord): object {
  call.trace.resource = one.name;
  to.push(one);
  call.save();
  return message(one);
}

function change(call: Call, one: MonitoredRecord, { resource, updateMask }: UpdateMonitoredRequest): object {
  const named = (member: string): boolean => updateMask === "" || updateMask.split(",").includes(member);
  const kept = Object.entries(one.resource).filter(([member]) => !named(member));
  one.resource = Object.fromEntries([...kept, ...Object.entries(resource).filter(([member]) => named(member))]);
  call.save();
  return message(one);
}

function remove(call: Call, from: MonitoredRecord[], one: MonitoredRecord): object {
  from.splice(from.indexOf(one), 1);
  call.save();
  return {};
}

function message({ name, resource }: MonitoredRecord): object {
  return { enabled: true, ...resource, name };
}

function authorized(call: Call, permission: string, id: string): ProjectRecord {
  const project = call.authorizeInProject(permission, id, MONITORING);
  if (!project.services.includes(MONITORING)) throw serviceDisabled(MONITORING, project.number);
  return project;
}
