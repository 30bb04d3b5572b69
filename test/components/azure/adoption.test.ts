import { describe, expect, test } from "@jest/globals";

import { Access } from "../../../components/access.js";
import { type AzureTenantKeyArgs } from "../../../components/azure/index.js";
import { applicationMisfits, type FoundKey, type FoundVault, keyMisfits, vaultMisfits } from "../../../components/azure/fit.js";
import { AzureGrantBy } from "../../../components/azure/grant-by.js";
import { ProtectionLevel } from "../../../components/protection-level.js";
import { Datacenter } from "../../../components/regions.js";
import { deploy, type Deployment } from "../recorded-deployment.js";
import { APPLICATION, type Changes, ENTRA_TENANT, found, SUBSCRIPTION } from "./found.js";

const PRINCIPAL = APPLICATION.servicePrincipalId;
const ADOPTED = { ...APPLICATION, existing: true };
const ARGS: AzureTenantKeyArgs = {
  tenant: "acme",
  datacenter: Datacenter.Eu,
  entraTenantId: ENTRA_TENANT,
  subscriptionId: SUBSCRIPTION,
  application: ADOPTED,
  resourceGroup: "keys",
  existing: { vault: "Made-By-Hand", key: "AFI" },
};
const VAULT_ID = `/subscriptions/${SUBSCRIPTION}/resourceGroups/keys/providers/Microsoft.KeyVault/vaults/Made-By-Hand`;

function adopt(args: AzureTenantKeyArgs, there: Changes = {}): Promise<Deployment> {
  return deploy(
    async () => {
      const { AzureTenantKey } = await import("../../../components/azure/index.js");
      return { descriptor: new AzureTenantKey("k", args).descriptor };
    },
    found(there),
  );
}

const childrenOf = ({ registrations }: Deployment) => registrations.filter(({ custom }) => custom).map(({ name }) => name);

describe("what exists", () => {
  test("is read, and nothing but the grant is made", async () => {
    const deployment = await adopt(ARGS);
    expect(deployment.readings.map(({ type, name, id, parent }) => [type, name, id, parent])).toEqual([
      ["azure-native:keyvault:Key", "k-key", `${VAULT_ID}/keys/AFI`, "k"],
    ]);
    expect(childrenOf(deployment)).toEqual(["k-policy"]);
    expect(deployment.registrations.at(-1)).not.toHaveProperty("importId");
    expect(deployment.outputs.at(-1)?.[1]).toMatchObject({ descriptor: { keyUri: "https://made-by-hand.vault.azure.net/keys/AFI" } });
  });

  test("a policy that the principal has is taken over, in the spelling of the vault", async () => {
    const policy = { tenantId: ENTRA_TENANT, objectId: PRINCIPAL, permissions: { keys: ["Decrypt", "Encrypt"] } };
    const { registrations, warnings } = await adopt(ARGS, { vault: { accessPolicies: [policy] } });
    expect(registrations.at(-1)).toMatchObject({
      name: "k-policy",
      importId: `${VAULT_ID}/accessPolicy/${PRINCIPAL}`,
      inputs: { policy: { permissions: { keys: ["Decrypt", "Encrypt"] } } },
    });
    expect(warnings).toEqual([]);
    // A principal of ours has no policy but ours.
    const ours = await adopt({ ...ARGS, application: { ...ADOPTED, existing: false } }, { vault: { accessPolicies: [policy] } });
    expect(ours.registrations.at(-1)).not.toHaveProperty("importId");
  });

  test("a policy with other permissions is told of", async () => {
    const policy = { tenantId: ENTRA_TENANT, objectId: PRINCIPAL, permissions: { keys: ["all"] } };
    const { registrations, warnings } = await adopt(ARGS, { vault: { accessPolicies: [policy] } });
    expect(registrations.at(-1)).toMatchObject({ importId: `${VAULT_ID}/accessPolicy/${PRINCIPAL}`, inputs: { policy: { permissions: { keys: ["encrypt", "decrypt"] } } } });
    expect(warnings).toEqual([
      `k: the vault Made-By-Hand has an access policy for ${PRINCIPAL} with the key permissions all. If this stack made it, it is changed now. ` +
        "If somebody else did, this ends with an error: set it first, " +
        `az keyvault set-policy --name Made-By-Hand --object-id ${PRINCIPAL} --key-permissions encrypt decrypt`,
    ]);
  });

  test("a vault alone gets a new key, made as asked for", async () => {
    const args = { ...ARGS, existing: { vault: "Made-By-Hand" }, keyName: "fresh", keySize: 4096, tags: { owner: "security" } };
    const deployment = await adopt(args);
    expect(childrenOf(deployment)).toEqual(["k-key", "k-policy"]);
    expect(deployment.readings).toEqual([]);
    expect(deployment.registrations.at(-2)?.inputs).toMatchObject({
      resourceGroupName: "keys", vaultName: "Made-By-Hand", keyName: "fresh", properties: { kty: "RSA", keySize: 4096 }, tags: { owner: "security" },
    });
  });

  test("a key alone is in the vault that this stack would make", async () => {
    const { readings } = await adopt({ ...ARGS, resourceGroup: "byok-acme-eu", existing: { key: "byok-acme-eu" } });
    const vault = `/subscriptions/${SUBSCRIPTION}/resourceGroups/byok-acme-eu/providers/Microsoft.KeyVault/vaults/byok-acme-eu-mbdtyv`;
    expect(readings.map(({ id }) => id)).toEqual([`${vault}/keys/byok-acme-eu`]);
  });

  test("suspended, a key that exists is neither granted nor judged", async () => {
    const deployment = await adopt({ ...ARGS, access: Access.Suspended }, { key: { attributes: { enabled: false } } });
    expect(childrenOf(deployment)).toEqual([]);
  });

  test.each<[what: string, args: Partial<AzureTenantKeyArgs>, there: Changes]>([
    ["by a policy", {}, { vault: { accessPolicies: [{ objectId: PRINCIPAL, permissions: { keys: ["encrypt", "decrypt"] } }] } }],
    ["by a role", { grantBy: AzureGrantBy.Role }, { vault: { enableRbacAuthorization: true }, calls: () => ({ id: "there" }) }],
  ])("a key that was granted before, %s, may be disabled: that is the tenant's revocation", async (_what, args, there) => {
    const disabled = { ...there, key: { attributes: { enabled: false } } };
    expect(childrenOf(await adopt({ ...ARGS, ...args }, disabled))).toHaveLength(1);
  });
});

describe("fit", () => {
  const VAULT: FoundVault = {
    name: "v",
    location: "West Europe",
    properties: { tenantId: ENTRA_TENANT.toUpperCase(), sku: { name: "standard" }, enableRbacAuthorization: false, enableSoftDelete: true, enablePurgeProtection: true },
  };
  const WANTED_VAULT = { entraTenantId: ENTRA_TENANT, datacenter: Datacenter.Eu, allowCrossRegion: false, grantBy: AzureGrantBy.AccessPolicy, protectionLevel: undefined };
  const vault = (properties: object, location = VAULT.location): FoundVault => ({ ...VAULT, location, properties: { ...VAULT.properties, ...properties } });

  test.each<[what: string, vault: FoundVault, wanted: object, misfit: RegExp | undefined]>([
    ["one that fits", VAULT, {}, undefined],
    ["another region of the residency", vault({}, "northeurope"), {}, undefined],
    ["a region outside it", vault({}, "uksouth"), {}, /^location: uksouth is outside the residency of eu.*; a vault cannot move/],
    ["a region outside it, allowed", vault({}, "uksouth"), { allowCrossRegion: true }, undefined],
    ["another directory", vault({ tenantId: SUBSCRIPTION }), {}, /^tenantId: the vault trusts the directory/],
    ["no soft delete", vault({ enableSoftDelete: undefined }), {}, /^enableSoftDelete: must be on/],
    ["no purge protection", vault({ enablePurgeProtection: undefined }), {}, /^enablePurgeProtection: must be on/],
    ["roles instead of policies", vault({ enableRbacAuthorization: true }), {}, /set grantBy to role$/],
    ["policies instead of roles", vault({ enableRbacAuthorization: undefined }), { grantBy: AzureGrantBy.Role }, /set grantBy to accessPolicy$/],
    ["roles, as wanted", vault({ enableRbacAuthorization: true }), { grantBy: AzureGrantBy.Role }, undefined],
    ["no HSM", VAULT, { protectionLevel: ProtectionLevel.Hsm }, /^sku: is standard, and protectionLevel hsm needs premium/],
    ["an HSM", vault({ sku: { name: "premium" } }), { protectionLevel: ProtectionLevel.Hsm }, undefined],
  ])("of a vault: %s", (_what, there, wanted, misfit) => {
    const misfits = vaultMisfits(there, { ...WANTED_VAULT, ...wanted });
    expect(misfits).toEqual(misfit === undefined ? [] : [expect.stringMatching(misfit)]);
  });

  const KEY: FoundKey = { kty: "RSA", keySize: 2048, keyOps: ["encrypt", "decrypt", "wrapKey", "unwrapKey"], attributes: { enabled: true }, rotationPolicy: undefined };
  const WANTED_KEY = { vaultName: "v", keyName: "k", grantBy: AzureGrantBy.AccessPolicy, wasGranted: false, now: new Date("2026-11-24T00:00:00Z") };
  test.each<[what: string, key: object, wanted: object, misfit: RegExp | undefined]>([
    ["one that fits", {}, {}, undefined],
    ["an HSM's", { kty: "RSA-HSM", keySize: 4096 }, { grantBy: AzureGrantBy.Role }, undefined],
    ["an elliptic curve", { kty: "EC", keySize: undefined }, {}, /^kty: is EC, and must be RSA or RSA-HSM/],
    ["a small one", { keySize: 1024 }, {}, /^keySize: is 1024, and must be at least 2048/],
    ["one that only wraps", { keyOps: ["wrapKey", "unwrapKey"] }, {}, /^keyOps: must have encrypt and decrypt with grantBy accessPolicy/],
    ["one that only wraps, by role", { keyOps: ["wrapKey", "unwrapKey"] }, { grantBy: AzureGrantBy.Role }, undefined],
    ["one that only encrypts, by role", { keyOps: ["encrypt", "decrypt"] }, { grantBy: AzureGrantBy.Role }, /--ops encrypt decrypt wrapKey unwrapKey$/],
    ["a disabled one", { attributes: { enabled: false } }, {}, /^enabled: the key is disabled: az keyvault key set-attributes --vault-name v --name k --enabled true$/],
    ["a disabled one that was granted", { attributes: { enabled: false } }, { wasGranted: true }, undefined],
    ["one that is not valid yet", { attributes: { notBefore: 4070908800 } }, {}, /^notBefore: the key is not valid before 2099-01-01T00:00:00Z/],
    ["one that became valid", { attributes: { notBefore: 1 } }, {}, undefined],
    ["one that expires", { attributes: { expires: 4070908800 } }, {}, /^expires: the key expires at 2099-01-01T00:00:00Z/],
    ["one that expired", { attributes: { expires: 1 } }, {}, /^expires: the key expires at 1970-01-01T00:00:01Z/],
    ["versions that expire", { rotationPolicy: { attributes: { expiryTime: "P90D" } } }, {}, /^rotationPolicy: lets new versions expire after P90D/],
    ["a policy that lets none expire", { rotationPolicy: { attributes: {} } }, {}, undefined],
  ])("of a key: %s", (_what, key, wanted, misfit) => {
    const misfits = keyMisfits({ ...KEY, ...key }, { ...WANTED_KEY, ...wanted });
    expect(misfits).toEqual(misfit === undefined ? [] : [expect.stringMatching(misfit)]);
  });

  test.each<[what: string, application: object, misfits: RegExp[]]>([
    ["one that fits", {}, []],
    ["several directories", { signInAudience: "AzureADMultipleOrgs" }, [/^signInAudience: is AzureADMultipleOrgs, and must be AzureADMyOrg/]],
    ["signed out", { accountEnabled: false }, [/^accountEnabled: nobody can sign in by it: az ad sp update --id c/]],
    ["both", { signInAudience: "PersonalMicrosoftAccount", accountEnabled: false }, [/^signInAudience/, /^accountEnabled/]],
  ])("of an application: %s", (_what, application, misfits) => {
    const given = { clientId: "c", signInAudience: "AzureADMyOrg", accountEnabled: true, ...application };
    expect(applicationMisfits(given)).toEqual(misfits.map((misfit) => expect.stringMatching(misfit)));
  });
});
