/**
 * What the clouds chose when a stack was deployed: ids that no configuration decides. They come from the service's descriptors
 * and from `--id NAME=ID`; what is missing, a command finds.
 *
 * @module
 */
import { type MasterKeyDescriptor } from "../../runtime/index.js";
import { ByokError } from "../../runtime/master-key/errors.js";
import { type DeclaredResource, textInput } from "../declared-resource.js";

/** Values by the words that stand for them in angle brackets, e.g. `id of acme-eu-aws-key`. */
export type Facts = ReadonlyMap<string, string>;

const APPLICATION = "azuread:index/application:Application";
const PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal";
const AWS_KEY = "aws:kms/key:Key";
const ALIAS = "aws:kms/alias:Alias";

/** An id with what is known put in its place. */
export function fillIn(pattern: string, facts: Facts): string {
  return pattern.replace(/<([^<>]+)>/g, (whole, words: string) => facts.get(words) ?? whole);
}

/** Words of what is still missing in an id. */
export function missingIn(id: string): string[] {
  return [...id.matchAll(/<([^<>]+)>/g)].map(([, words = ""]) => words);
}

/** What the service's descriptors tell about the resources of a stack. */
export function factsOfDescriptors(resources: readonly DeclaredResource[], descriptors: readonly MasterKeyDescriptor[]): Facts {
  const facts = new Map<string, string>();
  for (const descriptor of descriptors) {
    if (descriptor.provider === "aws-kms") {
      const key = descriptor.aliasName === undefined ? undefined : awsKeyOf(resources, descriptor.aliasName);
      if (key !== undefined) facts.set(`id of ${key}`, descriptor.keyArn.slice(descriptor.keyArn.indexOf(":key/") + ":key/".length));
    }
    if (descriptor.provider === "azure-key-vault") {
      const [principal, ...others] = resources.filter(({ type, kind }) => type === PRINCIPAL && kind === "created");
      if (principal !== undefined && others.length === 0) facts.set(`object id of ${principal.name}`, descriptor.grantedTo);
      const [application, ...more] = resources.filter(({ type, kind }) => type === APPLICATION && kind === "created");
      if (application !== undefined && more.length === 0) facts.set(`client id of ${application.name}`, descriptor.clientId);
    }
  }
  return facts;
}

/** The key that an alias is made for, by its name in the program; the only key there is, where no alias is. */
function awsKeyOf(resources: readonly DeclaredResource[], aliasName: string): string | undefined {
  const alias = resources.find((resource) => resource.type === ALIAS && textInput(resource, "name") === aliasName);
  const [urn] = alias?.dependencies["targetKeyId"] ?? [];
  const keys = resources.filter(({ type, kind }) => type === AWS_KEY && kind === "created");
  return (keys.find((key) => key.urn === urn) ?? (keys.length === 1 && alias === undefined ? keys[0] : undefined))?.name;
}

/**
 * Reads `NAME=ID`, as on the command line.
 *
 * @throws ByokError CONFIG_INVALID if it is none, or names no resource of the stack
 */
export function parseGivenId(text: string, resources: readonly DeclaredResource[]): readonly [words: string, value: string] {
  const at = text.indexOf("=");
  const name = text.slice(0, Math.max(at, 0));
  const id = text.slice(at + 1).trim();
  if (at < 1 || id === "") throw new ByokError("CONFIG_INVALID", `--id "${text}": must be NAME=ID, NAME a resource of the stack.`);
  const resource = resources.find((one) => one.name === name && one.kind === "created");
  if (resource === undefined) {
    const names = resources.filter(({ kind }) => kind === "created").map((one) => one.name);
    throw new ByokError("CONFIG_INVALID", `--id "${text}": the stack makes no ${name}; it makes ${names.join(", ")}.`);
  }
  // Directory objects are known by their object id, whatever comes before it.
  if (resource.type === APPLICATION || resource.type === PRINCIPAL) return [`object id of ${name}`, id.slice(id.lastIndexOf("/") + 1)];
  if (resource.type === AWS_KEY) return [`id of ${name}`, id.slice(id.lastIndexOf("/") + 1)];
  return [`id of ${name}`, id];
}

/** How to find out what is missing; undefined if nothing here knows. */
export function findingCommand(words: string, resources: readonly DeclaredResource[], facts: Facts): string | undefined {
  const resource = resources.find(({ name, kind }) => kind === "created" && words.endsWith(` of ${name}`));
  if (resource === undefined) return undefined;
  switch (resource.type) {
    case AWS_KEY: {
      const alias = resources.find(({ type, dependencies }) => type === ALIAS && dependencies["targetKeyId"]?.includes(resource.urn) === true);
      const name = alias === undefined ? undefined : textInput(alias, "name");
      const region = textInput(resource, "region");
      return name === undefined
        ? "aws kms list-keys"
        : `aws kms describe-key --key-id ${name}${region === undefined ? "" : ` --region ${region}`} --query KeyMetadata.KeyId --output text`;
    }
    case "aws:kms/grant:Grant":
      return `aws kms list-grants --key-id ${fillIn(textInput(resource, "keyId") ?? "KEY_ID", facts)} --query "Grants[].[Name,GrantId]" --output text`;
    case APPLICATION: {
      const clientId = facts.get(`client id of ${resource.name}`);
      return clientId === undefined
        ? `az ad app list --display-name ${textInput(resource, "displayName") ?? "NAME"} --query "[].id" --output tsv`
        : `az ad app show --id ${clientId} --query id --output tsv`;
    }
    case PRINCIPAL: {
      const clientId = fillIn(textInput(resource, "clientId") ?? "", facts);
      if (!clientId.includes("<")) return `az ad sp show --id ${clientId} --query id --output tsv`;
      const application = resources.find(({ urn }) => resource.dependencies["clientId"]?.includes(urn) === true);
      return `az ad sp list --display-name ${(application && textInput(application, "displayName")) ?? "NAME"} --query "[].id" --output tsv`;
    }
    default:
      return undefined;
  }
}
