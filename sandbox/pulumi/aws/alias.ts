/**
 * `aws:kms/alias:Alias`. Source: terraform-provider-aws, internal/service/kms/alias.go; @pulumi/aws/kms/alias.d.ts.
 *
 * @module
 */
import { randomBytes } from "node:crypto";

import { type AliasListEntry } from "@aws-sdk/client-kms";

import { type Deployed, failed, type ResourceType } from "../resource-type.js";
import { type Properties, shown, textOf, type Value } from "../values.js";
import { type AwsContext, isAwsError } from "./context.js";

/** validNameForResource of the provider's KMS package. */
function nameProblem(value: Value): string | undefined {
  const name = shown(value);
  if (name.startsWith("alias/aws/")) return '"name" cannot begin with reserved AWS CMK prefix \'alias/aws/\'';
  return /^alias\/[a-zA-Z0-9/_-]+$/.test(name)
    ? undefined
    : "\"name\" must begin with 'alias/' and be comprised of only [a-zA-Z0-9/_-]";
}

/** A prefix may be `alias/` alone. */
function prefixProblem(value: Value): string | undefined {
  return value === "alias/" ? undefined : nameProblem(value);
}

/** KeyARNOrIDEqual: an id and the ARN that ends in it are the same key. */
export function sameKey(deployed: Value, wanted: Value): boolean {
  return keyIdOf(shown(deployed)) === keyIdOf(shown(wanted));
}

/** The id of a key that is named by id or ARN. */
export function keyIdOf(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1);
}

/** A name for a key; moving it to another key is an update, renaming is a replacement. */
export const aliasType: ResourceType<AwsContext> = {
  token: "aws:kms/alias:Alias",
  inputs: {
    name: { type: "string", computed: true, replaces: true, problem: nameProblem },
    namePrefix: { type: "string", computed: true, replaces: true, problem: prefixProblem },
    region: { type: "string", computed: true, replaces: true },
    targetKeyId: { type: "string", required: true, same: sameKey },
  },
  computed: ["arn", "name", "namePrefix", "targetKeyArn"],
  stable: ["arn", "name", "namePrefix"],

  check: (inputs) => {
    const given = ["name", "namePrefix"].filter((name) => inputs[name] !== undefined);
    if (given.length === 2) return [{ property: "name", reason: '"name": conflicts with namePrefix' }];
    // The real provider would make up a name from the resource's; the sandbox does not know how.
    return given.length === 1 ? [] : [{ property: "name", reason: "the sandbox needs a name or a namePrefix for an alias" }];
  },

  async create(context, inputs) {
    const prefix = textOf(inputs, "namePrefix");
    const name = textOf(inputs, "name") ?? `${prefix ?? "alias/"}${uniqueSuffix()}`;
    const { kms, sdk } = context;
    try {
      await kms.send(new sdk.CreateAliasCommand({ AliasName: name, TargetKeyId: textOf(inputs, "targetKeyId") }));
    } catch (error) {
      throw failed(`creating KMS Alias (${name})`, error);
    }
    return existing(await readAlias(context, name, { ...inputs, namePrefix: prefix ?? "" }), name);
  },

  read: readAlias,

  async update(context, id, deployed, inputs) {
    const { kms, sdk } = context;
    const target = textOf(inputs, "targetKeyId") ?? "";
    if (!sameKey(deployed["targetKeyId"] ?? "", target)) {
      try {
        await kms.send(new sdk.UpdateAliasCommand({ AliasName: id, TargetKeyId: target }));
      } catch (error) {
        throw failed(`updating KMS Alias (${id})`, error);
      }
    }
    return existing(await readAlias(context, id, deployed), id);
  },

  async delete({ kms, sdk }, id) {
    try {
      await kms.send(new sdk.DeleteAliasCommand({ AliasName: id }));
    } catch (error) {
      if (!isAwsError(error, "NotFoundException")) throw failed(`deleting KMS Alias (${id})`, error);
    }
  },
};

async function readAlias(context: AwsContext, name: string, known: Properties): Promise<Deployed | undefined> {
  const alias = await findAlias(context, name);
  if (alias === undefined) return undefined;
  const arn = alias.AliasArn ?? "";
  const targetKeyId = alias.TargetKeyId ?? "";
  return {
    id: name,
    state: {
      arn,
      name,
      namePrefix: textOf(known, "namePrefix") ?? "",
      region: context.region,
      // AliasARNToKeyARN: same account and Region, another resource.
      targetKeyArn: arn.replace(/:alias\/.*$/, `:key/${targetKeyId}`),
      targetKeyId,
    },
  };
}

async function findAlias({ kms, sdk }: AwsContext, name: string): Promise<AliasListEntry | undefined> {
  try {
    for await (const page of sdk.paginateListAliases({ client: kms }, {})) {
      const found = page.Aliases?.find((alias) => alias.AliasName === name);
      if (found !== undefined) return found;
    }
    return undefined;
  } catch (error) {
    throw failed(`reading KMS Alias (${name})`, error);
  }
}

/** id.UniqueId's form: a timestamp and a counter, 26 digits; random here, which is as unique. */
function uniqueSuffix(): string {
  return randomBytes(13).toString("hex");
}

function existing(deployed: Deployed | undefined, name: string): Deployed {
  if (deployed === undefined) throw new Error(`reading KMS Alias (${name}): couldn't find resource`);
  return deployed;
}
