/**
 * The service's addresses, as a vault's firewall takes them.
 *
 * @module
 */
import { isIPv4 } from "node:net";

import { type ArgumentProblem, listProblems } from "../argument-problem.js";

/**
 * Most rules of a vault. Azure Key Vault documentation, "Configure Azure Key Vault networking settings": 1,000 IPv4 rules.
 */
const MAX_ADDRESSES = 1_000;

/** Every address: opens the vault again. */
export const EVERY_ADDRESS = "0.0.0.0/0";

/** What addresses must be, in words. */
export const SERVICE_ADDRESSES_RULE = `must be a list of 1 to ${MAX_ADDRESSES} addresses such as 203.0.113.8 or 203.0.113.0/28`;

/**
 * What nobody on the internet calls from. Azure refuses private ranges (the same documentation, "Considerations": RFC 1918);
 * the others never reach it. IANA IPv4 Special-Purpose Address Registry.
 */
const NOT_PUBLIC = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "224.0.0.0/3",
].map((range) => {
  const [address = "", prefix = ""] = range.split("/");
  return endsOf(address, Number(prefix));
});

/** Problems of a list of addresses, by paths below it. */
export function serviceAddressesProblems(given: unknown): ArgumentProblem[] {
  if (Array.isArray(given) && given.includes(EVERY_ADDRESS)) {
    return given.length === 1 ? [] : [[[given.indexOf(EVERY_ADDRESS)], "is every address; name it alone, or leave it out"]];
  }
  return listProblems([], given, MAX_ADDRESSES, SERVICE_ADDRESSES_RULE, addressProblem);
}

function addressProblem(given: unknown): string | undefined {
  const [address = "", prefix = "32", ...rest] = typeof given === "string" ? given.split("/") : [];
  const bits = /^\d{1,2}$/.test(prefix) ? Number(prefix) : NaN;
  if (rest.length > 0 || !isIPv4(address) || !(bits >= 1 && bits <= 32)) {
    return "must be an IPv4 address or CIDR range such as 203.0.113.0/28; Azure Key Vault takes no IPv6";
  }
  const [first, last] = endsOf(address, bits);
  if (textOf(first) !== address) return `is no range: one of that size begins at ${textOf(first)}/${bits}`;
  return NOT_PUBLIC.some(([from, to]) => first <= to && from <= last)
    ? "must be public: name the address that the service comes from on the internet"
    : undefined;
}

/** First and last address of the range that an address is in, as numbers. */
function endsOf(address: string, bits: number): readonly [first: number, last: number] {
  const size = 2 ** (32 - bits);
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = Math.floor(number / size) * size;
  return [first, first + size - 1];
}

function textOf(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/** A vault's network rules. */
export interface AzureNetworkRules {
  readonly bypass: "AzureServices" | "None";
  readonly defaultAction: "Allow" | "Deny";
  readonly ipRules: { readonly value: string }[];
}

/**
 * Network rules by which these addresses, and no others, reach the vault.
 *
 * `bypass` is `None`: the list of trusted Microsoft services ("Virtual network service endpoints for Azure Key Vault") has
 * nothing on it that a tenant's key needs. The service is none of them, a rotation policy works within Key Vault, and Azure
 * Resource Manager is not subject to a vault's network rules.
 */
export function azureNetworkRules(addresses: readonly string[]): AzureNetworkRules {
  if (addresses.includes(EVERY_ADDRESS)) return { bypass: "AzureServices", defaultAction: "Allow", ipRules: [] };
  // As Azure shows them: a single address comes back with its prefix.
  const ipRules = addresses.map((address) => ({ value: address.includes("/") ? address : `${address}/32` }));
  return { bypass: "None", defaultAction: "Deny", ipRules };
}
