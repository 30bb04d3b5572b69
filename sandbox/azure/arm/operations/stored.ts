/**
 * Resources that are kept and shown: PUT makes or replaces one, GET shows it, DELETE removes it, GET of the collection lists.
 * ARM RPC, "Resource API Reference".
 *
 * @module
 */
import { z } from "zod";

import { type ApiAnswer } from "../../api.js";
import { type Call } from "../../call.js";
import { DAY_MS } from "../../keys.js";
import { isWithin, resourceGroupId, vaultId } from "../../names.js";
import { type StoredResourceRecord } from "../../state.js";
import { tagsSchema } from "../../vault/operations/keys.js";
import { authorize, body, normalizeLocation, resourceGroupOf, vaultOf } from "../arm-call.js";
import { badRequest, resourceNotFound } from "../errors.js";
import { nameOf, type StoredContext, type StoredType } from "../stored-types.js";

/** Operations of one type. */
export interface StoredOperations {
  readonly put: (call: Call) => ApiAnswer;
  readonly get: (call: Call) => ApiAnswer;
  readonly delete: (call: Call) => ApiAnswer;
  readonly list: (call: Call) => ApiAnswer;
}

/** The four operations of a type. Their paths have `:name`, and `:vault` if they lie on a vault. */
export function storedOperations(type: StoredType): StoredOperations {
  return {
    put: (call) => {
      const id = idOf(call, type);
      authorize(call, `${type.type}/write`, id);
      const scope = requireScope(call);
      const name = call.parameter("name");
      if (!type.name.test(name)) throw badRequest(`The name '${name}' of a resource of type ${type.type} is not valid.`);
      const { location, tags, properties } = body(call, bodySchema(type));
      const existing = find(call, id);
      if (existing !== undefined && existing.deletion === null && location !== undefined && existing.location !== normalizeLocation(location)) {
        throw badRequest(`The resource '${id}' is in ${existing.location ?? "no location"} and cannot move to ${location}.`);
      }
      type.check(properties, contextOf(call, id, scope));
      const record: StoredResourceRecord = {
        id: existing?.id ?? id,
        type: type.type,
        location: location === undefined ? null : normalizeLocation(location),
        tags: tags ?? {},
        properties: type.complete(properties, existing?.properties, new Date(call.now)),
        deletion: null,
      };
      const stored = call.state.resources;
      if (existing === undefined) stored.push(record);
      else stored[stored.indexOf(existing)] = record;
      call.save();
      return { status: existing === undefined || existing.deletion !== null ? 201 : 200, body: shown(record) };
    },

    get: (call) => {
      const id = idOf(call, type);
      authorize(call, `${type.type}/read`, id);
      requireScope(call);
      const found = find(call, id);
      if (found === undefined || found.deletion !== null) throw resourceNotFound(type.type, nameOf(id), call.parameter("resourceGroup"));
      return { status: 200, body: shown(found) };
    },

    delete: (call) => {
      const id = idOf(call, type);
      authorize(call, `${type.type}/delete`, id);
      const found = find(call, id);
      if (found === undefined || found.deletion !== null) return { status: 204 };
      if (type.recoverableDays === undefined || call.request.query.get("force") === "true") {
        const stored = call.state.resources;
        stored.splice(stored.indexOf(found), 1);
      } else {
        found.deletion = { at: call.now, purgeAt: call.now + type.recoverableDays * DAY_MS };
      }
      call.save();
      return { status: 200 };
    },

    list: (call) => {
      const scope = scopeOf(call);
      authorize(call, `${type.type}/read`, scope);
      requireScope(call);
      const prefix = `${scope}/providers/${type.type}/`.toLowerCase();
      const listed = call.state.resources.filter(({ id, deletion }) => deletion === null && id.toLowerCase().startsWith(prefix));
      return { status: 200, body: { value: listed.map(shown) } };
    },
  };
}

function bodySchema(type: StoredType) {
  return z.strictObject({
    location: type.located ? z.string() : z.undefined().optional(),
    tags: tagsSchema.nullish(),
    properties: type.properties,
  });
}

/** What the resource is in or on: a group, or a vault in one. */
function scopeOf(call: Call): string {
  const [subscription, resourceGroup, name] = [call.parameter("subscription"), call.parameter("resourceGroup"), call.parameter("vault")];
  return name === "" ? resourceGroupId({ subscription, resourceGroup }) : vaultId({ subscription, resourceGroup, name });
}

function idOf(call: Call, type: StoredType): string {
  return `${scopeOf(call)}/providers/${type.type}/${call.parameter("name")}`;
}

/** The scope, which must be there. */
function requireScope(call: Call): string {
  if (call.parameter("vault") === "") resourceGroupOf(call);
  else vaultOf(call);
  return scopeOf(call);
}

function find({ state }: Call, id: string): StoredResourceRecord | undefined {
  return state.resources.find((record) => record.id.toLowerCase() === id.toLowerCase());
}

function contextOf(call: Call, id: string, scope: string): StoredContext {
  const inService = (other: string): StoredResourceRecord | undefined => {
    const found = find(call, other);
    return found?.deletion === null ? found : undefined;
  };
  return {
    id,
    scope,
    find: inService,
    exists: (other) =>
      inService(other) !== undefined ||
      call.state.vaults.some((vault) => vault.deletion === null && vaultId(vault).toLowerCase() === other.toLowerCase()),
    siblings: (type) =>
      call.state.resources.filter((record) => record.type === type && record.deletion === null && isWithin(record.id, scope)),
  };
}

function shown({ id, type, location, tags, properties }: StoredResourceRecord): object {
  return { id, name: nameOf(id), type, ...(location === null ? {} : { location, tags }), properties };
}
