/**
 * Access in Azure: access policies, role assignments, the certificates that sign in, and who administers the subscription
 * anyway.
 *
 * Sources: Microsoft, "Assign a Key Vault access policy" (key permissions), "Azure built-in roles" (ids), "Configure Azure Key
 * Vault networking settings".
 *
 * @module
 */
import { X509Certificate } from "node:crypto";

import { type DeclaredResource, isObject, objectIn, textInput } from "../declared-resource.js";
import { type Declared, type DerivedAccess, targetOf } from "./access-table.js";
import { type AccessRow, type Finding } from "./schema.js";

/** Built-in roles by id: name, and what it amounts to with keys. */
const ROLES: Readonly<Record<string, { readonly name: string; readonly power: AccessRow["power"]; readonly operations: readonly string[] }>> = {
  "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": { name: "Owner", power: "administer", operations: ["everything"] },
  "b24988ac-6180-42a0-ab88-20f7382dd24c": { name: "Contributor", power: "administer", operations: ["everything but access"] },
  "00482a5a-887f-4fb3-b363-3b7fe8e74483": { name: "Key Vault Administrator", power: "administer", operations: ["everything with keys"] },
  "14b46e9e-c2b7-41b4-b07b-48a6ebf60603": { name: "Key Vault Crypto Officer", power: "administer", operations: ["everything with keys"] },
  "f25e0fa2-a7c8-4377-a976-54943a77a395": { name: "Key Vault Contributor", power: "administer", operations: ["change the vault"] },
  "12338af0-0e69-4776-bea7-57ae8d297424": {
    name: "Key Vault Crypto User",
    power: "administer",
    operations: ["read", "update", "backup", "encrypt", "decrypt", "wrapKey", "unwrapKey", "sign", "verify"],
  },
  "e147488a-f6f5-4113-8e2d-b22465e65bf6": { name: "Key Vault Crypto Service Encryption User", power: "use", operations: ["get", "wrapKey", "unwrapKey"] },
  "21090545-7ca7-4776-b22c-e363652d74d2": { name: "Key Vault Reader", power: "read", operations: ["get", "list"] },
};

const USE_PERMISSIONS: readonly string[] = ["encrypt", "decrypt", "wrapkey", "unwrapkey", "sign", "verify"];
const READ_PERMISSIONS: readonly string[] = ["get", "list", "getrotationpolicy"];

/** Rows of everything in Azure. */
export function azureAccess(declared: Declared): DerivedAccess {
  const rows: AccessRow[] = [];
  const findings: Finding[] = [];
  const created = declared.resources.filter(({ kind }) => kind === "created");
  for (const resource of created) {
    if (resource.type === "azure-native:keyvault:AccessPolicy") {
      rows.push(...policyRows(declared, resource, [resource.inputs["policy"]], networkOf(declared, resource)));
    }
    if (resource.type === "azure-native:keyvault:Vault") {
      const inline = objectIn(resource.inputs, "properties")["accessPolicies"];
      if (Array.isArray(inline)) rows.push(...policyRows(declared, resource, inline, networkConditions(resource)));
    }
    if (resource.type === "azure-native:authorization:RoleAssignment") rows.push(...roleRows(declared, resource));
    if (resource.type === "azuread:index/applicationCertificate:ApplicationCertificate") rows.push(...certificateRows(declared, resource));
    if (/^azure-native:(monitor|insights):ActionGroup$/.test(resource.type)) rows.push(...receiverRows(resource));
    if (/^azuread:index\/\w*[pP]assword:/.test(resource.type)) {
      findings.push({
        severity: "warning",
        code: "client-secret",
        resource: resource.name,
        message: "is a client secret, which Pulumi's state would hold; let the service sign in with a certificate of its own",
      });
    }
  }
  for (const scope of subscriptions(declared)) {
    rows.push({
      cloud: "azure",
      principal: `owners and Key Vault contributors of subscription ${scope}`,
      kind: "Azure roles of the subscription and above",
      whose: "tenant",
      effect: "allow",
      power: "administer",
      operations: ["create, disable, delete keys and vaults", "change who may use them"],
      on: `subscription ${scope}`,
      conditions: ["as roles there say; not made here"],
    });
  }
  return { rows, findings };
}

function subscriptions({ resources }: Declared): string[] {
  const ids = resources.filter(({ type }) => type.startsWith("azure-native:keyvault:")).map(({ id }) => id ?? "");
  return [...new Set(ids.flatMap((id) => /^\/subscriptions\/([^/]+)\//.exec(id)?.[1] ?? []))];
}

function policyRows(declared: Declared, resource: DeclaredResource, policies: readonly unknown[], network: readonly string[]): AccessRow[] {
  return policies.filter(isObject).flatMap((policy): AccessRow[] => {
    const permissions = [objectIn(policy, "permissions")["keys"]].flat().filter((text): text is string => typeof text === "string");
    return [
      {
        cloud: "azure",
        ...principalOf(declared, String(policy["objectId"]), resource, "policy"),
        effect: "allow",
        power: permissionPower(permissions),
        operations: permissions,
        on: `every key of vault ${textInput(resource, "vaultName") ?? resource.name}`,
        conditions: [...network],
        through: resource.name,
      },
    ];
  });
}

/** What a list of key permissions amounts to. */
export function permissionPower(permissions: readonly string[]): AccessRow["power"] {
  const rest = permissions.map((permission) => permission.toLowerCase()).filter((permission) => !READ_PERMISSIONS.includes(permission));
  if (rest.length === 0) return "read";
  return rest.every((permission) => USE_PERMISSIONS.includes(permission)) ? "use" : "administer";
}

/** True if what the row allows includes using the key, beside anything else. */
export function azureUses({ operations }: AccessRow): boolean {
  return operations.some((operation) => USE_PERMISSIONS.includes(operation.toLowerCase()) || operation.startsWith("everything"));
}

function principalOf(declared: Declared, id: string, resource: DeclaredResource, input: string): Pick<AccessRow, "principal" | "kind" | "whose"> {
  const made = (resource.dependencies[input] ?? []).map((urn) => declared.byUrn.get(urn)).find((found) => found?.type.includes("servicePrincipal") === true);
  return {
    principal: made === undefined ? id : `application ${applicationName(declared, made)}`,
    kind: made === undefined ? "object of the directory" : "application made here",
    whose: declared.service.has(id) ? "service" : "other",
  };
}

function applicationName(declared: Declared, principal: DeclaredResource): string {
  const application = targetOf(declared, principal, "clientId");
  return (application === undefined ? undefined : textInput(application, "displayName")) ?? principal.name;
}

function roleRows(declared: Declared, assignment: DeclaredResource): AccessRow[] {
  const definition = textInput(assignment, "roleDefinitionId") ?? "";
  const id = definition.slice(definition.lastIndexOf("/") + 1).toLowerCase();
  const role = ROLES[id] ?? { name: `role ${id}`, power: "administer" as const, operations: [] };
  const condition = textInput(assignment, "condition");
  const on = targetOf(declared, assignment, "scope");
  return [
    {
      cloud: "azure",
      ...principalOf(declared, String(assignment.inputs["principalId"]), assignment, "principalId"),
      effect: "allow",
      power: role.power,
      operations: role.operations.length === 0 ? [role.name] : [...role.operations],
      on: on?.name ?? textInput(assignment, "scope") ?? assignment.name,
      conditions: [...(condition === undefined ? [] : [condition]), ...networkOf(declared, on ?? assignment)],
      through: assignment.name,
    },
  ];
}

function certificateRows(declared: Declared, certificate: DeclaredResource): AccessRow[] {
  const application = targetOf(declared, certificate, "applicationId");
  const parsed = parseCertificate(textInput(certificate, "value"));
  return [
    {
      cloud: "azure",
      principal: `holder of the private key of certificate ${parsed?.thumbprint ?? certificate.name}`,
      kind: "certificate",
      whose: "service",
      effect: "allow",
      power: "sign-in",
      operations: ["sign in as the application"],
      on: application === undefined ? certificate.name : (textInput(application, "displayName") ?? application.name),
      conditions: parsed === undefined ? [] : [`until ${parsed.notAfter.toISOString().slice(0, 10)}`],
      through: certificate.name,
    },
  ];
}

/** Thumbprint and end of a certificate in PEM; undefined if it is none. */
export function parseCertificate(pem: string | undefined): { readonly thumbprint: string; readonly notAfter: Date } | undefined {
  try {
    const certificate = new X509Certificate(pem ?? "");
    return { thumbprint: certificate.fingerprint.replaceAll(":", ""), notAfter: new Date(certificate.validTo) };
  } catch {
    return undefined;
  }
}

/** Network rules of the vault that a resource is about. */
function networkOf(declared: Declared, { inputs }: DeclaredResource): string[] {
  const vault = declared.resources.find(({ type, inputs: own }) => type === "azure-native:keyvault:Vault" && own["vaultName"] === inputs["vaultName"]);
  return vault === undefined ? [] : networkConditions(vault);
}

function networkConditions(vault: DeclaredResource): string[] {
  const properties = objectIn(vault.inputs, "properties");
  const network = objectIn(properties, "networkAcls");
  if (String(properties["publicNetworkAccess"]).toLowerCase() === "disabled") return ["through private endpoints only"];
  if (network["defaultAction"] !== "Deny") return [];
  const rules = [network["ipRules"]].flat().filter(isObject).map(({ value }) => String(value));
  return [rules.length === 0 ? "from no address" : `from ${rules.join(", ")}`];
}

function receiverRows(group: DeclaredResource): AccessRow[] {
  const receivers = [group.inputs["emailReceivers"]].flat().filter(isObject);
  return receivers.flatMap(({ emailAddress }): AccessRow[] =>
    typeof emailAddress === "string"
      ? [
          {
            cloud: "azure",
            principal: emailAddress,
            kind: "email",
            whose: "tenant",
            effect: "allow",
            power: "notify",
            operations: ["receives alarms"],
            on: group.name,
            conditions: [],
            through: group.name,
          },
        ]
      : [],
  );
}
