/**
 * Soft deletion of keys. Key Vault REST reference: Delete Key, Get Deleted Key(s), Recover Deleted Key, Purge Deleted Key.
 * The service takes a while to delete and recover, and answers 404 meanwhile; the sandbox takes none.
 *
 * @module
 */
import { type ApiAnswer } from "../../api.js";
import { type Call } from "../../call.js";
import { DAY_MS, findKey, newestVersion, purgeKey } from "../../keys.js";
import { type KeyRecord, type VaultRecord } from "../../state.js";
import { KEY_RIGHTS, type KeyRight } from "../access.js";
import { deletion, keyBundle, keyItem } from "../bundle.js";
import { deletedKeyNotFound, purgeProtected } from "../errors.js";
import { open, openKey, page } from "../vault-call.js";

/** Deletes a key with all its versions; it can be recovered for as long as the vault keeps it. */
export function deleteKey(call: Call): ApiAnswer {
  const { vault, key } = openKey(call, KEY_RIGHTS.delete);
  key.deletion = { at: call.now, purgeAt: call.now + vault.retentionDays * DAY_MS };
  call.save();
  return { status: 200, body: { ...deletion(vault, key), ...keyBundle(vault, key, newestVersion(key)) } };
}

/** A soft-deleted key. */
export function getDeletedKey(call: Call): ApiAnswer {
  const { vault, key } = openDeleted(call, KEY_RIGHTS.get);
  return { status: 200, body: { ...deletion(vault, key), ...keyBundle(vault, key, newestVersion(key)) } };
}

/** Every soft-deleted key. */
export function listDeletedKeys(call: Call): ApiAnswer {
  const vault = open(call, KEY_RIGHTS.list);
  const listed = vault.keys.filter((key) => key.deletion !== null).sort((a, b) => (a.name < b.name ? -1 : 1));
  return { status: 200, body: page(call, listed, (key) => ({ ...deletion(vault, key), ...keyItem(vault, key) })) };
}

/** Puts a soft-deleted key back as it was. */
export function recoverDeletedKey(call: Call): ApiAnswer {
  const { vault, key } = openDeleted(call, KEY_RIGHTS.recover);
  key.deletion = null;
  call.save();
  return { status: 200, body: keyBundle(vault, key, newestVersion(key)) };
}

/** Removes a soft-deleted key for good, unless the vault protects it from that. */
export function purgeDeletedKey(call: Call): ApiAnswer {
  const { vault, key } = openDeleted(call, KEY_RIGHTS.purge);
  if (vault.purgeProtection) throw purgeProtected(vault);
  purgeKey(call.state, vault, key);
  call.save();
  return { status: 204 };
}

function openDeleted(call: Call, right: KeyRight): { readonly vault: VaultRecord; readonly key: KeyRecord } {
  const name = call.parameter("name");
  const vault = open(call, right, name);
  const key = findKey(vault, name);
  if (key === undefined || key.deletion === null) throw deletedKeyNotFound(name);
  return { vault, key };
}
