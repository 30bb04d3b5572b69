/**
 * Configuration of `pulumi:providers:azure-native`. Source: @pulumi/azure-native/provider.d.ts.
 *
 * A subscription that is not the administrator's is ARM's to refuse, as it does: at the first request.
 *
 * @module
 */
import { type AzureDeployer } from "../../azure/index.js";
import { checkAzureSettings, requireDirectory } from "../azure/settings.js";
import { type CheckFailure } from "../schema.js";
import { type Properties, textOf } from "../values.js";

/** A usable configuration. */
export interface AzureNativeConfig {
  readonly subscription: string;
  readonly location: string | undefined;
}

const PLAYED = ["subscriptionId", "tenantId", "location"];
/** Ask for nothing that the sandbox would have to do. */
const HARMLESS = ["disableInstanceDiscovery", "disablePulumiPartnerId", "partnerId"];

/** Says what is wrong with a configuration; credentials and endpoints are the sandbox's own business. */
export function checkAzureNativeConfig(given: Properties): CheckFailure[] {
  return checkAzureSettings(given, [...PLAYED, ...HARMLESS]);
}

/**
 * Reads a configuration; without a subscription it is the one that the administrator is signed in to.
 *
 * @throws Error for a setting that is not played, or another directory than the administrator's.
 */
export function configureAzureNative(given: Properties, deployer: AzureDeployer): AzureNativeConfig {
  const [failure] = checkAzureNativeConfig(given);
  if (failure !== undefined) throw new Error(failure.reason);
  requireDirectory(given, deployer);
  return { subscription: textOf(given, "subscriptionId") ?? deployer.subscriptionId, location: textOf(given, "location") };
}
