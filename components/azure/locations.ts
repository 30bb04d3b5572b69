/**
 * Azure regions: which keep whose residency.
 *
 * @module
 */
import { Datacenter } from "../regions.js";
import { type ResidencyTable } from "../residency.js";

/** Shape of a region's programmatic name, e.g. `westeurope`; not its display name, "West Europe". */
export const AZURE_LOCATION_PATTERN = /^[a-z]+\d?$/;

/** What {@link AZURE_LOCATION_PATTERN} says, in words. */
export const AZURE_LOCATION_RULE = "must be the name of an Azure region such as westeurope";

/**
 * Regions by datacenter: those that "Azure regions list" (https://learn.microsoft.com/azure/reliability/regions-list) has in
 * the country, or in member states of the European Union: neither Norway nor Switzerland. A vault's contents are also
 * replicated to the region's pair ("Azure Key Vault availability and redundancy"); every pair of these is in the same row.
 */
export const AZURE_RESIDENCY: ResidencyTable = {
  [Datacenter.Usa]: [
    "centralus",
    "eastus",
    "eastus2",
    "northcentralus",
    "southcentralus",
    "westcentralus",
    "westus",
    "westus2",
    "westus3",
  ],
  [Datacenter.Eu]: [
    "westeurope",
    "austriaeast",
    "belgiumcentral",
    "denmarkeast",
    "francecentral",
    "francesouth",
    "germanynorth",
    "germanywestcentral",
    "italynorth",
    "northeurope",
    "polandcentral",
    "spaincentral",
    "swedencentral",
    "swedensouth",
  ],
  [Datacenter.Uk]: ["uksouth", "ukwest"],
  [Datacenter.Au]: ["australiaeast", "australiacentral", "australiacentral2", "australiasoutheast"],
  [Datacenter.Ca]: ["canadacentral", "canadaeast"],
};
