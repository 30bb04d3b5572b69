import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { TENANT_DIRECTORY, TENANT_SUBSCRIPTION } from "../../../../sandbox/azure/index.js";
import { type Properties, textOf } from "../../../../sandbox/pulumi/values.js";
import { type Fixture } from "../../fixtures.js";
import { type Deployment } from "../deployment.js";
import { azureNativeFixture, type AzureNativeFixture, KEY, keyGiven, update } from "./fixture.js";

const ROLE = "azure-native:authorization:RoleAssignment";
const CRYPTO_USER = "e147488a-f6f5-4113-8e2d-b22465e65bf6";
const roleDefinitionId = `/subscriptions/${TENANT_SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/${CRYPTO_USER}`;

let shared: AzureNativeFixture;
let fixture: Fixture;
let stack: Deployment;
let scope: string;
let serial = 0;
beforeAll(async () => {
  shared = await azureNativeFixture();
  ({ fixture, stack } = shared);
  const { name, vault } = await shared.newVault({ enableRbacAuthorization: true });
  await stack.create(KEY, keyGiven(name));
  scope = `${vault.id}/keys/backup`;
});
afterAll(() => shared.close());

const principal = (): string => fixture.sandbox.azure.registerApplication({ displayName: "service", certificates: [] }).servicePrincipalId;
const given = (principalId: string, more: Properties = {}): Properties => ({
  roleAssignmentName: `55555555-5555-4555-8555-${String(++serial).padStart(12, "0")}`, scope, roleDefinitionId, principalId, principalType: "ServicePrincipal", ...more,
});

describe("a role assignment", () => {
  test("is made at the key, stays as it is, and goes", async () => {
    const principalId = principal();
    const wanted = given(principalId);
    const one = await stack.create(ROLE, wanted);
    expect(one).toEqual({
      id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${textOf(wanted, "roleAssignmentName") ?? ""}`,
      inputs: { ...wanted, azureApiVersion: "2022-04-01" },
      state: {
        azureApiVersion: "2022-04-01", name: wanted["roleAssignmentName"], type: "Microsoft.Authorization/roleAssignments",
        principalId, principalType: "ServicePrincipal", roleDefinitionId, scope, createdOn: expect.any(String),
      },
    });
    await expect(stack.changes(ROLE, await stack.refreshed(ROLE, one), wanted)).resolves.toEqual([]);
    expect((await stack.import(ROLE, one.id))?.inputs).toEqual(one.inputs);
    expect(fixture.sandbox.azure.keys().flatMap(({ grantedTo }) => grantedTo)).toContain(principalId);
    for (const property of ["principalId", "scope", "roleAssignmentName"]) {
      await expect(stack.changes(ROLE, one, { ...wanted, [property]: "other" })).resolves.toEqual([update(property, true)]);
    }
    await stack.delete(ROLE, one);
    await expect(stack.refresh(ROLE, one)).resolves.toBeUndefined();
    expect(fixture.sandbox.azure.keys().flatMap(({ grantedTo }) => grantedTo)).not.toContain(principalId);
  });

  test("that somebody made under another name is in the way", async () => {
    const principalId = principal();
    await stack.create(ROLE, given(principalId));
    await expect(stack.create(ROLE, given(principalId))).rejects.toThrow('Status=409 Code="RoleAssignmentExists" Message="The role assignment already exists."');
  });

  test("of a principal that ARM has not heard of yet: only its kind spares the look", async () => {
    fixture.sandbox.azure.delayPrincipals({ lookups: 2 });
    const [hurried, patient] = [principal(), principal()];
    fixture.sandbox.azure.delayPrincipals({ lookups: 0 });
    await stack.create(ROLE, given(hurried));
    const blind = given(patient, { principalType: null });
    const refusal = `Status=400 Code="PrincipalNotFound" Message="Principal ${patient.replaceAll("-", "")} does not exist in the directory ${TENANT_DIRECTORY}.`;
    await expect(stack.create(ROLE, blind)).rejects.toThrow(refusal);
    await expect(stack.create(ROLE, blind)).rejects.toThrow(refusal);
    await stack.create(ROLE, blind);
  });
});

describe("a key's rotation policy", () => {
  const lifetimeActions = [{ action: { type: "rotate" }, trigger: { timeAfterCreate: "P90D" } }];

  test("is taken when the key is made, and never again", async () => {
    const { name } = await shared.newVault();
    const key = await stack.create(KEY, keyGiven(name, { rotationPolicy: { lifetimeActions } }));
    expect(key.state["rotationPolicy"]).toMatchObject({ attributes: {}, lifetimeActions: [...lifetimeActions, { action: { type: "notify" } }] });
    const wanted = keyGiven(name, { rotationPolicy: { lifetimeActions: [{ action: { type: "rotate" }, trigger: { timeAfterCreate: "P30D" } }] } });
    await expect(stack.changes(KEY, key, wanted)).resolves.toEqual([update("properties.rotationPolicy.lifetimeActions")]);
    expect((await stack.update(KEY, key, wanted)).state["rotationPolicy"]).toEqual(key.state["rotationPolicy"]);
    expect(fixture.sandbox.azure.keys().find(({ keyId }) => keyId.includes(`//${name}.`))?.versions).toHaveLength(1);
    fixture.advance(91);
    const rotated = fixture.sandbox.azure.keys().find(({ keyId }) => keyId.includes(`//${name}.`));
    expect(rotated?.versions).toHaveLength(2);
    expect(rotated?.notes).not.toEqual(expect.arrayContaining([expect.stringContaining("expires")]));
  });

  test("that Azure would refuse, the sandbox refuses", async () => {
    const { name } = await shared.newVault();
    const hasty = [{ action: { type: "rotate" }, trigger: { timeAfterCreate: "P6D" } }];
    await expect(stack.create(KEY, keyGiven(name, { rotationPolicy: { lifetimeActions: hasty } }))).rejects.toThrow(
      'Status=400 Code="BadRequest" Message="A key rotates 7 days after its creation at the earliest."',
    );
  });
});

test("a vault that was deleted keeps its name", async () => {
  const { name, given: vault } = await shared.newVault();
  fixture.sandbox.azure.deleteVault({ vault: name });
  await expect(stack.create("azure-native:keyvault:Vault", vault)).rejects.toThrow('Code="ConflictError"');
});
