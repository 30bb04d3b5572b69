import { sign } from "node:crypto";

import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { type KeyClient } from "@azure/keyvault-keys";

import { OTHER_TENANT_DIRECTORY, TENANT_DIRECTORY, TENANT_SUBSCRIPTION } from "../../../sandbox/azure/index.js";
import { type AzureFixture, azureFixture, refusal, service, type Service } from "./fixtures.js";

const POLICIES = "acme-policies";
const ROLES = "acme-roles";
const OAEP = "RSA-OAEP-256";

let fixture: AzureFixture;
let caller: Service;

beforeAll(async () => {
  fixture = await azureFixture();
  const { sandbox } = fixture.running;
  sandbox.createVault({ name: POLICIES });
  sandbox.createVault({ name: ROLES, rbac: true, location: "uksouth" });
  for (const vault of [POLICIES, ROLES]) sandbox.createKey({ vault, name: "k" });
  caller = await service(fixture, POLICIES);
});
afterAll(() => fixture.close());
afterEach(() => {
  jest.restoreAllMocks();
});

const client = (vault: string): KeyClient => fixture.keys(vault, caller.credential);
/** An operation as the service is asked for it, and the permission and action it needs. */
const OPERATIONS: [permission: string, action: string, method: string, path: string, body: object | undefined][] = [
  ["get", "keys/read", "GET", "/keys/k", undefined],
  ["list", "keys/read", "GET", "/keys", undefined],
  ["list", "keys/read", "GET", "/keys/k/versions", undefined],
  ["list", "keys/read", "GET", "/deletedkeys", undefined],
  ["create", "keys/create/action", "POST", "/keys/n/create", { kty: "RSA" }],
  ["update", "keys/update/action", "PATCH", "/keys/k", { attributes: { enabled: true } }],
  ["encrypt", "keys/encrypt/action", "POST", "/keys/k/encrypt", { alg: OAEP, value: "AAAA" }],
  ["wrapKey", "keys/wrap/action", "POST", "/keys/k/wrapkey", { alg: OAEP, value: "AAAA" }],
  ["rotate", "keys/rotate/action", "POST", "/keys/k/rotate", undefined],
  ["getrotationpolicy", "keyrotationpolicies/read", "GET", "/keys/k/rotationpolicy", undefined],
  ["setrotationpolicy", "keyrotationpolicies/write", "PUT", "/keys/k/rotationpolicy", {}],
  ["delete", "keys/delete", "DELETE", "/keys/k", undefined],
  ["recover", "keys/recover/action", "POST", "/deletedkeys/k/recover", undefined],
];
/** Asks with the service's token. */
const ask = async (vault: string, method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> => {
  const token = (await caller.credential.getToken("https://vault.azure.net/.default"))?.token ?? "";
  return fixture.fetch(method, `https://${vault}.vault.azure.net${path}?api-version=7.5`, { token, body });
};
const callerText = (): string =>
  `appid=${caller.application.clientId};oid=${caller.servicePrincipalId};iss=https://sts.windows.net/${TENANT_DIRECTORY}/`;

describe("access policies", () => {
  test.each(OPERATIONS)("%s (%s): %s %s needs exactly that permission", async (permission, _, method, path, body) => {
    caller.grant(permission);
    const allowed = await ask(POLICIES, method, path, body);
    expect([200, 204]).toContain(allowed.status);
    caller.grant(permission === "sign" ? "verify" : "sign");
    await expect(ask(POLICIES, method, path, body)).resolves.toMatchObject({
      status: 403,
      body: {
        error: {
          code: "Forbidden", innererror: { code: "ForbiddenByPolicy" },
          message: `The user, group or application '${callerText()}' does not have keys ${permission} permission on key vault '${POLICIES};location=westeurope'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`,
        },
      },
    });
  });

  test("all is everything but purge", async () => {
    caller.grant("all");
    await expect(ask(POLICIES, "GET", "/keys/k")).resolves.toMatchObject({ status: 200 });
    await expect(ask(POLICIES, "DELETE", "/deletedkeys/k")).resolves.toMatchObject({ status: 403, body: { error: { innererror: { code: "ForbiddenByPolicy" } } } });
  });

  test("rights are looked at before it is told whether a key exists", async () => {
    caller.grant("list");
    await expect(refusal(client(POLICIES).getKey("nothing"))).resolves.toMatchObject({ status: 403, inner: "ForbiddenByPolicy" });
    caller.grant("get");
    await expect(refusal(client(POLICIES).getKey("nothing"))).resolves.toMatchObject({ status: 404, code: "KeyNotFound" });
  });

  test("a compound identity is not the application itself", async () => {
    const { tokens } = fixture.running.sandbox.deployer();
    const entry = { tenantId: TENANT_DIRECTORY, objectId: caller.servicePrincipalId, permissions: { keys: ["get"] } };
    const set = (applicationId?: string): Promise<unknown> =>
      fixture.fetch("PATCH", `https://management.azure.com${vaultPath(POLICIES)}?api-version=2024-11-01`, {
        token: tokens.arm, body: { properties: { accessPolicies: [{ ...entry, ...(applicationId === undefined ? {} : { applicationId }) }] } },
      });
    await set("33333333-3333-4333-8333-333333333333");
    await expect(refusal(client(POLICIES).getKey("k"))).resolves.toMatchObject({ inner: "AccessDenied" });
    await set(caller.application.clientId);
    await expect(client(POLICIES).getKey("k")).resolves.toMatchObject({ name: "k" });
  });
});

const vaultPath = (vault: string): string =>
  `/subscriptions/${TENANT_SUBSCRIPTION}/resourceGroups/byok/providers/Microsoft.KeyVault/vaults/${vault}`;

describe("role assignments", () => {
  /** Assigns a role for one test. */
  async function withRole<Result>(role: string, scope: string, run: () => Promise<Result>): Promise<Result> {
    const { tokens } = fixture.running.sandbox.deployer();
    const url = `https://management.azure.com${scope}/providers/Microsoft.Authorization/roleAssignments/44444444-4444-4444-8444-444444444444?api-version=2022-04-01`;
    const roleDefinitionId = `/subscriptions/${TENANT_SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/${role}`;
    const made = await fixture.fetch("PUT", url, { token: tokens.arm, body: { properties: { roleDefinitionId, principalId: caller.servicePrincipalId } } });
    expect(made.status).toBe(201);
    try {
      return await run();
    } finally {
      await fixture.fetch("DELETE", url, { token: tokens.arm });
    }
  }
  const OFFICER = "14b46e9e-c2b7-41b4-b07b-48a6ebf60603";
  const ADMINISTRATOR = "00482a5a-887f-4fb3-b363-3b7fe8e74483";
  const USER = "12338af0-0e69-4776-bea7-57ae8d297424";
  const ENCRYPTION = "e147488a-f6f5-4113-8e2d-b22465e65bf6";
  const READER = "21090545-7ca7-4776-b22c-e363652d74d2";
  const OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
  const CONTRIBUTOR = "f25e0fa2-a7c8-4377-a976-54943a77a395";

  test.each<[string, string, string[]]>([
    ["Key Vault Administrator", ADMINISTRATOR, ["*"]],
    ["Key Vault Crypto Officer", OFFICER, ["*"]],
    ["Key Vault Crypto User", USER, ["keys/read", "keys/update/action", "keys/encrypt/action", "keys/wrap/action"]],
    ["Key Vault Crypto Service Encryption User", ENCRYPTION, ["keys/read", "keys/wrap/action"]],
    ["Key Vault Reader", READER, ["keys/read", "keyrotationpolicies/read"]],
    ["Owner", OWNER, []],
    ["Key Vault Contributor", CONTRIBUTOR, []],
  ])("%s", async (_, role, allowed) => {
    await withRole(role, vaultPath(ROLES), async () => {
      for (const [, action, method, path, body] of OPERATIONS) {
        const { status, body: answer } = await ask(ROLES, method, path, body);
        if (allowed.includes("*") || allowed.includes(action)) expect([action, status]).toEqual([action, 200]);
        else expect([action, answer]).toMatchObject([action, { error: { innererror: { code: "ForbiddenByRbac" } } }]);
      }
    });
  });

  test("the refusal names caller, action and resource", async () => {
    await expect(refusal(client(ROLES).getKey("k"))).resolves.toEqual({
      status: 403, code: "Forbidden", inner: "ForbiddenByRbac",
      message: [
        "Caller is not authorized to perform action on resource.",
        "If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.",
        `Caller: ${callerText()}`,
        "Action: 'Microsoft.KeyVault/vaults/keys/read'",
        `Resource: '${vaultPath(ROLES).toLowerCase()}/keys/k'`,
        "Assignment: (not found)",
        "DenyAssignmentId: null",
        "DecisionReason: 'DeniedWithNoValidRBAC' ",
        `Vault: ${ROLES};location=uksouth`,
        "",
      ].join("\r\n"),
    });
  });

  test.each([
    ["a key", `${vaultPath(ROLES)}/keys/k`, true],
    ["the vault", vaultPath(ROLES), true],
    ["the vault, in other letters", vaultPath(ROLES).toUpperCase(), true],
    ["its resource group", `/subscriptions/${TENANT_SUBSCRIPTION}/resourceGroups/byok`, true],
    ["its subscription", `/subscriptions/${TENANT_SUBSCRIPTION}`, true],
    ["another key", `${vaultPath(ROLES)}/keys/other`, false],
    ["another vault", vaultPath(POLICIES), false],
  ])("scope: %s", async (_, scope, applies) => {
    await withRole(OFFICER, scope, async () => {
      const { status } = await ask(ROLES, "GET", "/keys/k");
      expect(status).toBe(applies ? 200 : 403);
    });
  });

  test("access policies count for nothing then", async () => {
    fixture.running.sandbox.setAccessPolicy({ vault: ROLES, objectId: caller.servicePrincipalId, permissions: ["all"] });
    await expect(refusal(client(ROLES).getKey("k"))).resolves.toMatchObject({ inner: "ForbiddenByRbac" });
  });
});

describe("the firewall", () => {
  const patch = async (properties: object): Promise<void> => {
    const { tokens } = fixture.running.sandbox.deployer();
    const answer = await fixture.fetch("PATCH", `https://management.azure.com${vaultPath(POLICIES)}?api-version=2024-11-01`, { token: tokens.arm, body: { properties } });
    expect(answer.status).toBe(200);
  };
  afterEach(() => patch({ networkAcls: { defaultAction: "Allow" }, publicNetworkAccess: "enabled" }));
  beforeAll(() => {
    caller.grant("get");
  });

  test("who is not let in is told its address, before its rights are looked at", async () => {
    await patch({ networkAcls: { bypass: "AzureServices", defaultAction: "Deny", ipRules: [{ value: "203.0.113.0/24" }] } });
    caller.grant("list");
    await expect(refusal(client(POLICIES).getKey("k"))).resolves.toEqual({
      status: 403, code: "Forbidden", inner: "ForbiddenByFirewall",
      message: `Client address is not authorized and caller is not a trusted service.\r\nClient address: 127.0.0.1\r\nCaller: ${callerText()}\r\nVault: ${POLICIES};location=westeurope`,
    });
    caller.grant("get");
  });

  test.each(["127.0.0.1", "127.0.0.0/8"])("who is within %s is let in", async (value) => {
    await patch({ networkAcls: { defaultAction: "Deny", ipRules: [{ value }] } });
    await expect(client(POLICIES).getKey("k")).resolves.toMatchObject({ name: "k" });
  });

  test("callers that come from the internet are told from those that do not", async () => {
    await patch({ networkAcls: { defaultAction: "Deny", ipRules: [{ value: "203.0.113.0/28" }] } });
    const { sandbox } = fixture.running;
    sandbox.callFrom({ address: "203.0.113.16" });
    await expect(refusal(client(POLICIES).getKey("k"))).resolves.toMatchObject({ inner: "ForbiddenByFirewall", message: expect.stringContaining("203.0.113.16") });
    sandbox.callFrom({ address: "203.0.113.15" });
    await expect(client(POLICIES).getKey("k")).resolves.toMatchObject({ name: "k" });
    sandbox.callFrom({ address: "127.0.0.1" });
  });

  test("public network access off", async () => {
    await patch({ publicNetworkAccess: "disabled" });
    await expect(refusal(client(POLICIES).getKey("k"))).resolves.toEqual({
      status: 403, code: "Forbidden", inner: "ForbiddenByConnection",
      message: `Public network access is disabled and request is not from a trusted service nor via an approved private link.\r\nCaller: ${callerText()}\r\nVault: ${POLICIES};location=westeurope`,
    });
  });
});

describe("tokens", () => {
  const get = async (token?: string): Promise<{ status: number; body: unknown; challenge: unknown }> => {
    const { status, body, headers } = await fixture.fetch("GET", `https://${POLICIES}.vault.azure.net/keys/k?api-version=7.5`, token === undefined ? {} : { token });
    return { status, body, challenge: headers["www-authenticate"] };
  };
  const unauthorized = (message: string): object => ({
    status: 401, body: { error: { code: "Unauthorized", message } },
    challenge: `Bearer authorization="https://login.microsoftonline.com/${TENANT_DIRECTORY}", resource="https://vault.azure.net"`,
  });
  const vaultToken = async (): Promise<string> => (await caller.credential.getToken("https://vault.azure.net/.default"))?.token ?? "";

  test("none", async () => {
    await expect(get()).resolves.toEqual(unauthorized("AKV10000: Request is missing a Bearer or PoP token."));
  });

  test("for another resource", async () => {
    await expect(get(fixture.running.sandbox.deployer().tokens.arm)).resolves.toEqual(
      unauthorized("AKV10022: Invalid audience. Expected https://vault.azure.net, found: https://management.azure.com."),
    );
  });

  test("of another directory", async () => {
    const { tokens } = fixture.running.sandbox.signIn({ entraTenantId: OTHER_TENANT_DIRECTORY });
    fixture.running.sandbox.signIn({ entraTenantId: TENANT_DIRECTORY });
    await expect(get(tokens.vault)).resolves.toEqual(
      unauthorized(`AKV10032: Invalid issuer. Expected one of https://sts.windows.net/${TENANT_DIRECTORY}/, found https://sts.windows.net/${OTHER_TENANT_DIRECTORY}/.`),
    );
  });

  test("expired", async () => {
    const token = await vaultToken();
    const later = Date.now() + 3600_000;
    jest.spyOn(Date, "now").mockImplementation(() => later);
    await expect(get(token)).resolves.toEqual(unauthorized("[TokenExpired] Error validating token: 'S2S12086'."));
  });

  test("changed, signed by somebody else, or none at all", async () => {
    const [header = "", payload = ""] = (await vaultToken()).split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as object;
    const forged = Buffer.from(JSON.stringify({ ...claims, oid: "x" })).toString("base64url");
    const signature = sign("RSA-SHA256", Buffer.from(`${header}.${forged}`), caller.application.privateKey).toString("base64url");
    await expect(get(`${header}.${forged}.${signature}`)).resolves.toEqual(unauthorized("Error validating token: its signature is not the sandbox's."));
    await expect(get("x")).resolves.toEqual(unauthorized("Error validating token: it is not a JSON Web Token of the sandbox."));
  });

  test("hold the claims that Key Vault reads", async () => {
    const [, payload = ""] = (await vaultToken()).split(".");
    expect(JSON.parse(Buffer.from(payload, "base64url").toString())).toMatchObject({
      aud: "https://vault.azure.net", iss: `https://sts.windows.net/${TENANT_DIRECTORY}/`, tid: TENANT_DIRECTORY,
      appid: caller.application.clientId, oid: caller.servicePrincipalId, idtyp: "app", ver: "1.0",
    });
  });

  test("can be checked with the published keys", async () => {
    const keys = await fixture.fetch("GET", "https://login.microsoftonline.com/common/discovery/keys");
    const [header = ""] = (await vaultToken()).split(".");
    expect(JSON.parse(Buffer.from(header, "base64url").toString())).toMatchObject({
      alg: "RS256", kid: (keys.body as { keys: { kid: string }[] }).keys[0]?.kid,
    });
  });
});

test("a host that is none of Azure's is told so", async () => {
  const answer = await fixture.fetch("GET", "https://localhost/keys");
  expect(answer.status).toBe(421);
  expect(answer.body).toEqual({
    error: {
      code: "MisdirectedRequest",
      message: 'The sandbox does not answer for "localhost". It is asked by the real host names: NAME.vault.azure.net, login.microsoftonline.com, management.azure.com, graph.microsoft.com.',
    },
  });
});
