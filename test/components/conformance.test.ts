/** What every cloud's key must be like. Where a cloud cannot be, its row says so. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import type * as Pulumi from "@pulumi/pulumi";

import { Datacenter } from "../../components/regions.js";
import { type MasterKeyDescriptor, masterKeyDescriptorSchema } from "../../runtime/master-key/descriptor.js";
import { selfSigned } from "./azure/self-signed.js";
import { deploy, type Deployment, type Registration } from "./recorded-deployment.js";

const TENANT = { tenant: "acme", datacenter: Datacenter.Eu };

interface Cloud {
  readonly name: string;
  /** Registers the component's key with a provider of its own; answers its descriptor. */
  readonly program: () => Promise<Pulumi.Output<MasterKeyDescriptor>>;
  /** Resources that the stack creates beside the key, as it must be for the key to outlive the stack. */
  readonly key: string;
  readonly grant: string;
  /** Principal in the descriptor, and the input of the grant that names it. */
  readonly grantee: (inputs: unknown) => unknown;
  /** What may be deleted in a full teardown, and why nothing is lost by it. */
  readonly deletable: Readonly<Record<string, string>>;
  /** What beside the grant is unprotected, and why. */
  readonly unprotected: Readonly<Record<string, string>>;
  /** Inputs by which the tenant revokes, so that refreshing must not put them back; none if no input does. */
  readonly revokedBy: readonly string[];
}

let certificate: string;

const CLOUDS: readonly Cloud[] = [
  {
    name: "aws",
    program: async () => {
      const { Provider } = await import("@pulumi/aws/provider.js");
      const { AwsTenantKey } = await import("../../components/aws/index.js");
      const provider = new Provider("tenant", { region: "eu-central-1" });
      const args = { ...TENANT, accountId: "111122223333", serviceAccountId: "201720642051" };
      return new AwsTenantKey("k", args, { provider }).descriptor;
    },
    key: "aws:kms/key:Key",
    grant: "aws:kms/keyPolicy:KeyPolicy",
    grantee: (inputs) => {
      const { policy } = inputs as { policy: string };
      return (JSON.parse(policy) as { Statement: { Principal: { AWS: string } }[] }).Statement[1]?.Principal.AWS;
    },
    deletable: { "aws:kms/alias:Alias": "a name, which must be free for the next key" },
    unprotected: {},
    revokedBy: ["isEnabled"],
  },
  {
    name: "gcp",
    program: async () => {
      const { Provider } = await import("@pulumi/gcp/provider.js");
      const { GcpTenantKey } = await import("../../components/gcp/index.js");
      const provider = new Provider("tenant", { project: "acme-new-keys" });
      const args = {
        ...TENANT,
        createProject: { projectId: "acme-new-keys", billingAccount: "012345-6789AB-CDEF01" },
        serviceAccount: "backup-service@example-service.iam.gserviceaccount.com",
      };
      return new GcpTenantKey("k", args, { provider }).descriptor;
    },
    key: "gcp:kms/cryptoKey:CryptoKey",
    grant: "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
    grantee: (inputs) => (inputs as { member: string }).member,
    deletable: {
      "gcp:projects/service:Service": "disableOnDestroy is false: the API stays enabled",
      "gcp:projects/iAMAuditConfig:IAMAuditConfig": "a setting, which is to go when it is turned off",
    },
    unprotected: { "gcp:projects/iAMAuditConfig:IAMAuditConfig": "a setting, which is to go when it is turned off" },
    // The state of key versions is no input of the key's.
    revokedBy: [],
  },
  {
    name: "azure",
    program: async () => {
      const azureNative = await import("@pulumi/azure-native/provider.js");
      const azuread = await import("@pulumi/azuread/provider.js");
      const { AzureAppRegistration, AzureTenantKey } = await import("../../components/azure/index.js");
      const providers = [new azureNative.Provider("tenant", {}), new azuread.Provider("tenant-entra", {})];
      const application = new AzureAppRegistration("a", { ...TENANT, certificates: [certificate] }, { providers });
      const args = {
        ...TENANT,
        entraTenantId: "6f3c1a52-8d0e-4b7a-9c41-2f5d7e8a9b10",
        subscriptionId: "0d9b4e37-5a1c-4c86-b2f4-93e6a7c8d201",
        application,
      };
      return new AzureTenantKey("k", args, { providers }).descriptor;
    },
    key: "azure-native:keyvault:Key",
    grant: "azure-native:keyvault:AccessPolicy",
    grantee: (inputs) => (inputs as { policy: { objectId: string } }).policy.objectId,
    deletable: {
      "azuread:index/application:Application": "the service's way in, of no use without the grant",
      "azuread:index/servicePrincipal:ServicePrincipal": "goes with its application",
      "azuread:index/applicationCertificate:ApplicationCertificate": "public, and the service has it",
    },
    unprotected: {
      "azuread:index/applicationCertificate:ApplicationCertificate": "replaced at every certificate rotation",
    },
    revokedBy: ["properties.attributes"],
  },
];

describe.each(CLOUDS.map((cloud) => [cloud.name, cloud] as const))("a key in %s", (_name, cloud) => {
  let deployment: Deployment;
  let created: readonly Registration[];
  let descriptor: MasterKeyDescriptor;

  beforeAll(async () => {
    ({ certificate } = await selfSigned({ notBefore: "2020-01-01T00:00:00Z", notAfter: "2120-01-01T00:00:00Z" }));
    deployment = await deploy(async () => ({ descriptor: await cloud.program() }));
    created = deployment.registrations.filter(({ custom, type }) => custom && !type.startsWith("pulumi:"));
    descriptor = (deployment.outputs.at(-1)?.[1] as { descriptor: MasterKeyDescriptor }).descriptor;
  });

  const ofType = (type: string) => created.filter((resource) => resource.type === type);

  test("is one key, protected, and kept whatever happens to the stack", () => {
    expect(ofType(cloud.key).map(({ protect, retainOnDelete }) => [protect, retainOnDelete])).toEqual([[true, true]]);
  });

  test("is granted by one resource of its own, unprotected, deleted with the stack, registered last", () => {
    expect(ofType(cloud.grant).map(({ protect, retainOnDelete }) => [protect, retainOnDelete])).toEqual([[false, false]]);
    expect(created.at(-1)?.type).toBe(cloud.grant);
  });

  test("everything else is protected, but for what is declared", () => {
    const unprotected = created.filter(({ protect }) => protect !== true).map(({ type }) => type);
    expect(new Set(unprotected)).toEqual(new Set([cloud.grant, ...Object.keys(cloud.unprotected)]));
  });

  test("everything else is kept, but for what is declared", () => {
    const deletable = created.filter(({ retainOnDelete }) => retainOnDelete !== true).map(({ type }) => type);
    expect(new Set(deletable)).toEqual(new Set([cloud.grant, ...Object.keys(cloud.deletable)]));
  });

  test("a refresh does not undo the tenant's disabling it, and does undo a withdrawn grant", () => {
    const [key] = ofType(cloud.key);
    expect(key?.ignoreChanges.slice(0, 1)).toEqual(cloud.revokedBy);
    expect(ofType(cloud.grant)[0]?.ignoreChanges).toEqual([]);
  });

  test("every resource has its component as parent and the provider that was passed in", () => {
    expect(created.filter(({ parent }) => parent !== "k" && parent !== "a")).toEqual([]);
    expect(created.filter(({ provider }) => provider?.startsWith("tenant") !== true)).toEqual([]);
  });

  test("constructs no provider", () => {
    const providers = deployment.registrations.filter(({ type }) => type.startsWith("pulumi:providers:"));
    expect(providers.filter(({ name }) => !name.startsWith("tenant"))).toEqual([]);
  });

  test("hands out a descriptor that the runtime reads, of the principal that is granted, with nothing secret in it", () => {
    expect(masterKeyDescriptorSchema.parse(descriptor)).toEqual(descriptor);
    expect(descriptor).toMatchObject({ ...TENANT, schema: 1 });
    expect(cloud.grantee(ofType(cloud.grant)[0]?.inputs)).toBe(descriptor.grantedTo);
    expect(deployment.secretOutputs).toEqual([]);
  });

  test("has no descriptor before the grant exists", () => {
    expect(deployment.awaited["descriptor"]).toContain(cloud.grant);
  });
});
