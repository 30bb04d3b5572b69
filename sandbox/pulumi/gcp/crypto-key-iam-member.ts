/**
 * `gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember`: one member of one role, beside whoever else is there. Source:
 * terraform-provider-google, tpgiamresource/resource_iam_member.go and iam.go (read, modify, write, and again after a
 * conflict), services/kms/iam_kms_crypto_key.go; @pulumi/gcp/kms/cryptoKeyIAMMember.d.ts.
 *
 * @module
 */
import { type Deployed, type ResourceType } from "../resource-type.js";
import { type Properties, shown, textOf, type Value } from "../values.js";
import { type GoogleClient, isGoogleError } from "./client.js";
import { failed, type GcpContext } from "./context.js";

/** Attempts to write a policy that others write too. The provider goes on for a minute, with pauses that spare the real API. */
const MAX_ATTEMPTS = 10;

/** google.iam.v1.Policy, as the SDK gives and takes it. */
interface Policy {
  readonly version?: number | null;
  readonly bindings?: readonly { readonly role?: string | null; readonly members?: readonly string[] | null }[] | null;
  readonly etag?: Uint8Array | string | null;
}

type Bindings = readonly { readonly role: string; readonly members: readonly string[] }[];

/** validateIAMMember. */
function memberProblem(value: Value): string | undefined {
  const member = shown(value);
  if (member.startsWith("deleted")) return "invalid value for member (Pulumi does not support IAM members for deleted principals)";
  return /.+:.+|projectOwners|projectReaders|projectWriters|allUsers|allAuthenticatedUsers/.test(member)
    ? undefined
    : `invalid value "${member}" for member (IAM members must have one of the values outlined here: https://cloud.google.com/billing/docs/reference/rest/v1/Policy#Binding)`;
}

/** One grant. Nothing of it can be changed: another one takes its place. */
export const cryptoKeyIamMemberType: ResourceType<GcpContext> = {
  token: "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
  inputs: {
    cryptoKeyId: { type: "string", required: true, replaces: true },
    member: {
      type: "string",
      required: true,
      replaces: true,
      problem: memberProblem,
      same: (deployed, wanted) => normalized(shown(deployed)) === normalized(shown(wanted)),
    },
    role: { type: "string", required: true, replaces: true },
  },
  computed: ["etag"],
  stable: ["cryptoKeyId", "member", "role"],

  async create(context, inputs) {
    const { key, role, member } = grantOf(context, inputs);
    await modify(context.google, key, (bindings) => [...bindings, { role, members: [member] }]);
    const deployed = await readGrant(context, `${key}/${role}/${member}`, inputs);
    if (deployed === undefined) throw new Error(`Error applying IAM policy for KMS CryptoKey "${key}": the member is not there`);
    return deployed;
  },

  read: readGrant,

  async update(context, id, deployed) {
    const found = await readGrant(context, id, deployed);
    if (found === undefined) throw new Error(`IAM member ${id} is gone`);
    return found;
  },

  async delete(context, _, deployed) {
    const { key, role, member } = grantOf(context, deployed);
    try {
      await modify(context.google, key, (bindings) =>
        bindings.map((binding) =>
          binding.role === role ? { role, members: binding.members.filter((one) => normalized(one) !== member) } : binding,
        ),
      );
    } catch (error) {
      if (error instanceof Error && isGoogleError(error.cause, 404)) return;
      throw error;
    }
  },
};

async function readGrant(context: GcpContext, id: string, known: Properties): Promise<Deployed | undefined> {
  // Importing: "resource role member", as the provider wants it.
  const [cryptoKeyId, role, member] = id.split(/\s+/);
  const properties: Properties =
    Object.keys(known).length > 0 ? known : { cryptoKeyId: cryptoKeyId ?? "", role: role ?? "", member: member ?? "" };
  const grant = grantOf(context, properties);
  let policy: Policy;
  try {
    policy = await getPolicy(context.google, grant.key);
  } catch (error) {
    if (isGoogleError(error, 404)) return undefined;
    throw failed(`Error retrieving IAM policy for KMS CryptoKey "${grant.key}"`, error);
  }
  const found = bindingsOf(policy)
    .find((binding) => binding.role === grant.role)
    ?.members.find((one) => normalized(one) === grant.member);
  if (found === undefined) return undefined;
  return {
    id: `${grant.key}/${grant.role}/${grant.member}`,
    state: {
      cryptoKeyId: textOf(properties, "cryptoKeyId") ?? grant.key,
      etag: Buffer.from(policy.etag ?? "").toString("base64"),
      member: found,
      role: grant.role,
    },
  };
}

/** Reads the policy, changes its bindings and writes it; again if somebody else wrote in between. */
async function modify(google: GoogleClient, key: string, change: (bindings: Bindings) => Bindings): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const policy = await getPolicy(google, key);
      // 3: the version that the provider asks for and writes (IamPolicyVersion).
      await setPolicy(google, key, { version: 3, bindings: change(bindingsOf(policy)), etag: policy.etag ?? null });
      return;
    } catch (error) {
      // ABORTED is 409 in REST.
      if (!isGoogleError(error, 409) || attempt === MAX_ATTEMPTS) throw failed(`Error applying IAM policy for KMS CryptoKey "${key}"`, error);
    }
  }
}

async function getPolicy(google: GoogleClient, resource: string): Promise<Policy> {
  // The SDK's types ask for the methods of its message classes, which plain objects do not have and do not need.
  return google.kms<Policy>((client) => client.getIamPolicy({ resource } as unknown as Parameters<typeof client.getIamPolicy>[0]));
}

async function setPolicy(google: GoogleClient, resource: string, policy: Policy): Promise<void> {
  await google.kms<Policy>((client) => client.setIamPolicy({ resource, policy } as unknown as Parameters<typeof client.setIamPolicy>[0]));
}

function bindingsOf({ bindings }: Policy): Bindings {
  return (bindings ?? []).map(({ role, members }) => ({ role: role ?? "", members: members ?? [] }));
}

function grantOf(context: GcpContext, properties: Properties): { readonly key: string; readonly role: string; readonly member: string } {
  return {
    key: keyName(context, textOf(properties, "cryptoKeyId") ?? ""),
    role: textOf(properties, "role") ?? "",
    member: normalized(textOf(properties, "member") ?? ""),
  };
}

/** A key's resource name, of the forms that ParseKmsCryptoKeyId takes. */
function keyName({ project }: GcpContext, id: string): string {
  if (/^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/.test(id)) return id;
  const parts = id.split("/");
  const [owner, location, ring, key] = parts.length === 3 && project !== undefined ? [project, ...parts] : parts;
  if (parts.length > 4 || owner === undefined || location === undefined || ring === undefined || key === undefined) {
    throw new Error(
      `Invalid CryptoKey id format, expecting \`{projectId}/{locationId}/{KeyringName}/{cryptoKeyName}\` or \`{locationId}/{keyRingName}/{cryptoKeyName}, got id: ${id}\``,
    );
  }
  return `projects/${owner}/locations/${location}/keyRings/${ring}/cryptoKeys/${key}`;
}

/** Members are compared without case, except those that identify by more than an address (normalizeIamMemberCasing). */
function normalized(member: string): string {
  const at = member.indexOf(":");
  if (at < 0 || /^(principal|principalSet|principalHierarchy):/.test(member)) return member;
  return `${member.slice(0, at)}:${member.slice(at + 1).toLowerCase()}`;
}
