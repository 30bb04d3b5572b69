/**
 * `aws:kms/replicaKey:ReplicaKey`. Source: terraform-provider-aws, internal/service/kms/replica_key.go (the primary key's ARN is
 * ForceNew; replication is asked for in the primary's Region; deletion schedules the replica's); @pulumi/aws/kms/replicaKey.d.ts.
 *
 * @module
 */
import { type Deployed, failed, type ResourceType } from "../resource-type.js";
import { flagOf, numberOf, type Properties, textMapOf, textOf } from "../values.js";
import { keyIdOf } from "./alias.js";
import { type AwsContext, isAwsError } from "./context.js";
import { between, descriptionProblem, policyProblem, policyToSet, putPolicy, readTags, samePolicy, scheduleDeletion, setEnabled, setTags } from "./key.js";
import { policiesAreEquivalent } from "../../../components/aws/policy-equivalence.js";

/** A replica of a multi-Region key in the resource's Region. */
export const replicaKeyType: ResourceType<AwsContext> = {
  token: "aws:kms/replicaKey:ReplicaKey",
  inputs: {
    bypassPolicyLockoutSafetyCheck: { type: "boolean", byDefault: false },
    deletionWindowInDays: { type: "number", byDefault: 30, problem: between(7, 30) },
    description: { type: "string", problem: descriptionProblem },
    enabled: { type: "boolean", byDefault: true },
    policy: { type: "string", computed: true, problem: policyProblem, same: samePolicy },
    primaryKeyArn: { type: "string", required: true, replaces: true },
    region: { type: "string", computed: true, replaces: true },
    tags: { type: "tags" },
  },
  computed: ["arn", "keyId", "keyRotationEnabled", "keySpec", "keyUsage", "policy"],
  stable: ["arn", "keyId", "keySpec", "keyUsage"],

  async create(context, inputs) {
    const { sdk, region } = context;
    const primary = textOf(inputs, "primaryKeyArn") ?? "";
    const [policy, description] = [textOf(inputs, "policy"), textOf(inputs, "description")];
    const created = await context
      .kmsIn(primary.split(":")[3] ?? region)
      .send(
        new sdk.ReplicateKeyCommand({
          KeyId: keyIdOf(primary),
          ReplicaRegion: region,
          BypassPolicyLockoutSafetyCheck: flagOf(inputs, "bypassPolicyLockoutSafetyCheck"),
          Tags: Object.entries(textMapOf(inputs, "tags")).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
          ...(policy === undefined ? {} : { Policy: policy }),
          ...(description === undefined ? {} : { Description: description }),
        }),
      )
      .catch((error: unknown) => {
        throw failed("creating KMS Replica Key", error);
      });
    const id = created.ReplicaKeyMetadata?.KeyId ?? "";
    if (!flagOf(inputs, "enabled")) await setEnabled(context, id, false);
    return existing(await readReplica(context, id, inputs), id);
  },

  read: readReplica,

  async update(context, id, deployed, inputs) {
    const { kms, sdk } = context;
    const changed = (name: string): boolean => inputs[name] !== undefined && inputs[name] !== deployed[name];
    // Enable before anything is modified, disable after: a disabled key cannot be modified.
    if (changed("enabled") && flagOf(inputs, "enabled")) await setEnabled(context, id, true);
    if (changed("description")) {
      await kms.send(new sdk.UpdateKeyDescriptionCommand({ KeyId: id, Description: textOf(inputs, "description") ?? "" })).catch((error: unknown) => {
        throw failed(`updating KMS Replica Key (${id}) description`, error);
      });
    }
    const policy = textOf(inputs, "policy");
    if (policy !== undefined && !policiesAreEquivalent(textOf(deployed, "policy") ?? "", policy)) {
      await putPolicy(context, "KMS Replica Key", id, policy, flagOf(inputs, "bypassPolicyLockoutSafetyCheck"));
    }
    await setTags(context, id, textMapOf(deployed, "tags"), textMapOf(inputs, "tags"));
    if (changed("enabled") && !flagOf(inputs, "enabled")) await setEnabled(context, id, false);
    return existing(await readReplica(context, id, inputs), id);
  },

  delete: (context, id, deployed) => scheduleDeletion(context, "KMS Replica Key", id, deployed),
};

async function readReplica(context: AwsContext, id: string, known: Properties): Promise<Deployed | undefined> {
  const { kms, sdk, region } = context;
  try {
    const { KeyMetadata: key } = await kms.send(new sdk.DescribeKeyCommand({ KeyId: id }));
    if (key === undefined || key.KeyState === "PendingDeletion") return undefined;
    if (key.MultiRegionConfiguration?.MultiRegionKeyType !== "REPLICA") throw new Error(`KMS Replica Key (${id}) is not a multi-Region replica key`);
    const { Policy: policy } = await kms.send(new sdk.GetKeyPolicyCommand({ KeyId: id }));
    const rotation = await kms.send(new sdk.GetKeyRotationStatusCommand({ KeyId: id }));
    const tags = await readTags(context, id);
    return {
      id,
      state: {
        arn: key.Arn ?? "",
        bypassPolicyLockoutSafetyCheck: flagOf(known, "bypassPolicyLockoutSafetyCheck"),
        deletionWindowInDays: numberOf(known, "deletionWindowInDays") ?? 30,
        description: key.Description ?? "",
        enabled: key.Enabled ?? false,
        keyId: key.KeyId ?? "",
        keyRotationEnabled: rotation.KeyRotationEnabled ?? false,
        keySpec: key.KeySpec ?? "",
        keyUsage: key.KeyUsage ?? "",
        policy: policyToSet(textOf(known, "policy"), policy ?? ""),
        primaryKeyArn: key.MultiRegionConfiguration.PrimaryKey?.Arn ?? "",
        region,
        tags,
        tagsAll: tags,
      },
    };
  } catch (error) {
    if (isAwsError(error, "NotFoundException")) return undefined;
    throw failed(`reading KMS Replica Key (${id})`, error);
  }
}

function existing(deployed: Deployed | undefined, id: string): Deployed {
  if (deployed === undefined) throw new Error(`reading KMS Replica Key (${id}): couldn't find resource`);
  return deployed;
}
