/**
 * Who is told when somebody takes a key away: an EventBridge rule on CloudTrail's events, and an SNS topic that sends e-mail.
 *
 * @module
 */
import "./peers.js";

import { EventRule } from "@pulumi/aws/cloudwatch/eventRule.js";
import { EventTarget } from "@pulumi/aws/cloudwatch/eventTarget.js";
import { Topic } from "@pulumi/aws/sns/topic.js";
import { TopicPolicy } from "@pulumi/aws/sns/topicPolicy.js";
import { TopicSubscription } from "@pulumi/aws/sns/topicSubscription.js";
import * as pulumi from "@pulumi/pulumi";

import { type AlarmsArgs } from "../alarms.js";
import { resourceName } from "../names.js";
import { type Datacenter } from "../regions.js";

/**
 * What takes the key, or the service's access, away, and what prepares it. CloudTrail hands management events that write on to
 * EventBridge in the region of the call, best effort; RetireGrant and RevokeGrant are among them. Sources: EventBridge reference, "AWS
 * Key Management Service events"; AWS KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail".
 */
export const ALARMING_EVENTS = [
  "DisableKey",
  "ScheduleKeyDeletion",
  "DeleteImportedKeyMaterial",
  "DisableKeyRotation",
  "PutKeyPolicy",
  "RevokeGrant",
  "RetireGrant",
] as const;

/** What alarms are about. */
export interface AlarmOptions {
  readonly parent: pulumi.ComponentResource;
  /** Name of the component; children are called `NAME-alarm-topic`, `-alarm-topic-policy`, `-alarm-rule`, `-alarm-target`, `-alarm-email-ADDRESS`. */
  readonly name: string;
  readonly tenant: string;
  readonly datacenter: Datacenter;
  readonly alarms: AlarmsArgs;
}

/** A key, or a replica: EventBridge is regional, so each has a rule and a topic in its own region. */
export interface WatchedKey {
  readonly arn: pulumi.Output<string>;
  readonly region: string;
  /** Behind the names of resources on replicas. */
  readonly suffix: string;
}

/** Watches one key. Unprotected: without alarms the key is what it was. SNS asks each recipient once to confirm. */
export function alarmOn({ arn, region, suffix }: WatchedKey, { parent, name, tenant, datacenter, alarms }: AlarmOptions): void {
  const opts = { parent, protect: false, retainOnDelete: false };
  const ofKey = `${resourceName(tenant, datacenter)}-alarms`;
  const topic = new Topic(`${name}-alarm-topic${suffix}`, { name: ofKey, displayName: `Key of ${tenant}`, region }, opts);
  const rule = new EventRule(
    `${name}-alarm-rule${suffix}`,
    {
      name: ofKey,
      description: `Somebody takes away the backup encryption key of ${tenant} in ${datacenter}, or prepares to`,
      eventPattern: arn.apply((keyArn) => JSON.stringify(alarmPattern(keyArn))),
      region,
    },
    opts,
  );
  const policy = pulumi.all([topic.arn, rule.arn]).apply(([topicArn, ruleArn]) => JSON.stringify(topicPolicy(topicArn, ruleArn)));
  const allowed = new TopicPolicy(`${name}-alarm-topic-policy${suffix}`, { arn: topic.arn, policy, region }, opts);
  new EventTarget(`${name}-alarm-target${suffix}`, { rule: rule.name, targetId: "email", arn: topic.arn, region }, { ...opts, dependsOn: [allowed] });
  for (const endpoint of alarms.emails) {
    // By address, so that adding one recipient asks nobody else to confirm again.
    new TopicSubscription(`${name}-alarm-email${suffix}-${endpoint}`, { topic: topic.arn, protocol: "email", endpoint, region }, opts);
  }
}

/** Calls that name the key: CloudTrail lists it under `resources`, whatever the caller wrote. */
export function alarmPattern(keyArn: string): object {
  return {
    source: ["aws.kms"],
    "detail-type": ["AWS API Call via CloudTrail"],
    detail: { eventSource: ["kms.amazonaws.com"], eventName: ALARMING_EVENTS, resources: { ARN: [keyArn] } },
  };
}

/** EventBridge may publish, for this rule alone. Amazon EventBridge User Guide, "Resource-based policies", Amazon SNS. */
function topicPolicy(topicArn: string, ruleArn: string): object {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "Allow alarms of this key",
        Effect: "Allow",
        Principal: { Service: "events.amazonaws.com" },
        Action: "sns:Publish",
        Resource: topicArn,
        Condition: { ArnEquals: { "aws:SourceArn": ruleArn } },
      },
    ],
  };
}
