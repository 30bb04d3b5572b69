/**
 * What every operation of the data plane begins with: which vault, whether the caller may, which key.
 *
 * @module
 */
import { type z } from "zod";

import { NoSuchHost } from "../api.js";
import { type Call } from "../call.js";
import { findKey, findVault, newestVersion } from "../keys.js";
import { keyIdentifier, VAULT_SUFFIX } from "../names.js";
import { type KeyRecord, type KeyVersionRecord, type VaultRecord } from "../state.js";
import { authorize, type KeyRight } from "./access.js";
import { badParameter, keyNotFound, notInSandbox } from "./errors.js";

/** The name of the vault that a host stands for. */
export function vaultOfHost(host: string): string {
  return host.slice(0, -VAULT_SUFFIX.length);
}

/**
 * The vault that was called, once the caller has proved that it may do this.
 *
 * @throws NoSuchHost if there is none, VaultError 401 or 403.
 */
export function open(call: Call, right: KeyRight, key?: string): VaultRecord {
  const vault = findVault(call.state, vaultOfHost(call.request.host));
  if (vault === undefined) throw new NoSuchHost(call.request.host);
  authorize(call, vault, right, key);
  return vault;
}

/** The key under `:name`. Soft-deleted ones are not there. */
export function openKey(call: Call, right: KeyRight): { readonly vault: VaultRecord; readonly key: KeyRecord } {
  const name = call.parameter("name");
  const vault = open(call, right, name);
  const key = findKey(vault, name);
  if (key === undefined || key.deletion !== null) throw keyNotFound(name);
  return { vault, key };
}

/** The version under `:version`, the newest if that is empty. */
export function openVersion(
  call: Call,
  right: KeyRight,
): { readonly vault: VaultRecord; readonly key: KeyRecord; readonly version: KeyVersionRecord } {
  const { vault, key } = openKey(call, right);
  const wanted = call.parameter("version");
  const version = wanted === "" ? newestVersion(key) : key.versions.find(({ id }) => id === wanted.toLowerCase());
  if (version === undefined) throw keyNotFound(key.name, wanted);
  call.target = keyIdentifier(vault.name, key.name, version.id);
  return { vault, key, version };
}

/** The body, in Key Vault's way of refusing. */
export function body<Schema extends z.ZodType>(call: Call, schema: Schema): z.infer<Schema> {
  return call.json(schema, { malformed: badParameter, notPlayed: notInSandbox });
}

/** Items that a page holds at most, and unless less are asked for (REST reference, Get Keys, `maxresults`). */
const PAGE = 25;

/** One page of a list. The token is the position of the next item, opaque to the caller. */
export function page<Item>(call: Call, items: readonly Item[], show: (item: Item) => object): object {
  const { query, host, path } = call.request;
  const wanted = query.get("maxresults");
  const size = wanted === null ? PAGE : Number(wanted);
  if (!Number.isInteger(size) || size < 1 || size > PAGE) {
    throw badParameter(`maxresults must be between 1 and ${PAGE}, not ${wanted ?? ""}.`);
  }
  const token = query.get("$skiptoken");
  const start = token === null ? 0 : Number(Buffer.from(token, "base64url").toString("utf8"));
  if (!Number.isInteger(start) || start < 0) throw badParameter("The skiptoken is not one of this service.");
  const end = start + size;
  if (end >= items.length) return { value: items.slice(start).map(show), nextLink: null };
  const next = new URLSearchParams({
    "api-version": query.get("api-version") ?? "",
    $skiptoken: Buffer.from(String(end)).toString("base64url"),
    maxresults: String(size),
  });
  return { value: items.slice(start, end).map(show), nextLink: `https://${host}:443/${path.join("/")}?${next.toString()}` };
}
