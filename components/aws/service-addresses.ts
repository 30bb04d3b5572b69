/**
 * Addresses that the service calls from, as `aws:SourceIp` compares them.
 *
 * @module
 */
import { BlockList, isIP } from "node:net";

/** What an address must be, in words. */
export const SERVICE_ADDRESS_RULE = "must be a public IP address or CIDR block, such as 203.0.113.0/24 or 2001:db8:1::/48";

/** As many as one statement should hold; a key policy has 32 KiB in all (AWS KMS Developer Guide, "Resource quotas"). */
export const MAX_SERVICE_ADDRESSES = 100;

/**
 * Addresses that never reach a public endpoint of KMS: private ones come through a VPC endpoint, whose requests carry
 * `aws:VpcSourceIp` and no `aws:SourceIp` (IAM User Guide, "AWS global condition context keys"). RFC 1918, RFC 6598, RFC 4193,
 * loopback and link-local.
 */
const PRIVATE = new BlockList();
for (const [address, prefix] of [["10.0.0.0", 8], ["172.16.0.0", 12], ["192.168.0.0", 16], ["100.64.0.0", 10], ["127.0.0.0", 8], ["169.254.0.0", 16]] as const) {
  PRIVATE.addSubnet(address, prefix, "ipv4");
}
for (const [address, prefix] of [["fc00::", 7], ["fe80::", 10], ["::1", 128]] as const) PRIVATE.addSubnet(address, prefix, "ipv6");

/** Why `value` cannot be an address of the service's; `undefined` if it can. */
export function serviceAddressProblem(value: unknown): string | undefined {
  if (typeof value !== "string") return SERVICE_ADDRESS_RULE;
  const [address = "", prefix, ...more] = value.split("/");
  const family = isIP(address);
  const longest = family === 4 ? 32 : 128;
  const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= longest);
  if (family === 0 || more.length > 0 || !isPrefix) return SERVICE_ADDRESS_RULE;
  if (prefix !== undefined && Number(prefix) === 0) return "is every address there is; leave serviceAddresses out";
  if (PRIVATE.check(address, family === 4 ? "ipv4" : "ipv6")) {
    return "is a private address, which no request to KMS comes from: a VPC endpoint needs a condition of its own, which this does not write";
  }
  return undefined;
}
