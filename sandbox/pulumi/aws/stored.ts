/**
 * Types of SNS, EventBridge and IAM, kept in the sandbox's store. Sources of each table: @pulumi/aws/{sns,cloudwatch,iam}/*.d.ts, and in
 * terraform-provider-aws internal/service/sns/{topic,topic_policy,topic_subscription}.go, events/{rule,target}.go,
 * iam/{role,role_policy}.go (ForceNew, ids).
 *
 * @module
 */
import { signedHeadersOf, type SigningCredentials } from "../../aws/signature.js";
import { STORE_PREFIX } from "../../aws/stored-resources.js";
import { failed, type ResourceType } from "../resource-type.js";
import { type Property, type PropertyTable } from "../schema.js";
import { type Properties, textOf } from "../values.js";
import { type AwsContext } from "./context.js";
import { samePolicy } from "./key.js";

/** One signed call to the store. Throws what the store refuses with. */
export async function callStore(endpoint: string, by: SigningCredentials, region: string, operation: string, members: object): Promise<{ properties?: Properties }> {
  const body = JSON.stringify(members);
  // fetch sets the host header by itself, the one that is signed.
  const headers = new Headers(signedHeadersOf({ host: new URL(endpoint).host, target: `${STORE_PREFIX}${operation}`, body }, by, region, Date.now()));
  headers.delete("host");
  const response = await fetch(endpoint, { method: "POST", headers, body });
  const answer = (await response.json()) as { properties?: Properties; __type?: string; message?: string };
  if (!response.ok) throw new Error(`${answer.__type ?? "Error"}: ${answer.message ?? ""}`);
  return answer;
}

interface StoredSpec {
  readonly token: string;
  /** Kind in the store, and what messages call it. */
  readonly kind: string;
  readonly inputs: PropertyTable;
  /** Id in the cloud. */
  readonly id: (inputs: Properties, context: AwsContext) => string;
  /** Id in the store, out of the cloud's. */
  readonly storeId?: (id: string) => string;
  /** Outputs beside the inputs. */
  readonly outputs?: (id: string, context: AwsContext) => Properties;
  readonly computed?: readonly string[];
}

function storedType({ token, kind, inputs: table, id: idOf, storeId = (id) => id, outputs = () => ({}), computed = [] }: StoredSpec): ResourceType<AwsContext> {
  const put = async (context: AwsContext, id: string, inputs: Properties, doing: string): Promise<{ id: string; state: Properties }> => {
    const state = { ...("region" in table ? { region: context.region } : {}), ...inputs, ...outputs(id, context) };
    await context.store("Put", { kind, id: storeId(id), properties: state }).catch((error: unknown) => {
      throw failed(`${doing} ${kind} (${id})`, error);
    });
    return { id, state };
  };
  return {
    token,
    inputs: table,
    computed: [...computed],
    stable: [...computed],
    create: (context, inputs) => put(context, idOf(inputs, context), inputs, "creating"),
    async read(context, id) {
      const { properties } = await context.store("Get", { kind, id: storeId(id) });
      return properties === undefined ? undefined : { id, state: properties };
    },
    update: (context, id, _deployed, inputs) => put(context, id, inputs, "updating"),
    async delete(context, id) {
      await context.store("Delete", { kind, id: storeId(id) });
    },
  };
}

const fixed: Property = { type: "string", required: true, replaces: true };
/** The engine makes names up where none is given; the sandbox does not. */
const given: Property = { type: "string", computed: true, replaces: true };
const region: Property = { type: "string", computed: true, replaces: true };
const tags: Property = { type: "tags" };
const policy: Property = { type: "string", required: true, same: samePolicy };

function nameOf(inputs: Properties, property = "name"): string {
  const name = textOf(inputs, property);
  if (name === undefined) throw new Error(`the sandbox does not make up names: give ${property}`);
  return name;
}

/** What alarms and the service's identity are made of. */
export const STORED_TYPES: readonly ResourceType<AwsContext>[] = [
  storedType({
    token: "aws:sns/topic:Topic",
    kind: "sns:topic",
    inputs: { name: given, displayName: { type: "string" }, region, tags },
    id: (inputs, { account, region: where }) => `arn:aws:sns:${where}:${account}:${nameOf(inputs)}`,
    outputs: (id, { account }) => ({ arn: id, owner: account }),
    computed: ["arn", "owner"],
  }),
  storedType({ token: "aws:sns/topicPolicy:TopicPolicy", kind: "sns:topic-policy", inputs: { arn: fixed, policy, region }, id: (inputs) => textOf(inputs, "arn") ?? "" }),
  storedType({
    token: "aws:sns/topicSubscription:TopicSubscription",
    kind: "sns:subscription",
    inputs: { topic: fixed, protocol: fixed, endpoint: fixed, region },
    id: (inputs) => `${textOf(inputs, "topic") ?? ""}:${textOf(inputs, "endpoint") ?? ""}`,
    // E-mail waits for its recipient, for ever in the sandbox.
    outputs: (id) => ({ arn: id, pendingConfirmation: true }),
    computed: ["arn", "pendingConfirmation"],
  }),
  storedType({
    token: "aws:cloudwatch/eventRule:EventRule",
    kind: "events:rule",
    inputs: { name: given, description: { type: "string" }, eventPattern: { type: "string" }, region, tags },
    id: (inputs) => nameOf(inputs),
    outputs: (id, { account, region: where }) => ({ arn: `arn:aws:events:${where}:${account}:rule/${id}` }),
    computed: ["arn"],
  }),
  storedType({
    token: "aws:cloudwatch/eventTarget:EventTarget",
    kind: "events:target",
    inputs: { rule: fixed, targetId: given, arn: { type: "string", required: true }, region },
    id: (inputs) => `${textOf(inputs, "rule") ?? ""}-${nameOf(inputs, "targetId")}`,
  }),
  storedType({
    token: "aws:iam/role:Role",
    kind: "iam:role",
    inputs: { name: given, description: { type: "string" }, assumeRolePolicy: policy, tags },
    id: (inputs) => nameOf(inputs),
    outputs: (id, { account }) => ({ arn: `arn:aws:iam::${account}:role/${id}` }),
    computed: ["arn"],
  }),
  storedType({
    token: "aws:iam/rolePolicy:RolePolicy",
    kind: "iam:role-policy",
    inputs: { role: fixed, name: given, policy },
    id: (inputs) => `${textOf(inputs, "role") ?? ""}:${nameOf(inputs)}`,
  }),
];
