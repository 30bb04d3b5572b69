/**
 * What a cloud would answer when a resource is made or read, as far as it follows from what is asked: ids whose form is
 * published, and for the rest names in angle brackets, so that a policy document with an ARN in it can still be read. What is
 * not in these tables stays unknown, as in a preview of Pulumi's.
 *
 * @module
 */
import { isObject, packageOf, UNKNOWN } from "../declared-resource.js";
import { adoptedState, boundAccount } from "./adopted.js";

/** Properties of a resource, raw. */
export type Values = Readonly<Record<string, unknown>>;

/** What is known of a resource when its state is made up. */
export interface Asked {
  readonly type: string;
  readonly name: string;
  readonly inputs: Values;
  /** Inputs of its explicit provider; empty without one. */
  readonly provider: Values;
}

/** Text of a value that may not be known; in angle brackets then. */
function known(value: unknown, what: string): string {
  return typeof value === "string" && value !== UNKNOWN ? value : `<${what}>`;
}

function awsRegion({ inputs, provider }: Asked): string {
  return known(inputs["region"] ?? provider["region"], "region");
}

function awsPartition(asked: Asked): string {
  const region = awsRegion(asked);
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  return region.startsWith("cn-") ? "aws-cn" : "aws";
}

function awsArn(asked: Asked, service: string, resource: string): string {
  return `arn:${awsPartition(asked)}:${service}:${awsRegion(asked)}:${boundAccount(asked.provider)}:${resource}`;
}

function awsKey(asked: Asked): Values {
  const keyId = `<id of ${asked.name}>`;
  return { keyId, arn: awsArn(asked, "kms", `key/${keyId}`) };
}

/** Computed properties by type, beside the inputs. Names of properties: the SDKs' own declarations of each resource. */
const COMPUTED: Readonly<Record<string, (asked: Asked) => Values>> = {
  "aws:kms/key:Key": awsKey,
  "aws:kms/replicaKey:ReplicaKey": awsKey,
  "aws:kms/alias:Alias": (asked) => ({ arn: awsArn(asked, "kms", known(asked.inputs["name"], "alias")) }),
  "aws:sns/topic:Topic": (asked) => ({ arn: awsArn(asked, "sns", known(asked.inputs["name"], `name of ${asked.name}`)) }),
  "aws:cloudwatch/eventRule:EventRule": (asked) => ({ arn: awsArn(asked, "events", `rule/${known(asked.inputs["name"], `name of ${asked.name}`)}`) }),
  "aws:iam/role:Role": (asked) => ({
    arn: `arn:aws:iam::${boundAccount(asked.provider)}:role/${known(asked.inputs["name"], `name of ${asked.name}`)}`,
  }),
  "gcp:organizations/project:Project": ({ name }) => ({ number: `<number of ${name}>` }),
  "gcp:serviceaccount/account:Account": ({ inputs, provider }) => {
    const email = `${known(inputs["accountId"], "account")}@${known(inputs["project"] ?? provider["project"], "project")}.iam.gserviceaccount.com`;
    return { email, member: `serviceAccount:${email}` };
  },
  "gcp:kms/keyRing:KeyRing": ({ inputs, provider }) => ({ project: inputs["project"] ?? provider["project"] ?? UNKNOWN }),
  "azuread:index/application:Application": ({ name }) => ({ clientId: `<client id of ${name}>`, objectId: `<object id of ${name}>` }),
  "azuread:index/servicePrincipal:ServicePrincipal": ({ name }) => ({ objectId: `<object id of ${name}>` }),
  "azure-native:resources:ResourceGroup": ({ inputs }) => ({ name: inputs["resourceGroupName"] }),
  "azure-native:keyvault:Vault": ({ inputs }) => ({ name: inputs["vaultName"], type: "Microsoft.KeyVault/vaults" }),
  // Azure Key Vault documentation, "Keys, secrets, and certificates overview", object identifiers.
  "azure-native:keyvault:Key": ({ inputs }) => ({
    name: inputs["keyName"],
    keyUri: `https://${known(inputs["vaultName"], "vault")}.vault.azure.net/keys/${known(inputs["keyName"], "key")}`,
  }),
};

/**
 * Ids in the cloud that follow from the inputs, by type; undefined where a part is missing, in angle brackets where the cloud
 * chooses it. Sources: the "Import" section of each resource in the Pulumi registry, which is also the form of the id in a
 * stack's state.
 */
const IDS: Readonly<Record<string, (asked: Asked) => string | undefined>> = {
  "aws:kms/alias:Alias": ({ inputs }) => text(inputs["name"]),
  "gcp:organizations/project:Project": ({ inputs }) => join("projects/", inputs["projectId"]),
  "gcp:projects/service:Service": ({ inputs, provider }) => join("", inputs["project"] ?? provider["project"], "/", inputs["service"]),
  "gcp:kms/keyRing:KeyRing": ({ inputs, provider }) =>
    join("projects/", inputs["project"] ?? provider["project"], "/locations/", inputs["location"], "/keyRings/", inputs["name"]),
  "gcp:kms/cryptoKey:CryptoKey": ({ inputs }) => join("", inputs["keyRing"], "/cryptoKeys/", inputs["name"]),
  "azure-native:resources:ResourceGroup": (asked) => resourceGroupId(asked),
  "azure-native:keyvault:Vault": (asked) => vaultId(asked),
  "azure-native:keyvault:Key": (asked) => join("", vaultId(asked), "/keys/", asked.inputs["keyName"]),
};

/** Azure Resource Manager reference, "Resource IDs". */
export function resourceGroupId({ inputs, provider }: Asked): string | undefined {
  return join("/subscriptions/", provider["subscriptionId"], "/resourceGroups/", inputs["resourceGroupName"]);
}

/** Likewise, of a vault. */
export function vaultId(asked: Asked): string | undefined {
  return join("", resourceGroupId(asked), "/providers/Microsoft.KeyVault/vaults/", asked.inputs["vaultName"]);
}

/** A value that is a known text. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== UNKNOWN ? value : undefined;
}

/** The parts one after another; undefined if one of them is no text, or not known. */
export function join(...parts: readonly unknown[]): string | undefined {
  return parts.every((part) => text(part) !== undefined) ? parts.join("") : undefined;
}

/** Id of a resource that `pulumi up` makes, in angle brackets what the cloud chooses; undefined if nothing is known about it. */
export function idPattern(asked: Asked): string | undefined {
  return IDS[asked.type]?.(asked);
}

/** Id of a resource that `pulumi up` makes; undefined if the cloud chooses it. */
export function idOf(asked: Asked): string | undefined {
  const pattern = idPattern(asked);
  return pattern?.includes("<") === true ? undefined : pattern;
}

/** State of a resource that `pulumi up` makes. */
export function createdState(asked: Asked): Values {
  return { ...asked.inputs, ...COMPUTED[asked.type]?.(asked) };
}

/** State of a resource that is there already: what its id tells, and what a review assumes of it. */
export function readState(asked: Asked, id: string): Values {
  return { ...adoptedState(asked, id), ...knownByReading(asked, id) };
}

/** What of it is certain. */
export function knownByReading(asked: Asked, id: string): Values {
  return { ...asked.inputs, ...FROM_ID[asked.type]?.(asked, id) };
}

const FROM_ID: Readonly<Record<string, (asked: Asked, id: string) => Values>> = {
  "aws:kms/key:Key": (asked, id) => {
    const keyId = id.replace(/^arn:.*:key\//, "");
    return { keyId, arn: id.startsWith("arn:") ? id : awsArn(asked, "kms", `key/${keyId}`) };
  },
  "gcp:kms/keyRing:KeyRing": (_, id) => parts(id, /^projects\/(?<project>[^/]+)\/locations\/(?<location>[^/]+)\/keyRings\/(?<name>[^/]+)$/),
  "gcp:kms/cryptoKey:CryptoKey": (_, id) => parts(id, /^(?<keyRing>projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+)\/cryptoKeys\/(?<name>[^/]+)$/),
  "azure-native:keyvault:Vault": (_, id) => {
    const { vaultName } = parts(id, /\/vaults\/(?<vaultName>[^/]+)$/);
    return { name: vaultName ?? UNKNOWN, vaultName: vaultName ?? UNKNOWN };
  },
  "azure-native:keyvault:Key": (_, id) => {
    const { vaultName, keyName } = parts(id, /\/vaults\/(?<vaultName>[^/]+)\/keys\/(?<keyName>[^/]+)$/);
    return { name: keyName ?? UNKNOWN, keyUri: `https://${known(vaultName, "vault")}.vault.azure.net/keys/${known(keyName, "key")}` };
  },
};

function parts(id: string, pattern: RegExp): Readonly<Record<string, string | undefined>> {
  return pattern.exec(id)?.groups ?? {};
}

/** Inputs as they travel, with the wrapping of secrets taken off. Format: Pulumi's sdk/go/common/resource/properties.go. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  if (value["4dabf18193072939515e22adb298388d"] === "1b47061264138c4ac30d75fd1eb44270") return plain(value["value"]);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}

/** True if the resource is a provider of clouds known here. */
export function isProvider(type: string): boolean {
  return type.startsWith("pulumi:providers:") && packageOf(type) !== "";
}
