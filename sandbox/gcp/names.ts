/**
 * Resource names of Cloud KMS. Source: Cloud KMS API reference (REST resources `projects.locations.keyRings` and below),
 * "Object hierarchy".
 *
 * @module
 */
import { invalidArgument, misrouted } from "./errors.js";

/** Id of a key ring or key: the pattern in CreateKeyRingRequest and CreateCryptoKeyRequest (service.proto). */
export const RESOURCE_ID = /^[a-zA-Z0-9_-]{1,63}$/;

/**
 * Id of a project: 6 to 30 lower-case letters, digits and hyphens, begins with a letter, ends with none of them
 * (Resource Manager reference, `Project.projectId`). A project may also be named by its number.
 */
export const PROJECT_ID = /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/;

/** Locations of Cloud KMS that are no single region (Cloud KMS documentation, "Cloud KMS locations"). */
const WIDE_LOCATION = /^(global|us|europe|asia|ca|au|de|in|it|nam[0-9]{1,2}|eur[0-9]{1,2}|asia[0-9])$/;
/** A region: area, direction, number. Which regions exist changes too often for a list to stay right. */
const REGION = /^[a-z]+-[a-z]+[0-9]{1,2}$/;

/** The parts of a name; what a shorter name lacks is undefined. */
export interface ResourceName {
  readonly project: string;
  readonly location: string;
  readonly keyRing?: string | undefined;
  readonly cryptoKey?: string | undefined;
  readonly version?: string | undefined;
}

const PATTERN =
  /^projects\/([^/]+)\/locations\/([^/]+)(?:\/keyRings\/([^/]+)(?:\/cryptoKeys\/([^/]+)(?:\/cryptoKeyVersions\/([^/]+))?)?)?$/;

/** What a name must be, with what it ends. */
export type ResourceKind = "location" | "keyRing" | "cryptoKey" | "version";

const FORMS: Readonly<Record<ResourceKind, string>> = {
  location: "projects/*/locations/*",
  keyRing: "projects/*/locations/*/keyRings/*",
  cryptoKey: "projects/*/locations/*/keyRings/*/cryptoKeys/*",
  version: "projects/*/locations/*/keyRings/*/cryptoKeys/*/cryptoKeyVersions/*",
};

/** Reads a name; undefined if it is none of Cloud KMS. */
export function parseName(name: string): (ResourceName & { readonly kind: ResourceKind }) | undefined {
  const [, project, location, keyRing, cryptoKey, version] = PATTERN.exec(name) ?? [];
  if (project === undefined || location === undefined) return undefined;
  const kind = version !== undefined ? "version" : cryptoKey !== undefined ? "cryptoKey" : keyRing !== undefined ? "keyRing" : "location";
  return { kind, project, location, keyRing, cryptoKey, version };
}

/**
 * Reads a name that must be of one of some kinds.
 *
 * @throws GoogleError INVALID_ARGUMENT; NOT_FOUND for a location that Cloud KMS cannot have.
 */
export function requireName(name: string, ...kinds: readonly ResourceKind[]): ResourceName & { readonly kind: ResourceKind } {
  const parsed = parseName(name);
  if (parsed === undefined || !kinds.includes(parsed.kind)) {
    const forms = kinds.map((kind) => `'${FORMS[kind]}'`).join(" or ");
    throw invalidArgument(`Resource name '${name}' does not match ${forms}.`);
  }
  const { location } = parsed;
  if (!WIDE_LOCATION.test(location) && !REGION.test(location)) {
    throw misrouted(location);
  }
  return parsed;
}

/** The names above a name, itself included, narrowest first: version, key, key ring; not the location. */
export function lineage(of: ResourceName): string[] {
  const names: string[] = [];
  let name = `projects/${of.project}/locations/${of.location}`;
  for (const [collection, id] of [["keyRings", of.keyRing], ["cryptoKeys", of.cryptoKey], ["cryptoKeyVersions", of.version]] as const) {
    if (id === undefined) break;
    name = `${name}/${collection}/${id}`;
    names.unshift(name);
  }
  return names;
}

/** Name of a key's version. */
export function versionName(key: string, version: number): string {
  return `${key}/cryptoKeyVersions/${version}`;
}
