/** @jest-environment ./test/runtime/one-realm-environment.ts */
/**
 * Every option of a tenant's stack in Google Cloud, on and off on a deployed stack, under the real Pulumi engine: nothing that
 * holds the key is ever replaced or deleted, and the runtime feels what it should. Skipped, and said so, where `pulumi` is missing.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";

import { type GcpKmsDescriptor } from "../../runtime/master-key/descriptor.js";
import { openGcpKmsKey } from "../../runtime/master-key/gcp-kms.js";
import { type SandboxFile } from "../../sandbox/sandbox-file.js";
import { GoogleClient } from "../../sandbox/pulumi/gcp/client.js";
import { refusal } from "../runtime/support.js";
import { describeUnderEngine } from "./engine-stage.js";

const TIMEOUT = 600_000;
const PROJECT = "acme-backup-keys";
const LOCATION = `projects/${PROJECT}/locations/europe-west4`;
const STACK_FILE = `config:
  byok:tenant: acme
  byok:datacenter: eu
  byok:clouds: [gcp]
  byok:service:
    gcpServiceAccount: storage-byok@afi-production.iam.gserviceaccount.com
  byok:gcp:
    project: ${PROJECT}
`;

/** What holds the key: none of these may ever be replaced or deleted. */
const KEPT = ["gcp:organizations:Project", "gcp:projects:Service", "gcp:kms:KeyRing", "gcp:kms:CryptoKey"];
/** What `pulumi up` prints of a resource once it is done with it, types as it abbreviates them. */
const DONE = /^ ?(?:\+|-|~|\+-|\++|--)\s+(gcp:\S+) (\S+) (created|updated|deleted|replaced)\b/gm;
const OPS: Readonly<Record<string, string>> = { created: "create", updated: "update", deleted: "delete", replaced: "replace" };
/** The APIs of alarms come and go with them, and stay enabled. */
const LOOSE = /-(monitoring|logging)-api$/;

let google: GoogleClient;
let endpoints: SandboxFile["endpoints"];

describeUnderEngine("Google Cloud under the Pulumi engine", TIMEOUT, (stage) => {
  beforeAll(async () => {
    ({ endpoints } = stage);
    const { gcp } = await stage.sandbox.client.act("deployers", {});
    google = await GoogleClient.open({
      endpoint: endpoints["gcp-kms"] ?? "", certificateAuthority: endpoints.certificateAuthority ?? "", keyFile: gcp?.keyFile ?? "",
    });
  }, TIMEOUT);

  afterAll(async () => {
    await google.close();
  });

  async function init(stack: string, file = STACK_FILE): Promise<void> {
    await writeFile(stage.project.stackFile(stack), file);
    await stage.succeed("stack", "init", stack);
  }

  async function set(stack: string, options: Readonly<Record<string, string | number | boolean | undefined>>): Promise<void> {
    const given = Object.entries(options).flatMap(([key, value]) => (value === undefined ? [] : ["--plaintext", `${key}=${value}`]));
    if (given.length > 0) await stage.succeed("config", "set-all", "--path", ...given, "--stack", stack);
    const taken = Object.entries(options).flatMap(([key, value]) => (value === undefined ? [key] : []));
    if (taken.length > 0) await stage.succeed("config", "rm-all", "--path", ...taken, "--stack", stack);
  }

  /** Brings the stack up to date; what that did, as `create grant`. Fails if it touched what holds the key. */
  async function up(stack: string): Promise<string[]> {
    const { stdout } = await stage.succeed("up", "--yes", "--skip-preview", "--stack", stack);
    const done = [...stdout.matchAll(DONE)].map(([, type = "", name = "", verb = ""]) => ({ type, name, op: OPS[verb] ?? verb }));
    const touched = done.filter(({ type, name, op }) => KEPT.includes(type) && op !== "create" && op !== "update" && !LOOSE.test(name));
    expect(touched).toEqual([]);
    return done.map(({ name, op }) => `${op} ${name.replace(/^acme-eu-gcp-/, "")}`).sort();
  }

  const descriptor = (stack: string): Promise<GcpKmsDescriptor> => stage.project.firstKey(stack, "gcp-kms");

  /** Wraps and unwraps as the service, and looks; `granted`, or why not. */
  async function access(of: GcpKmsDescriptor): Promise<{ use: string; metadata: string }> {
    const { keyFile } = await stage.sandbox.client.act("gcp.identity", { name: "service" });
    const key = await openGcpKmsKey(of, {
      endpoint: endpoints["gcp-kms"], certificateAuthority: endpoints.certificateAuthority, credentials: { keyFile },
    });
    try {
      const context = { tenant: "acme", secret: "s", generation: 1, purpose: "share" } as const;
      const share = new Uint8Array(32).fill(7);
      const use = key.wrap(share, context).then((wrapped) => key.unwrap(wrapped, context));
      return { use: await outcome(use), metadata: await outcome(key.describe()) };
    } finally {
      await key.close();
    }
  }

  async function outcome(call: Promise<unknown>): Promise<string> {
    return call.then(() => "granted", async () => (await refusal(call)).code);
  }

  async function policy(): Promise<readonly unknown[]> {
    return (await stage.sandbox.client.act("gcp.projectPolicy", { project: PROJECT })).auditConfigs ?? [];
  }

  const versions = async (key: string) => (await stage.sandbox.client.act("status", {})).keys.find(({ keyId }) => keyId === key)?.versions;

  test(
    "each option, on and off again, does what the guide says and leaves the key alone",
    async () => {
      const stack = "walk";
      await init(stack);
      expect(await up(stack)).toEqual(expect.arrayContaining(["create api", "create grant", "create key", "create ring"]));
      const key = await descriptor(stack);
      const before = await versions(key.keyName);
      expect(await access(key)).toEqual({ use: "granted", metadata: "ACCESS_DENIED" });

      await set(stack, { "byok:access": "suspended" });
      expect(await up(stack)).toEqual(["delete grant"]);
      expect(await access(key)).toEqual({ use: "ACCESS_DENIED", metadata: "ACCESS_DENIED" });
      expect(await descriptor(stack)).toEqual(key);
      await set(stack, { "byok:access": "granted" });
      expect(await up(stack)).toEqual(["create grant"]);
      expect(await access(key)).toEqual({ use: "granted", metadata: "ACCESS_DENIED" });

      await set(stack, { "byok:keyMetadata": true });
      expect(await up(stack)).toEqual(["create metadata"]);
      expect(await access(key)).toEqual({ use: "granted", metadata: "granted" });
      await set(stack, { "byok:access": "suspended" });
      expect(await up(stack)).toEqual(["delete grant", "delete metadata"]);
      await set(stack, { "byok:access": undefined });
      expect(await up(stack)).toEqual(["create grant", "create metadata"]);
      await set(stack, { "byok:keyMetadata": false });
      expect(await up(stack)).toEqual(["delete metadata"]);

      await set(stack, { "byok:auditLog": true });
      expect(await up(stack)).toEqual(["create audit-log"]);
      expect(await policy()).toEqual([{ service: "cloudkms.googleapis.com", auditLogConfigs: [{ logType: "ADMIN_READ" }, { logType: "DATA_READ" }] }]);
      await stage.sandbox.client.act("gcp.clearCalls", {});
      await access(key);
      const logged = (await stage.sandbox.client.act("gcp.logEntries", { project: PROJECT })).map(({ protoPayload }) => protoPayload.methodName);
      expect(logged).toEqual(["Encrypt", "Decrypt", "GetCryptoKey"]);
      await set(stack, { "byok:auditLog": undefined });
      expect(await up(stack)).toEqual(["delete audit-log"]);
      expect(await policy()).toEqual([]);

      await set(stack, { "byok:alarms.emails[0]": "a@example.com", "byok:alarms.emails[1]": "b@example.com" });
      expect(await up(stack)).toEqual(
        ["alarm", "alarm-a@example.com", "alarm-b@example.com", "logging-api", "monitoring-api"].map((name) => `create ${name}`),
      );
      await set(stack, { "byok:alarms.emails[0]": "b@example.com", "byok:alarms.emails[1]": "c@example.com" });
      expect(await up(stack)).toEqual(["create alarm-c@example.com", "delete alarm-a@example.com", "update alarm"]);
      const { alertPolicies, notificationChannels } = await stage.sandbox.client.act("gcp.monitoring", {});
      expect(notificationChannels.map(({ labels }) => labels)).toEqual([{ email_address: "b@example.com" }, { email_address: "c@example.com" }]);
      expect(alertPolicies).toMatchObject([{ notificationChannels: notificationChannels.map(({ name }) => name) }]);
      await set(stack, { "byok:alarms": undefined });
      expect(await up(stack)).toHaveLength(5);
      expect(await stage.sandbox.client.act("gcp.monitoring", {})).toEqual({ notificationChannels: [], alertPolicies: [] });

      await set(stack, { "byok:gcp.rotationPeriodInDays": 30, "byok:gcp.labels.team": "backup" });
      expect(await up(stack)).toEqual(["update key"]);
      await set(stack, { "byok:gcp.rotationPeriodInDays": undefined, "byok:gcp.labels": undefined });
      expect(await up(stack)).toEqual(["update key"]);

      await stage.succeed("preview", "--expect-no-changes", "--stack", stack);
      expect(await versions(key.keyName)).toEqual(before);
      expect(await access(key)).toEqual({ use: "granted", metadata: "ACCESS_DENIED" });
    },
    TIMEOUT,
  );

  test.each([
    ["byok:gcp.protectionLevel", "hsm"],
    ["byok:gcp.destroyDelayInDays", 60],
    ["byok:gcp.keyName", "other"],
    ["byok:gcp.keyRingName", "other"],
    ["byok:gcp.location", "europe-west1"],
    ["byok:gcp.existing.key", "byok-acme-eu"],
  ])(
    "%s, which is decided when the key is made, is refused later: the key is protected",
    async (option, value) => {
      const stack = "walk";
      const key = await descriptor(stack);
      await set(stack, { [option]: value });
      const refused = await stage.pulumi("up", "--yes", "--stack", stack);
      await set(stack, { [option.replace(".existing.key", ".existing")]: undefined });
      expect(refused.exitCode).not.toBe(0);
      expect(refused.output).toMatch(/is protected|marked for protection/);
      await stage.succeed("preview", "--expect-no-changes", "--stack", stack);
      expect(await access(key)).toMatchObject({ use: "granted" });
    },
    TIMEOUT,
  );

  test(
    "a project of ours: its audit log is on, and off when asked for",
    async () => {
      const stack = "new-project";
      const created = "acme-fresh-keys";
      // The walk before has enabled Cloud KMS in the deployer's own project, where its calls count: alone, this would be refused.
      await init(stack, STACK_FILE.replace(`    project: ${PROJECT}\n`, `    createProject:\n      projectId: ${created}\n      billingAccount: 012345-6789AB-CDEF01\n      organizationId: "123456789012"\n`));
      await up(stack);
      const inPolicy = async () => (await stage.sandbox.client.act("gcp.projectPolicy", { project: created })).auditConfigs ?? [];
      expect(await inPolicy()).toMatchObject([{ service: "cloudkms.googleapis.com" }]);
      await set(stack, { "byok:auditLog": false });
      expect(await up(stack)).toEqual(["delete audit-log"]);
      expect(await inPolicy()).toEqual([]);
    },
    TIMEOUT,
  );

  describe("what is there already", () => {
    const ring = `${LOCATION}/keyRings/by-hand`;
    type NewKey = Parameters<Parameters<Parameters<typeof google.kms>[0]>[0]["createCryptoKey"]>[0];

    async function makeByHand(cryptoKeyId: string, given: Partial<NonNullable<NewKey>> = {}): Promise<void> {
      await google.kms((client) => client.createCryptoKey({ parent: ring, cryptoKeyId, cryptoKey: { purpose: "ENCRYPT_DECRYPT" }, ...given }));
    }

    /** The key as Google has it, but for its policy. */
    const asItIs = (name: string) => google.kms((client) => client.getCryptoKey({ name: `${ring}/cryptoKeys/${name}` }));

    const existing = (members: Readonly<Record<string, string>>): string =>
      `${STACK_FILE}    existing: ${JSON.stringify(members)}\n`;

    beforeAll(async () => {
      await google.rest("POST", `/v1/projects/${PROJECT}/services/cloudkms.googleapis.com:enable`);
      await google.kms((client) => client.createKeyRing({ parent: LOCATION, keyRingId: "by-hand", keyRing: {} }));
      // As "Create a key" of the Cloud KMS documentation has it in the console.
      await makeByHand("backup", {
        cryptoKey: {
          purpose: "ENCRYPT_DECRYPT", rotationPeriod: { seconds: 7_776_000 }, nextRotationTime: { seconds: Date.now() / 1000 + 7_776_000 },
          versionTemplate: { algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION", protectionLevel: "HSM" }, labels: { made: "by-hand" },
        },
      });
      await makeByHand("rsa", { cryptoKey: { purpose: "ASYMMETRIC_DECRYPT", versionTemplate: { algorithm: "RSA_DECRYPT_OAEP_3072_SHA256" } } });
      await makeByHand("imported", { cryptoKey: { purpose: "ENCRYPT_DECRYPT", importOnly: true }, skipInitialVersionCreation: true });
      await makeByHand("disabled");
      await stage.sandbox.client.act("revoke", { key: `${ring}/cryptoKeys/disabled`, by: "disable" });
      await makeByHand("going");
      await stage.sandbox.client.act("destroyVersion", { key: `${ring}/cryptoKeys/going`, version: `${ring}/cryptoKeys/going/cryptoKeyVersions/1` });
    }, TIMEOUT);

    test(
      "a key made by hand is taken over without a change to it, suspended, granted, and given up again",
      async () => {
        const stack = "adopt";
        const before = await asItIs("backup");
        await init(stack, existing({ keyRing: "by-hand", key: "backup" }));
        expect(await up(stack)).toEqual(expect.arrayContaining(["create grant"]));
        const key = await descriptor(stack);
        expect(key.keyName).toBe(`${ring}/cryptoKeys/backup`);
        expect(await access(key)).toMatchObject({ use: "granted" });
        await set(stack, { "byok:access": "suspended" });
        expect(await up(stack)).toEqual(["delete grant"]);
        expect(await access(key)).toMatchObject({ use: "ACCESS_DENIED" });
        await stage.succeed("destroy", "--yes", "--stack", stack);
        expect(await asItIs("backup")).toEqual(before);
      },
      TIMEOUT,
    );

    test(
      "a key ring made by hand gets a new key",
      async () => {
        const stack = "adopt-ring";
        await init(stack, `${existing({ keyRing: "by-hand" })}    keyName: fresh\n`);
        const steps = await up(stack);
        expect(steps).toEqual(expect.arrayContaining(["create grant", "create key"]));
        expect(steps).not.toEqual(expect.arrayContaining([expect.stringMatching(/ring|api/)]));
        expect(await access(await descriptor(stack))).toMatchObject({ use: "granted" });
      },
      TIMEOUT,
    );

    test.each([
      ["rsa", /its purpose is ASYMMETRIC_DECRYPT, and must be ENCRYPT_DECRYPT/],
      ["imported", /it is import-only.*\n\s*it has no primary version/],
      ["disabled", /its primary version .* is DISABLED: enable it .*, or set access to suspended/],
      ["going", /its primary version .* is DESTROY_SCHEDULED/],
      ["missing", /does not exist/],
    ])(
      "a misfit, %s, is refused in preview and up, before anything is made, and not changed",
      async (name, misfit) => {
        const stack = `misfit-${name}`;
        await init(stack, `${existing({ keyRing: "by-hand", key: name })}  byok:auditLog: true\n  byok:alarms: { emails: [a@example.com] }\n`);
        for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
          const refused = await stage.pulumi(...command, "--stack", stack);
          expect(refused.exitCode).not.toBe(0);
          expect(refused.output).toMatch(misfit);
          expect(refused.output).not.toMatch(/\n\s+at /);
        }
        const made = (await stage.project.resources(stack)).filter(({ type }) => type.startsWith("gcp:") && type !== "gcp:kms/cryptoKey:CryptoKey");
        expect(made).toEqual([]);
        expect(await policy()).toEqual([]);
      },
      TIMEOUT,
    );

    test(
      "a disabled one is taken over while access is suspended, and granted once it is enabled",
      async () => {
        const stack = "misfit-disabled";
        await set(stack, { "byok:access": "suspended" });
        await up(stack);
        const key = await descriptor(stack);
        await set(stack, { "byok:access": "granted" });
        const refused = await stage.pulumi("up", "--yes", "--skip-preview", "--stack", stack);
        expect(refused.exitCode).not.toBe(0);
        expect(refused.output).toContain("is DISABLED");
        await stage.sandbox.client.act("restore", { key: key.keyName });
        expect(await up(stack)).toEqual(["create grant"]);
        expect(await access(key)).toMatchObject({ use: "granted" });
      },
      TIMEOUT,
    );
  });
});
