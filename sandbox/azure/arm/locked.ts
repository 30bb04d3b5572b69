/**
 * What a `CanNotDelete` lock refuses: DELETE of anything at or below its scope, and of anything that holds it. Microsoft, "Lock
 * your resources to protect your infrastructure": extension resources and role assignments inherit the lock of what they are
 * on; a resource group with a locked resource in it is not deleted, in no part; operations on data are not affected.
 *
 * @module
 */
import { type Call } from "../call.js";
import { isWithin } from "../names.js";
import { scopeLocked } from "./errors.js";

/** @throws ArmError ScopeLocked if the call deletes what a lock keeps. Locks themselves can always be deleted. */
export function requireUnlocked(call: Call): void {
  if (call.request.method !== "DELETE" || call.operation.name.startsWith("Microsoft.Authorization/locks/")) return;
  const target = `/${call.request.path.join("/")}`;
  const scopes = call.state.locks.map(({ scope }) => scope).filter((scope) => isWithin(target, scope) || isWithin(scope, target));
  if (scopes.length > 0) throw scopeLocked(target, scopes);
}
