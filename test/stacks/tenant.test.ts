import { describe, expect, jest, test } from "@jest/globals";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";

import { masterKeyDescriptorsSchema } from "../../runtime/master-key/descriptor.js";
import { deploy, type Deployment } from "../components/recorded-deployment.js";
import { accountAnswers } from "./account-answers.js";
import {
  ALL_EXAMPLE_STACKS,
  AZURE_EXAMPLE_STACKS,
  EXAMPLE_STACKS,
  GCP_EXAMPLE_STACKS,
  ROOT,
  readStackConfig,
  stackFile,
  THREE_CLOUDS_EXAMPLE_STACK,
} from "./stack-file.js";

/** What the examples in AWS must come to. */
const AWS = {
  "acme-usa": { datacenter: "usa", region: "us-east-2", grantedTo: "arn:aws:iam::201720642051:root", alias: "alias/AFI-BYOK" },
  "acme-eu": {
    datacenter: "eu",
    region: "eu-central-1",
    grantedTo: "arn:aws:iam::201720642051:role/backup-service",
    alias: "alias/byok-acme-eu",
  },
  "acme-uk": { datacenter: "uk", region: "eu-west-2", grantedTo: "arn:aws:iam::201720642051:root", alias: "alias/byok-acme-uk" },
  "acme-au": { datacenter: "au", region: "ap-southeast-2", grantedTo: "arn:aws:iam::201720642051:root", alias: "alias/AFI-BYOK" },
  "acme-ca": { datacenter: "ca", region: "ca-central-1", grantedTo: "arn:aws:iam::201720642051:root", alias: "alias/AFI-BYOK" },
} as const;

/** What the examples in Google Cloud must come to. */
const GCP = {
  "acme-gcp-usa": { datacenter: "usa", key: "us-central1/keyRings/afi-backup-keyring/cryptoKeys/afi-backup-key", level: "SOFTWARE" },
  "acme-gcp-eu": { datacenter: "eu", key: "europe-west4/keyRings/byok-acme-eu/cryptoKeys/byok-acme-eu", level: "SOFTWARE" },
  "acme-gcp-uk": { datacenter: "uk", key: "europe-west2/keyRings/afi-backup-keyring/cryptoKeys/afi-backup-key", level: "HSM" },
  "acme-gcp-au": {
    datacenter: "au",
    key: "australia-southeast2/keyRings/afi-backup-keyring/cryptoKeys/afi-backup-key",
    level: "SOFTWARE",
  },
  "acme-gcp-ca": {
    datacenter: "ca",
    key: "northamerica-northeast1/keyRings/afi-backup-keyring/cryptoKeys/afi-backup-key",
    level: "SOFTWARE",
  },
} as const;

const RSA_3072 = { kty: "RSA", keySize: 3072 };

/** What the examples in Azure must come to. */
const AZURE = {
  "acme-azure-usa": { datacenter: "usa", location: "centralus", vault: "byok-acme-usa-gtvmc2", key: RSA_3072 },
  "acme-azure-eu": { datacenter: "eu", location: "westeurope", vault: "acme-backup-keys-eu", key: RSA_3072 },
  "acme-azure-uk": { datacenter: "uk", location: "uksouth", vault: "byok-acme-uk-2xm6no", key: { kty: "RSA-HSM", keySize: 4096 } },
  "acme-azure-au": { datacenter: "au", location: "australiasoutheast", vault: "byok-acme-au-jtvdoo", key: RSA_3072 },
  "acme-azure-ca": { datacenter: "ca", location: "canadacentral", vault: "byok-acme-ca-aabicg", key: RSA_3072 },
} as const;

const ENTRA_TENANT = "6f3c1a52-8d0e-4b7a-9c41-2f5d7e8a9b10";
const SUBSCRIPTION = "0d9b4e37-5a1c-4c86-b2f4-93e6a7c8d201";

/** The descriptors that mocks answer with. */
const azureDescriptor = (tenant: string, datacenter: string, vault: string) => ({
  schema: 1,
  tenant,
  datacenter,
  provider: "azure-key-vault",
  grantedTo: "0b1ec710-0000-4000-8000-000000000002",
  keyUri: `https://${vault}.vault.azure.net/keys/byok-${tenant}-${datacenter}`,
  entraTenantId: ENTRA_TENANT,
  clientId: "a11ca710-0000-4000-8000-000000000001",
  certificateThumbprint: "816DAE5AF00D3FA8753F767DC120E3B1EF06F604",
  certificateNotAfter: "2125-01-01T00:00:00Z",
  operation: "encrypt",
});
const gcpDescriptor = (tenant: string, datacenter: string, key: string) => ({
  schema: 1,
  tenant,
  datacenter,
  provider: "gcp-kms",
  grantedTo: "serviceAccount:storage-byok@afi-production.iam.gserviceaccount.com",
  keyName: `projects/acme-backup-keys/locations/${key}`,
});
const awsDescriptor = (tenant: string, datacenter: string, region: string, grantedTo: string, aliasName: string) => ({
  schema: 1,
  tenant,
  datacenter,
  provider: "aws-kms",
  grantedTo,
  keyArn: `arn:aws:kms:${region}:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
  aliasName,
});

/** Evaluates stacks/tenant.ts anew, as the engine does. */
function deployTenant(config: Record<string, string>): Promise<Deployment> {
  jest.resetModules();
  return deploy(async () => ({ ...(await import("../../stacks/tenant.js")) }), { config, calls: accountAnswers(config) });
}

/** Type and provider of what a stack registered, without the stack itself; sorted, since clouds advance side by side. */
function registered({ registrations }: Deployment): string[] {
  return registrations.slice(1).map(({ type, provider }) => `${type} ${provider ?? "-"}`).sort();
}

const AWS_RESOURCES = [
  "aws:kms/alias:Alias aws",
  "aws:kms/key:Key aws",
  "aws:kms/keyPolicy:KeyPolicy aws",
  "pulumi-byok:index:AwsTenantKey -",
  "pulumi:providers:aws -",
];
const GCP_RESOURCES = [
  "gcp:kms/cryptoKey:CryptoKey gcp",
  "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember gcp",
  "gcp:kms/keyRing:KeyRing gcp",
  "gcp:projects/service:Service gcp",
  "pulumi-byok:index:GcpTenantKey -",
  "pulumi:providers:gcp -",
];
const AZURE_RESOURCES = [
  "azure-native:keyvault:AccessPolicy azure-native",
  "azure-native:keyvault:Key azure-native",
  "azure-native:keyvault:Vault azure-native",
  "azure-native:resources:ResourceGroup azure-native",
  "azuread:index/application:Application azuread",
  "azuread:index/applicationCertificate:ApplicationCertificate azuread",
  "azuread:index/servicePrincipal:ServicePrincipal azuread",
  "pulumi-byok:index:AzureAppRegistration -",
  "pulumi-byok:index:AzureTenantKey -",
  "pulumi:providers:azure-native -",
  "pulumi:providers:azuread -",
];
const TENANT_KEYS = "pulumi-byok:index:TenantKeys -";

function inputsOf({ registrations }: Deployment, type: string): unknown {
  return registrations.find((registration) => registration.type === type)?.inputs;
}

describe("example stacks", () => {
  test("are all tested here", async () => {
    const files = (await readdir(join(ROOT, "stacks"))).filter((file) => /^Pulumi\..*\.yaml$/.test(file));
    expect(files.sort()).toEqual(ALL_EXAMPLE_STACKS.map((stack) => `Pulumi.${stack}.yaml`).sort());
    expect([...Object.keys(AWS), ...Object.keys(GCP), ...Object.keys(AZURE), THREE_CLOUDS_EXAMPLE_STACK]).toEqual(ALL_EXAMPLE_STACKS);
  });

  test.each(ALL_EXAMPLE_STACKS)("%s holds configuration and nothing else, not even a salt", async (stack) => {
    const file = parse(await readFile(stackFile(stack), "utf8")) as object;
    expect(Object.keys(file)).toEqual(["config"]);
  });

  test("say the same as their names", async () => {
    for (const stack of ALL_EXAMPLE_STACKS) {
      const [tenant, cloud, datacenter] = /^(acme)(?:-(gcp|azure|all))?-([a-z]+)$/.exec(stack)?.slice(1) ?? [];
      const config = await readStackConfig(stack);
      const clouds = { gcp: ["gcp"], azure: ["azure"], all: ["aws", "gcp", "azure"] }[cloud ?? ""] ?? ["aws"];
      expect(config).toMatchObject({
        "byok:tenant": cloud === "all" ? "acme-all" : tenant,
        "byok:datacenter": datacenter,
        "byok:clouds": JSON.stringify(clouds),
      });
    }
  });

  test.each(EXAMPLE_STACKS)("%s deploys in AWS", async (stack) => {
    const deployment = await deployTenant(await readStackConfig(stack));
    const { datacenter, region, grantedTo, alias } = AWS[stack];
    expect(registered(deployment)).toEqual([...AWS_RESOURCES, TENANT_KEYS].sort());
    expect(inputsOf(deployment, "pulumi:providers:aws")).toMatchObject({
      region,
      allowedAccountIds: JSON.stringify(["111122223333"]),
    });
    const masterKeys = [awsDescriptor("acme", datacenter, region, grantedTo, alias)];
    expect(masterKeyDescriptorsSchema.parse(masterKeys)).toEqual(masterKeys);
    expect(deployment.outputs.at(-1)).toEqual(["byok-stack", { masterKeys }]);
  });

  test.each(GCP_EXAMPLE_STACKS)("%s deploys in Google Cloud", async (stack) => {
    const deployment = await deployTenant(await readStackConfig(stack));
    const { datacenter, key, level } = GCP[stack];
    expect(registered(deployment)).toEqual([...GCP_RESOURCES, TENANT_KEYS].sort());
    expect(inputsOf(deployment, "pulumi:providers:gcp")).toMatchObject({ project: "acme-backup-keys" });
    expect(inputsOf(deployment, "gcp:kms/cryptoKey:CryptoKey")).toMatchObject({ versionTemplate: { protectionLevel: level } });
    const masterKeys = [gcpDescriptor("acme", datacenter, key)];
    expect(masterKeyDescriptorsSchema.parse(masterKeys)).toEqual(masterKeys);
    expect(deployment.outputs.at(-1)).toEqual(["byok-stack", { masterKeys }]);
  });

  test.each(AZURE_EXAMPLE_STACKS)("%s deploys in Azure", async (stack) => {
    const deployment = await deployTenant(await readStackConfig(stack));
    const { datacenter, location, vault, key } = AZURE[stack];
    expect(registered(deployment)).toEqual([...AZURE_RESOURCES, TENANT_KEYS].sort());
    expect(inputsOf(deployment, "pulumi:providers:azure-native")).toMatchObject({
      subscriptionId: SUBSCRIPTION,
      tenantId: ENTRA_TENANT,
    });
    expect(inputsOf(deployment, "pulumi:providers:azuread")).toMatchObject({ tenantId: ENTRA_TENANT });
    expect(inputsOf(deployment, "azure-native:keyvault:Vault")).toMatchObject({ location, vaultName: vault });
    expect(inputsOf(deployment, "azure-native:keyvault:Key")).toMatchObject({ properties: key });
    const masterKeys = [azureDescriptor("acme", datacenter, vault)];
    expect(masterKeyDescriptorsSchema.parse(masterKeys)).toEqual(masterKeys);
    expect(deployment.outputs.at(-1)).toEqual(["byok-stack", { masterKeys }]);
  });

  test("the one with all three deploys in each of them, for one service", async () => {
    const deployment = await deployTenant(await readStackConfig(THREE_CLOUDS_EXAMPLE_STACK));
    expect(registered(deployment)).toEqual([...AWS_RESOURCES, ...GCP_RESOURCES, ...AZURE_RESOURCES, TENANT_KEYS].sort());
    const tenant = "acme-all";
    const masterKeys = [
      awsDescriptor(tenant, "eu", "eu-central-1", "arn:aws:iam::201720642051:role/backup-service", "alias/byok-acme-all-eu"),
      gcpDescriptor(tenant, "eu", "europe-west4/keyRings/byok-acme-all-eu/cryptoKeys/byok-acme-all-eu"),
      azureDescriptor(tenant, "eu", "byok-acme-all-eu-6bheoy"),
    ];
    expect(masterKeyDescriptorsSchema.parse(masterKeys)).toEqual(masterKeys);
    expect(deployment.outputs.at(-1)).toEqual(["byok-stack", { masterKeys }]);
  });
});

describe("stacks/tenant.ts", () => {
  test("a wrong configuration is refused as a RunError before any resource", async () => {
    jest.resetModules();
    let refusal: unknown;
    const { registrations } = await deploy(async () => {
      const { RunError } = await import("@pulumi/pulumi");
      await import("../../stacks/tenant.js").catch((error: unknown) => {
        refusal = { shownWithoutStack: RunError.isInstance(error), message: error instanceof Error ? error.message : "" };
      });
      return {};
    }, { config: { "byok:tenant": "acme" } });
    expect(registrations.map(({ type }) => type)).toEqual(["pulumi:pulumi:Stack"]);
    expect(refusal).toEqual({
      shownWithoutStack: true,
      message:
        "The stack's configuration has 3 problems:\n  byok:datacenter: is required\n  byok:clouds: is required\n" +
        "  byok:service: is required",
    });
  });

  test("the project: program, stack folder, loader, and no default providers", async () => {
    expect(parse(await readFile(join(ROOT, "Pulumi.yaml"), "utf8"))).toEqual({
      name: "byok",
      description: "A tenant's own encryption keys for a backup service",
      main: "stacks/tenant.ts",
      stackConfigDir: "stacks",
      runtime: { name: "nodejs", options: { typescript: false, nodeargs: "--import tsx" } },
      config: { "pulumi:disable-default-providers": { value: ["*"] } },
    });
  });
});
