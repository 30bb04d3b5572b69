/**
 * What is not KMS: resources of SNS, EventBridge and IAM, stored as they were made. The protocol (signed JSON to KMS's endpoint) is the
 * sandbox's own: no SDK of these services speaks to it. Roles become identities that policies may name and that sign requests.
 *
 * @module
 */
import { KmsError, notInSandbox, validation } from "./errors.js";
import { callerOf, createIdentity, type IdentityRecord } from "./identity.js";
import { type Input } from "./input.js";
import { type Kms } from "./kms.js";
import { parsePolicy } from "./policy/document.js";
import { evaluateIdentityAccess } from "./policy/evaluate.js";
import { type StoredResource } from "./state.js";

/** What an X-Amz-Target of the store begins with. */
export const STORE_PREFIX = "ByokSandboxStore.";

/** IAM actions of each kind: to read it, to make or change it, to delete it. Service Authorization Reference, IAM, SNS, EventBridge. */
const ACTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "iam:role": { Get: "iam:GetRole", Put: "iam:CreateRole", Delete: "iam:DeleteRole" },
  "iam:role-policy": { Get: "iam:GetRolePolicy", Put: "iam:PutRolePolicy", Delete: "iam:DeleteRolePolicy" },
  "sns:topic": { Get: "sns:GetTopicAttributes", Put: "sns:CreateTopic", Delete: "sns:DeleteTopic" },
  "sns:topic-policy": { Get: "sns:GetTopicAttributes", Put: "sns:SetTopicAttributes", Delete: "sns:SetTopicAttributes" },
  "sns:subscription": { Get: "sns:GetSubscriptionAttributes", Put: "sns:Subscribe", Delete: "sns:Unsubscribe" },
  "events:rule": { Get: "events:DescribeRule", Put: "events:PutRule", Delete: "events:DeleteRule" },
  "events:target": { Get: "events:ListTargetsByRule", Put: "events:PutTargets", Delete: "events:RemoveTargets" },
};

/** Kinds without a region of their own. */
const GLOBAL = /^iam:/;

/** Puts, gets or deletes one resource; Get answers `{}` if there is none. */
export function answerStore(kms: Kms, operation: string, identity: IdentityRecord, region: string, input: Input): object {
  input.only("kind", "id", "properties");
  const kind = input.text("kind", { min: 1, max: 64 });
  const id = input.text("id", { min: 1, max: 2048 });
  const { resources } = kms.state;
  const place = { kind, account: identity.account, region: GLOBAL.test(kind) ? "" : region, id };
  const action = ACTIONS[kind]?.[operation];
  if (action === undefined) throw new KmsError("UnknownOperationException", `The sandbox's store has no operation ${operation} of ${kind}.`);
  const decision = evaluateIdentityAccess({ caller: callerOf(identity), action, resource: id, context: new Map() });
  if (!decision.allowed) throw new KmsError("AccessDeniedException", `User: ${identity.arn} is not authorized to perform: ${action}`);
  const found = resources.find((one) => one.kind === kind && one.account === place.account && one.region === place.region && one.id === id);
  switch (operation) {
    case "Get":
      return found === undefined ? {} : { properties: found.properties };
    case "Put": {
      const properties = input.value("properties");
      put(kms, place, properties);
      if (found === undefined) resources.push({ ...place, properties });
      else found.properties = properties;
      kms.save();
      return { properties };
    }
    default:
      if (found !== undefined) {
        put(kms, place, undefined);
        resources.splice(resources.indexOf(found), 1);
        kms.save();
      }
      return {};
  }
}

/** What IAM's resources do beside being stored. */
function put(kms: Kms, { kind, account, id }: Omit<StoredResource, "properties">, properties: Readonly<Record<string, unknown>> | undefined): void {
  const { identities } = kms.state;
  if (kind === "iam:role") {
    const arn = `arn:aws:iam::${account}:role/${id}`;
    const existing = identities.find(({ principalArn }) => principalArn === arn);
    if (properties === undefined && existing !== undefined) identities.splice(identities.indexOf(existing), 1);
    if (properties !== undefined && existing === undefined) identities.push(createIdentity({ name: id, arn }));
  } else if (kind === "iam:role-policy") {
    const [name = ""] = id.split(":");
    const role = identities.find(({ principalArn }) => principalArn === `arn:aws:iam::${account}:role/${name}`);
    if (role === undefined) throw validation(`The role of ${id} cannot be found.`);
    // One policy is all that the sandbox's identities have: another one would take the place of the first.
    const others = kms.state.resources.filter((one) => one.kind === kind && one.account === account && one.id !== id && one.id.startsWith(`${name}:`));
    if (properties !== undefined && others.length > 0) throw notInSandbox("roles with several policies");
    const policy = properties?.["policy"];
    if (typeof policy === "string") parsePolicy(policy, "identity");
    identities[identities.indexOf(role)] = { ...role, policy: typeof policy === "string" ? policy : null };
  }
}
