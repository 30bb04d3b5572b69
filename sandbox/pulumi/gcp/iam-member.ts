/**
 * One member of one role in a resource's policy, beside whoever else is there. Source: terraform-provider-google,
 * tpgiamresource/resource_iam_member.go.
 *
 * @module
 */
import { type Deployed, type ResourceType } from "../resource-type.js";
import { type Properties, shown, textOf, type Value } from "../values.js";
import { isGoogleError } from "./client.js";
import { failed, type GcpContext } from "./context.js";
import { writePolicy } from "./policy-write.js";

/** google.iam.v1.Policy, as the SDK and REST give and take it. */
export interface Policy {
  readonly version?: number | null;
  readonly bindings?: readonly { readonly role?: string | null; readonly members?: readonly string[] | null }[] | null;
  readonly etag?: Uint8Array | string | null;
}

type Bindings = readonly { readonly role: string; readonly members: readonly string[] }[];

/** What has the policy. */
export interface PolicyHolder {
  readonly token: string;
  /** The input that names the resource. */
  readonly idProperty: string;
  /** The resource's full name, from that input. */
  name(context: GcpContext, id: string): string;
  /** How the provider calls the resource in messages. */
  describe(name: string): string;
  getPolicy(context: GcpContext, name: string): Promise<Policy>;
  setPolicy(context: GcpContext, name: string, policy: Policy): Promise<void>;
}

/** validateIAMMember. */
function memberProblem(value: Value): string | undefined {
  const member = shown(value);
  if (member.startsWith("deleted")) return "invalid value for member (Pulumi does not support IAM members for deleted principals)";
  return /.+:.+|projectOwners|projectReaders|projectWriters|allUsers|allAuthenticatedUsers/.test(member)
    ? undefined
    : `invalid value "${member}" for member (IAM members must have one of the values outlined here: https://cloud.google.com/billing/docs/reference/rest/v1/Policy#Binding)`;
}

/** A type of grants. Nothing of a grant can be changed: another one takes its place. */
export function iamMemberType(holder: PolicyHolder): ResourceType<GcpContext> {
  const { token, idProperty } = holder;

  const grantOf = (context: GcpContext, properties: Properties) => ({
    resource: holder.name(context, textOf(properties, idProperty) ?? ""),
    role: textOf(properties, "role") ?? "",
    member: normalized(textOf(properties, "member") ?? ""),
  });

  const read = async (context: GcpContext, id: string, known: Properties): Promise<Deployed | undefined> => {
    // Importing: "resource role member", as the provider wants it.
    const [resource, role, member] = id.split(/\s+/);
    const properties: Properties =
      Object.keys(known).length > 0 ? known : { [idProperty]: resource ?? "", role: role ?? "", member: member ?? "" };
    const grant = grantOf(context, properties);
    let policy: Policy;
    try {
      policy = await holder.getPolicy(context, grant.resource);
    } catch (error) {
      if (isGoogleError(error, 404)) return undefined;
      throw failed(`Error retrieving IAM policy for ${holder.describe(grant.resource)}`, error);
    }
    const found = bindingsOf(policy)
      .find((binding) => binding.role === grant.role)
      ?.members.find((one) => normalized(one) === grant.member);
    if (found === undefined) return undefined;
    return {
      id: `${grant.resource}/${grant.role}/${grant.member}`,
      state: {
        [idProperty]: textOf(properties, idProperty) ?? grant.resource,
        etag: typeof policy.etag === "string" ? policy.etag : Buffer.from(policy.etag ?? "").toString("base64"),
        member: found,
        role: grant.role,
      },
    };
  };

  const modify = async (context: GcpContext, resource: string, change: (bindings: Bindings) => Bindings): Promise<void> => {
    await writePolicy(holder.describe(resource), async () => {
      const policy = await holder.getPolicy(context, resource);
      // 3: the version that the provider asks for and writes (IamPolicyVersion).
      await holder.setPolicy(context, resource, { version: 3, bindings: change(bindingsOf(policy)), etag: policy.etag ?? null });
    });
  };

  return {
    token,
    inputs: {
      [idProperty]: { type: "string", required: true, replaces: true },
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
    stable: [idProperty, "member", "role"],

    async create(context, inputs) {
      const { resource, role, member } = grantOf(context, inputs);
      await modify(context, resource, (bindings) => [...bindings, { role, members: [member] }]);
      const deployed = await read(context, `${resource}/${role}/${member}`, inputs);
      if (deployed === undefined) throw new Error(`Error applying IAM policy for ${holder.describe(resource)}: the member is not there`);
      return deployed;
    },

    read,

    async update(context, id, deployed) {
      const found = await read(context, id, deployed);
      if (found === undefined) throw new Error(`IAM member ${id} is gone`);
      return found;
    },

    async delete(context, _, deployed) {
      const { resource, role, member } = grantOf(context, deployed);
      try {
        await modify(context, resource, (bindings) =>
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
}

function bindingsOf({ bindings }: Policy): Bindings {
  return (bindings ?? []).map(({ role, members }) => ({ role: role ?? "", members: members ?? [] }));
}

/** Members are compared without case, except those that identify by more than an address (normalizeIamMemberCasing). */
function normalized(member: string): string {
  const at = member.indexOf(":");
  if (at < 0 || /^(principal|principalSet|principalHierarchy):/.test(member)) return member;
  return `${member.slice(0, at)}:${member.slice(at + 1).toLowerCase()}`;
}
