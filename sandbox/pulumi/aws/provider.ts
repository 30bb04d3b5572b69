/**
 * The provider `aws`: the resource types against the sandbox's KMS, with the deployer's credentials.
 *
 * @module
 */
import { type KMSClient } from "@aws-sdk/client-kms";

import { loadKmsSdk } from "../load.js";
import { type Configuration, defineProvider, type SandboxAccess } from "../provider.js";
import { type Properties, textOf } from "../values.js";
import { aliasType } from "./alias.js";
import { checkAwsConfig, configureAws } from "./config.js";
import { type AwsContext } from "./context.js";
import { getKey } from "./get-key.js";
import { grantType } from "./grant.js";
import { keyPolicyType } from "./key-policy.js";
import { keyType } from "./key.js";
import { callStore, STORED_TYPES } from "./stored.js";
import { replicaKeyType } from "./replica-key.js";

/** `@pulumi/aws` as far as the sandbox plays it. */
export const awsProvider = defineProvider<AwsContext>({
  name: "aws",
  sdk: "@pulumi/aws",
  types: [keyType, replicaKeyType, aliasType, keyPolicyType, grantType, ...STORED_TYPES],
  checkConfig: checkAwsConfig,
  configure,
});

function configure(given: Properties, { endpoints, deployers: { aws: deployer } }: SandboxAccess): Configuration<AwsContext> {
  const config = configureAws(given, deployer.account);
  const clients = new Map<string, KMSClient>();
  const contextIn = async (region: string): Promise<AwsContext> => {
    const sdk = await loadKmsSdk();
    const kmsIn = (where: string): KMSClient => {
      let kms = clients.get(where);
      if (kms === undefined) {
        const { accessKeyId, secretAccessKey, sessionToken } = deployer;
        kms = new sdk.KMSClient({
          region: where,
          endpoint: endpoints["aws-kms"],
          credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
        });
        clients.set(where, kms);
      }
      return kms;
    };
    const store: AwsContext["store"] = (operation, members) => callStore(endpoints["aws-kms"], deployer, region, operation, members);
    return { account: deployer.account, region, kms: kmsIn(region), kmsIn, store, sdk };
  };
  return {
    // A resource without a region of its own lives in the provider's.
    inherited: { region: config.region },
    async context(properties) {
      const region = textOf(properties, "region") ?? config.region;
      return contextIn(region);
    },
    /** Who is deploying, where; and a key as `aws.kms.getKey` describes it. */
    async invoke(token, args) {
      switch (token) {
        case "aws:kms/getKey:getKey":
          return getKey(await contextIn(textOf(args, "region") ?? config.region), args);
        case "aws:index/getCallerIdentity:getCallerIdentity":
          return { accountId: deployer.account, arn: deployer.arn, id: deployer.account, userId: deployer.accessKeyId };
        case "aws:index/getRegion:getRegion":
          return { id: config.region, name: config.region, region: config.region };
        default:
          throw new Error(`the sandbox does not implement the function ${token}`);
      }
    },
    close() {
      for (const client of clients.values()) client.destroy();
      clients.clear();
    },
  };
}
