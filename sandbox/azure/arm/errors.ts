/**
 * What Azure Resource Manager answers when it refuses: `{ "error": { "code", "message" } }` (ARM "Common error codes"; REST
 * guidelines). Messages as users report them, named where they were found; a message without a source is our own wording.
 *
 * @module
 */
import { ApiError } from "../api.js";
import { issuerOf, type Principal } from "../tokens.js";

/** An error answer of ARM. */
export class ArmError extends ApiError {
  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(status, code, message, headers);
  }

  override body(): object {
    return { error: { code: this.code, message: this.message } };
  }
}

/** What the sandbox does not play. */
export function notInSandbox(what: string): ArmError {
  return new ArmError(501, "NotImplemented", `The sandbox does not implement ${what}.`);
}

/** A request that is not acceptable. */
export function badRequest(message: string): ArmError {
  return new ArmError(400, "BadRequest", message);
}

/** The query lacks it ("Troubleshoot common Azure deployment errors": MissingApiVersionParameter). */
export function apiVersionMissing(): ArmError {
  return new ArmError(400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.");
}

/** 401, in one of ARM's words for it. */
export function tokenRefused(code: string, message: string, directory: string): ArmError {
  return new ArmError(401, code, message, {
    "WWW-Authenticate": `Bearer authorization_uri="https://login.microsoftonline.com/${directory}", error="invalid_token", error_description="${message}"`,
  });
}

/** A token of a directory that does not own the subscription ("Troubleshoot common Azure deployment errors"). */
export function wrongTenant(found: string, directory: string): ArmError {
  return tokenRefused(
    "InvalidAuthenticationTokenTenant",
    `The access token is from the wrong issuer '${found}'. It must match the tenant '${issuerOf(directory)}' associated with this subscription. Please use the authority (URL) 'https://login.windows.net/${directory}' to get the token. Note, if the subscription is transferred to another tenant there is no impact to the services, but information about new tenant could take time to propagate (up to an hour). If you just transferred your subscription and see this error message, please try back later.`,
    directory,
  );
}

/** No role assignment allows it ("Troubleshoot Azure RBAC": AuthorizationFailed). */
export function authorizationFailed(principal: Principal, action: string, scope: string): ArmError {
  const client = principal.userPrincipalName ?? principal.appId;
  return new ArmError(
    403,
    "AuthorizationFailed",
    `The client '${client}' with object id '${principal.objectId}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );
}

/** No such subscription. */
export function subscriptionNotFound(subscription: string): ArmError {
  return new ArmError(404, "SubscriptionNotFound", `The subscription '${subscription}' could not be found.`);
}

/** No such resource group ("Resolve resource not found errors"). */
export function resourceGroupNotFound(name: string): ArmError {
  return new ArmError(404, "ResourceGroupNotFound", `Resource group '${name}' could not be found.`);
}

/** No such resource ("Resolve resource not found errors"). */
export function resourceNotFound(type: string, name: string, resourceGroup: string): ArmError {
  return new ArmError(
    404,
    "ResourceNotFound",
    `The Resource '${type}/${name}' under resource group '${resourceGroup}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

/** A resource group cannot move ("Resolve errors for resource groups": InvalidResourceGroupLocation). */
export function resourceGroupElsewhere(name: string, location: string): ArmError {
  return new ArmError(
    409,
    "InvalidResourceGroupLocation",
    `Invalid resource group location '${location}'. The Resource group already exists in location '${name}'.`,
  );
}

/** The vault is soft-deleted in this subscription (alan-turing-institute/data-safe-haven#2523). */
export function vaultIsDeleted(): ArmError {
  return new ArmError(
    409,
    "ConflictError",
    "A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.",
  );
}

/** Somebody else has the name (Azure/azure-powershell#15115). */
export function vaultNameTaken(name: string): ArmError {
  return new ArmError(
    409,
    "VaultAlreadyExists",
    `The vault name '${name}' is already in use. Vault names are globally unique so it is possible that the name is already taken. If you are sure that the vault name was not taken then it is possible that a vault with the same name was recently deleted but not purged after being placed in a recoverable state. If the vault is in a recoverable state then the vault will need to be purged before reusing the name. For more information about VaultAlreadyExists, refer to https://go.microsoft.com/fwlink/?linkid=2147740`,
  );
}

/** A name no vault can have ("Common error codes for Azure Key Vault": VaultNameNotValid). */
export function vaultNameNotValid(name: string): ArmError {
  return new ArmError(
    400,
    "VaultNameNotValid",
    `The vault name '${name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens. Follow this link for more information: https://go.microsoft.com/fwlink/?linkid=2147742`,
  );
}

/** Purge protection cannot be taken back; not even said to be off (many users' logs of bicep and Terraform). */
export function purgeProtectionIsForEver(): ArmError {
  return badRequest(
    'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.',
  );
}

/** Soft delete cannot be off any more (azure-docs, "Soft delete will be enabled on all key vaults"). */
export function softDeleteIsForEver(): ArmError {
  return badRequest(
    "The property \"enableSoftDelete\" can be set to false only for creating new vault. Enabling the 'soft delete' functionality is an irreversible action.",
  );
}

/** Days of retention are set once. */
export function retentionIsForEver(): ArmError {
  return badRequest('The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.');
}

/** Purging a vault against purge protection. */
export function deletedVaultPurgeProtected(): ArmError {
  return new ArmError(405, "MethodNotAllowed", "Operation 'DeletedVaultPurge' is not allowed.");
}

/** No such deleted vault. */
export function deletedVaultNotFound(name: string): ArmError {
  return new ArmError(404, "DeletedVaultNotFound", `The deleted vault with name '${name}' does not exist.`);
}

/** No such role definition. */
export function roleNotFound(id: string): ArmError {
  return new ArmError(400, "RoleDefinitionDoesNotExist", `The specified role definition with ID '${id}' does not exist.`);
}

/** The principal is in no directory yet ("Troubleshoot Azure RBAC": PrincipalNotFound). */
export function principalNotFound(principal: string, directory: string): ArmError {
  return new ArmError(
    400,
    "PrincipalNotFound",
    `Principal ${principal.replaceAll("-", "")} does not exist in the directory ${directory}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype`,
  );
}

/** The same principal, role and scope under another name ("Troubleshoot Azure RBAC"). */
export function roleAssignmentExists(): ArmError {
  return new ArmError(409, "RoleAssignmentExists", "The role assignment already exists.");
}

/** A lock is in the way (Azure/azure-cli#2688; hashicorp/terraform-provider-azurerm#17478). */
export function scopeLocked(target: string, scopes: readonly string[]): ArmError {
  const locked = scopes.map((scope) => `'${scope}'`).join(",");
  return new ArmError(
    409,
    "ScopeLocked",
    `The scope '${target}' cannot perform delete operation because following scope(s) are locked: ${locked}. Please remove the lock and try again.`,
  );
}
