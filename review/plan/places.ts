/**
 * Where keys will be, and whether that keeps the residency that the datacenter stands for.
 *
 * @module
 */
import { AWS_RESIDENCY } from "../../components/aws/locations.js";
import { AZURE_RESIDENCY } from "../../components/azure/locations.js";
import { GCP_GLOBAL, GCP_RESIDENCY } from "../../components/gcp/locations.js";
import { type Datacenter, isDatacenter, REGIONS } from "../../components/regions.js";
import { keepsResidency } from "../../components/residency.js";
import { type DeclaredResource, textInput } from "../declared-resource.js";
import { boundAccount } from "../record/adopted.js";
import { type Cloud, type Finding, type Place } from "./schema.js";

/** What is somewhere, by type: its cloud, and how to tell where and whose it is. */
const PLACED: Readonly<Record<string, (resource: DeclaredResource, provider: DeclaredResource | undefined) => Omit<Place, "residency" | "why" | "resource">>> = {
  "aws:kms/key:Key": awsPlace,
  "aws:kms/replicaKey:ReplicaKey": awsPlace,
  "gcp:kms/keyRing:KeyRing": gcpPlace,
  // A key that is taken over has no ring in the program; of one that is made, the ring tells.
  "gcp:kms/cryptoKey:CryptoKey": gcpPlace,
  "azure-native:keyvault:Vault": azurePlace,
  "azure-native:keyvault:Key": azurePlace,
};

/** What cannot be told before a deployment. */
export const ASKED_AT_UP = "known to the cloud";

/** One row per key, ring or vault. */
export function placesOf(resources: readonly DeclaredResource[], datacenter: string | undefined): Place[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  return resources.flatMap((resource): Place[] => {
    const place = PLACED[resource.type]?.(resource, byUrn.get(resource.provider ?? ""));
    if (place === undefined || hasContainer(resource, resources)) return [];
    return [{ ...place, resource: resource.name, ...residencyOf(place.cloud, place.location, datacenter) }];
  });
}

/** A key is where its ring or vault is, if that is in the program too. */
function hasContainer({ type, kind, id = "" }: DeclaredResource, resources: readonly DeclaredResource[]): boolean {
  if (!/(cryptoKey:CryptoKey|keyvault:Key)$/.test(type)) return false;
  return kind === "created" || resources.some((other) => other.id !== undefined && other.type !== type && id.startsWith(`${other.id}/`));
}

function awsPlace(resource: DeclaredResource, provider: DeclaredResource | undefined): ReturnType<NonNullable<(typeof PLACED)[string]>> {
  const arn = /^arn:[^:]+:kms:([^:]+):(\d{12}):/.exec(resource.id ?? "");
  return {
    cloud: "aws",
    account: `account ${arn?.[2] ?? boundAccount(provider?.inputs ?? {})}`,
    location: arn?.[1] ?? textInput(resource, "region") ?? (provider === undefined ? undefined : textInput(provider, "region")) ?? ASKED_AT_UP,
  };
}

function gcpPlace({ id = "" }: DeclaredResource): ReturnType<NonNullable<(typeof PLACED)[string]>> {
  const [, project, location] = /^projects\/([^/]+)\/locations\/([^/]+)\//.exec(id) ?? [];
  return { cloud: "gcp", account: project === undefined ? ASKED_AT_UP : `project ${project}`, location: location ?? ASKED_AT_UP };
}

function azurePlace(resource: DeclaredResource): ReturnType<NonNullable<(typeof PLACED)[string]>> {
  const [, subscription] = /^\/subscriptions\/([^/]+)\//.exec(resource.id ?? "") ?? [];
  return {
    cloud: "azure",
    account: subscription === undefined ? ASKED_AT_UP : `subscription ${subscription}`,
    location: textInput(resource, "location") ?? ASKED_AT_UP,
  };
}

const TABLES = { aws: AWS_RESIDENCY, gcp: GCP_RESIDENCY, azure: AZURE_RESIDENCY };

function residencyOf(cloud: Cloud, location: string, datacenter: string | undefined): Pick<Place, "residency" | "why"> {
  if (location === GCP_GLOBAL) return { residency: "none", why: "location global: served from anywhere" };
  if (location === ASKED_AT_UP) return { residency: "unknown", why: "it is there already: where, `pulumi up` reads and checks" };
  if (!isDatacenter(datacenter)) return { residency: "unknown", why: "the program names no datacenter of the service" };
  if (location === REGIONS[datacenter][cloud]) return { residency: "kept", why: `the region of datacenter ${datacenter}` };
  if (keepsResidency(TABLES[cloud], datacenter, location)) return { residency: "kept", why: `within the residency of ${datacenter}` };
  return { residency: "left", why: leftWhy(cloud, datacenter) };
}

function leftWhy(cloud: Cloud, datacenter: Datacenter): string {
  return `outside the residency of ${datacenter}, which is ${TABLES[cloud][datacenter].join(", ")}`;
}

/** What is to be said about places. */
export function placeFindings(places: readonly Place[]): Finding[] {
  return places.flatMap(({ residency, resource, location, why }): Finding[] => {
    if (residency === "none") return [{ severity: "warning", code: "location-global", resource, message: `is in ${why}; no residency` }];
    if (residency === "left") return [{ severity: "warning", code: "residency-left", resource, message: `is in ${location}, ${why}` }];
    return [];
  });
}
