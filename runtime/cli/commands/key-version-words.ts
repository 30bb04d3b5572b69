/**
 * Key versions, and which of them may be destroyed, in words.
 *
 * @module
 */
import { type KeyVersions } from "../../index.js";
import { type Paint } from "../terminal.js";

/** A version as people name it: what follows the key's id in it, or all of it. */
export function shortVersion(keyId: string, version: string | undefined): string {
  if (version === undefined) return "unknown";
  return version.startsWith(`${keyId}/`) ? (version.split("/").at(-1) ?? version) : version;
}

/** What is known of one key's versions. */
export function versionLines(key: KeyVersions, paint: Paint): string[] {
  const { role, provider, keyId, keyVersion, currentVersion, rewrapDue, error } = key;
  const lines = [`  ${role === "master" ? "master key" : "service key"}  ${provider} ${keyId}`];
  if (keyVersion === undefined) lines.push("    shows no versions: the provider keeps the old ones and finds them by itself");
  else lines.push(`    version in use: ${shortVersion(keyId, keyVersion)}`);
  if (currentVersion !== undefined) {
    const current = shortVersion(keyId, currentVersion);
    lines.push(rewrapDue ? paint.bad(`    the KMS wraps with ${current} now: a re-wrap is due`) : `    the KMS wraps with ${current}: no re-wrap is due`);
  }
  if (error !== undefined) lines.push(paint.bad(`    ${error.code}: ${error.message}`));
  return lines;
}

/**
 * Which versions may be destroyed, and on what conditions: all of them are needed, because a version that is gone takes
 * with it whatever only its wraps open. Nothing if no key shows versions.
 */
export function destroyLines(keys: readonly KeyVersions[], generation: number): string[] {
  const versioned = keys.filter(({ keyVersion }) => keyVersion !== undefined);
  if (versioned.length === 0) return [];
  const due = versioned.some(({ rewrapDue }) => rewrapDue);
  const needs = versioned.map(({ keyId, keyVersion }) => `${shortVersion(keyId, keyVersion)} of ${keyId}`);
  return [
    `This sealed Secret needs version ${needs.join(", and version ")}; no other of these keys.`,
    ...(due ? ["Re-wrap it first, then look again: before that, the version in use must stay."] : []),
    "Another version may be destroyed once nothing else needs it:",
    "  - no other Secret under the key (re-wrap each), and of the service key, no application credentials either;",
    "  - no older copy of this file, and no process that was started with one;",
    ...(generation > 1
      ? [`  - no object and no sealed Secret of an older generation than ${generation}: byok inspect shows an object's versions.`]
      : []),
    ...(versioned.some(({ provider }) => provider === "azure-key-vault")
      ? ["Azure destroys no single version: disable there what is not needed, which can be undone."]
      : []),
    `Objects of generation ${generation} open with this file's wraps, whatever theirs are. Once the versions that theirs name are gone, they open with this file only: keep it with the backups.`,
  ];
}
