/**
 * What the configurations of the two Azure providers have in common. Their SDKs send booleans as JSON text.
 *
 * @module
 */
import { type AzureDeployer } from "../../azure/index.js";
import { type CheckFailure } from "../schema.js";
import { hasUnknown, type Properties, shown, textOf, type Value } from "../values.js";

/** Settings that may be named if they ask for nothing: what the SDKs send in every program, ways to sign in that are off. */
const ALLOWED_VALUES: Readonly<Record<string, (value: Value) => boolean>> = {
  environment: (value) => ["public", ""].includes(shown(value).toLowerCase()),
  useAksWorkloadIdentity: isOff,
  useCli: () => true,
  useDefaultAzureCredential: () => true,
  useMsi: isOff,
  useOidc: isOff,
};

function isOff(value: Value): boolean {
  return shown(value) === "false";
}

/** Says which settings the sandbox does not play. */
export function checkAzureSettings(given: Properties, played: readonly string[]): CheckFailure[] {
  const failures: CheckFailure[] = [];
  for (const [property, value] of Object.entries(given)) {
    if (value === null || played.includes(property) || property === "version" || property === "__internal") continue;
    const isAllowed = ALLOWED_VALUES[property];
    if (isAllowed === undefined) {
      failures.push({ property, reason: `the sandbox does not implement the provider setting "${property}"` });
    } else if (!hasUnknown(value) && !isAllowed(value)) {
      failures.push({ property, reason: `the sandbox does not implement ${shown(value)} for the provider setting "${property}"` });
    }
  }
  return failures;
}

/**
 * Makes sure that the provider is for the directory of whoever is signed in: nobody gets a token for another one.
 *
 * @throws Error in our own words; each way to sign in has its own.
 */
export function requireDirectory(given: Properties, { entraTenantId, userPrincipalName }: AzureDeployer): void {
  const wanted = textOf(given, "tenantId");
  if (wanted !== undefined && wanted !== "" && wanted.toLowerCase() !== entraTenantId) {
    throw new Error(`${userPrincipalName} is signed in to the directory ${entraTenantId}, not to ${wanted}: sign in there, or correct tenantId`);
  }
}
