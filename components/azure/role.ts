/**
 * The role by which the service uses one key.
 *
 * @module
 */
import { createHash } from "node:crypto";

/**
 * "Key Vault Crypto Service Encryption User": keys/read, keys/wrap/action and keys/unwrap/action, the smallest built-in role
 * that wraps and unwraps. It also has Microsoft.EventGrid/eventSubscriptions/*, which at the scope of a key is of no use.
 * Microsoft, "Azure built-in roles for Security".
 */
export const KEY_USER_ROLE = "e147488a-f6f5-4113-8e2d-b22465e65bf6";

/** Resource id of the role in a subscription: as assignments show it. */
export function keyUserRoleId(subscriptionId: string): string {
  return `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${KEY_USER_ROLE}`;
}

/** Name of an assignment: the same GUID for the same role, scope and principal. UUID version 8, RFC 9562 section 5.8. */
export function assignmentName(scope: string, principalId: string): string {
  const digest = createHash("sha256").update([KEY_USER_ROLE, scope.toLowerCase(), principalId.toLowerCase()].join("\n")).digest();
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x80, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = digest.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
