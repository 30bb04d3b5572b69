/**
 * Management locks. ARM REST reference, Management Locks: Create Or Update By Scope, Get By Scope, Delete By Scope, List By
 * Scope. What they do is in ../locked.ts.
 *
 * @module
 */
import { z } from "zod";

import { type ApiAnswer } from "../../api.js";
import { type Call } from "../../call.js";
import { type LockRecord } from "../../state.js";
import { authorize, body, extensionScope, resourceGroupOf, vaultOf } from "../arm-call.js";
import { ArmError, badRequest, notInSandbox } from "../errors.js";

const ACTION = "Microsoft.Authorization/locks";
/** REST reference, parameter `lockName`: up to 260 characters, none of <>%&:\?/ and no control character. */
const NAME = /^[^<>%&:\\?/]{1,260}$/;

const schema = z.strictObject({
  properties: z.strictObject({ level: z.enum(["CanNotDelete", "ReadOnly", "NotSpecified"]), notes: z.string().max(512).nullish() }),
});

/** Makes a lock, or changes one. */
export function putLock(call: Call): ApiAnswer {
  const scope = extensionScope(call);
  authorize(call, `${ACTION}/write`, scope);
  requireScope(call);
  const name = call.parameter("lock");
  if (!NAME.test(name)) throw badRequest(`The lock name '${name}' is not valid.`);
  const { level, notes } = body(call, schema).properties;
  if (level !== "CanNotDelete") throw notInSandbox(`locks of the level ${level}`);
  const existing = find(call);
  const lock: LockRecord = { name: existing?.name ?? name, scope: existing?.scope ?? scope, level, notes: notes ?? null };
  const locks = call.state.locks;
  if (existing === undefined) locks.push(lock);
  else locks[locks.indexOf(existing)] = lock;
  call.save();
  return { status: existing === undefined ? 201 : 200, body: shown(lock) };
}

/** A lock. */
export function getLock(call: Call): ApiAnswer {
  authorize(call, `${ACTION}/read`, extensionScope(call));
  const found = find(call);
  if (found === undefined) throw new ArmError(404, "LockNotFound", `The lock '${call.parameter("lock")}' could not be found.`);
  return { status: 200, body: shown(found) };
}

/** Takes a lock away. */
export function deleteLock(call: Call): ApiAnswer {
  authorize(call, `${ACTION}/delete`, extensionScope(call));
  const found = find(call);
  if (found === undefined) return { status: 204 };
  const locks = call.state.locks;
  locks.splice(locks.indexOf(found), 1);
  call.save();
  return { status: 200 };
}

/** The locks on exactly this scope. */
export function listLocks(call: Call): ApiAnswer {
  const scope = extensionScope(call);
  authorize(call, `${ACTION}/read`, scope);
  const listed = call.state.locks.filter((lock) => lock.scope.toLowerCase() === scope.toLowerCase());
  return { status: 200, body: { value: listed.map(shown) } };
}

function requireScope(call: Call): void {
  if (call.parameter("vault") !== "") vaultOf(call);
  else if (call.parameter("resourceGroup") !== "") resourceGroupOf(call);
}

function find(call: Call): LockRecord | undefined {
  const [name, scope] = [call.parameter("lock").toLowerCase(), extensionScope(call).toLowerCase()];
  return call.state.locks.find((lock) => lock.name.toLowerCase() === name && lock.scope.toLowerCase() === scope);
}

function shown({ name, scope, level, notes }: LockRecord): object {
  return { id: `${scope}/providers/${ACTION}/${name}`, name, type: ACTION, properties: { level, ...(notes === null ? {} : { notes }) } };
}
