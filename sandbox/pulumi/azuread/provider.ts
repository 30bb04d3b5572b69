/**
 * The provider `azuread`: the resource types against the sandbox's Microsoft Graph, with the administrator's tokens.
 * Configuration: @pulumi/azuread/provider.d.ts.
 *
 * @module
 */
import { AZURE_CLI } from "../../azure/tokens.js";
import { connectAzure } from "../azure/client.js";
import { checkAzureSettings, requireDirectory } from "../azure/settings.js";
import { type Configuration, defineProvider, type SandboxAccess } from "../provider.js";
import { type CheckFailure } from "../schema.js";
import { type Properties } from "../values.js";
import { applicationCertificateType } from "./application-certificate.js";
import { applicationType } from "./application.js";
import { type AzureadContext } from "./context.js";
import { LOOKUPS } from "./lookups.js";
import { servicePrincipalType } from "./service-principal.js";

/** Played, and those that ask for nothing the sandbox would have to do. */
const SETTINGS = ["tenantId", "disableTerraformPartnerId", "partnerId"];

/** `@pulumi/azuread` as far as the sandbox plays it. */
export const azureadProvider = defineProvider<AzureadContext>({
  name: "azuread",
  sdk: "@pulumi/azuread",
  types: [applicationType, servicePrincipalType, applicationCertificateType],
  checkConfig,
  configure,
});

function checkConfig(given: Properties): CheckFailure[] {
  return checkAzureSettings(given, SETTINGS);
}

function configure(given: Properties, access: SandboxAccess): Configuration<AzureadContext> {
  const { client, deployer } = connectAzure(access);
  const [failure] = checkConfig(given);
  if (failure !== undefined) throw new Error(failure.reason);
  requireDirectory(given, deployer);
  const { entraTenantId: tenantId, objectId } = deployer;
  const context: AzureadContext = { client, writing: new Map() };
  return {
    inherited: {},
    context: () => Promise.resolve(context),
    invoke(token, args) {
      const lookup = LOOKUPS[token];
      if (lookup !== undefined) return lookup(context, args);
      if (token !== "azuread:index/getClientConfig:getClientConfig") throw new Error(`the sandbox does not implement the function ${token}`);
      return { clientId: AZURE_CLI, id: `${tenantId}-${AZURE_CLI}-${objectId}`, objectId, tenantId };
    },
    close: () => {
      client.close();
    },
  };
}
