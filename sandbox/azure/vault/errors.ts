/**
 * What Key Vault answers when it refuses: `{ "error": { "code", "message", "innererror": { "code" } } }` (REST reference,
 * "Authentication, requests and responses"; "Azure Key Vault REST API error codes"). Messages are those of recordings of
 * the real service (azure-sdk-for-js, -go, -cpp) and of users' reports, named where they were found; a message without a
 * source is our own wording.
 *
 * @module
 */
import { ApiError } from "../api.js";
import { type VaultRecord } from "../state.js";
import { issuerOf, type Principal, VAULT_RESOURCE } from "../tokens.js";

/** An error answer of the data plane. */
export class VaultError extends ApiError {
  constructor(
    status: number,
    code: string,
    message: string,
    readonly innerCode?: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(status, code, message, headers);
  }

  override get outcome(): string {
    return this.innerCode ?? this.code;
  }

  override body(): object {
    const inner = this.innerCode === undefined ? {} : { innererror: { code: this.innerCode } };
    return { error: { code: this.code, message: this.message, ...inner } };
  }
}

/** What the sandbox does not play. 501: the SDK does not try it again. */
export function notInSandbox(what: string): VaultError {
  return new VaultError(501, "NotImplemented", `The sandbox does not implement ${what}.`);
}

/** A request that is not acceptable; Key Vault's code for it is always this one. */
export function badParameter(message: string): VaultError {
  return new VaultError(400, "BadParameter", message);
}

/** The challenge that the SDK reads authority and resource from (REST reference; recordings of azure-sdk-for-js). */
export function challenge(directory: string): Readonly<Record<string, string>> {
  return {
    "WWW-Authenticate": `Bearer authorization="https://login.microsoftonline.com/${directory}", resource="${VAULT_RESOURCE.audience}"`,
  };
}

/** 401 with the challenge. */
export function unauthorized(directory: string, message: string): VaultError {
  return new VaultError(401, "Unauthorized", message, undefined, challenge(directory));
}

/** `AKV10000: ...` (recordings of azure-sdk-for-js). */
export const TOKEN_MISSING = "AKV10000: Request is missing a Bearer or PoP token.";
/** `[TokenExpired] ...` (ScyllaDB's recording of the service, test/pylib/azure_vault_server_mock.py). */
export const TOKEN_EXPIRED = "[TokenExpired] Error validating token: 'S2S12086'.";

/** `AKV10022: ...` (crossplane-contrib/provider-azure#346). */
export function invalidAudience(found: string): string {
  return `AKV10022: Invalid audience. Expected ${VAULT_RESOURCE.audience}, found: ${found}.`;
}

/** `AKV10032: ...` (MicrosoftDocs/azure-docs#75410); the sandbox knows one issuer per vault. */
export function invalidIssuer(expected: string, found: string): string {
  return `AKV10032: Invalid issuer. Expected one of ${issuerOf(expected)}, found ${found}.`;
}

/** Caller of a message: `appid=...;oid=...;iss=...`. */
function callerOf({ appId, objectId, directory }: Principal): string {
  return `appid=${appId};oid=${objectId};iss=${issuerOf(directory)}`;
}

function placeOf(vault: VaultRecord): string {
  return `${vault.name};location=${vault.location}`;
}

/**
 * No right by access policy. Message: pulumi/actions#1045. The inner code tells whether the caller has an access policy at
 * all: AccessDenied if not, ForbiddenByPolicy if it has one without this permission (Azure/go-autorest#477).
 */
export function deniedByPolicy(principal: Principal, permission: string, vault: VaultRecord, hasPolicy: boolean): VaultError {
  return new VaultError(
    403,
    "Forbidden",
    `The user, group or application '${callerOf(principal)}' does not have keys ${permission} permission on key vault '${placeOf(vault)}'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`,
    hasPolicy ? "ForbiddenByPolicy" : "AccessDenied",
  );
}

/** No right by role assignment (piyushsachdeva/Terraform_AKS#2, hashicorp/terraform-provider-azurerm#27817). */
export function deniedByRbac(principal: Principal, action: string, resource: string, vault: VaultRecord): VaultError {
  return new VaultError(
    403,
    "Forbidden",
    [
      "Caller is not authorized to perform action on resource.",
      "If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.",
      `Caller: ${callerOf(principal)}`,
      `Action: '${action}'`,
      `Resource: '${resource.toLowerCase()}'`,
      "Assignment: (not found)",
      "DenyAssignmentId: null",
      "DecisionReason: 'DeniedWithNoValidRBAC' ",
      `Vault: ${placeOf(vault)}`,
      "",
    ].join("\r\n"),
    "ForbiddenByRbac",
  );
}

/** The firewall's answer (MicrosoftDocs/azure-devops-docs#8581; code: "Common error codes for Azure Key Vault"). */
export function deniedByFirewall(principal: Principal, address: string, vault: VaultRecord): VaultError {
  return new VaultError(
    403,
    "Forbidden",
    [
      "Client address is not authorized and caller is not a trusted service.",
      `Client address: ${address}`,
      `Caller: ${callerOf(principal)}`,
      `Vault: ${placeOf(vault)}`,
    ].join("\r\n"),
    "ForbiddenByFirewall",
  );
}

/** Public network access is off (Azure/bicep and others quote it; code ForbiddenByConnection). */
export function deniedByConnection(principal: Principal, vault: VaultRecord): VaultError {
  return new VaultError(
    403,
    "Forbidden",
    [
      "Public network access is disabled and request is not from a trusted service nor via an approved private link.",
      `Caller: ${callerOf(principal)}`,
      `Vault: ${placeOf(vault)}`,
    ].join("\r\n"),
    "ForbiddenByConnection",
  );
}

/** No such key or version (azure-sdk-for-cpp, key_client_test; azure-sdk-for-js recordings). */
export function keyNotFound(name: string, version?: string): VaultError {
  const which = version === undefined ? name : `${name}/${version}`;
  return new VaultError(
    404,
    "KeyNotFound",
    `A key with (name/id) ${which} was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`,
  );
}

/** No such deleted key (azure-sdk-for-js recordings). */
export function deletedKeyNotFound(name: string): VaultError {
  return new VaultError(404, "KeyNotFound", `Deleted Key not found: ${name}`);
}

/** The name of a soft-deleted key (azure-sdk-for-cpp, key_client_test). */
export function keyIsDeleted(name: string): VaultError {
  return new VaultError(
    409,
    "Conflict",
    `Key ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key can only be recovered or purged.`,
    "ObjectIsDeletedButRecoverable",
  );
}

/** Purging against purge protection (hashicorp/terraform-provider-azurerm users' logs; azure-docs, "Soft delete overview"). */
export function purgeProtected(vault: VaultRecord): VaultError {
  return new VaultError(
    403,
    "Forbidden",
    `Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it after the retention period has passed.\r\nVault: ${placeOf(vault)}`,
  );
}

/** A disabled version (Azure/azure-sdk-for-python#45342: decrypt, unwrapKey and sign are refused, encrypt and wrapKey are not). */
export function keyDisabled(operation: string): VaultError {
  return new VaultError(403, "Forbidden", `Operation ${operation} is not allowed on a disabled key.`, "KeyDisabled");
}

/** The key's own operations lack it (azure-sdk-for-go, sdk/security/keyvault/TROUBLESHOOTING.md). */
export function operationForbidden(operation: string): VaultError {
  return new VaultError(403, "Forbidden", `Operation ${operation} is not permitted on this key.`, "KeyOperationForbidden");
}

/**
 * Outside the key's validity. That it is refused: "About keys", key attributes. No recording of the answer was found: code
 * and words follow those of a disabled key, and of secrets (Azure/AzureKeyVault#19).
 */
export function keyNotYetValid(operation: string): VaultError {
  return new VaultError(403, "Forbidden", `Operation ${operation} is not allowed on a key that is not yet valid.`, "KeyNotYetValid");
}

/** See {@link keyNotYetValid}. */
export function keyExpired(operation: string): VaultError {
  return new VaultError(403, "Forbidden", `Operation ${operation} is not allowed on an expired key.`, "KeyExpired");
}
