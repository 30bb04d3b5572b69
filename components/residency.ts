/**
 * Where a key may be: the datacenter's own region, or another one within the same residency.
 *
 * @module
 */
import { type Datacenter } from "./regions.js";

/** The exact regions of one cloud that keep a datacenter's residency, by datacenter. */
export type ResidencyTable = Readonly<Record<Datacenter, readonly string[]>>;

/** True if `location` keeps the residency of `datacenter`. */
export function keepsResidency(table: ResidencyTable, datacenter: Datacenter, location: string): boolean {
  return table[datacenter].includes(location);
}

/** What a location must be, in words, for one that is not in the datacenter's residency. */
export function residencyRule(table: ResidencyTable, datacenter: Datacenter): string {
  return `is outside the residency of ${datacenter}, which is ${table[datacenter].join(", ")}`;
}

/** What people must be told about a key in `location`; `undefined` if it keeps the residency of `datacenter`. */
export function residencyWarning(table: ResidencyTable, datacenter: Datacenter, location: string): string | undefined {
  return keepsResidency(table, datacenter, location)
    ? undefined
    : `the key is in ${location}, which ${residencyRule(table, datacenter)}`;
}
