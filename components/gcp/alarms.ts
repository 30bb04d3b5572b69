/**
 * Who is told when somebody takes the key away, or gives it to somebody.
 *
 * @module
 */
import { AlertPolicy, NotificationChannel } from "@pulumi/gcp/monitoring";
import type * as pulumi from "@pulumi/pulumi";

import { enableApi } from "./key.js";

/** Channels and policies are Monitoring's; conditions on log entries are evaluated by Logging ("Log-based alerting policies"). */
const APIS = ["monitoring", "logging"] as const;

/**
 * Methods that disable a version (or enable it), schedule its destruction, and change who may do what. All are admin activity,
 * which is logged always and free of charge. Cloud KMS documentation, "Cloud Key Management Service audit logging", which
 * has these names for `protoPayload.methodName`.
 */
const METHODS = ["UpdateCryptoKeyVersion", "DestroyCryptoKeyVersion", "SetIamPolicy"] as const;

/** The shortest time between notifications, and until an incident closes by itself ("Configure log-based alerting policies"). */
const RATE_LIMIT = "300s";
const AUTO_CLOSE = "1800s";

/** What to watch, and whom to tell. */
export interface GcpAlarms {
  readonly project: pulumi.Input<string>;
  readonly projectId: string;
  /** `projects/P/locations/L/keyRings/R/cryptoKeys/K`. */
  readonly keyName: string;
  readonly emails: readonly string[];
}

/**
 * The log entries that are worth an alarm, in the Logging query language: of this key, or of one of its versions, whose names
 * continue the key's. Lines are joined by AND; `=` compares, `:` finds (Cloud Logging documentation, "Logging query language").
 */
export function gcpAlarmFilter(projectId: string, keyName: string): string {
  return [
    `logName="projects/${projectId}/logs/cloudaudit.googleapis.com%2Factivity"`,
    'protoPayload.serviceName="cloudkms.googleapis.com"',
    `protoPayload.methodName=(${METHODS.map((method) => `"${method}"`).join(" OR ")})`,
    `(protoPayload.resourceName="${keyName}" OR protoPayload.resourceName:"${keyName}/")`,
  ].join("\n");
}

/** Registers a channel per address and one policy, in the key's project; the APIs they need stay enabled afterwards. */
export function registerAlarms(parent: pulumi.Resource, name: string, { project, projectId, keyName, emails }: GcpAlarms): void {
  const options = { parent, protect: false, retainOnDelete: false };
  const dependsOn = APIS.map((api) => enableApi(parent, `${name}-${api}`, project, api));
  const channels = emails.map(
    (email) =>
      new NotificationChannel(
        `${name}-alarm-${email}`,
        { project, type: "email", displayName: `${name}: ${email}`, labels: { email_address: email } },
        { ...options, dependsOn },
      ),
  );
  new AlertPolicy(
    `${name}-alarm`,
    {
      project,
      displayName: `${name}: access to the backup key changed`,
      combiner: "OR",
      conditions: [
        {
          displayName: "A version was disabled, enabled or scheduled for destruction, or the key's policy was changed",
          conditionMatchedLog: {
            filter: gcpAlarmFilter(projectId, keyName),
            // Each combination is limited by itself: a change of the policy does not hide a destruction right after it.
            labelExtractors: {
              method: "EXTRACT(protoPayload.methodName)",
              principal: "EXTRACT(protoPayload.authenticationInfo.principalEmail)",
            },
          },
        },
      ],
      alertStrategy: { notificationRateLimit: { period: RATE_LIMIT }, autoClose: AUTO_CLOSE },
      notificationChannels: channels.map((channel) => channel.name),
      documentation: {
        mimeType: "text/markdown",
        content: `Backups are encrypted with ${keyName}. While none of its versions is enabled, or the service is not granted, the service can neither make nor restore backups. Destroying a version destroys every backup key that it wraps; until its time is up, \`gcloud kms keys versions restore\` takes that back.`,
      },
      severity: "CRITICAL",
    },
    { ...options, dependsOn },
  );
}
