/**
 * What a cloud would say about things that a program adopts. Nobody can know offline, so a review assumes that they fit, which
 * `pulumi preview` checks: an enabled key of the right kind, in a vault that nobody else was granted, under a key policy that is
 * AWS's own. A program that gets no answer would leave out the grants that it makes on them.
 *
 * @module
 */
import { isDatacenter, REGIONS } from "../../components/regions.js";
import { textInput } from "../declared-resource.js";
import { type Asked, type Values } from "./cloud-answers.js";

/** The stack's configuration, as the program gets it. */
type Config = Readonly<Record<string, string>>;

/** State of what a program reads by its id, beside what the id tells. Names: the SDKs' declarations of each resource. */
export function adoptedState({ type, provider }: Asked, id: string): Values {
  switch (type) {
    case "aws:kms/key:Key":
      return { policy: defaultKeyPolicy(boundAccount(provider)) };
    case "gcp:kms/cryptoKey:CryptoKey":
      return {
        purpose: "ENCRYPT_DECRYPT",
        importOnly: false,
        versionTemplate: { algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION", protectionLevel: "SOFTWARE" },
        primaries: [{ name: `${id}/cryptoKeyVersions/1`, state: "ENABLED" }],
      };
    default:
      return {};
  }
}

/**
 * Answers of the functions by which programs look for what they adopt, and prove who is deploying: the tenant's administrator,
 * says a review. Undefined for others.
 */
export function lookedUp(token: string, args: Values, provider: Values, config: Config): Values | undefined {
  const region = textInput({ inputs: args }, "region") ?? textInput({ inputs: provider }, "region") ?? "";
  switch (token) {
    case "aws:kms/getKey:getKey": {
      const asked = textInput({ inputs: args }, "keyId") ?? "";
      const account = boundAccount(provider);
      const keyId = /^alias\//.test(asked) ? `<id of ${asked}>` : asked.replace(/^arn:.*:key\//, "");
      return {
        id: keyId,
        keyId,
        arn: /^arn:.*:key\//.test(asked) ? asked : `arn:aws:kms:${region}:${account}:key/${keyId}`,
        awsAccountId: account,
        keyManager: "CUSTOMER",
        keySpec: "SYMMETRIC_DEFAULT",
        customerMasterKeySpec: "SYMMETRIC_DEFAULT",
        keyUsage: "ENCRYPT_DECRYPT",
        keyState: "Enabled",
        enabled: true,
        multiRegion: false,
        multiRegionConfigurations: [],
        origin: "AWS_KMS",
        validTo: "",
        deletionDate: "",
        description: "",
      };
    }
    case "azuread:index/getApplication:getApplication": {
      const clientId = textInput({ inputs: args }, "clientId") ?? "";
      return { id: `/applications/<object id of ${clientId}>`, clientId, signInAudience: "AzureADMyOrg", displayName: clientId };
    }
    case "azuread:index/getServicePrincipal:getServicePrincipal": {
      const clientId = textInput({ inputs: args }, "clientId") ?? "";
      return { id: `/servicePrincipals/<object id of ${clientId}>`, clientId, objectId: `<service principal of application ${clientId}>`, accountEnabled: true };
    }
    case "azure-native:keyvault:getVault":
      return adoptedVault(args, provider, config);
    case "azure-native:keyvault:getKey":
      return {
        name: args["keyName"],
        kty: "RSA",
        keySize: 3072,
        keyOps: ["encrypt", "decrypt", "wrapKey", "unwrapKey"],
        attributes: { enabled: true },
      };
    case "azure-native:resources:getResourceGroup":
      return { name: args["resourceGroupName"] };
    case "aws:index/getCallerIdentity:getCallerIdentity":
      return { accountId: boundAccount(provider), arn: "<arn of the deployer>" };
    case "gcp:organizations/getProject:getProject":
      return { projectId: args["projectId"] ?? provider["project"] };
    case "azure-native:authorization:getClientConfig":
      return { tenantId: provider["tenantId"], subscriptionId: provider["subscriptionId"] };
    case "azuread:index/getClientConfig:getClientConfig":
      return { tenantId: provider["tenantId"] };
    default:
      return undefined;
  }
}

function adoptedVault(args: Values, provider: Values, config: Config): Values {
  const datacenter = config["byok:datacenter"];
  const azure = config["byok:azure"];
  return {
    name: args["vaultName"],
    ...(isDatacenter(datacenter) ? { location: memberOf(azure, "location") ?? REGIONS[datacenter].azure } : {}),
    properties: {
      tenantId: textInput({ inputs: provider }, "tenantId") ?? memberOf(azure, "entraTenantId") ?? "",
      // Good for keys in software and in HSMs.
      sku: { family: "A", name: "premium" },
      enableSoftDelete: true,
      softDeleteRetentionInDays: 90,
      enablePurgeProtection: true,
      enableRbacAuthorization: memberOf(azure, "grantBy") === "role",
      accessPolicies: [],
    },
  };
}

/** AWS KMS Developer Guide, "Default key policy". */
function defaultKeyPolicy(account: string): string {
  const statement = { Sid: "Enable IAM User Permissions", Effect: "Allow", Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: "kms:*", Resource: "*" };
  return JSON.stringify({ Version: "2012-10-17", Id: "key-default-1", Statement: [statement] });
}

/** The account that a provider of AWS is bound to, as stacks/providers.ts binds it; in angle brackets if it is bound to none. */
export function boundAccount(provider: Values): string {
  const allowed = provider["allowedAccountIds"];
  const list: unknown = typeof allowed === "string" ? JSON.parse(allowed) : allowed;
  return Array.isArray(list) && typeof list[0] === "string" ? list[0] : "<account>";
}

/** A text member of an object in the configuration. */
function memberOf(json: string | undefined, member: string): string | undefined {
  const value: unknown = json === undefined ? undefined : JSON.parse(json);
  return typeof value === "object" && value !== null ? textInput({ inputs: value as Values }, member) : undefined;
}
