/**
 * Defaults are a contract: changing one changes every stack that relied on it. For each component, what its optional arguments
 * are when they are left out, and what is registered then. An argument that is new has to be added here.
 */
import { describe, expect, test } from "@jest/globals";
import type * as Pulumi from "@pulumi/pulumi";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { Datacenter } from "../../components/regions.js";
import { ROOT } from "../stacks/stack-file.js";
import { selfSigned } from "./azure/self-signed.js";
import { deploy, type Deployment, type Registration } from "./recorded-deployment.js";

const SERVICE_ACCOUNT = "backup-service@example-service.iam.gserviceaccount.com";
const ENTRA_TENANT = "6f3c1a52-8d0e-4b7a-9c41-2f5d7e8a9b10";
const SUBSCRIPTION = "0d9b4e37-5a1c-4c86-b2f4-93e6a7c8d201";
const TENANT = { tenant: "acme", datacenter: Datacenter.Eu };
const APPLICATION = {
  clientId: "a11ca710-0000-4000-8000-000000000001",
  servicePrincipalId: "0b1ec710-0000-4000-8000-000000000002",
  certificateThumbprint: "816DAE5AF00D3FA8753F767DC120E3B1EF06F604",
  certificateNotAfter: "2125-01-01T00:00:00Z",
};

const certificate = selfSigned({ notBefore: "2020-01-01T00:00:00Z", notAfter: "2120-01-01T00:00:00Z" });

/** An argument that has no value which could be given instead of leaving it out. */
const NONE = Symbol("none");

interface Component {
  /** Interface of the arguments. */
  readonly args: string;
  /** The least that can be given. */
  readonly least: () => Promise<Record<string, unknown>>;
  readonly make: (args: never, options: { readonly providers: Pulumi.ProviderResource[] }) => Promise<unknown>;
  readonly packages: readonly string[];
  /** What each optional argument is when it is left out. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** `NAME TYPE`, protect, retainOnDelete, of every child in any order. */
  readonly children: readonly (readonly [name: string, type: string, flags: "kept" | "protected" | "unprotected"])[];
}

const COMPONENTS: readonly Component[] = [
  {
    args: "AwsTenantKeyArgs",
    least: async () => ({ ...TENANT, accountId: "111122223333", serviceAccountId: "201720642051" }),
    make: async (args, options) => new (await import("../../components/aws/index.js")).AwsTenantKey("k", args, options),
    packages: ["aws"],
    defaults: {
      access: "granted",
      keyMetadata: true,
      auditLog: true,
      alarms: NONE,
      // One of the two grantees.
      serviceAccountId: NONE,
      serviceRoleArn: NONE,
      usage: "least",
      description: "BYOK backup encryption key of acme for datacenter eu",
      region: "eu-central-1",
      allowCrossRegion: false,
      tags: NONE,
      existing: NONE,
      grantBy: "keyPolicy",
      principalArns: NONE,
      serviceAddresses: NONE,
      // What AWS makes of it when nothing is said: no.
      multiRegion: NONE,
      replicaRegions: NONE,
      aliasName: "alias/byok-acme-eu",
      rotationPeriodInDays: 365,
      deletionWindowInDays: 30,
    },
    children: [
      ["k-key", "aws:kms/key:Key", "kept"],
      ["k-alias", "aws:kms/alias:Alias", "protected"],
      ["k-policy", "aws:kms/keyPolicy:KeyPolicy", "unprotected"],
    ],
  },
  {
    args: "AwsServiceIdentityArgs",
    least: async () => ({ accountId: "201720642051", datacenter: Datacenter.Eu, trustedPrincipals: ["ec2.amazonaws.com"] }),
    make: async (args, options) => new (await import("../../components/aws/index.js")).AwsServiceIdentity("k", args, options),
    packages: ["aws"],
    defaults: {
      region: "eu-central-1",
      roleName: "byok-service-eu",
      tenantAccountIds: NONE,
      keyMetadata: true,
      aliasName: "alias/byok-service-eu",
      multiRegion: NONE,
      rotationPeriodInDays: 365,
      deletionWindowInDays: 30,
      tags: NONE,
    },
    children: [
      ["k-role", "aws:iam/role:Role", "kept"],
      ["k-role-policy", "aws:iam/rolePolicy:RolePolicy", "unprotected"],
      ["k-key", "aws:kms/key:Key", "kept"],
      ["k-alias", "aws:kms/alias:Alias", "protected"],
      ["k-policy", "aws:kms/keyPolicy:KeyPolicy", "unprotected"],
    ],
  },
  {
    args: "GcpTenantKeyArgs",
    least: async () => ({ ...TENANT, project: "acme-backup-keys", serviceAccount: SERVICE_ACCOUNT }),
    make: async (args, options) => new (await import("../../components/gcp/index.js")).GcpTenantKey("k", args, options),
    packages: ["gcp"],
    defaults: {
      access: "granted",
      keyMetadata: false,
      // With createProject it is true: a project of its own has no other uses to log.
      auditLog: false,
      alarms: NONE,
      // One of the two projects.
      project: NONE,
      createProject: NONE,
      location: "europe-west4",
      allowCrossRegion: false,
      keyRingName: "byok-acme-eu",
      keyName: "byok-acme-eu",
      existing: NONE,
      protectionLevel: "software",
      rotationPeriodInDays: 90,
      destroyDelayInDays: 30,
      labels: NONE,
    },
    children: [
      ["k-api", "gcp:projects/service:Service", "protected"],
      ["k-ring", "gcp:kms/keyRing:KeyRing", "kept"],
      ["k-key", "gcp:kms/cryptoKey:CryptoKey", "kept"],
      ["k-grant", "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "unprotected"],
    ],
  },
  {
    args: "GcpServiceIdentityArgs",
    least: async () => ({ project: "example-service", datacenter: Datacenter.Eu }),
    make: async (args, options) => new (await import("../../components/gcp/index.js")).GcpServiceIdentity("k", args, options),
    packages: ["gcp"],
    defaults: {
      location: "europe-west4",
      allowCrossRegion: false,
      accountId: "byok-service-eu",
      perTenant: NONE,
      keyMetadata: true,
      keyRingName: "byok-service-eu",
      keyName: "byok-service-eu",
      existing: NONE,
      protectionLevel: "software",
      rotationPeriodInDays: 90,
      destroyDelayInDays: 30,
      labels: NONE,
    },
    children: [
      ["k-account", "gcp:serviceaccount/account:Account", "kept"],
      ["k-api", "gcp:projects/service:Service", "protected"],
      ["k-iam-api", "gcp:projects/service:Service", "unprotected"],
      ["k-ring", "gcp:kms/keyRing:KeyRing", "kept"],
      ["k-key", "gcp:kms/cryptoKey:CryptoKey", "kept"],
      ["k-grant", "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "protected"],
      ["k-metadata", "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "protected"],
    ],
  },
  {
    args: "AzureAppRegistrationArgs",
    least: async () => ({ ...TENANT, certificates: [(await certificate).certificate] }),
    make: async (args, options) => new (await import("../../components/azure/index.js")).AzureAppRegistration("k", args, options),
    packages: ["azuread"],
    defaults: { displayName: "byok-acme-eu", existing: NONE },
    children: [
      ["k-application", "azuread:index/application:Application", "protected"],
      ["k-principal", "azuread:index/servicePrincipal:ServicePrincipal", "protected"],
      ["k-certificate-", "azuread:index/applicationCertificate:ApplicationCertificate", "unprotected"],
    ],
  },
  {
    args: "AzureTenantKeyArgs",
    least: async () => ({ ...TENANT, entraTenantId: ENTRA_TENANT, subscriptionId: SUBSCRIPTION, application: APPLICATION }),
    make: async (args, options) => new (await import("../../components/azure/index.js")).AzureTenantKey("k", args, options),
    packages: ["azure-native"],
    defaults: {
      access: "granted",
      keyMetadata: false,
      auditLog: false,
      alarms: NONE,
      resourceGroup: NONE,
      location: "westeurope",
      allowCrossRegion: false,
      vaultName: "byok-acme-eu-mbdtyv",
      keyName: "byok-acme-eu",
      existing: NONE,
      protectionLevel: "software",
      keySize: 3072,
      rotationPeriodInDays: NONE,
      grantBy: "accessPolicy",
      serviceAddresses: NONE,
      lock: false,
      logAnalyticsWorkspaceId: NONE,
      // 90 where there is an audit log; test/components/azure/watch.test.ts.
      logRetentionDays: NONE,
      tags: NONE,
    },
    children: [
      ["k-group", "azure-native:resources:ResourceGroup", "kept"],
      ["k-vault", "azure-native:keyvault:Vault", "kept"],
      ["k-key", "azure-native:keyvault:Key", "kept"],
      ["k-policy", "azure-native:keyvault:AccessPolicy", "unprotected"],
    ],
  },
];

/** Sources of all components, for their interfaces. */
const SOURCES = readdirSync(join(ROOT, "components"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readFileSync(join(ROOT, "components", file), "utf8"))
  .join("\n");

/** Optional arguments of an interface, those it inherits included. */
function optionalArguments(name: string): string[] {
  const [, bases, body] = new RegExp(`export interface ${name}(?: extends ([\\w, ]+))? \\{\\n(.*?)\\n\\}`, "s").exec(SOURCES) ?? [];
  if (body === undefined) throw new Error(`the components have no interface ${name}`);
  const own = [...body.matchAll(/^ {2}(\w+)\?:/gm)].map(([, argument = ""]) => argument);
  return [...(bases ?? "").split(",").flatMap((base) => (base.trim() === "" ? [] : optionalArguments(base.trim()))), ...own];
}

async function register({ make, packages, least }: Component, more: Readonly<Record<string, unknown>>): Promise<Deployment> {
  const args = { ...(await least()), ...more };
  return deploy(async () => {
    const { ProviderResource } = await import("@pulumi/pulumi");
    class Provider extends ProviderResource {}
    await make(args as never, { providers: packages.map((name) => new Provider(name, `tenant-${name}`, {})) });
    return {};
  });
}

/** Without the stack, the component itself and the providers. */
function childrenOf({ registrations }: Deployment): Registration[] {
  return registrations.filter(({ custom, type }) => custom && !type.startsWith("pulumi:"));
}

const flagsOf = ({ protect, retainOnDelete }: Registration): string =>
  protect === true ? (retainOnDelete === true ? "kept" : "protected") : retainOnDelete === true ? "retained" : "unprotected";

describe.each(COMPONENTS.map((component) => [component.args, component] as const))("%s", (_name, component) => {
  const { args, defaults, children, packages } = component;

  test("every optional argument has its default here", () => {
    expect(Object.keys(defaults).sort()).toEqual(optionalArguments(args).sort());
  });

  test("what is left out is the same as what is said here", async () => {
    const said = Object.fromEntries(Object.entries(defaults).filter(([, value]) => value !== NONE));
    const [left, given] = [await register(component, {}), await register(component, said)];
    expect(byName(childrenOf(given))).toEqual(byName(childrenOf(left)));
  });

  test("children: exact names, types, protection and parent, the provider passed in, and no alias", async () => {
    const deployment = await register(component, {});
    const registered = childrenOf(deployment);
    expect(deployment.aliases).toEqual([]);
    const shown = registered.map((child): [string, string, string] => [child.name.replace(/-certificate-.*/, "-certificate-"), child.type, flagsOf(child)]);
    expect(shown.sort()).toEqual(children.map((child) => [...child]).sort());
    for (const { parent, provider } of registered) {
      expect({ parent, ours: packages.includes(provider?.replace("tenant-", "") ?? "") }).toEqual({ parent: "k", ours: true });
    }
  });
});

function byName(registrations: readonly Registration[]): Record<string, Registration> {
  return Object.fromEntries(registrations.map((registration) => [registration.name, registration]));
}
