import { type Call, type KeyReference } from "../call.js";
import { type KeyRecord } from "../state.js";

/** How management operations name keys: no aliases, own account only. */
export const OWN_KEY: KeyReference = { aliases: false, crossAccount: false };

/** The key under KeyId for a management operation. */
export function ownKey(call: Call, action: string): KeyRecord {
  return call.key(call.input.text("KeyId", { min: 1, max: 2048 }), OWN_KEY, { action });
}
