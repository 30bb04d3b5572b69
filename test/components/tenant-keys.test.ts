import { beforeAll, describe, expect, test } from "@jest/globals";
import { X509Certificate } from "node:crypto";

import { AwsKeyUsage, keyPolicy } from "../../components/aws/key-policy.js";
import { ProtectionLevel } from "../../components/protection-level.js";
import { Datacenter } from "../../components/regions.js";
import { type TenantGcpArgs, type TenantKeysArgs } from "../../components/tenant-keys.js";
import { masterKeyDescriptorsSchema } from "../../runtime/master-key/descriptor.js";
import { found } from "./azure/found.js";
import { selfSigned } from "./azure/self-signed.js";
import { deploy } from "./recorded-deployment.js";

const ENTRA_TENANT = "6f3c1a52-8d0e-4b7a-9c41-2f5d7e8a9b10";
const SUBSCRIPTION = "0d9b4e37-5a1c-4c86-b2f4-93e6a7c8d201";
const SERVICE_ACCOUNT = "backup-service@example-service.iam.gserviceaccount.com";
const COMMON = { tenant: "acme", datacenter: Datacenter.Au };
const ARGS = { ...COMMON, aws: { accountId: "111122223333" } };
const GCP = { ...COMMON, gcp: { project: "acme-backup-keys" } };

let certificate: string;
beforeAll(async () => {
  ({ certificate } = await selfSigned({ notBefore: "2020-01-01T00:00:00Z", notAfter: "2120-01-01T00:00:00Z" }));
});

const azure = () => ({ entraTenantId: ENTRA_TENANT, subscriptionId: SUBSCRIPTION, certificates: [certificate] });
const thumbprint = () => new X509Certificate(certificate).fingerprint.replaceAll(":", "");

function deployKeys(args: TenantKeysArgs) {
  return deploy(async () => {
    const aws = await import("@pulumi/aws/provider.js");
    const gcp = await import("@pulumi/gcp/provider.js");
    const azureNative = await import("@pulumi/azure-native/provider.js");
    const azuread = await import("@pulumi/azuread/provider.js");
    const { TenantKeys } = await import("../../components/index.js");
    const providers = [
      new aws.Provider("tenant-aws", { region: "us-east-1" }),
      new gcp.Provider("tenant-gcp", { project: "acme-backup-keys" }),
      new azureNative.Provider("tenant-azure", { subscriptionId: SUBSCRIPTION }),
      new azuread.Provider("tenant-entra", { tenantId: ENTRA_TENANT }),
    ];
    return { masterKeys: new TenantKeys("acme-au", args, { providers }).masterKeys };
  }, found({ location: "australiaeast" }));
}

describe("TenantKeys", () => {
  test("preset afi in AWS: its identity, names and usage; the provider reaches every child", async () => {
    const { registrations, outputs } = await deployKeys({ ...ARGS, preset: "afi" });
    expect(registrations.slice(5).map(({ type, name, parent, provider }) => [type, name, parent, provider])).toEqual([
      ["pulumi-byok:index:TenantKeys", "acme-au", "byok-stack", undefined],
      ["pulumi-byok:index:AwsTenantKey", "acme-au-aws", "acme-au", undefined],
      ["aws:kms/key:Key", "acme-au-aws-key", "acme-au-aws", "tenant-aws"],
      ["aws:kms/alias:Alias", "acme-au-aws-alias", "acme-au-aws", "tenant-aws"],
      ["aws:kms/keyPolicy:KeyPolicy", "acme-au-aws-policy", "acme-au-aws", "tenant-aws"],
    ]);
    const [key, alias, policy] = registrations.slice(7).map(({ inputs }) => inputs);
    expect(key).toMatchObject({ description: "BYOK encryption key for Afi Backup", region: "ap-southeast-2" });
    expect(alias).toMatchObject({ name: "alias/AFI-BYOK" });
    const grantee = "arn:aws:iam::201720642051:root";
    expect(policy).toMatchObject({
      policy: JSON.stringify(
        keyPolicy({
          accountId: "111122223333",
          partition: "aws",
          grantee,
          usage: AwsKeyUsage.Console,
          tenant: "acme",
        }),
      ),
    });

    const masterKeys = [
      {
        schema: 1,
        tenant: "acme",
        datacenter: "au",
        provider: "aws-kms",
        grantedTo: grantee,
        keyArn: "arn:aws:kms:ap-southeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        aliasName: "alias/AFI-BYOK",
      },
    ];
    expect(masterKeyDescriptorsSchema.parse(masterKeys)).toEqual(masterKeys);
    expect(outputs).toEqual([
      ["acme-au-aws", { descriptor: masterKeys[0] }],
      ["acme-au", { masterKeys }],
      ["byok-stack", { masterKeys }],
    ]);
  });

  test.each([
    [{ awsAccountId: "201720642051" }, "arn:aws:iam::201720642051:root"],
    [{ awsRoleArn: "arn:aws:iam::201720642051:role/r" }, "arn:aws:iam::201720642051:role/r"],
  ])("own identity %j in AWS: names of tenant and datacenter, least usage, tags", async (service, grantee) => {
    const { registrations, outputs } = await deployKeys({ ...ARGS, service, tags: { owner: "security" } });
    const [key, alias, policy] = registrations.slice(7).map(({ inputs }) => inputs);
    expect(key).toMatchObject({ tags: { owner: "security" } });
    expect(alias).toMatchObject({ name: "alias/byok-acme-au" });
    expect(policy).toMatchObject({
      policy: JSON.stringify(
        keyPolicy({ accountId: "111122223333", partition: "aws", grantee, usage: AwsKeyUsage.Least, tenant: "acme" }),
      ),
    });
    expect(outputs.at(-1)).toMatchObject(["byok-stack", { masterKeys: [{ grantedTo: grantee }] }]);
  });

  test("preset afi in Google Cloud: its identity and names", async () => {
    const { registrations, outputs } = await deployKeys({ ...GCP, preset: "afi" });
    const [, ring, key, grant] = registrations.slice(7).map(({ inputs }) => inputs);
    expect(ring).toEqual({ project: "acme-backup-keys", location: "australia-southeast1", name: "afi-backup-keyring" });
    expect(key).toMatchObject({ name: "afi-backup-key" });
    expect(grant).toMatchObject({ member: "serviceAccount:storage-byok@afi-production.iam.gserviceaccount.com" });
    expect(outputs.at(-1)).toMatchObject([
      "byok-stack",
      {
        masterKeys: [
          {
            provider: "gcp-kms",
            keyName:
              "projects/acme-backup-keys/locations/australia-southeast1/keyRings/afi-backup-keyring/cryptoKeys/afi-backup-key",
          },
        ],
      },
    ]);
  });

  test("own identity in Google Cloud: names of tenant and datacenter, tags as labels, everything passed on", async () => {
    const gcp = { project: "acme-backup-keys", location: "global", protectionLevel: ProtectionLevel.Hsm };
    const service = { gcpServiceAccount: SERVICE_ACCOUNT };
    const { registrations, warnings } = await deployKeys({ ...COMMON, gcp, service, tags: { owner: "security" } });
    const [, ring, key, grant] = registrations.slice(7).map(({ inputs }) => inputs);
    expect(ring).toEqual({ project: "acme-backup-keys", location: "global", name: "byok-acme-au" });
    expect(key).toMatchObject({
      name: "byok-acme-au",
      labels: { owner: "security" },
      versionTemplate: { protectionLevel: "HSM" },
    });
    expect(grant).toMatchObject({ member: `serviceAccount:${SERVICE_ACCOUNT}` });
    expect(warnings).toEqual(["acme-au-gcp: the key is in location global: no residency, Google serves it from anywhere"]);
  });

  test("Azure alone needs no identity of the service: its application is made here", async () => {
    const { registrations, outputs } = await deployKeys({ ...COMMON, azure: azure(), tags: { Owner: "Security" } });
    // Resources wait for those they name: application and key advance side by side.
    expect(registrations.slice(5).map(({ type, name, parent, provider }) => [type, name, parent, provider]).sort()).toEqual(
      [
        ["pulumi-byok:index:TenantKeys", "acme-au", "byok-stack", undefined],
        ["pulumi-byok:index:AzureAppRegistration", "acme-au-azure-app", "acme-au", undefined],
        ["pulumi-byok:index:AzureTenantKey", "acme-au-azure", "acme-au", undefined],
        ["azuread:index/application:Application", "acme-au-azure-app-application", "acme-au-azure-app", "tenant-entra"],
        ["azuread:index/servicePrincipal:ServicePrincipal", "acme-au-azure-app-principal", "acme-au-azure-app", "tenant-entra"],
        [
          "azuread:index/applicationCertificate:ApplicationCertificate",
          `acme-au-azure-app-certificate-${thumbprint().slice(0, 8).toLowerCase()}`,
          "acme-au-azure-app",
          "tenant-entra",
        ],
        ["azure-native:resources:ResourceGroup", "acme-au-azure-group", "acme-au-azure", "tenant-azure"],
        ["azure-native:keyvault:Vault", "acme-au-azure-vault", "acme-au-azure", "tenant-azure"],
        ["azure-native:keyvault:Key", "acme-au-azure-key", "acme-au-azure", "tenant-azure"],
        ["azure-native:keyvault:AccessPolicy", "acme-au-azure-policy", "acme-au-azure", "tenant-azure"],
      ].sort(),
    );
    const key = registrations.find(({ name }) => name === "acme-au-azure-key");
    expect(key?.inputs).toMatchObject({ tags: { Owner: "Security" } });

    const masterKeys = [
      {
        schema: 1,
        tenant: "acme",
        datacenter: "au",
        provider: "azure-key-vault",
        grantedTo: "0b1ec710-0000-4000-8000-000000000002",
        keyUri: expect.stringMatching(/^https:\/\/byok-acme-au-[a-z2-7]{6}\.vault\.azure\.net\/keys\/byok-acme-au$/),
        entraTenantId: ENTRA_TENANT,
        clientId: "a11ca710-0000-4000-8000-000000000001",
        certificateThumbprint: thumbprint(),
        certificateNotAfter: "2120-01-01T00:00:00Z",
        operation: "encrypt",
      },
    ];
    expect(outputs.at(-1)).toEqual(["byok-stack", { masterKeys }]);
  });

  test("three clouds: one descriptor each, in the order of the arguments' documentation", async () => {
    const { outputs, secretOutputs } = await deployKeys({ ...ARGS, ...GCP, azure: azure(), preset: "afi" });
    const { masterKeys } = outputs.at(-1)?.[1] as { masterKeys: { provider: string }[] };
    expect(masterKeyDescriptorsSchema.parse(masterKeys)).toEqual(masterKeys);
    expect(masterKeys.map(({ provider }) => provider)).toEqual(["aws-kms", "gcp-kms", "azure-key-vault"]);
    expect(secretOutputs).toEqual([]);
  });

  const GCP_RINGS = "projects/acme-backup-keys/locations/australia-southeast1/keyRings";
  test.each<[what: string, gcp: Partial<TenantGcpArgs>, ring: string, key: string]>([
    ["the preset's", {}, "afi-backup-keyring", "afi-backup-key"],
    ["its own, before the preset's", { keyRingName: "r", keyName: "k" }, "r", "k"],
    ["the ring that is there, and the preset's key", { existing: { keyRing: "r" } }, "r", "afi-backup-key"],
    ["the key that is there, in the preset's ring", { existing: { key: "k" } }, "afi-backup-keyring", "k"],
    ["ring and key that are there", { existing: { keyRing: "r", key: "k" } }, "r", "k"],
  ])("names in Google Cloud under a preset: %s", async (_what, gcp, ring, key) => {
    const { outputs } = await deployKeys({ ...COMMON, gcp: { project: "acme-backup-keys", ...gcp }, preset: "afi" });
    expect(outputs.at(-1)?.[1]).toMatchObject({ masterKeys: [{ keyName: `${GCP_RINGS}/${ring}/cryptoKeys/${key}` }] });
  });

  test("labels of the key in Google Cloud: its own before the common ones", async () => {
    const labels = { owner: "keys", team: "backup" };
    const { registrations } = await deployKeys({ ...COMMON, gcp: { project: "acme-backup-keys", labels }, preset: "afi", tags: { owner: "security", cost: "7" } });
    expect(registrations.find(({ name }) => name === "acme-au-gcp-key")?.inputs).toMatchObject({ labels: { owner: "keys", team: "backup", cost: "7" } });
  });

  test("existing keys in Google Cloud and Azure keep their labels and tags", async () => {
    const { registrations, readings } = await deployKeys({
      ...COMMON,
      gcp: { project: "acme-backup-keys", existing: { key: "afi-backup-key" } },
      azure: { ...azure(), existing: { key: "AFI" } },
      preset: "afi",
      tags: { owner: "security" },
    });
    expect(readings.map(({ name }) => name).sort()).toEqual(["acme-au-azure-key", "acme-au-gcp-key"]);
    expect(registrations.filter(({ parent }) => parent === "acme-au-gcp" || parent === "acme-au-azure").map(({ name }) => name)).toEqual([
      "acme-au-gcp-grant",
      "acme-au-azure-policy",
    ]);
  });
});

describe("TenantKeys refuses, before it registers anything", () => {
  const EXACTLY_ONE = "TenantKeys k:\n  preset, service: give exactly one of them";
  const rows: [what: string, args: () => TenantKeysArgs, message: string][] = [
    ["no cloud", () => ({ ...COMMON, preset: "afi" }), "TenantKeys k:\n  aws, gcp, azure: give at least one of them"],
    ["no service", () => ARGS, EXACTLY_ONE],
    ["no service in Google Cloud", () => ({ ...GCP, azure: azure() }), EXACTLY_ONE],
    ["two services", () => ({ ...ARGS, preset: "afi", service: { awsAccountId: "201720642051" } }), EXACTLY_ONE],
    ["two services in Azure", () => ({ ...COMMON, azure: azure(), preset: "afi", service: {} }), EXACTLY_ONE],
    ["an unknown preset", () => ({ ...ARGS, preset: "acronis" }), "TenantKeys k:\n  preset: must be one of afi"],
    [
      "what the AWS key refuses",
      () => ({ ...ARGS, service: {} }),
      "AwsTenantKey k-aws:\n  serviceAccountId, serviceRoleArn: give exactly one of them",
    ],
    [
      "the service's own account",
      () => ({ ...ARGS, preset: "afi", aws: { accountId: "201720642051" } }),
      "AwsTenantKey k-aws:\n  serviceAccountId: is in the key's own account 201720642051; the tenant's key must live in the tenant's account",
    ],
    [
      "what the Google Cloud key refuses",
      () => ({ ...GCP, service: {} }),
      "GcpTenantKey k-gcp:\n  serviceAccount: must be the e-mail of one service account, NAME@PROJECT.iam.gserviceaccount.com (without serviceAccount: before it)",
    ],
    [
      "the service's own project",
      () => ({ ...COMMON, gcp: { project: "afi-production" }, preset: "afi" }),
      "GcpTenantKey k-gcp:\n  serviceAccount: is in the key's own project afi-production; the tenant's key must live in the tenant's project",
    ],
    [
      "what the application refuses",
      () => ({ ...COMMON, azure: { ...azure(), certificates: ["x"] } }),
      "AzureAppRegistration k-azure-app:\n  certificates[0]: is no X.509 certificate in PEM (-----BEGIN CERTIFICATE-----)",
    ],
    [
      "what the Azure key refuses, although the other clouds' keys are fine",
      () => ({ ...ARGS, ...GCP, azure: { ...azure(), keySize: 1 }, preset: "afi" }),
      "AzureTenantKey k-azure:\n  keySize: must be one of 2048, 3072, 4096 (bits)",
    ],
  ];
  const messages = new Map<string, string>();
  let registered: string[];

  beforeAll(async () => {
    const { registrations } = await deploy(async () => {
      const { TenantKeys, InvalidArgsError } = await import("../../components/index.js");
      for (const [what, args] of rows) {
        try {
          new TenantKeys("k", args());
        } catch (error) {
          if (!(error instanceof InvalidArgsError)) throw error;
          messages.set(what, error.message);
        }
      }
      return {};
    });
    registered = registrations.map(({ type }) => type);
  });

  test.each(rows)("%s", (what, _args, message) => {
    expect(messages.get(what)).toBe(message);
  });

  test("and indeed nothing was registered", () => {
    expect(registered).toEqual(["pulumi:pulumi:Stack"]);
  });
});
