/**
 * `aws:kms/keyPolicy:KeyPolicy`. Source: terraform-provider-aws, internal/service/kms/key_policy.go (deletion puts the
 * default policy back unless the lockout check is bypassed; an update looks at the policy alone, at 6fc8692d5a12);
 * @pulumi/aws/kms/keyPolicy.d.ts.
 *
 * @module
 */
import { defaultKeyPolicy } from "../../aws/policy/default.js";
import { type Deployed, failed, type ResourceType } from "../resource-type.js";
import { flagOf, type Properties, textOf } from "../values.js";
import { keyIdOf, sameKey } from "./alias.js";
import { type AwsContext, isAwsError } from "./context.js";
import { policyProblem, policyToSet, putPolicy, samePolicy } from "./key.js";
import { policiesAreEquivalent } from "../../../components/aws/policy-equivalence.js";

const BYPASS = "bypassPolicyLockoutSafetyCheck";

/** The policy of a key, as a resource of its own. */
export const keyPolicyType: ResourceType<AwsContext> = {
  token: "aws:kms/keyPolicy:KeyPolicy",
  inputs: {
    [BYPASS]: { type: "boolean", byDefault: false },
    // Another key neither replaces the policy nor gets it: programs that may change it ask for a replacement.
    keyId: { type: "string", required: true, same: sameKey },
    policy: { type: "string", required: true, problem: policyProblem, same: samePolicy },
    region: { type: "string", computed: true, replaces: true },
  },
  computed: [],
  stable: [],

  async create(context, inputs) {
    const id = textOf(inputs, "keyId") ?? "";
    await putPolicy(context, "KMS Key Policy", id, textOf(inputs, "policy") ?? "", flagOf(inputs, BYPASS));
    return existing(await readKeyPolicy(context, id, inputs), id);
  },

  read: readKeyPolicy,

  async update(context, id, deployed, inputs) {
    const policy = textOf(inputs, "policy") ?? "";
    if (!policiesAreEquivalent(textOf(deployed, "policy") ?? "", policy)) {
      await putPolicy(context, "KMS Key Policy", id, policy, flagOf(inputs, BYPASS));
    }
    return existing(await readKeyPolicy(context, id, inputs), id);
  },

  async delete(context, id, deployed) {
    // A policy that was put past the lockout check may not let us put another one: it is only forgotten.
    if (flagOf(deployed, BYPASS)) return;
    try {
      await putPolicy(context, "KMS Key Policy", id, defaultKeyPolicy(context.account), false);
    } catch (error) {
      if (error instanceof Error && isAwsError(error.cause, "NotFoundException")) return;
      throw error;
    }
  },
};

async function readKeyPolicy(context: AwsContext, id: string, known: Properties): Promise<Deployed | undefined> {
  const { kms, sdk, region } = context;
  try {
    const { KeyMetadata: key } = await kms.send(new sdk.DescribeKeyCommand({ KeyId: id }));
    if (key === undefined || key.KeyState === "PendingDeletion") return undefined;
    const { Policy: policy } = await kms.send(new sdk.GetKeyPolicyCommand({ KeyId: id }));
    return {
      id,
      state: {
        [BYPASS]: flagOf(known, BYPASS),
        keyId: key.KeyId ?? keyIdOf(id),
        policy: policyToSet(textOf(known, "policy"), policy ?? ""),
        region,
      },
    };
  } catch (error) {
    if (isAwsError(error, "NotFoundException")) return undefined;
    throw failed(`reading KMS Key Policy (${id})`, error);
  }
}

function existing(deployed: Deployed | undefined, id: string): Deployed {
  if (deployed === undefined) throw new Error(`reading KMS Key Policy (${id}): couldn't find resource`);
  return deployed;
}
