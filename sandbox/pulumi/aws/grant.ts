/**
 * `aws:kms/grant:Grant`. Source: terraform-provider-aws, internal/service/kms/grant.go (every property is ForceNew; the id is
 * KEYID:GRANTID; deletion revokes, or retires if told to); @pulumi/aws/kms/grant.d.ts.
 *
 * @module
 */
import { type Deployed, failed, type ResourceType } from "../resource-type.js";
import { type Properties, shown, textMapOf, textOf, type Value } from "../values.js";
import { sameKey } from "./alias.js";
import { type AwsContext, isAwsError } from "./context.js";

/** validGrantName: letters, digits and `:/_-`, 1 to 256. */
const NAME = /^[a-zA-Z0-9:/_-]{1,256}$/;

/** A TypeSet: order does not count. */
function sameSet(deployed: Value, wanted: Value): boolean {
  return canonical(deployed) === canonical(wanted);
}

function canonical(value: Value): string {
  return JSON.stringify((Array.isArray(value) ? (value as readonly Value[]) : []).map((item) => JSON.stringify(item)).sort());
}

/** An ARN, or an AWS service's name (verify.ValidARN, verify.ValidServicePrincipal). */
function principalProblem(value: Value): string | undefined {
  return typeof value === "string" && (/^arn:[\w-]+:[\w-]+:[\w-]*:\d*:.+$/.test(value) || value.endsWith(".amazonaws.com"))
    ? undefined
    : `"granteePrincipal" (${shown(value)}) is an invalid ARN: arn: invalid prefix`;
}

/** A grant on a key. Nothing of it can be changed. */
export const grantType: ResourceType<AwsContext> = {
  token: "aws:kms/grant:Grant",
  inputs: {
    constraints: {
      type: "list",
      replaces: true,
      items: {
        type: "object",
        members: { encryptionContextEquals: { type: "tags" }, encryptionContextSubset: { type: "tags" } },
      },
      same: sameSet,
    },
    granteePrincipal: { type: "string", required: true, replaces: true, problem: principalProblem },
    keyId: { type: "string", required: true, replaces: true, same: sameKey },
    name: {
      type: "string",
      replaces: true,
      problem: (value) => (NAME.test(shown(value)) ? undefined : '"name" must be 1 to 256 of letters, digits and :/_-'),
    },
    operations: { type: "list", required: true, replaces: true, items: { type: "string" }, same: sameSet },
    region: { type: "string", computed: true, replaces: true },
    retireOnDelete: { type: "boolean", byDefault: false, replaces: true, only: false },
    retiringPrincipal: { type: "string", replaces: true },
  },
  computed: ["grantId", "grantToken"],
  stable: ["grantId", "grantToken"],

  async create(context, inputs) {
    const { kms, sdk } = context;
    const keyId = textOf(inputs, "keyId") ?? "";
    const [constraint] = listOf(inputs, "constraints");
    const name = textOf(inputs, "name");
    const retiring = textOf(inputs, "retiringPrincipal");
    const created = await kms
      .send(
        new sdk.CreateGrantCommand({
          KeyId: keyId,
          GranteePrincipal: textOf(inputs, "granteePrincipal"),
          Operations: listOf(inputs, "operations") as never[],
          ...(constraint === undefined ? {} : { Constraints: expandConstraint(constraint as Properties) }),
          ...(name === undefined ? {} : { Name: name }),
          ...(retiring === undefined ? {} : { RetiringPrincipal: retiring }),
        }),
      )
      .catch((error: unknown) => {
        throw failed(`creating KMS Grant for Key (${keyId})`, error);
      });
    const id = `${keyId}:${created.GrantId ?? ""}`;
    const deployed = await readGrant(context, id, { ...inputs, grantToken: created.GrantToken ?? "" });
    if (deployed === undefined) throw new Error(`reading KMS Grant (${id}): couldn't find resource`);
    return deployed;
  },

  read: readGrant,

  update: () => Promise.reject(new Error("doesn't support update")),

  async delete({ kms, sdk }, id) {
    const [keyId, grantId] = parseId(id);
    try {
      await kms.send(new sdk.RevokeGrantCommand({ KeyId: keyId, GrantId: grantId }));
    } catch (error) {
      if (!isAwsError(error, "NotFoundException")) throw failed(`deleting KMS Grant (${id})`, error);
    }
  },
};

async function readGrant(context: AwsContext, id: string, known: Properties): Promise<Deployed | undefined> {
  const { kms, sdk, region } = context;
  const [keyId, grantId] = parseId(id);
  try {
    for await (const page of sdk.paginateListGrants({ client: kms }, { KeyId: keyId, Limit: 100 })) {
      const grant = page.Grants?.find((candidate) => candidate.GrantId === grantId);
      if (grant === undefined) continue;
      const { EncryptionContextEquals: equals, EncryptionContextSubset: subset } = grant.Constraints ?? {};
      return {
        id,
        state: {
          constraints:
            equals === undefined && subset === undefined
              ? []
              : [{ ...(equals === undefined ? {} : { encryptionContextEquals: equals }), ...(subset === undefined ? {} : { encryptionContextSubset: subset }) }],
          grantId,
          grantToken: textOf(known, "grantToken") ?? "",
          granteePrincipal: grant.GranteePrincipal ?? "",
          keyId,
          name: grant.Name ?? "",
          operations: [...(grant.Operations ?? [])],
          region,
          retireOnDelete: false,
          ...(grant.RetiringPrincipal === undefined ? {} : { retiringPrincipal: grant.RetiringPrincipal }),
        },
      };
    }
    return undefined;
  } catch (error) {
    if (isAwsError(error, "NotFoundException")) return undefined;
    throw failed(`reading KMS Grant (${id})`, error);
  }
}

function expandConstraint(constraint: Properties): { EncryptionContextEquals?: Record<string, string>; EncryptionContextSubset?: Record<string, string> } {
  const [equals, subset] = [textMapOf(constraint, "encryptionContextEquals"), textMapOf(constraint, "encryptionContextSubset")];
  return {
    ...(Object.keys(equals).length === 0 ? {} : { EncryptionContextEquals: equals }),
    ...(Object.keys(subset).length === 0 ? {} : { EncryptionContextSubset: subset }),
  };
}

/** grantParseResourceID: the key may be an ARN, which has colons of its own. */
function parseId(id: string): [keyId: string, grantId: string] {
  const at = id.lastIndexOf(":");
  return [id.slice(0, at), id.slice(at + 1)];
}

function listOf(properties: Properties, name: string): readonly Value[] {
  const value = properties[name];
  return Array.isArray(value) ? (value as readonly Value[]) : [];
}
