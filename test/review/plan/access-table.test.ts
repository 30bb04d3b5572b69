/** Who may do what, as the three clouds' own documents say it. */
import { describe, expect, test } from "@jest/globals";

import { UNKNOWN } from "../../../review/declared-resource.js";
import { accessTable } from "../../../review/plan/access-table.js";
import { accessFindings } from "../../../review/plan/findings.js";
import { type AccessRow } from "../../../review/plan/schema.js";
import { awsProvider, declared, program, SERVICE, TENANT } from "../declared.js";

const ROLE = `arn:aws:iam::${SERVICE}:role/backup-service`;
const ADMIN_ROW = "arn:aws:iam::111122223333:root tenant administer kms:*";

function rowsOf(...args: Parameters<typeof program>): AccessRow[] {
  return accessTable(program(...args), []).rows.filter(({ whose }) => whose !== "deployer");
}

/** `PRINCIPAL WHOSE POWER OPERATIONS [if CONDITIONS]` */
function words({ principal, whose, effect, power, operations, conditions }: AccessRow): string {
  return `${effect === "deny" ? "deny " : ""}${principal} ${whose} ${power} ${operations.join(",")}${conditions.length === 0 ? "" : ` if ${conditions.join("; ")}`}`;
}

describe("AWS", () => {
  const key = declared("aws:kms/key:Key", "k");
  const policyOn = (...statements: unknown[]) =>
    declared("aws:kms/keyPolicy:KeyPolicy", "p", { keyId: "<id of k>", policy: JSON.stringify({ Statement: statements }) }, { dependencies: { keyId: ["urn:k"] } });

  test.each<[string, unknown, string]>([
    ["a role with a condition", { Effect: "Allow", Principal: { AWS: ROLE }, Action: ["kms:Encrypt", "kms:Decrypt"], Condition: { StringEquals: { "kms:EncryptionContext:byok:tenant": "acme" } } }, `${ROLE} service use kms:Encrypt,kms:Decrypt if kms:EncryptionContext:byok:tenant = acme`],
    ["addresses", { Effect: "Allow", Principal: { AWS: ROLE }, Action: "kms:Decrypt", Condition: { IpAddress: { "aws:SourceIp": ["192.0.2.0/24", "198.51.100.7/32"] } } }, `${ROLE} service use kms:Decrypt if aws:SourceIp in 192.0.2.0/24 or 198.51.100.7/32`],
    ["metadata alone", { Effect: "Allow", Principal: { AWS: ROLE }, Action: "kms:DescribeKey" }, `${ROLE} service read kms:DescribeKey`],
    ["another role of the service's account", { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${SERVICE}:role/other` }, Action: "kms:Decrypt" }, `arn:aws:iam::${SERVICE}:role/other service use kms:Decrypt`],
    ["a third account", { Effect: "Allow", Principal: { AWS: "arn:aws:iam::999988887777:role/x" }, Action: "kms:Decrypt" }, "arn:aws:iam::999988887777:role/x other use kms:Decrypt"],
    ["the tenant's account", { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${TENANT}:root` }, Action: "kms:*" }, `${ADMIN_ROW} if as that account's IAM policies say`],
    ["a service of AWS", { Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sns:Publish" }, "events.amazonaws.com cloud notify sns:Publish"],
    ["anybody", { Effect: "Allow", Principal: "*", Action: "kms:Decrypt" }, "* public use kms:Decrypt"],
    ["a denial", { Effect: "Deny", Principal: { AWS: "*" }, Action: "kms:ScheduleKeyDeletion" }, "deny * public administer kms:ScheduleKeyDeletion"],
    ["everybody but", { Effect: "Deny", NotPrincipal: { AWS: ROLE }, NotAction: "kms:Get*" }, `deny ${ROLE} service administer everything but kms:Get*`],
  ])("%s", (_, statement, expected) => {
    const [row] = rowsOf([awsProvider, key, policyOn(statement)], [ROLE]);
    expect(row && words(row)).toBe(expected);
    expect(row).toMatchObject({ on: "k", through: "p" });
  });

  test("a grant, with what it is bound to", () => {
    const grant = declared("aws:kms/grant:Grant", "g", { granteePrincipal: ROLE, operations: ["Encrypt", "Decrypt"], constraints: [{ encryptionContextSubset: { "byok:tenant": "acme" } }] }, { dependencies: { keyId: ["urn:k"] } });
    expect(rowsOf([awsProvider, key, grant], [ROLE]).map(words)).toEqual([
      `${ROLE} service use kms:Encrypt,kms:Decrypt if kms:EncryptionContext:byok:tenant has acme`,
      // Without a policy AWS's own is in force.
      `${ADMIN_ROW} if AWS's default key policy: as the account's IAM policies say`,
    ]);
  });

  test("a policy that is not known yet is no row, and said so", () => {
    const { rows, findings } = accessTable(program([awsProvider, key, declared("aws:kms/keyPolicy:KeyPolicy", "p", { policy: UNKNOWN })]), []);
    expect(rows.filter(({ whose }) => whose !== "deployer").map(words)).toEqual([`${ADMIN_ROW} if AWS's default key policy: as the account's IAM policies say`]);
    expect(findings).toMatchObject([{ severity: "warning", code: "unreadable-policy", resource: "p" }]);
  });
});

describe("Google Cloud", () => {
  const SA = "serviceAccount:backup@service-project.iam.gserviceaccount.com";
  const ID = "projects/acme-keys/locations/europe-west4/keyRings/r/cryptoKeys/k";
  const key = declared("gcp:kms/cryptoKey:CryptoKey", "k", {}, { id: ID });
  const ADMINS = "owners and Cloud KMS administrators of project acme-keys tenant administer create, disable, destroy keys,change who may use them if as IAM there says; not made here";

  test.each([
    ["roles/cloudkms.cryptoKeyEncrypterDecrypter", SA, `${SA} service use encrypt,decrypt`],
    ["roles/cloudkms.viewer", SA, `${SA} service read see the key and its versions`],
    ["roles/cloudkms.admin", SA, `${SA} service administer everything but encrypt and decrypt`],
    ["projects/x/roles/own", SA, `${SA} service administer projects/x/roles/own`],
    ["roles/cloudkms.cryptoKeyDecrypter", "serviceAccount:x@acme-keys.iam.gserviceaccount.com", "serviceAccount:x@acme-keys.iam.gserviceaccount.com tenant use decrypt"],
    ["roles/cloudkms.cryptoKeyDecrypter", "serviceAccount:service-1@gcp-sa-storage.iam.gserviceaccount.com", "serviceAccount:service-1@gcp-sa-storage.iam.gserviceaccount.com cloud use decrypt"],
    ["roles/cloudkms.cryptoKeyDecrypter", "user:eve@example.com", "user:eve@example.com other use decrypt"],
    ["roles/cloudkms.cryptoKeyDecrypter", "allAuthenticatedUsers", "allAuthenticatedUsers public use decrypt"],
  ])("%s for %s", (role, member, expected) => {
    const grant = declared("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "g", { cryptoKeyId: ID, role, member });
    const rows = rowsOf([key, grant], [SA]);
    expect(rows.map(words)).toEqual([expected, ADMINS]);
    expect(rows[0]).toMatchObject({ on: "k", through: "g" });
  });

  test("a whole policy is refused a row", () => {
    const { findings } = accessTable(program([key, declared("gcp:kms/cryptoKeyIAMPolicy:CryptoKeyIAMPolicy", "g")]), []);
    expect(findings).toMatchObject([{ code: "unreadable-policy", resource: "g" }]);
  });
});

describe("Azure", () => {
  const OBJECT = "0b1ec710-0000-4000-8000-000000000002";
  const ID = "/subscriptions/sub/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v";
  const network = { networkAcls: { defaultAction: "Deny", ipRules: [{ value: "192.0.2.0/24" }] } };
  const vault = (properties: unknown = {}) => declared("azure-native:keyvault:Vault", "v", { vaultName: "v", properties }, { id: ID });
  const policy = (keys: readonly string[]) => declared("azure-native:keyvault:AccessPolicy", "p", { vaultName: "v", policy: { objectId: OBJECT, permissions: { keys } } });
  const role = (id: string) => declared("azure-native:authorization:RoleAssignment", "r", { principalId: OBJECT, roleDefinitionId: `/subscriptions/sub/providers/Microsoft.Authorization/roleDefinitions/${id}`, scope: ID });

  test.each([
    ["encrypt and decrypt", vault(), policy(["encrypt", "decrypt"]), `${OBJECT} service use encrypt,decrypt`],
    ["metadata", vault(), policy(["get"]), `${OBJECT} service read get`],
    ["deletion too", vault(), policy(["decrypt", "Delete"]), `${OBJECT} service administer decrypt,Delete`],
    ["from addresses", vault(network), policy(["decrypt"]), `${OBJECT} service use decrypt if from 192.0.2.0/24`],
    ["from no address", vault({ networkAcls: { defaultAction: "Deny" } }), policy(["decrypt"]), `${OBJECT} service use decrypt if from no address`],
    ["private endpoints", vault({ publicNetworkAccess: "Disabled" }), policy(["decrypt"]), `${OBJECT} service use decrypt if through private endpoints only`],
    ["wrapping by a role", vault(network), role("e147488a-f6f5-4113-8e2d-b22465e65bf6"), `${OBJECT} service use get,wrapKey,unwrapKey if from 192.0.2.0/24`],
    ["an administrator's role", vault(), role("14b46e9e-c2b7-41b4-b07b-48a6ebf60603"), `${OBJECT} service administer everything with keys`],
    ["a role of their own", vault(), role("0000"), `${OBJECT} service administer role 0000`],
  ])("%s", (_, own, grant, expected) => {
    expect(rowsOf([own, grant], [OBJECT]).map(words)).toEqual([
      expected,
      "owners and Key Vault contributors of subscription sub tenant administer create, disable, delete keys and vaults,change who may use them if as roles there say; not made here",
    ]);
  });

  test("policies inside the vault count as well", () => {
    const rows = rowsOf([vault({ accessPolicies: [{ objectId: "x", permissions: { keys: ["all"] } }] })]);
    expect(rows.map(words)[0]).toBe("x other administer all");
  });

  test("a client secret is refused a place in state", () => {
    const { findings } = accessTable(program([declared("azuread:index/applicationPassword:ApplicationPassword", "s")]), []);
    expect(findings).toMatchObject([{ code: "client-secret", resource: "s" }]);
  });
});

describe("findings", () => {
  const row = (more: Partial<AccessRow>): AccessRow => ({ cloud: "aws", principal: ROLE, kind: "role", whose: "service", effect: "allow", power: "use", operations: ["kms:Decrypt"], on: "k", conditions: [], through: "p", ...more });

  test.each<[string, AccessRow[], string[]]>([
    ["one role that uses", [row({})], []],
    ["anybody", [row({ whose: "public", principal: "*" })], ["error wildcard-principal"]],
    ["nobody at all is denied", [row({ whose: "public", principal: "*", effect: "deny" })], []],
    ["an account as a whole", [row({ kind: "whole account" })], ["info whole-account"]],
    ["an account narrowed to a role", [row({ kind: "whole account", conditions: [`aws:PrincipalArn = ${ROLE}`] })], []],
    ["one row that administers and uses", [row({ power: "administer", operations: ["kms:*"] })], ["warning administers-and-uses"]],
    ["two rows that do", [row({}), row({ power: "administer", operations: ["kms:DisableKey"], through: "q" })], ["warning administers-and-uses"]],
    ["two principals that do", [row({}), row({ principal: "x", power: "administer", operations: ["kms:DisableKey"] })], []],
    ["the tenant's administrators", [row({ whose: "tenant", power: "administer", operations: ["kms:*"] })], ["info tenant-may-use"]],
    ["somebody else", [row({ whose: "other" })], ["warning unknown-principal"]],
    ["Azure's role that uses and updates", [row({ cloud: "azure", power: "administer", operations: ["update", "decrypt"] })], ["warning administers-and-uses"]],
    ["Google's administrator", [row({ cloud: "gcp", power: "administer", operations: ["everything but encrypt and decrypt"] })], []],
    ["Google's owner", [row({ cloud: "gcp", power: "administer", operations: ["everything, encrypt and decrypt included"] })], ["warning administers-and-uses"]],
  ])("%s", (_, rows, expected) => {
    expect(accessFindings(rows).map(({ severity, code }) => `${severity} ${code}`)).toEqual(expected);
  });
});
