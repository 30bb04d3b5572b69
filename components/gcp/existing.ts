/**
 * What of the tenant's is there already and is taken over: named by the arguments, read, checked, never changed.
 *
 * @module
 */
import { type ArgumentProblem } from "../argument-problem.js";
import { UnfitResourceError } from "../errors.js";
import { GCP_KMS_NAME_PATTERN, GCP_KMS_NAME_RULE } from "./identity.js";

/** Names of what is there already, in the arguments' project and location. At least one of them. */
export interface GcpExistingArgs {
  /** Name of a key ring. Alone, a new key is made in it. */
  keyRing?: string;
  /** Name of a key, which is granted and left as it is. Its key ring is `keyRing`, or has the default name. */
  key?: string;
}

/** Arguments that say how to create a key ring, where it is, or a key. */
const RING_CREATION_ARGS = ["createProject", "keyRingName"] as const;
const KEY_CREATION_ARGS = ["keyName", "protectionLevel", "rotationPeriodInDays", "destroyDelayInDays", "labels"] as const;

/** The spelling of 0.1, and what took its place. */
const REPLACED = 'was replaced by existing, which names what is there: existing: { key: "NAME" }';

/**
 * Problems of what is to be taken over: names that are none, and arguments beside it that say how to create the same.
 *
 * @param args - arguments of which the members named here are judged
 */
export function gcpExistingProblems(args: object): ArgumentProblem[] {
  const given: Readonly<Record<string, unknown>> = { ...args };
  const replaced: ArgumentProblem[] = given["existingKey"] === undefined ? [] : [[["existingKey"], REPLACED]];
  const existing = given["existing"];
  if (existing === undefined) return replaced;
  if (typeof existing !== "object" || existing === null) return [...replaced, [["existing"], "must be an object with keyRing, key or both"]];

  const { keyRing, key } = existing as Readonly<Record<string, unknown>>;
  if (keyRing === undefined && key === undefined) return [...replaced, [["existing"], "must name keyRing, key or both"]];
  const names = Object.entries({ keyRing, key }).flatMap(([member, name]): ArgumentProblem[] =>
    name === undefined || (typeof name === "string" && GCP_KMS_NAME_PATTERN.test(name)) ? [] : [[["existing", member], GCP_KMS_NAME_RULE]],
  );
  const beside = (thing: string, names: readonly string[]): ArgumentProblem[] =>
    names.filter((name) => given[name] !== undefined).map((name) => [[name], `says how to create a ${thing}; existing names one that is there`]);
  return [
    ...replaced,
    ...names,
    ...beside("key ring", RING_CREATION_ARGS),
    ...(key === undefined ? [] : beside("key", KEY_CREATION_ARGS)),
  ];
}

/** What the provider reads about a key; see @pulumi/gcp/kms/cryptoKey.d.ts. */
export interface GcpFoundKey {
  readonly purpose: string | undefined;
  readonly versionTemplate: { readonly algorithm: string } | undefined;
  readonly importOnly: boolean | undefined;
  /** The primary version, if there is one. */
  readonly primaries: readonly { readonly name: string; readonly state: string }[] | undefined;
}

/**
 * Makes sure that a key can be a tenant's master key: symmetric, of Google's own making, usable now. Where it is, its name
 * says. Source: Cloud KMS reference, CryptoKeyPurpose, CryptoKeyVersionAlgorithm, CryptoKey.importOnly and .primary,
 * CryptoKeyVersionState.
 *
 * @param usable - whether it must be usable now; a key that nobody is granted on need not
 * @throws UnfitResourceError with everything that does not fit
 */
export function requireFit(component: string, name: string, keyName: string, found: GcpFoundKey, usable: boolean): void {
  const misfits = gcpKeyMisfits(found, usable);
  if (misfits.length > 0) throw new UnfitResourceError(component, name, `key ${keyName}`, misfits);
}

function gcpKeyMisfits({ purpose, versionTemplate, importOnly, primaries }: GcpFoundKey, usable: boolean): string[] {
  // Everything else about it follows from its purpose.
  if (purpose !== "ENCRYPT_DECRYPT") {
    return [`its purpose is ${purpose ?? "unknown"}, and must be ENCRYPT_DECRYPT (symmetric encrypt/decrypt), which cannot be changed: name another key`];
  }
  const misfits: string[] = [];
  const algorithm = versionTemplate?.algorithm;
  if (algorithm !== "GOOGLE_SYMMETRIC_ENCRYPTION") {
    misfits.push(`its versions are ${algorithm ?? "of an unknown algorithm"}, and must be GOOGLE_SYMMETRIC_ENCRYPTION: name another key`);
  }
  if (importOnly === true) {
    misfits.push("it is import-only: its material exists outside Cloud KMS too, and it cannot be rotated there; name another key");
  }
  const [primary] = primaries ?? [];
  if (primary === undefined) {
    misfits.push("it has no primary version: make one (gcloud kms keys versions create --primary)");
  } else if (usable && primary.state !== "ENABLED") {
    misfits.push(
      `its primary version ${primary.name} is ${primary.state}: enable it (gcloud kms keys versions enable), or set access to suspended`,
    );
  }
  return misfits;
}
