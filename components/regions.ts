/**
 * Which cloud region serves which datacenter of the backup service. The only source of regions in this package: a key
 * beside its data keeps latency low and the data's residency intact.
 *
 * @module
 */
import { isOneOf } from "./one-of.js";

/** The service's own region groups; same values as `DATACENTERS` of the master key descriptor. */
export enum Datacenter {
  /** United States. */
  Usa = "usa",
  /** European Union. */
  Eu = "eu",
  /** United Kingdom. */
  Uk = "uk",
  /** Australia. */
  Au = "au",
  /** Canada. */
  Ca = "ca",
}

/** One row of the table: a region per cloud. */
export interface CloudRegions {
  /** AWS region code, e.g. `eu-central-1`. */
  readonly aws: string;
  /** Cloud KMS location, always a single region, e.g. `europe-west4`. */
  readonly gcp: string;
  /** Azure region by its programmatic name, e.g. `westeurope`. */
  readonly azure: string;
}

/** Datacenter to cloud regions; design.md 4.6. Changing a row moves keys: it is a breaking change. */
export const REGIONS: Readonly<Record<Datacenter, CloudRegions>> = {
  [Datacenter.Usa]: { aws: "us-east-2", gcp: "us-central1", azure: "centralus" },
  [Datacenter.Eu]: { aws: "eu-central-1", gcp: "europe-west4", azure: "westeurope" },
  [Datacenter.Uk]: { aws: "eu-west-2", gcp: "europe-west2", azure: "uksouth" },
  [Datacenter.Au]: { aws: "ap-southeast-2", gcp: "australia-southeast1", azure: "australiaeast" },
  [Datacenter.Ca]: { aws: "ca-central-1", gcp: "northamerica-northeast1", azure: "canadacentral" },
};

/** Every datacenter, in the order of the table. */
export const DATACENTERS: readonly Datacenter[] = Object.values(Datacenter);

/** True if `value` names a datacenter; for input that TypeScript has not checked. */
export function isDatacenter(value: unknown): value is Datacenter {
  return isOneOf(Datacenter, value);
}
