/**
 * Key rings: made, shown, listed, never deleted. google/cloud/kms/v1/service.proto.
 *
 * @module
 */
import { type Call } from "../call.js";
import { alreadyExists, invalidArgument } from "../errors.js";
import { EMPTY_POLICY } from "../iam/policy.js";
import { type CreateKeyRingRequest, type ListRequest, type NamedRequest } from "../messages.js";
import { requireName, RESOURCE_ID } from "../names.js";
import { page } from "../page.js";
import { type KeyRingRecord } from "../state.js";
import { toSeconds } from "../times.js";

/** Makes a key ring in a location of a project. */
export function createKeyRing(call: Call, request: CreateKeyRingRequest): object {
  const parent = requireName(request.parent, "location");
  const project = call.authorize("cloudkms.keyRings.create", parent, call.canonical(parent));
  requireId("key_ring_id", request.keyRingId);
  const name = call.canonical({ ...parent, project: project.projectId, keyRing: request.keyRingId });
  call.trace.resource = name;
  if (call.state.keyRings.some((ring) => ring.name === name)) throw alreadyExists("KeyRing", name);
  const ring: KeyRingRecord = { name, createdAt: call.now, policy: EMPTY_POLICY };
  call.state.keyRings.push(ring);
  call.save();
  return message(ring);
}

/** Shows a key ring. */
export function getKeyRing(call: Call, request: NamedRequest): object {
  const name = requireName(request.name, "keyRing");
  call.authorize("cloudkms.keyRings.get", name, call.canonical(name));
  return message(call.keyRing(name));
}

/** Lists the key rings of a location. */
export function listKeyRings(call: Call, request: ListRequest): object {
  const parent = requireName(request.parent, "location");
  const prefix = `${call.canonical(parent)}/keyRings/`;
  call.authorize("cloudkms.keyRings.list", parent, call.canonical(parent));
  const { items, ...rest } = page(call.state.keyRings.filter(({ name }) => name.startsWith(prefix)), request);
  return { keyRings: items.map(message), ...rest };
}

/** @throws GoogleError INVALID_ARGUMENT; our own wording. */
export function requireId(field: string, id: string): void {
  if (!RESOURCE_ID.test(id)) throw invalidArgument(`Request field ${field} must match ${RESOURCE_ID.source}. Provided value was '${id}'.`);
}

function message(ring: KeyRingRecord): object {
  return { name: ring.name, createTime: toSeconds(ring.createdAt) };
}
