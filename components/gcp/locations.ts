/**
 * Cloud KMS locations: which keep whose residency.
 *
 * @module
 */
import { Datacenter } from "../regions.js";
import { type ResidencyTable } from "../residency.js";

/** Cloud KMS's location without a place: keys in it are served from anywhere. Only ever used when named. */
export const GCP_GLOBAL = "global";

/**
 * Shape of a single region, e.g. `europe-west4`. Multi-regions (`eu`, `nam4`) and dual regions do not match: their keys
 * have no exact place.
 */
export const GCP_REGION_PATTERN = /^[a-z]+-[a-z]+\d{1,2}$/;

/** What a location must look like, in words. */
export const GCP_LOCATION_RULE = `must be one exact region such as europe-west4, or ${GCP_GLOBAL}`;

/**
 * Single regions by datacenter: those that "Cloud KMS locations" (https://cloud.google.com/kms/docs/locations) lists as
 * regional within the country, or within the member states of the European Union: not London, not Zurich. Regions that
 * Google opens later are added by a release. Key material of all protection levels stays in the region, says the same page.
 */
export const GCP_RESIDENCY: ResidencyTable = {
  [Datacenter.Usa]: [
    "us-central1",
    "us-east1",
    "us-east4",
    "us-east5",
    "us-south1",
    "us-west1",
    "us-west2",
    "us-west3",
    "us-west4",
  ],
  [Datacenter.Eu]: [
    "europe-west4",
    "europe-central2",
    "europe-north1",
    "europe-north2",
    "europe-southwest1",
    "europe-west1",
    "europe-west3",
    "europe-west8",
    "europe-west9",
    "europe-west10",
    "europe-west12",
  ],
  [Datacenter.Uk]: ["europe-west2"],
  [Datacenter.Au]: ["australia-southeast1", "australia-southeast2"],
  [Datacenter.Ca]: ["northamerica-northeast1", "northamerica-northeast2"],
};
