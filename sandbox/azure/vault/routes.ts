/**
 * The data plane's paths. Key Vault REST reference, Keys; names of the operations: "Azure Key Vault logging", operation
 * names table.
 *
 * @module
 */
import { type ApiRequest, matchPath } from "../api.js";
import { type Call, type Operation } from "../call.js";
import { keyIdentifier, VAULT_SUFFIX } from "../names.js";
import { type ApiAnswer } from "../api.js";
import { notInSandbox } from "./errors.js";
import * as crypto from "./operations/crypto.js";
import * as deleted from "./operations/deleted.js";
import * as keys from "./operations/keys.js";
import * as rotation from "./operations/rotation.js";
import { vaultOfHost } from "./vault-call.js";

type Route = readonly [method: string, pattern: string, name: string, run: (call: Call) => ApiAnswer];

/** Literal paths before those with a version in the same place. */
const ROUTES: readonly Route[] = [
  ["GET", "keys", "KeyList", keys.listKeys],
  ["GET", "deletedkeys", "KeyListDeleted", deleted.listDeletedKeys],
  ["GET", "deletedkeys/:name", "KeyGetDeleted", deleted.getDeletedKey],
  ["DELETE", "deletedkeys/:name", "KeyPurge", deleted.purgeDeletedKey],
  ["POST", "deletedkeys/:name/recover", "KeyRecover", deleted.recoverDeletedKey],
  ["POST", "keys/:name/create", "KeyCreate", keys.createKey],
  ["POST", "keys/:name/rotate", "KeyRotate", rotation.rotateKey],
  ["GET", "keys/:name/versions", "KeyListVersions", keys.listVersions],
  ["GET", "keys/:name/rotationpolicy", "KeyRotationPolicyGet", rotation.getRotationPolicy],
  ["PUT", "keys/:name/rotationpolicy", "KeyRotationPolicySet", rotation.updateRotationPolicy],
  ["GET", "keys/:name", "KeyGet", keys.getKey],
  ["DELETE", "keys/:name", "KeyDelete", deleted.deleteKey],
  ["PATCH", "keys/:name", "KeyUpdate", keys.updateKey],
  ["GET", "keys/:name/:version", "KeyGet", keys.getKey],
  ["PATCH", "keys/:name/:version", "KeyUpdate", keys.updateKey],
  ...(["encrypt", "decrypt", "wrapKey", "unwrapKey"] as const).flatMap((operation): Route[] => {
    const name = { encrypt: "KeyEncrypt", decrypt: "KeyDecrypt", wrapKey: "KeyWrap", unwrapKey: "KeyUnwrap" }[operation];
    // Without a version, the newest one: the SDK then sends an empty segment, others send none.
    return [
      ["POST", `keys/:name/${operation}`, name, crypto[operation]],
      ["POST", `keys/:name/:version/${operation}`, name, crypto[operation]],
    ];
  }),
];

/** Names of the operations of the data plane. */
export const VAULT_OPERATIONS: readonly string[] = [...new Set(ROUTES.map(([, , name]) => name))];

/**
 * Versions of the API that the routes above are the same in (REST reference; the installed SDK's KnownVersions and those
 * before it).
 */
const API_VERSION = /^(7\.[0-6](-preview\.\d)?|2025-07-01)$/;

/**
 * The operation that a request to a vault asks for.
 *
 * @throws VaultError 501 for what the sandbox does not play.
 */
export function routeVault(request: ApiRequest): Operation {
  const version = request.query.get("api-version") ?? "";
  for (const [method, pattern, name, run] of ROUTES) {
    const parameters = request.method === method ? matchPath(pattern, request.path) : undefined;
    if (parameters === undefined) continue;
    if (!API_VERSION.test(version)) throw notInSandbox(`version "${version}" of the Key Vault API`);
    const vault = vaultOfHost(request.host);
    const { name: key, version: keyVersion } = parameters;
    return {
      plane: "vault",
      name,
      parameters,
      target:
        key === undefined
          ? `https://${vault}${VAULT_SUFFIX}`
          : keyIdentifier(vault, key, keyVersion === "" ? undefined : keyVersion),
      run,
    };
  }
  throw notInSandbox(`${request.method} /${request.path.join("/")} of Key Vault`);
}
