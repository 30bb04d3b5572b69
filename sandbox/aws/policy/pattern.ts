/**
 * Wildcards of IAM: `*` is any run of characters, `?` is one. IAM JSON policy reference, "Resource" and "String
 * condition operators".
 *
 * @module
 */

import { BlockList, isIP } from "node:net";

/** True if the whole text matches the pattern, case-sensitively. Linear in practice: one star is retried at a time. */
export function matchesPattern(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === "*") {
      star = p;
      resume = t;
      p += 1;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t])) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      p = star + 1;
      resume += 1;
      t = resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p += 1;
  return p === pattern.length;
}

/** Actions are compared without regard to case (IAM JSON policy reference, "Action"). */
export function matchesAction(pattern: string, action: string): boolean {
  return matchesPattern(pattern.toLowerCase(), action.toLowerCase());
}

/**
 * ArnLike and ArnEquals: each of the six colon-separated parts is compared on its own, so that a star does not reach
 * across a colon (IAM JSON policy reference, "Amazon Resource Name (ARN) condition operators").
 */
export function matchesArn(pattern: string, arn: string): boolean {
  const patternParts = splitArn(pattern);
  const arnParts = splitArn(arn);
  if (patternParts === undefined || arnParts === undefined) return pattern === "*";
  return patternParts.every((part, index) => matchesPattern(part, arnParts[index] ?? ""));
}

function splitArn(text: string): string[] | undefined {
  const parts = text.split(":");
  return parts.length < 6 ? undefined : [...parts.slice(0, 5), parts.slice(5).join(":")];
}

/** An address, or a CIDR block that holds it (IAM JSON policy reference, "IP address condition operators"). */
export function matchesAddress(block: string, address: string): boolean {
  const [network = "", prefix] = block.split("/");
  const family = isIP(network);
  if (family === 0 || isIP(address) !== family) return false;
  const list = new BlockList();
  const type = family === 4 ? "ipv4" : "ipv6";
  list.addSubnet(network, prefix === undefined ? (family === 4 ? 32 : 128) : Number(prefix), type);
  return list.check(address, type);
}
