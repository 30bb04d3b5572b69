/**
 * Configuration of `pulumi:providers:aws`. Source: @pulumi/aws/provider.d.ts; account check:
 * hashicorp/aws-sdk-go-base, VerifyAccountIDAllowed ("AWS account ID not allowed: ..."), which the provider runs when it
 * is configured, before any resource is looked at.
 *
 * @module
 */
import { REGION } from "../../aws/arn.js";
import { type CheckFailure } from "../schema.js";
import { hasUnknown, type Properties, shown, type Value } from "../values.js";

/** A usable configuration. */
export interface AwsProviderConfig {
  readonly region: string;
  readonly allowedAccountIds: readonly string[];
  readonly forbiddenAccountIds: readonly string[];
}

/** Values that ask for nothing the sandbox would have to do; the SDK sends the first two in every program. */
const HARMLESS = new Set(["skipCredentialsValidation", "skipRegionValidation", "skipMetadataApiCheck", "version"]);
const PLAYED = new Set(["region", "allowedAccountIds", "forbiddenAccountIds"]);

/** Says what is wrong with a configuration; credentials and endpoints are the sandbox's own business. */
export function checkAwsConfig(given: Properties): CheckFailure[] {
  const failures: CheckFailure[] = [];
  for (const [property, value] of Object.entries(given)) {
    if (PLAYED.has(property) || HARMLESS.has(property) || value === null || property === "__internal") continue;
    failures.push({ property, reason: `the sandbox does not implement the provider setting "${property}"` });
  }
  const { region } = given;
  if (region === undefined || region === null || region === "") {
    failures.push({
      property: "region",
      reason: "Missing region configuration. Set the region of the provider, e.g. `pulumi config set aws:region us-west-2`.",
    });
  } else if (!hasUnknown(region) && !REGION.test(shown(region))) {
    failures.push({ property: "region", reason: `invalid AWS Region: ${shown(region)}` });
  }
  for (const property of ["allowedAccountIds", "forbiddenAccountIds"]) {
    const value = given[property] ?? null;
    if (!hasUnknown(value) && parseList(value) === undefined) {
      failures.push({ property, reason: `"${property}" must be a list of account ids` });
    }
  }
  if ((parseList(given["allowedAccountIds"] ?? null) ?? []).length > 0 && (parseList(given["forbiddenAccountIds"] ?? null) ?? []).length > 0) {
    failures.push({ property: "allowedAccountIds", reason: '"allowedAccountIds": conflicts with forbiddenAccountIds' });
  }
  return failures;
}

/**
 * Reads a checked configuration and makes sure that the account may be used.
 *
 * @throws Error in the provider's words.
 */
export function configureAws(given: Properties, account: string): AwsProviderConfig {
  const [failure] = checkAwsConfig(given);
  if (failure !== undefined) throw new Error(failure.reason);
  const config = {
    region: shown(given["region"] ?? ""),
    allowedAccountIds: parseList(given["allowedAccountIds"] ?? null) ?? [],
    forbiddenAccountIds: parseList(given["forbiddenAccountIds"] ?? null) ?? [],
  };
  const refused =
    config.forbiddenAccountIds.includes(account) ||
    (config.allowedAccountIds.length > 0 && !config.allowedAccountIds.includes(account));
  if (refused) throw new Error(`AWS account ID not allowed: ${account}`);
  return config;
}

/** A list, or JSON of one: the SDK sends lists of provider settings as JSON text. */
function parseList(value: Value): string[] | undefined {
  if (value === null) return [];
  let list: unknown = value;
  if (typeof value === "string") {
    try {
      list = JSON.parse(value);
    } catch {
      return undefined;
    }
  }
  return Array.isArray(list) && list.every((item) => typeof item === "string") ? list : undefined;
}
