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
import { keyPolicyType } from "./key-policy.js";
import { keyType } from "./key.js";

/** `@pulumi/aws` as far as the sandbox plays it. */
export const awsProvider = defineProvider<AwsContext>({
  name: "aws",
  sdk: "@pulumi/aws",
  types: [keyType, aliasType, keyPolicyType],
  checkConfig: checkAwsConfig,
  configure,
});

function configure(given: Properties, { endpoints, deployers: { aws: deployer } }: SandboxAccess): Configuration<AwsContext> {
  const config = configureAws(given, deployer.account);
  const clients = new Map<string, KMSClient>();
  return {
    // A resource without a region of its own lives in the provider's.
    inherited: { region: config.region },
    async context(properties) {
      const region = textOf(properties, "region") ?? config.region;
      const sdk = await loadKmsSdk();
      let kms = clients.get(region);
      if (kms === undefined) {
        const { accessKeyId, secretAccessKey, sessionToken } = deployer;
        kms = new sdk.KMSClient({
          region,
          endpoint: endpoints["aws-kms"],
          credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
        });
        clients.set(region, kms);
      }
      return { account: deployer.account, region, kms, sdk };
    },
    /** Who is deploying, where. */
    invoke(token) {
      switch (token) {
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
