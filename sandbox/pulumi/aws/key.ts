/**
 * `aws:kms/key:Key`. Source: terraform-provider-aws, internal/service/kms/key.go (schema, order of the calls, "pending
 * deletion counts as gone"); @pulumi/aws/kms/key.d.ts for names.
 *
 * @module
 */
import { type Deployed, failed, PartiallyCreated, type ResourceType } from "../resource-type.js";
import { flagOf, numberOf, type Properties, shown, textMapOf, textOf, type Value } from "../values.js";
import { type AwsContext, isAwsError } from "./context.js";
import { policiesAreEquivalent } from "../../../components/aws/policy-equivalence.js";

/** A whole number within bounds (validation.IntBetween). */
export const between =
  (low: number, high: number) =>
  (value: Value): string | undefined =>
    typeof value === "number" && Number.isInteger(value) && value >= low && value <= high
      ? undefined
      : `expected an integer in the range (${low} - ${high}), got ${shown(value)}`;

/** Policies that say the same are. */
export const samePolicy = (deployed: Value, wanted: Value): boolean =>
  typeof deployed === "string" && typeof wanted === "string" && policiesAreEquivalent(deployed, wanted);

/** An optional policy that must be JSON (validation.StringIsJSON). */
export function policyProblem(value: Value): string | undefined {
  try {
    JSON.parse(shown(value));
    return undefined;
  } catch {
    return '"policy" contains an invalid JSON policy';
  }
}

/** validation.StringLenBetween(0, 8192). */
export function descriptionProblem(value: Value): string | undefined {
  return shown(value).length > 8192 ? "expected length of description to be in the range (0 - 8192)" : undefined;
}

/** The key itself; deleting it schedules its deletion. */
export const keyType: ResourceType<AwsContext> = {
  token: "aws:kms/key:Key",
  inputs: {
    bypassPolicyLockoutSafetyCheck: { type: "boolean", byDefault: false },
    customerMasterKeySpec: { type: "string", byDefault: "SYMMETRIC_DEFAULT", replaces: true, only: "SYMMETRIC_DEFAULT" },
    deletionWindowInDays: { type: "number", problem: between(7, 30) },
    description: { type: "string", computed: true, problem: descriptionProblem },
    enableKeyRotation: { type: "boolean", byDefault: false },
    isEnabled: { type: "boolean", byDefault: true },
    keyUsage: { type: "string", byDefault: "ENCRYPT_DECRYPT", replaces: true, only: "ENCRYPT_DECRYPT" },
    multiRegion: { type: "boolean", computed: true, replaces: true },
    policy: { type: "string", computed: true, problem: policyProblem, same: samePolicy },
    region: { type: "string", computed: true, replaces: true },
    rotationPeriodInDays: { type: "number", computed: true, problem: between(90, 2560) },
    tags: { type: "tags" },
  },
  computed: ["arn", "description", "keyId", "multiRegion", "policy", "rotationPeriodInDays"],
  stable: ["arn", "keyId"],

  check: (inputs) =>
    // RequiredWith: ["enable_key_rotation"]
    inputs["rotationPeriodInDays"] !== undefined && inputs["enableKeyRotation"] === false
      ? [{ property: "rotationPeriodInDays", reason: '"rotationPeriodInDays": all of `enableKeyRotation,rotationPeriodInDays` must be specified' }]
      : [],

  async create(context, inputs) {
    const { kms, sdk } = context;
    const policy = textOf(inputs, "policy");
    const description = textOf(inputs, "description");
    const created = await kms
      .send(
        new sdk.CreateKeyCommand({
          BypassPolicyLockoutSafetyCheck: flagOf(inputs, "bypassPolicyLockoutSafetyCheck"),
          KeySpec: "SYMMETRIC_DEFAULT",
          KeyUsage: "ENCRYPT_DECRYPT",
          MultiRegion: flagOf(inputs, "multiRegion"),
          Tags: Object.entries(textMapOf(inputs, "tags")).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
          ...(policy === undefined ? {} : { Policy: policy }),
          ...(description === undefined ? {} : { Description: description }),
        }),
      )
      .catch((error: unknown) => {
        throw failed("creating KMS Key", error);
      });
    const id = created.KeyMetadata?.KeyId;
    if (id === undefined) throw new Error("creating KMS Key: the answer names no key");
    try {
      if (flagOf(inputs, "enableKeyRotation")) await setRotation(context, id, inputs);
      if (!flagOf(inputs, "isEnabled")) await setEnabled(context, id, false);
    } catch (error) {
      // What the state says of rotation is what was wanted: the next update tries again.
      throw new PartiallyCreated({ id, state: { ...inputs, keyId: id, arn: created.KeyMetadata?.Arn ?? "" } }, error);
    }
    return existing(await readKey(context, id, inputs), id);
  },

  read: readKey,

  async update(context, id, deployed, inputs) {
    const { kms, sdk } = context;
    const changed = (name: string): boolean => inputs[name] !== undefined && inputs[name] !== deployed[name];
    // Enable before anything is modified, disable after: a disabled key cannot be modified.
    if (changed("isEnabled") && flagOf(inputs, "isEnabled")) await setEnabled(context, id, true);
    const rotates = flagOf(inputs, "enableKeyRotation");
    if (changed("enableKeyRotation") || (rotates && changed("rotationPeriodInDays"))) await setRotation(context, id, inputs);
    const description = textOf(inputs, "description");
    if (description !== undefined && changed("description")) {
      await kms
        .send(new sdk.UpdateKeyDescriptionCommand({ KeyId: id, Description: description }))
        .catch((error: unknown) => {
          throw failed(`updating KMS Key (${id}) description`, error);
        });
    }
    const policy = textOf(inputs, "policy");
    if (policy !== undefined && !policiesAreEquivalent(textOf(deployed, "policy") ?? "", policy)) {
      await putPolicy(context, "KMS Key", id, policy, flagOf(inputs, "bypassPolicyLockoutSafetyCheck"));
    }
    await setTags(context, id, textMapOf(deployed, "tags"), textMapOf(inputs, "tags"));
    if (changed("isEnabled") && !flagOf(inputs, "isEnabled")) await setEnabled(context, id, false);
    return existing(await readKey(context, id, inputs), id);
  },

  delete: (context, id, deployed) => scheduleDeletion(context, "KMS Key", id, deployed),
};

/** Schedules the deletion of a key or a replica; one that is gone, or going, is no failure. */
export async function scheduleDeletion({ kms, sdk }: AwsContext, what: string, id: string, deployed: Properties): Promise<void> {
  const window = numberOf(deployed, "deletionWindowInDays");
  try {
    await kms.send(
      new sdk.ScheduleKeyDeletionCommand({
        KeyId: id,
        ...(window === undefined ? {} : { PendingWindowInDays: window }),
      }),
    );
  } catch (error) {
    if (isAwsError(error, "NotFoundException")) return;
    if (isAwsError(error, "KMSInvalidStateException") && String(error).includes("is pending deletion")) return;
    throw failed(`deleting ${what} (${id})`, error);
  }
}

async function readKey(context: AwsContext, id: string, known: Properties): Promise<Deployed | undefined> {
  const { kms, sdk, region } = context;
  try {
    const { KeyMetadata: key } = await kms.send(new sdk.DescribeKeyCommand({ KeyId: id }));
    // Once pending deletion, the key counts as gone (findKeyByID).
    if (key === undefined || key.KeyState === "PendingDeletion") return undefined;
    const { Policy: policy } = await kms.send(new sdk.GetKeyPolicyCommand({ KeyId: id }));
    const rotation = await kms.send(new sdk.GetKeyRotationStatusCommand({ KeyId: id }));
    const tags = await readTags(context, id);
    const window = numberOf(known, "deletionWindowInDays");
    return {
      id,
      state: {
        arn: key.Arn ?? "",
        bypassPolicyLockoutSafetyCheck: flagOf(known, "bypassPolicyLockoutSafetyCheck"),
        customerMasterKeySpec: key.KeySpec ?? "",
        description: key.Description ?? "",
        enableKeyRotation: rotation.KeyRotationEnabled ?? false,
        isEnabled: key.Enabled ?? false,
        keyId: key.KeyId ?? "",
        keyUsage: key.KeyUsage ?? "",
        multiRegion: key.MultiRegion ?? false,
        policy: policyToSet(textOf(known, "policy"), policy ?? ""),
        region,
        tags,
        tagsAll: tags,
        ...(window === undefined ? {} : { deletionWindowInDays: window }),
        ...(rotation.RotationPeriodInDays === undefined ? {} : { rotationPeriodInDays: rotation.RotationPeriodInDays }),
      },
    };
  } catch (error) {
    if (isAwsError(error, "NotFoundException")) return undefined;
    throw failed(`reading KMS Key (${id})`, error);
  }
}

/** The tags of a key. */
export async function readTags({ kms, sdk }: AwsContext, id: string): Promise<Record<string, string>> {
  const tags: Record<string, string> = {};
  for await (const page of sdk.paginateListResourceTags({ client: kms }, { KeyId: id })) {
    for (const tag of page.Tags ?? []) tags[tag.TagKey ?? ""] = tag.TagValue ?? "";
  }
  return tags;
}

/** verify.PolicyToSet: keeps the known spelling of a policy that says the same. */
export function policyToSet(known: string | undefined, deployed: string): string {
  return known !== undefined && policiesAreEquivalent(known, deployed) ? known : deployed;
}

/** Puts a key policy; shared with the KeyPolicy type. */
export async function putPolicy(
  { kms, sdk }: AwsContext,
  type: string,
  id: string,
  policy: string,
  bypass: boolean,
): Promise<void> {
  try {
    await kms.send(
      new sdk.PutKeyPolicyCommand({ KeyId: id, PolicyName: "default", Policy: policy, BypassPolicyLockoutSafetyCheck: bypass }),
    );
  } catch (error) {
    throw failed(`updating ${type} (${id}) policy`, error);
  }
}

async function setRotation({ kms, sdk }: AwsContext, id: string, inputs: Properties): Promise<void> {
  const enabled = flagOf(inputs, "enableKeyRotation");
  const period = numberOf(inputs, "rotationPeriodInDays");
  try {
    if (enabled) {
      await kms.send(
        new sdk.EnableKeyRotationCommand({ KeyId: id, ...(period === undefined ? {} : { RotationPeriodInDays: period }) }),
      );
    } else {
      await kms.send(new sdk.DisableKeyRotationCommand({ KeyId: id }));
    }
  } catch (error) {
    throw failed(`${enabled ? "enabling" : "disabling"} KMS Key (${id}) rotation`, error);
  }
}

/** Enables or disables a key. */
export async function setEnabled({ kms, sdk }: AwsContext, id: string, enabled: boolean): Promise<void> {
  try {
    if (enabled) await kms.send(new sdk.EnableKeyCommand({ KeyId: id }));
    else await kms.send(new sdk.DisableKeyCommand({ KeyId: id }));
  } catch (error) {
    throw failed(`${enabled ? "enabling" : "disabling"} KMS Key (${id})`, error);
  }
}

/** Makes tags what is wanted. */
export async function setTags(
  { kms, sdk }: AwsContext,
  id: string,
  deployed: Record<string, string>,
  wanted: Record<string, string>,
): Promise<void> {
  const gone = Object.keys(deployed).filter((name) => !(name in wanted));
  const set = Object.entries(wanted).filter(([name, value]) => deployed[name] !== value);
  try {
    if (gone.length > 0) await kms.send(new sdk.UntagResourceCommand({ KeyId: id, TagKeys: gone }));
    if (set.length > 0) {
      await kms.send(
        new sdk.TagResourceCommand({ KeyId: id, Tags: set.map(([TagKey, TagValue]) => ({ TagKey, TagValue })) }),
      );
    }
  } catch (error) {
    throw failed(`updating tags for KMS (Key Management) resource (${id})`, error);
  }
}

function existing(deployed: Deployed | undefined, id: string): Deployed {
  if (deployed === undefined) throw new Error(`reading KMS Key (${id}): couldn't find resource`);
  return deployed;
}
