/**
 * Access in AWS: policies on resources, grants, and AWS's own order where there is neither.
 *
 * Sources: IAM User Guide, "IAM JSON policy elements: Principal"; AWS KMS Developer Guide, "Default key policy", "Grants in
 * AWS KMS" and "AWS KMS permissions".
 *
 * @module
 */
import { type DeclaredResource, isObject, textInput, UNKNOWN } from "../declared-resource.js";
import { boundAccount } from "../record/adopted.js";
import { type Declared, type DerivedAccess, targetOf } from "./access-table.js";
import { shortType } from "./cloud-of.js";
import { type AccessRow, type Finding } from "./schema.js";

const KEY_TYPES: readonly string[] = ["aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey"];

/** Rows of everything in AWS. */
export function awsAccess(declared: Declared): DerivedAccess {
  const rows: AccessRow[] = [];
  const findings: Finding[] = [];
  const governed = new Set<DeclaredResource>();
  const account = tenantAccount(declared);
  for (const resource of declared.resources.filter(({ type, kind }) => type.startsWith("aws:") && kind === "created")) {
    if (resource.type === "aws:kms/grant:Grant") rows.push(...grantRows(declared, resource, account));
    if (resource.type === "aws:sns/topicSubscription:TopicSubscription") rows.push(...subscriptionRows(resource));
    const policy = resource.inputs["policy"];
    if (policy === undefined || resource.type.startsWith("aws:iam/")) continue;
    const on = POLICY_TARGETS.map((input) => targetOf(declared, resource, input)).find((target) => target !== undefined) ?? resource;
    governed.add(on);
    const statements = statementsOf(policy);
    if (statements === undefined) {
      findings.push({
        severity: "warning",
        code: "unreadable-policy",
        resource: resource.name,
        message: "its policy is only known once it is deployed, so that the access table lacks it: read it in `pulumi preview --diff`",
      });
      continue;
    }
    for (const statement of statements) rows.push(...statementRows(declared, statement, { on, through: resource, account }));
  }
  for (const key of declared.resources) {
    if (!KEY_TYPES.includes(key.type) || key.kind !== "created" || governed.has(key)) continue;
    rows.push({ ...administrators(account), on: key.name, through: undefined });
  }
  return { rows: rows.map(withoutUndefinedThrough), findings };
}

/** Inputs that say what a policy is on. */
const POLICY_TARGETS = ["keyId", "arn", "topicArn", "bucket", "resourceArn"];

/** What the default key policy of AWS allows: it is in force as long as nobody puts another. */
function administrators(account: string): Omit<AccessRow, "on" | "through"> {
  return {
    cloud: "aws",
    principal: `arn:aws:iam::${account}:root`,
    kind: "whole account",
    whose: "tenant",
    effect: "allow",
    power: "administer",
    operations: ["kms:*"],
    conditions: ["AWS's default key policy: as the account's IAM policies say"],
  };
}

interface Statement {
  readonly effect: "allow" | "deny";
  readonly principals: readonly (readonly [kind: string, id: string])[];
  readonly actions: readonly string[];
  readonly conditions: readonly string[];
}

/** Statements of a policy document; undefined if it is not known or not one. */
function statementsOf(policy: unknown): Statement[] | undefined {
  if (typeof policy !== "string" || policy === UNKNOWN) return undefined;
  let document: unknown;
  try {
    document = JSON.parse(policy);
  } catch {
    return undefined;
  }
  const given = isObject(document) ? document["Statement"] : undefined;
  return [given].flat().filter(isObject).map((statement) => ({
    effect: statement["Effect"] === "Deny" ? "deny" : "allow",
    principals: [
      ...principalsOf(statement["Principal"]),
      ...principalsOf(statement["NotPrincipal"]).map(([, id]): [string, string] => ["everybody but", id]),
    ],
    actions: [
      ...texts(statement["Action"]),
      ...texts(statement["NotAction"]).map((action) => `everything but ${action}`),
    ],
    conditions: conditionsOf(statement["Condition"]),
  }));
}

function principalsOf(principal: unknown): [kind: string, id: string][] {
  if (typeof principal === "string") return [["AWS", principal]];
  if (!isObject(principal)) return [];
  return Object.entries(principal).flatMap(([kind, ids]) => texts(ids).map((id): [string, string] => [kind, id]));
}

function texts(value: unknown): string[] {
  return [value].flat().filter((text): text is string => typeof text === "string");
}

/** `StringEquals kms:EncryptionContext:byok:tenant = acme`, one text per condition key. */
function conditionsOf(condition: unknown): string[] {
  if (!isObject(condition)) return [];
  return Object.entries(condition).flatMap(([operator, keys]) =>
    isObject(keys) ? Object.entries(keys).map(([key, value]) => `${key} ${OPERATORS[operator] ?? operator} ${[value].flat().map(String).join(" or ")}`) : [],
  );
}

const OPERATORS: Readonly<Record<string, string>> = {
  StringEquals: "=",
  Bool: "=",
  ArnEquals: "=",
  StringLike: "is like",
  ArnLike: "is like",
  IpAddress: "in",
  StringNotEquals: "is not",
};

interface Where {
  readonly on: DeclaredResource;
  readonly through: DeclaredResource;
  readonly account: string;
}

function statementRows(declared: Declared, { effect, principals, actions, conditions }: Statement, { on, through, account }: Where): AccessRow[] {
  return principals.map(([kind, id]) => ({
    cloud: "aws",
    principal: id,
    kind: kindOf(kind, id),
    whose: whoseIs(declared, kind, id, account),
    effect,
    power: awsPower(actions),
    operations: [...actions],
    on: on.name,
    conditions: [...conditions, ...(isRoot(id) && effect === "allow" ? ["as that account's IAM policies say"] : [])],
    through: through.name,
  }));
}

function isRoot(id: string): boolean {
  return /^(\d{12}|arn:[^:]+:iam::\d{12}:root)$/.test(id);
}

function kindOf(kind: string, id: string): string {
  if (id === "*") return "anybody";
  if (kind === "Service") return "AWS service";
  if (kind !== "AWS") return kind;
  if (isRoot(id)) return "whole account";
  return /:(role|user|assumed-role)\//.exec(id)?.[1] ?? "principal";
}

/** Account of an AWS principal. */
export function accountOf(principal: string): string | undefined {
  return /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(principal)?.[1] ?? /^\d{12}$/.exec(principal)?.[0];
}

function whoseIs({ service }: Declared, kind: string, id: string, account: string): AccessRow["whose"] {
  if (id === "*") return "public";
  if (kind === "Service") return "cloud";
  if (service.has(id)) return "service";
  const owner = accountOf(id);
  if (owner === undefined) return "other";
  if (owner === account) return "tenant";
  return [...service].some((granted) => accountOf(granted) === owner) ? "service" : "other";
}

/** Account that the providers are bound to; in brackets if they are bound to none. */
function tenantAccount({ resources }: Declared): string {
  return boundAccount(resources.find(({ type }) => type === "pulumi:providers:aws")?.inputs ?? {});
}

function grantRows(declared: Declared, grant: DeclaredResource, account: string): AccessRow[] {
  const principal = textInput(grant, "granteePrincipal") ?? "<known after up>";
  const operations = texts(grant.inputs["operations"]);
  const on = targetOf(declared, grant, "keyId") ?? grant;
  const constraints = [grant.inputs["constraints"]].flat().filter(isObject);
  const conditions = constraints.flatMap((constraint) =>
    Object.entries(constraint).flatMap(([kind, context]) =>
      isObject(context) ? Object.entries(context).map(([key, value]) => `kms:EncryptionContext:${key} ${kind === "encryptionContextEquals" ? "=" : "has"} ${String(value)}`) : [],
    ),
  );
  return [
    {
      cloud: "aws",
      principal,
      kind: kindOf("AWS", principal),
      whose: whoseIs(declared, "AWS", principal, account),
      effect: "allow",
      power: awsPower(operations.map((operation) => `kms:${operation}`)),
      operations: operations.map((operation) => `kms:${operation}`),
      on: on.name,
      conditions,
      through: grant.name,
    },
  ];
}

function subscriptionRows(subscription: DeclaredResource): AccessRow[] {
  const endpoint = textInput(subscription, "endpoint");
  return endpoint === undefined
    ? []
    : [
        {
          cloud: "aws",
          principal: endpoint,
          kind: textInput(subscription, "protocol") ?? shortType(subscription.type),
          whose: "tenant",
          effect: "allow",
          power: "notify",
          operations: ["receives alarms"],
          on: subscription.name,
          conditions: ["once the recipient has confirmed"],
          through: subscription.name,
        },
      ];
}

const USES = /^kms:(\*|Encrypt|Decrypt|ReEncrypt|GenerateDataKey|GenerateMac|Sign|CreateGrant$)/;
const ONLY_READS = /^[a-z0-9-]+:(Describe|Get|List)/;
/** Publishing to a topic or a log, and grants that only AWS services may make use of. */
const NOTIFIES = /^(sns:Publish|logs:|events:|s3:PutObject)/;
const BESIDE_USE = /^kms:(ListGrants|RevokeGrant|RetireGrant)$/;

/** What a list of actions amounts to. */
export function awsPower(actions: readonly string[]): AccessRow["power"] {
  if (actions.every((action) => ONLY_READS.test(action))) return "read";
  if (actions.every((action) => NOTIFIES.test(action))) return "notify";
  const rest = actions.filter((action) => !ONLY_READS.test(action));
  if (rest.every((action) => action !== "kms:*" && (USES.test(action) || BESIDE_USE.test(action)))) return "use";
  return "administer";
}

/** True if what the row allows includes using the key, beside anything else. */
export function awsUses({ operations }: AccessRow): boolean {
  return operations.some((action) => action === "*" || USES.test(action));
}

/** A JSON document has no undefined members. */
function withoutUndefinedThrough({ through, ...row }: AccessRow): AccessRow {
  return through === undefined ? row : { ...row, through };
}
