import { beforeAll, describe, expect, test } from "@jest/globals";

import { Access } from "../../../components/access.js";
import { type GcpFoundKey } from "../../../components/gcp/existing.js";
import { type GcpExistingArgs, type GcpTenantKeyArgs } from "../../../components/gcp/index.js";
import { ProtectionLevel } from "../../../components/protection-level.js";
import { Datacenter } from "../../../components/regions.js";
import { masterKeyDescriptorSchema } from "../../../runtime/master-key/descriptor.js";
import { deploy } from "../recorded-deployment.js";

const SERVICE_ACCOUNT = "backup-service@example-service.iam.gserviceaccount.com";
const NO_PROJECT: GcpTenantKeyArgs = { tenant: "acme", datacenter: Datacenter.Eu, serviceAccount: SERVICE_ACCOUNT };
const ARGS: GcpTenantKeyArgs = { ...NO_PROJECT, project: "acme-backup-keys" };
const RING = "projects/acme-backup-keys/locations/europe-west4/keyRings/byok-acme-eu";
const KEY = `${RING}/cryptoKeys/byok-acme-eu`;
const USE = "roles/cloudkms.cryptoKeyEncrypterDecrypter";

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

  describe("what is there already", () => {
    const OTHER = KEY.replace("byok-acme-eu/cryptoKeys/byok-acme-eu", "theirs/cryptoKeys/old");
    const KEY_TYPE = "gcp:kms/cryptoKey:CryptoKey";
    const RING_TYPE = "gcp:kms/keyRing:KeyRing";
    const common = { parent: "k", provider: "tenant" };

    test.each<[what: string, existing: GcpExistingArgs, key: string]>([
      ["a key, in a ring of the default name", { key: "old" }, `${RING}/cryptoKeys/old`],
      ["a key and its ring", { keyRing: "theirs", key: "old" }, OTHER],
    ])("%s: read, and nothing but the grant is created", async (_what, existing, key) => {
      const { registrations, readings, outputs } = await deployKey({ ...ARGS, existing });
      expect(readings).toEqual([{ ...common, type: KEY_TYPE, name: "k-key", id: key }]);
      expect(registrations.slice(3).map(({ name, inputs }) => [name, inputs])).toEqual([
        ["k-grant", { cryptoKeyId: key, role: USE, member: `serviceAccount:${SERVICE_ACCOUNT}` }],
      ]);
      expect(outputs.at(-1)?.[1]).toMatchObject({ descriptor: { keyName: key } });
    });

    test("a key ring: read, and a new key made in it; the API is there, or it could not be read", async () => {
      const { registrations, readings } = await deployKey({ ...ARGS, existing: { keyRing: "theirs" }, keyName: "new" });
      const ring = RING.replace("byok-acme-eu", "theirs");
      expect(readings).toEqual([{ ...common, type: RING_TYPE, name: "k-ring", id: ring }]);
      expect(registrations.slice(3).map(({ name, inputs }) => [name, inputs])).toEqual([
        ["k-key", expect.objectContaining({ keyRing: ring, name: "new" })],
        ["k-grant", expect.objectContaining({ cryptoKeyId: `${ring}/cryptoKeys/new` })],
      ]);
    });

    const FIT = {
      purpose: "ENCRYPT_DECRYPT",
      versionTemplate: { algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION" },
      importOnly: false,
      primaries: [{ name: "v/1", state: "ENABLED" }],
    };
    const DISABLED = { ...FIT, primaries: [{ name: "v/1", state: "DISABLED" }] };
    const misfits: [what: string, found: GcpFoundKey, misfits: RegExp[]][] = [
      ["a key that fits", FIT, []],
      ["a key of another purpose", { ...FIT, purpose: "ASYMMETRIC_DECRYPT", primaries: [] }, [/purpose is ASYMMETRIC_DECRYPT.*name another key/]],
      ["a key of which nothing is known", { ...FIT, purpose: undefined }, [/purpose is unknown/]],
      ["a key outside Google Cloud", { ...FIT, versionTemplate: { algorithm: "EXTERNAL_SYMMETRIC_ENCRYPTION" } }, [/versions are EXTERNAL_SYMMETRIC_ENCRYPTION/]],
      ["an import-only key without versions", { ...FIT, importOnly: true, primaries: [] }, [/import-only/, /no primary version: make one/]],
      ["a disabled key", DISABLED, [/primary version v\/1 is DISABLED: enable it .* or set access to suspended/]],
      ["a key on its way out", { ...FIT, primaries: [{ name: "v/1", state: "DESTROY_SCHEDULED" }] }, [/v\/1 is DESTROY_SCHEDULED/]],
    ];
    test.each(misfits)("%s", async (_what, found, expected) => {
      const { requireFit } = await import("../../../components/gcp/existing.js");
      const { UnfitResourceError } = await import("../../../components/errors.js");
      let refused: readonly string[] = [];
      try {
        requireFit("GcpTenantKey", "k", KEY, found, true);
      } catch (error) {
        if (!(error instanceof UnfitResourceError)) throw error;
        refused = error.misfits;
        expect(error.message).toContain(`GcpTenantKey k: key ${KEY} cannot be adopted:\n  ${refused[0] ?? ""}`);
      }
      expect(refused).toEqual(expected.map((misfit): unknown => expect.stringMatching(misfit)));
    });

    test("a disabled key is fine while access is suspended", async () => {
      const { requireFit } = await import("../../../components/gcp/existing.js");
      expect(() => {
        requireFit("GcpTenantKey", "k", KEY, DISABLED, false);
      }).not.toThrow();
    });
  });

  test("access suspended leaves out the grants and nothing else; the descriptor is the same", async () => {
    const full: GcpTenantKeyArgs = { ...ARGS, keyMetadata: true, auditLog: true, alarms: { emails: ["a@example.com"] } };
    const granted = await deployKey(full);
    const suspended = await deployKey({ ...full, access: Access.Suspended });
    const grants = granted.registrations.filter(({ type }) => type === "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember");
    expect(grants.map(({ name }) => name)).toEqual(["k-grant", "k-metadata"]);
    expect(suspended.registrations).toEqual(granted.registrations.filter((one) => !grants.includes(one)));
    expect(suspended.outputs).toEqual(granted.outputs);
    expect(await deployKey({ ...full, access: Access.Granted })).toEqual(granted);
  });

  test("key metadata: a second role, on the key, that only reads", async () => {
    const { registrations } = await deployKey({ ...ARGS, keyMetadata: true });
    expect(registrations.at(-1)).toMatchObject({
      name: "k-metadata",
      parent: "k",
      protect: false,
      retainOnDelete: false,
      inputs: { cryptoKeyId: KEY, role: "roles/cloudkms.viewer", member: `serviceAccount:${SERVICE_ACCOUNT}` },
    });
    expect((await deployKey({ ...ARGS, keyMetadata: false })).registrations.map(({ name }) => name)).not.toContain("k-metadata");
  });

  const NEW_PROJECT = { projectId: "acme-new-keys", billingAccount: "012345-6789AB-CDEF01" };
  test.each<[what: string, args: GcpTenantKeyArgs, logged: string | undefined]>([
    ["off in a project that is there", ARGS, undefined],
    ["on there when asked for", { ...ARGS, auditLog: true }, "acme-backup-keys"],
    ["on in a project of ours", { ...NO_PROJECT, createProject: NEW_PROJECT }, "acme-new-keys"],
    ["off there when asked for", { ...NO_PROJECT, createProject: NEW_PROJECT, auditLog: false }, undefined],
    ["on for a key that is there, when asked for", { ...ARGS, existing: { key: "old" }, auditLog: true }, "acme-backup-keys"],
  ])("the audit log is %s", async (_what, args, project) => {
    const { registrations } = await deployKey(args);
    const found = registrations.filter(({ type }) => type === "gcp:projects/iAMAuditConfig:IAMAuditConfig");
    expect(found).toEqual(
      project === undefined
        ? []
        : [
            expect.objectContaining({
              name: "k-audit-log",
              parent: "k",
              provider: "tenant",
              protect: false,
              retainOnDelete: false,
              inputs: { project, service: "cloudkms.googleapis.com", auditLogConfigs: [{ logType: "ADMIN_READ" }, { logType: "DATA_READ" }] },
            }),
          ],
    );
  });

  test("alarms: the APIs they need, a channel per address, one policy for all of them", async () => {
    const { registrations } = await deployKey({ ...ARGS, alarms: { emails: ["a@example.com", "b@example.com"] } });
    const names = ["k-monitoring-api", "k-logging-api", "k-alarm-a@example.com", "k-alarm-b@example.com", "k-alarm"];
    const found = names.flatMap((name) => registrations.filter((one) => one.name === name));
    expect(found.map(({ type, name, parent, protect, retainOnDelete }) => [type, name, parent, protect, retainOnDelete])).toEqual([
      ["gcp:projects/service:Service", "k-monitoring-api", "k", false, false],
      ["gcp:projects/service:Service", "k-logging-api", "k", false, false],
      ["gcp:monitoring/notificationChannel:NotificationChannel", "k-alarm-a@example.com", "k", false, false],
      ["gcp:monitoring/notificationChannel:NotificationChannel", "k-alarm-b@example.com", "k", false, false],
      ["gcp:monitoring/alertPolicy:AlertPolicy", "k-alarm", "k", false, false],
    ]);
    expect(found.map(({ inputs }) => inputs)).toMatchObject([
      { project: "acme-backup-keys", service: "monitoring.googleapis.com", disableOnDestroy: false },
      { project: "acme-backup-keys", service: "logging.googleapis.com", disableOnDestroy: false },
      { project: "acme-backup-keys", type: "email", labels: { email_address: "a@example.com" } },
      { project: "acme-backup-keys", type: "email", labels: { email_address: "b@example.com" } },
      {
        project: "acme-backup-keys",
        combiner: "OR",
        severity: "CRITICAL",
        alertStrategy: { notificationRateLimit: { period: "300s" }, autoClose: "1800s" },
        notificationChannels: ["channel of a@example.com", "channel of b@example.com"],
        conditions: [
          {
            conditionMatchedLog: {
              filter: [
                'logName="projects/acme-backup-keys/logs/cloudaudit.googleapis.com%2Factivity"',
                'protoPayload.serviceName="cloudkms.googleapis.com"',
                'protoPayload.methodName=("UpdateCryptoKeyVersion" OR "DestroyCryptoKeyVersion" OR "SetIamPolicy")',
                `(protoPayload.resourceName="${KEY}" OR protoPayload.resourceName:"${KEY}/")`,
              ].join("\n"),
            },
          },
        ],
      },
    ]);
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
  const RING_IS_THERE = "says how to create a key ring; existing names one that is there";
  const KEY_IS_THERE = "says how to create a key; existing names one that is there";
  const NAME_RULE = "must be 1 to 63 characters of A-Z, a-z, 0-9, _ and -";

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
      "how to create the key that is there",
      {
        ...NO_PROJECT,
        createProject: NEW,
        existing: { key: "old" },
        keyRingName: "ring",
        keyName: "key",
        protectionLevel: ProtectionLevel.Hsm,
        rotationPeriodInDays: 90,
        destroyDelayInDays: 30,
        labels: {},
      },
      [
        `createProject: ${RING_IS_THERE}`,
        `keyRingName: ${RING_IS_THERE}`,
        `keyName: ${KEY_IS_THERE}`,
        `protectionLevel: ${KEY_IS_THERE}`,
        `rotationPeriodInDays: ${KEY_IS_THERE}`,
        `destroyDelayInDays: ${KEY_IS_THERE}`,
        `labels: ${KEY_IS_THERE}`,
      ],
    ],
    [
      "how to create the key ring that is there",
      { ...NO_PROJECT, createProject: NEW, existing: { keyRing: "old" }, keyRingName: "ring" },
      [`createProject: ${RING_IS_THERE}`, `keyRingName: ${RING_IS_THERE}`],
    ],
    ["nothing that exists", { ...ARGS, existing: {} }, ["existing: must name keyRing, key or both"]],
    ["a key that exists, as a text", plain({ ...ARGS, existing: "key" }), ["existing: must be an object with keyRing, key or both"]],
    ["resource names of what exists", { ...ARGS, existing: { keyRing: RING, key: "" } }, [`existing.keyRing: ${NAME_RULE}`, `existing.key: ${NAME_RULE}`]],
    ["0.1's spelling", plain({ ...ARGS, existingKey: true }), ['existingKey: was replaced by existing, which names what is there: existing: { key: "NAME" }']],
    [
      "options that are none",
      plain({ ...ARGS, access: "none", keyMetadata: 1, auditLog: "yes", alarms: { emails: ["security"] } }),
      [
        "access: must be one of granted, suspended",
        "keyMetadata: must be true or false",
        "auditLog: must be true or false",
        "alarms.emails[0]: must be an e-mail address such as security@example.com",
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
