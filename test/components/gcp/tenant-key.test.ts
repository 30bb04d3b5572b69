import { beforeAll, describe, expect, test } from "@jest/globals";

import { type GcpTenantKeyArgs } from "../../../components/gcp/index.js";
import { ProtectionLevel } from "../../../components/protection-level.js";
import { Datacenter } from "../../../components/regions.js";
import { masterKeyDescriptorSchema } from "../../../runtime/master-key/descriptor.js";
import { deploy } from "../recorded-deployment.js";

const SERVICE_ACCOUNT = "backup-service@example-service.iam.gserviceaccount.com";
const NO_PROJECT: GcpTenantKeyArgs = { tenant: "acme", datacenter: Datacenter.Eu, serviceAccount: SERVICE_ACCOUNT };
const ARGS: GcpTenantKeyArgs = { ...NO_PROJECT, project: "acme-backup-keys" };
const RING = "projects/acme-backup-keys/locations/europe-west4/keyRings/byok-acme-eu";
const KEY = `${RING}/cryptoKeys/byok-acme-eu`;

function deployKey(args: GcpTenantKeyArgs, options: { preview?: boolean; opts?: object } = {}) {
  return deploy(async () => {
    const { Provider } = await import("@pulumi/gcp/provider.js");
    const { GcpTenantKey } = await import("../../../components/gcp/index.js");
    const provider = new Provider("tenant", { project: "acme-backup-keys" });
    const key = new GcpTenantKey("k", args, { provider, ...options.opts });
    return { descriptor: key.descriptor, location: key.location };
  }, options);
}

describe("GcpTenantKey", () => {
  test("registers exactly API, ring, key and grant, each with its own protection", async () => {
    const { registrations, warnings } = await deployKey(ARGS);
    const common = { custom: true, parent: "k", provider: "tenant", ignoreChanges: [], replaceOnChanges: [] };

    expect(registrations.map(({ type, name }) => `${type} ${name}`)).toEqual([
      "pulumi:pulumi:Stack byok-stack",
      "pulumi:providers:gcp tenant",
      "pulumi-byok:index:GcpTenantKey k",
      "gcp:projects/service:Service k-api",
      "gcp:kms/keyRing:KeyRing k-ring",
      "gcp:kms/cryptoKey:CryptoKey k-key",
      "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember k-grant",
    ]);
    expect(registrations.slice(3)).toEqual([
      {
        ...common,
        type: "gcp:projects/service:Service",
        name: "k-api",
        protect: true,
        retainOnDelete: false,
        inputs: { project: "acme-backup-keys", service: "cloudkms.googleapis.com", disableOnDestroy: false },
      },
      {
        ...common,
        type: "gcp:kms/keyRing:KeyRing",
        name: "k-ring",
        protect: true,
        retainOnDelete: true,
        inputs: { project: "acme-backup-keys", location: "europe-west4", name: "byok-acme-eu" },
      },
      {
        ...common,
        type: "gcp:kms/cryptoKey:CryptoKey",
        name: "k-key",
        protect: true,
        retainOnDelete: true,
        inputs: {
          keyRing: RING,
          name: "byok-acme-eu",
          purpose: "ENCRYPT_DECRYPT",
          versionTemplate: { algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION", protectionLevel: "SOFTWARE" },
          rotationPeriod: "7776000s",
          destroyScheduledDuration: "2592000s",
          skipInitialVersionCreation: false,
        },
      },
      {
        ...common,
        type: "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
        name: "k-grant",
        protect: false,
        retainOnDelete: false,
        inputs: {
          cryptoKeyId: KEY,
          role: "roles/cloudkms.cryptoKeyEncrypterDecrypter",
          member: `serviceAccount:${SERVICE_ACCOUNT}`,
        },
      },
    ]);
    expect(warnings).toEqual([]);
  });

  test("children keep their own protection whatever the component is given", async () => {
    const { registrations } = await deployKey(ARGS, { opts: { protect: true, retainOnDelete: true } });
    expect(registrations.slice(3).map(({ name, protect, retainOnDelete }) => [name, protect, retainOnDelete])).toEqual([
      ["k-api", true, false],
      ["k-ring", true, true],
      ["k-key", true, true],
      ["k-grant", false, false],
    ]);
  });

  test("registers its outputs once, last: the descriptor exactly as the runtime reads it, and where the key is", async () => {
    const { outputs, secretOutputs } = await deployKey(ARGS);
    const descriptor = {
      schema: 1,
      tenant: "acme",
      datacenter: "eu",
      provider: "gcp-kms",
      grantedTo: `serviceAccount:${SERVICE_ACCOUNT}`,
      keyName: KEY,
    };
    expect(masterKeyDescriptorSchema.parse(descriptor)).toEqual(descriptor);
    expect(outputs).toEqual([
      ["k", { descriptor, location: "europe-west4" }],
      ["byok-stack", { descriptor, location: "europe-west4" }],
    ]);
    expect(secretOutputs).toEqual([]);
  });

  test("overrides reach the resources", async () => {
    const { registrations } = await deployKey({
      ...ARGS,
      location: "europe-west9",
      keyRingName: "afi-backup-keyring",
      keyName: "afi-backup-key",
      protectionLevel: ProtectionLevel.Hsm,
      rotationPeriodInDays: 1,
      destroyDelayInDays: 120,
      labels: { owner: "security" },
    });
    const [, ring, key, grant] = registrations.slice(3).map(({ inputs }) => inputs);
    const ringId = "projects/acme-backup-keys/locations/europe-west9/keyRings/afi-backup-keyring";
    expect(ring).toEqual({ project: "acme-backup-keys", location: "europe-west9", name: "afi-backup-keyring" });
    expect(key).toEqual({
      keyRing: ringId,
      name: "afi-backup-key",
      purpose: "ENCRYPT_DECRYPT",
      versionTemplate: { algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION", protectionLevel: "HSM" },
      rotationPeriod: "86400s",
      destroyScheduledDuration: "10368000s",
      skipInitialVersionCreation: false,
      labels: { owner: "security" },
    });
    expect(grant).toMatchObject({ cryptoKeyId: `${ringId}/cryptoKeys/afi-backup-key` });
  });

  test.each([
    [{ organizationId: "123456789012" }, { orgId: "123456789012" }],
    [{ folderId: "42", displayName: "Acme's keys" }, { folderId: "42", name: "Acme's keys" }],
    [{}, {}],
  ])("a new project, with %j, is kept like the key and holds everything", async (where, inputs) => {
    const createProject = { projectId: "acme-new-keys", billingAccount: "012345-6789AB-CDEF01", ...where };
    const { registrations, outputs } = await deployKey({ ...NO_PROJECT, createProject });
    const [project, api, ring] = registrations.slice(3);
    expect(project).toEqual({
      type: "gcp:organizations/project:Project",
      name: "k-project",
      custom: true,
      parent: "k",
      provider: "tenant",
      protect: true,
      retainOnDelete: true,
      ignoreChanges: [],
      replaceOnChanges: [],
      inputs: {
        projectId: "acme-new-keys",
        name: "acme-new-keys",
        billingAccount: "012345-6789AB-CDEF01",
        deletionPolicy: "PREVENT",
        ...inputs,
      },
    });
    expect(api?.inputs).toMatchObject({ project: "acme-new-keys" });
    expect(ring?.inputs).toMatchObject({ project: "acme-new-keys" });
    expect(outputs.at(-1)?.[1]).toMatchObject({
      descriptor: { keyName: KEY.replace("acme-backup-keys", "acme-new-keys") },
    });
  });

  test("an existing key is read, and nothing but the grant is created", async () => {
    const { registrations, readings, outputs } = await deployKey({ ...ARGS, existingKey: true });
    expect(readings).toEqual([
      { type: "gcp:kms/cryptoKey:CryptoKey", name: "k-key", id: KEY, parent: "k", provider: "tenant" },
    ]);
    expect(registrations.slice(3).map(({ name, inputs }) => [name, inputs])).toEqual([
      [
        "k-grant",
        {
          cryptoKeyId: KEY,
          role: "roles/cloudkms.cryptoKeyEncrypterDecrypter",
          member: `serviceAccount:${SERVICE_ACCOUNT}`,
        },
      ],
    ]);
    expect(outputs.at(-1)?.[1]).toMatchObject({ descriptor: { keyName: KEY } });
  });

  const places: [args: Partial<GcpTenantKeyArgs>, location: string, warnings: string[]][] = [
    [
      { location: "global" },
      "global (no residency)",
      ["k: the key is in location global: no residency, Google serves it from anywhere"],
    ],
    [
      { location: "us-east1", allowCrossRegion: true, datacenter: Datacenter.Ca },
      "us-east1 (no residency)",
      ["k: the key is in us-east1, which is outside the residency of ca, which is northamerica-northeast1, northamerica-northeast2"],
    ],
    [{ location: "europe-west12", allowCrossRegion: true }, "europe-west12", []],
  ];
  test.each(places)("%j: says where the key is, and what that means", async (args, location, expected) => {
    const { outputs, warnings } = await deployKey({ ...ARGS, ...args });
    expect(outputs.at(-1)?.[1]).toMatchObject({ location });
    expect(warnings).toEqual(expected);
  });
});

describe("GcpTenantKey refuses, before it registers anything", () => {
  const plain = (value: unknown) => value as GcpTenantKeyArgs;
  const NEW = { projectId: "acme-new-keys", billingAccount: "012345-6789AB-CDEF01" };
  const PROJECT_RULE =
    "must be a Google Cloud project id such as acme-backup-keys: 6 to 30 characters of a-z, 0-9 and -, beginning with a letter (not the project's number or display name)";
  const ACCOUNT_RULE =
    "must be the e-mail of one service account, NAME@PROJECT.iam.gserviceaccount.com (without serviceAccount: before it)";
  const LOCATION_RULE = "must be one exact region such as europe-west4, or global";
  const NUMBER_RULE = "must be the numeric id alone, such as 123456789012; in quotes";
  const OWN = "the tenant's key must live in the tenant's project";
  const CREATES_NONE = "says how to create a key; existingKey creates none";

  const rows: [what: string, args: GcpTenantKeyArgs, problems: string[]][] = [
    ["an upper-case tenant", { ...ARGS, tenant: "Acme" }, ["tenant: must be 3 to 32 characters of a-z, 0-9 and -"]],
    ["no tenant", plain({ ...ARGS, tenant: undefined }), ["tenant: must be 3 to 32 characters of a-z, 0-9 and -"]],
    ["an unknown datacenter", plain({ ...ARGS, datacenter: "mars" }), ["datacenter: must be one of usa, eu, uk, au, ca"]],
    ["no project", NO_PROJECT, ["project, createProject: give exactly one of them"]],
    ["two projects", { ...ARGS, createProject: NEW }, ["project, createProject: give exactly one of them"]],
    ["a project's number", { ...ARGS, project: "123456789012" }, [`project: ${PROJECT_RULE}`]],
    ["a project's display name", { ...ARGS, project: "Acme Keys" }, [`project: ${PROJECT_RULE}`]],
    [
      "a malformed new project",
      { ...NO_PROJECT, createProject: { projectId: "a", billingAccount: "my account", displayName: "x", organizationId: "organizations/1", folderId: "2" } },
      [
        `createProject.projectId: ${PROJECT_RULE}`,
        "createProject.billingAccount: must be a billing account id such as 012345-6789AB-CDEF01",
        `createProject.displayName: must be 4 to 30 letters, digits, spaces and any of - ' " !`,
        `createProject.organizationId: ${NUMBER_RULE}`,
        "createProject.organizationId: excludes folderId; keep one of them, or neither",
      ],
    ],
    ["a folder that is no number", { ...NO_PROJECT, createProject: { ...NEW, folderId: "keys" } }, [`createProject.folderId: ${NUMBER_RULE}`]],
    ["no service account", plain({ ...ARGS, serviceAccount: undefined }), [`serviceAccount: ${ACCOUNT_RULE}`]],
    ["an IAM member", { ...ARGS, serviceAccount: `serviceAccount:${SERVICE_ACCOUNT}` }, [`serviceAccount: ${ACCOUNT_RULE}`]],
    ["everybody", { ...ARGS, serviceAccount: "allAuthenticatedUsers" }, [`serviceAccount: ${ACCOUNT_RULE}`]],
    ["a person", { ...ARGS, serviceAccount: "alice@example.com" }, [`serviceAccount: ${ACCOUNT_RULE}`]],
    [
      "a service account of the key's own project",
      { ...ARGS, serviceAccount: "backup@acme-backup-keys.iam.gserviceaccount.com" },
      [`serviceAccount: is in the key's own project acme-backup-keys; ${OWN}`],
    ],
    [
      "a service account of the project to be created",
      { ...NO_PROJECT, createProject: NEW, serviceAccount: "backup@acme-new-keys.iam.gserviceaccount.com" },
      [`serviceAccount: is in the key's own project acme-new-keys; ${OWN}`],
    ],
    [
      "a service account of the key's own domain-scoped project",
      { ...ARGS, project: "example.com:acme-keys", serviceAccount: "backup@acme-keys.example.com.iam.gserviceaccount.com" },
      [`serviceAccount: is in the key's own project example.com:acme-keys; ${OWN}`],
    ],
    ["a multi-region", { ...ARGS, location: "eu" }, [`location: ${LOCATION_RULE}`]],
    ["a zone", { ...ARGS, location: "europe-west4-a" }, [`location: ${LOCATION_RULE}`]],
    ["a multi-region even when allowed", { ...ARGS, location: "nam4", allowCrossRegion: true }, [`location: ${LOCATION_RULE}`]],
    [
      "a region outside the residency",
      { ...ARGS, datacenter: Datacenter.Uk, location: "europe-west4" },
      ["location: is outside the residency of uk, which is europe-west2"],
    ],
    ["a slash in a name", { ...ARGS, keyRingName: "a/b", keyName: "" }, [
      "keyRingName: must be 1 to 63 characters of A-Z, a-z, 0-9, _ and -",
      "keyName: must be 1 to 63 characters of A-Z, a-z, 0-9, _ and -",
    ]],
    ["an unknown protection level", plain({ ...ARGS, protectionLevel: "HSM" }), ["protectionLevel: must be one of software, hsm"]],
    ["a short rotation", { ...ARGS, rotationPeriodInDays: 0 }, ["rotationPeriodInDays: must be a whole number of days from 1 to 36500"]],
    ["a long delay", { ...ARGS, destroyDelayInDays: 121 }, ["destroyDelayInDays: must be a whole number of days from 1 to 120"]],
    [
      "upper-case labels",
      { ...ARGS, labels: { Owner: "security", owner: "Security" } },
      [
        "labels.Owner: keys and values of labels are up to 63 characters of a-z, 0-9, _ and -; keys begin with a letter",
        "labels.owner: keys and values of labels are up to 63 characters of a-z, 0-9, _ and -; keys begin with a letter",
      ],
    ],
    [
      "how to create what exists",
      {
        ...NO_PROJECT,
        createProject: NEW,
        existingKey: true,
        protectionLevel: ProtectionLevel.Hsm,
        rotationPeriodInDays: 90,
        destroyDelayInDays: 30,
        labels: {},
      },
      [
        `createProject: ${CREATES_NONE}`,
        `protectionLevel: ${CREATES_NONE}`,
        `rotationPeriodInDays: ${CREATES_NONE}`,
        `destroyDelayInDays: ${CREATES_NONE}`,
        `labels: ${CREATES_NONE}`,
      ],
    ],
    [
      "several mistakes, all at once",
      plain({ tenant: "", datacenter: "eu", serviceAccount: "x", location: "europe", keyName: "a b" }),
      [
        "tenant: must be 3 to 32 characters of a-z, 0-9 and -",
        "project, createProject: give exactly one of them",
        `serviceAccount: ${ACCOUNT_RULE}`,
        `location: ${LOCATION_RULE}`,
        "keyName: must be 1 to 63 characters of A-Z, a-z, 0-9, _ and -",
      ],
    ],
  ];

  const refusals = new Map<string, { problems: readonly string[]; message: string }>();
  let registered: string[];

  beforeAll(async () => {
    const { registrations } = await deploy(async () => {
      const { GcpTenantKey, InvalidArgsError } = await import("../../../components/gcp/index.js");
      for (const [what, args] of rows) {
        try {
          new GcpTenantKey("k", args);
        } catch (error) {
          if (!(error instanceof InvalidArgsError)) throw error;
          refusals.set(what, { problems: error.problems, message: error.message });
        }
      }
      return {};
    });
    registered = registrations.map(({ type }) => type);
  });

  test.each(rows)("%s", (what, _args, problems) => {
    const message = `GcpTenantKey k:${problems.map((line) => `\n  ${line}`).join("")}`;
    expect(refusals.get(what)).toEqual({ problems, message });
  });

  test("and indeed nothing was registered", () => {
    expect(registered).toEqual(["pulumi:pulumi:Stack"]);
  });
});
