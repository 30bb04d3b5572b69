/**
 * The provider `azure-native`: the resource types against the sandbox's Azure Resource Manager, with the administrator's
 * tokens.
 *
 * @module
 */
import { AZURE_CLI } from "../../azure/tokens.js";
import { connectAzure } from "../azure/client.js";
import { type Configuration, defineProvider, type SandboxAccess } from "../provider.js";
import { type Properties } from "../values.js";
import { accessPolicyType } from "./access-policy.js";
import { INPUT_COMPARISON } from "./comparison.js";
import { checkAzureNativeConfig, configureAzureNative } from "./config.js";
import { type AzureNativeContext } from "./context.js";
import { readKey, vaultKeyType } from "./key.js";
import { getResourceGroup, resourceGroupType } from "./resource-group.js";
import { readRoleAssignment, roleAssignmentType } from "./role-assignment.js";
import { readVault, vaultType } from "./vault.js";
import { WATCH_TYPES } from "./watch-types.js";

/** `@pulumi/azure-native` as far as the sandbox plays it. */
export const azureNativeProvider = defineProvider<AzureNativeContext>({
  name: "azure-native",
  sdk: "@pulumi/azure-native",
  types: [resourceGroupType, vaultType, vaultKeyType, accessPolicyType, roleAssignmentType, ...WATCH_TYPES],
  comparison: INPUT_COMPARISON,
  checkConfig: checkAzureNativeConfig,
  configure,
});

function configure(given: Properties, access: SandboxAccess): Configuration<AzureNativeContext> {
  const { client, deployer } = connectAzure(access);
  const { subscription, location } = configureAzureNative(given, deployer);
  const context = { client, subscription, location };
  return {
    // Locations are filled in when a resource is made: some come from its group.
    inherited: {},
    context: () => Promise.resolve(context),
    async invoke(token, args) {
      switch (token) {
        case "azure-native:authorization:getClientConfig":
          return { clientId: AZURE_CLI, objectId: deployer.objectId, subscriptionId: subscription, tenantId: deployer.entraTenantId };
        case "azure-native:resources:getResourceGroup":
          return getResourceGroup(context, args);
        case "azure-native:keyvault:getVault":
          return readVault(context, args);
        case "azure-native:keyvault:getKey":
          return readKey(context, args);
        case "azure-native:authorization:getRoleAssignment":
          return readRoleAssignment(context, args);
        default:
          throw new Error(`the sandbox does not implement the function ${token}`);
      }
    },
    close: () => {
      client.close();
    },
  };
}
