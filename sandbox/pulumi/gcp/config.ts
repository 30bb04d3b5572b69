/**
 * Configuration of `pulumi:providers:gcp`. Source: @pulumi/gcp/provider.d.ts and provider.js (which settings there are, and
 * that those which are not text arrive as JSON).
 *
 * @module
 */
import { type CheckFailure } from "../schema.js";
import { hasUnknown, type Properties, shown } from "../values.js";

/** A usable configuration. */
export interface GcpProviderConfig {
  readonly project: string | undefined;
  readonly region: string | undefined;
  readonly zone: string | undefined;
  readonly attributes: boolean;
}

/** Settings that ask for nothing the sandbox would have to do. */
const HARMLESS = new Set(["version", "disableGlobalProjectWarning", "skipRegionValidation"]);
const PLAYED = new Set(["project", "region", "zone", "addPulumiAttributionLabel"]);
/** A region or zone of Compute Engine. */
const PLACE = /^[a-z]+-[a-z]+\d{1,2}(-[a-z])?$/;

/** Says what is wrong with a configuration; credentials and endpoints are the sandbox's own business. */
export function checkGcpConfig(given: Properties): CheckFailure[] {
  const failures: CheckFailure[] = [];
  for (const [property, value] of Object.entries(given)) {
    // Labels that none were asked for, and other empty settings, arrive as JSON of nothing.
    if (value === null || value === "" || value === "{}" || property === "__internal" || HARMLESS.has(property)) continue;
    if (!PLAYED.has(property)) {
      failures.push({ property, reason: `the sandbox does not implement the provider setting "${property}"` });
    } else if (hasUnknown(value)) {
      continue;
    } else if (property === "addPulumiAttributionLabel" && !["true", "false"].includes(shown(value))) {
      failures.push({ property, reason: `"${property}" must be a boolean` });
    } else if ((property === "region" || property === "zone") && !PLACE.test(shown(value))) {
      failures.push({ property, reason: `"${shown(value)}" is not a valid ${property} for Google Cloud` });
    }
  }
  return failures;
}

/**
 * Reads a checked configuration.
 *
 * @throws Error in the provider's words.
 */
export function configureGcp(given: Properties): GcpProviderConfig {
  const [failure] = checkGcpConfig(given);
  if (failure !== undefined) throw new Error(failure.reason);
  const text = (name: string): string | undefined => {
    const value = given[name] ?? null;
    return value === null || value === "" ? undefined : shown(value);
  };
  return {
    project: text("project"),
    region: text("region"),
    zone: text("zone"),
    attributes: text("addPulumiAttributionLabel") !== "false",
  };
}
