import { beforeAll, describe, expect, test } from "@jest/globals";

import { gcpTenantAccountId } from "../../../components/gcp/service-identity-args.js";
import { type GcpServiceIdentityArgs } from "../../../components/gcp/service-identity.js";
import { Datacenter } from "../../../components/regions.js";
import { masterKeyDescriptorSchema } from "../../../runtime/master-key/descriptor.js";
import { deploy } from "../recorded-deployment.js";

const PROJECT = "example-service";
const ARGS: GcpServiceIdentityArgs = { project: PROJECT, datacenter: Datacenter.Eu };
const KEY = `projects/${PROJECT}/locations/europe-west4/keyRings/byok-service-eu/cryptoKeys/byok-service-eu`;
const EMAIL = `byok-service-eu@${PROJECT}.iam.gserviceaccount.com`;
const USE = "roles/cloudkms.cryptoKeyEncrypterDecrypter";

function deployIdentity(args: GcpServiceIdentityArgs) {
  return deploy(async () => {
    const { Provider } = await import("@pulumi/gcp/provider.js");
    const { GcpServiceIdentity } = await import("../../../components/gcp/index.js");
    const provider = new Provider("service", { project: PROJECT });
    const { serviceKey, serviceAccount, tenantServiceAccounts } = new GcpServiceIdentity("s", args, { provider, protect: true, retainOnDelete: true });
    return { serviceKey, serviceAccount, tenantServiceAccounts };
  });
}

/** Children by name: order among them is the engine's business. */
async function children(args: GcpServiceIdentityArgs) {
  const { registrations } = await deployIdentity(args);
  return Object.fromEntries(registrations.slice(3).map((one) => [one.name, one]));
}

describe("GcpServiceIdentity", () => {
  test("registers exactly the account, the key and the grants, each with its own protection", async () => {
    const found = await children(ARGS);
    for (const child of Object.values(found)) expect(child).toMatchObject({ parent: "s", provider: "service", ignoreChanges: [], replaceOnChanges: [] });
    const shown = Object.entries(found).map(([name, { type, protect, retainOnDelete, inputs }]) => [name, { type, protect, retainOnDelete, inputs }]);
    const api = (service: string, protect: boolean) => ({
      type: "gcp:projects/service:Service", protect, retainOnDelete: false, inputs: { project: PROJECT, service, disableOnDestroy: false },
    });
    const grant = (role: string) => ({
      type: "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
      protect: true,
      retainOnDelete: false,
      inputs: { cryptoKeyId: KEY, role, member: `serviceAccount:${EMAIL}` },
    });
    expect(Object.fromEntries(shown)).toEqual({
      "s-iam-api": api("iam.googleapis.com", false),
      "s-api": api("cloudkms.googleapis.com", true),
      "s-account": {
        type: "gcp:serviceaccount/account:Account",
        protect: true,
        retainOnDelete: true,
        inputs: { project: PROJECT, accountId: "byok-service-eu", displayName: "Backup service", createIgnoreAlreadyExists: true },
      },
      "s-ring": {
        type: "gcp:kms/keyRing:KeyRing", protect: true, retainOnDelete: true, inputs: { project: PROJECT, location: "europe-west4", name: "byok-service-eu" },
      },
      "s-key": {
        type: "gcp:kms/cryptoKey:CryptoKey",
        protect: true,
        retainOnDelete: true,
        inputs: {
          keyRing: KEY.replace(/\/cryptoKeys.*/, ""),
          name: "byok-service-eu",
          purpose: "ENCRYPT_DECRYPT",
          versionTemplate: { algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION", protectionLevel: "SOFTWARE" },
          rotationPeriod: "7776000s",
          destroyScheduledDuration: "2592000s",
          skipInitialVersionCreation: false,
        },
      },
      "s-grant": grant(USE),
      "s-metadata": grant("roles/cloudkms.viewer"),
    });
  });

  test("outputs: the service key's descriptor as the runtime reads it, and whom tenants grant", async () => {
    const { outputs, secretOutputs } = await deployIdentity({ ...ARGS, perTenant: ["acme", "globex"] });
    const serviceKey = { schema: 1, tenant: "service", datacenter: "eu", provider: "gcp-kms", grantedTo: `serviceAccount:${EMAIL}`, keyName: KEY };
    expect(masterKeyDescriptorSchema.parse(serviceKey)).toEqual(serviceKey);
    expect(outputs.at(-1)?.[1]).toEqual({
      serviceKey,
      serviceAccount: EMAIL,
      tenantServiceAccounts: Object.fromEntries(
        ["acme", "globex"].map((tenant) => [tenant, `${gcpTenantAccountId(tenant, Datacenter.Eu)}@${PROJECT}.iam.gserviceaccount.com`]),
      ),
    });
    expect(secretOutputs).toEqual([]);
  });

  test("per tenant: an account, kept like the common one, which may impersonate it and is granted nothing else there", async () => {
    const found = await children({ ...ARGS, perTenant: ["acme"] });
    expect(Object.keys(found).filter((name) => name.endsWith("-acme") || name.includes("iamcredentials")).sort()).toEqual([
      "s-account-acme",
      "s-iamcredentials-api",
      "s-impersonate-acme",
    ]);
    const accountId = gcpTenantAccountId("acme", Datacenter.Eu);
    expect(found["s-account-acme"]).toMatchObject({ protect: true, retainOnDelete: true, inputs: { accountId, project: PROJECT } });
    expect(found["s-impersonate-acme"]).toMatchObject({
      protect: false,
      retainOnDelete: false,
      inputs: {
        serviceAccountId: `projects/${PROJECT}/serviceAccounts/${accountId}@${PROJECT}.iam.gserviceaccount.com`,
        role: "roles/iam.serviceAccountTokenCreator",
        member: `serviceAccount:${EMAIL}`,
      },
    });
  });

  test("names and options reach the resources; what is there is read", async () => {
    const found = await children({ ...ARGS, location: "europe-west9", accountId: "backup", keyMetadata: false, existing: { keyRing: "ours" }, keyName: "service" });
    expect(Object.keys(found).sort()).toEqual(["s-account", "s-grant", "s-iam-api", "s-key"]);
    expect(found["s-key"]?.inputs).toMatchObject({ keyRing: `projects/${PROJECT}/locations/europe-west9/keyRings/ours`, name: "service" });
    expect(found["s-account"]?.inputs).toMatchObject({ accountId: "backup" });
    const { registrations, readings } = await deployIdentity({ ...ARGS, existing: { keyRing: "ours", key: "old" } });
    expect(readings.map(({ id }) => id)).toEqual([KEY.replace("byok-service-eu/cryptoKeys/byok-service-eu", "ours/cryptoKeys/old")]);
    expect(registrations.map(({ name }) => name)).not.toContain("s-key");
  });
});

describe("ids of tenants' accounts", () => {
  const tenants = ["acme", "abc", "-a-", "---", "a-tenant-whose-id-is-as-long-as-", "a-tenant-whose-id-is-as-long-as1"];
  test.each(tenants)("%s: well formed", (tenant) => {
    for (const datacenter of Object.values(Datacenter)) expect(gcpTenantAccountId(tenant, datacenter)).toMatch(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/);
  });
  test("kept apart, and never another one for the same tenant", () => {
    const ids = tenants.flatMap((tenant) => Object.values(Datacenter).map((datacenter) => gcpTenantAccountId(tenant, datacenter)));
    expect(new Set(ids).size).toBe(ids.length);
    expect(gcpTenantAccountId("acme", Datacenter.Eu)).toBe("byok-acme-eu-4263c0");
  });
});

describe("GcpServiceIdentity refuses, before it registers anything", () => {
  const plain = (value: unknown) => value as GcpServiceIdentityArgs;
  const NAME = "must be 1 to 63 characters of A-Z, a-z, 0-9, _ and -";
  const rows: [what: string, args: GcpServiceIdentityArgs, problems: string[]][] = [
    [
      "nothing at all",
      plain({}),
      [expect.stringMatching(/^project: must be a Google Cloud project id/) as unknown as string, "datacenter: must be one of usa, eu, uk, au, ca"],
    ],
    ["an account's e-mail", { ...ARGS, accountId: EMAIL }, ["accountId: must be 6 to 30 characters of a-z, 0-9 and -, beginning with a letter and not ending with -"]],
    ["a region elsewhere", { ...ARGS, datacenter: Datacenter.Uk, location: "europe-west4" }, ["location: is outside the residency of uk, which is europe-west2"]],
    ["tenants that are none", plain({ ...ARGS, perTenant: ["acme", "Acme", "acme"] }), ["perTenant[1]: must be 3 to 32 characters of a-z, 0-9 and -", "perTenant[2]: is there twice"]],
    ["tenants as text", plain({ ...ARGS, perTenant: "acme" }), ["perTenant: must be a list of tenants' ids"]],
    ["metadata as text", plain({ ...ARGS, keyMetadata: "yes" }), ["keyMetadata: must be true or false"]],
    [
      "how to create what exists",
      { ...ARGS, existing: { key: "old" }, keyName: "new" },
      ["keyName: says how to create a key; existing names one that is there"],
    ],
    ["names that are none", { ...ARGS, keyRingName: "a/b", rotationPeriodInDays: 0 }, [`keyRingName: ${NAME}`, "rotationPeriodInDays: must be a whole number of days from 1 to 36500"]],
  ];
  const refused = new Map<string, readonly string[]>();
  let registered: string[];
  beforeAll(async () => {
    const { registrations } = await deploy(async () => {
      const { GcpServiceIdentity, InvalidArgsError } = await import("../../../components/gcp/index.js");
      for (const [what, args] of rows) {
        try {
          new GcpServiceIdentity("s", args);
        } catch (error) {
          if (!(error instanceof InvalidArgsError)) throw error;
          refused.set(what, error.problems);
        }
      }
      return {};
    });
    registered = registrations.map(({ type }) => type);
  });

  test.each(rows)("%s", (what, _args, problems) => {
    expect(refused.get(what)).toEqual(problems);
  });

  test("and indeed nothing was registered", () => {
    expect(registered).toEqual(["pulumi:pulumi:Stack"]);
  });
});
