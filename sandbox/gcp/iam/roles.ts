/**
 * Roles and what they contain. Source: Google Cloud, "IAM roles and permissions index", per role; of each role only the
 * permissions that something in the sandbox asks for are listed.
 *
 * @module
 */

const USE_TO_ENCRYPT = "cloudkms.cryptoKeyVersions.useToEncrypt";
const USE_TO_DECRYPT = "cloudkms.cryptoKeyVersions.useToDecrypt";

const VIEW = [
  "cloudkms.keyRings.get",
  "cloudkms.keyRings.list",
  "cloudkms.keyRings.getIamPolicy",
  "cloudkms.cryptoKeys.get",
  "cloudkms.cryptoKeys.list",
  "cloudkms.cryptoKeys.getIamPolicy",
  "cloudkms.cryptoKeyVersions.get",
  "cloudkms.cryptoKeyVersions.list",
] as const;

/** Cloud KMS Admin manages everything and uses nothing: encrypting and decrypting are not in it. */
const ADMINISTER = [
  ...VIEW,
  "cloudkms.keyRings.create",
  "cloudkms.keyRings.setIamPolicy",
  "cloudkms.cryptoKeys.create",
  "cloudkms.cryptoKeys.update",
  "cloudkms.cryptoKeys.setIamPolicy",
  "cloudkms.cryptoKeyVersions.create",
  "cloudkms.cryptoKeyVersions.update",
  "cloudkms.cryptoKeyVersions.destroy",
  "cloudkms.cryptoKeyVersions.restore",
] as const;

const IMPERSONATE = "iam.serviceAccounts.getAccessToken";
const PROJECT_POLICY = ["resourcemanager.projects.getIamPolicy", "resourcemanager.projects.setIamPolicy"] as const;
const MONITOR = ["notificationChannels", "alertPolicies"].flatMap((what) => ["create", "get", "update", "delete"].map((verb) => `monitoring.${what}.${verb}`));
/** An alert policy with a condition on log entries is a notification rule of Logging too. */
const LOG_RULES = ["create", "update", "delete"].map((verb) => `logging.notificationRules.${verb}`);
const ACCOUNTS = ["create", "get", "update", "delete", "enable", "disable", "getIamPolicy", "setIamPolicy"].map((verb) => `iam.serviceAccounts.${verb}`);
const PROJECT = ["resourcemanager.projects.get"] as const;
const SERVICES = ["serviceusage.services.get", "serviceusage.services.enable", "serviceusage.services.disable"] as const;

const ROLES: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    "roles/cloudkms.admin": [...ADMINISTER, ...PROJECT],
    "roles/cloudkms.viewer": [...VIEW.filter((permission) => !permission.endsWith("IamPolicy")), ...PROJECT],
    "roles/cloudkms.cryptoKeyEncrypter": [USE_TO_ENCRYPT, ...PROJECT],
    "roles/cloudkms.cryptoKeyDecrypter": [USE_TO_DECRYPT, ...PROJECT],
    "roles/cloudkms.cryptoKeyEncrypterDecrypter": [USE_TO_ENCRYPT, USE_TO_DECRYPT, ...PROJECT],
    // Owner has every permission of Cloud KMS, use included.
    "roles/owner": [
      ...ADMINISTER,
      USE_TO_ENCRYPT,
      USE_TO_DECRYPT,
      ...PROJECT,
      "resourcemanager.projects.delete",
      "resourcemanager.projects.update",
      "resourcemanager.projects.createBillingAssignment",
      ...PROJECT_POLICY,
      ...SERVICES,
      ...MONITOR,
      ...LOG_RULES,
      ...ACCOUNTS,
    ],
    "roles/resourcemanager.projectIamAdmin": [...PROJECT_POLICY, ...PROJECT],
    "roles/monitoring.editor": [...MONITOR, ...PROJECT],
    "roles/logging.configWriter": [...LOG_RULES, ...PROJECT],
    "roles/iam.serviceAccountAdmin": [...ACCOUNTS, ...PROJECT],
    // Not in Owner: whoever owns a project has to grant it to itself first.
    "roles/iam.serviceAccountTokenCreator": [IMPERSONATE],
    "roles/resourcemanager.projectCreator": ["resourcemanager.projects.create"],
    "roles/billing.user": ["billing.accounts.get", "billing.resourceAssociations.create"],
    "roles/serviceusage.serviceUsageAdmin": [...SERVICES],
  } satisfies Record<string, readonly string[]>).map(([role, permissions]): [string, ReadonlySet<string>] => [role, new Set(permissions)]),
);

/** Names of the roles that the sandbox knows. */
export const ROLE_NAMES: readonly string[] = [...ROLES.keys()];

/** True if a role contains a permission; false for a role that the sandbox does not know. */
export function roleContains(role: string, permission: string): boolean {
  return ROLES.get(role)?.has(permission) === true;
}
