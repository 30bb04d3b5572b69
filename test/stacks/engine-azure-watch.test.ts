/**
 * Audit log, alarms and lock of a key in Azure, each turned on and off on a deployed stack, under the real Pulumi engine and
 * against the sandbox. Skipped, and said so, where `pulumi` is missing.
 */
import { beforeAll, expect, test } from "@jest/globals";
import { readFile, writeFile } from "node:fs/promises";

import { parse, stringify } from "yaml";

import { TENANT_SUBSCRIPTION } from "../../sandbox/azure/index.js";
import { describeUnderEngine } from "./engine-stage.js";
import { typeOf, updateSteps } from "./engine-steps.js";
import { type CommandResult } from "./pulumi-project.js";
import { stackFile } from "./stack-file.js";

const TIMEOUT = 300_000;
const STACK = "acme-azure-eu";
const IN_STACK = ["--stack", STACK];
const VAULT_ID = `/subscriptions/${TENANT_SUBSCRIPTION}/resourceGroups/byok-acme-eu/providers/Microsoft.KeyVault/vaults/acme-backup-keys-eu`;

/** Short names of the types, as the tests below list them. */
const AUDIT = ["monitor:DiagnosticSetting", "operationalinsights:Workspace"];
const ALARMS = ["monitor:ActionGroup", "monitor:ActivityLogAlert", "monitor:ScheduledQueryRule"];
const LOCK = ["authorization:ManagementLockByScope"];

describeUnderEngine("what watches over a key in Azure, under the Pulumi engine", TIMEOUT, (stage) => {
  beforeAll(async () => {
    await stage.succeed("stack", "init", STACK);
    await stage.succeed("up", "--yes", "--skip-preview", ...IN_STACK);
  }, TIMEOUT);

  /** Types of ours in the cloud, beside vault and key. */
  async function inTheCloud(): Promise<string[]> {
    return (await stage.sandbox.client.act("azure.resources", {})).map(({ type }) => type).sort();
  }

  /** Deploys, and answers what was done, by operation; resources that stay as they are left out. */
  async function deploy(): Promise<Record<string, string[]>> {
    const { stdout } = await stage.succeed("up", "--yes", "--skip-preview", "--json", ...IN_STACK);
    const done: Record<string, string[]> = {};
    for (const { op, urn } of updateSteps(stdout)) {
      if (op !== "same") (done[op] ??= []).push(typeOf(urn).replace("azure-native:", ""));
    }
    return Object.fromEntries(Object.entries(done).map(([op, types]) => [op, types.sort()]));
  }

  /** The stack's configuration with other options: of all keys, and of `byok:azure`. Those before are gone. */
  async function configure({ azure = {}, ...options }: { auditLog?: boolean; alarms?: object; azure?: object }): Promise<void> {
    const file = parse(await readFile(stackFile(STACK), "utf8")) as { config: Record<string, unknown> };
    for (const [name, value] of Object.entries(options)) file.config[`byok:${name}`] = value;
    file.config["byok:azure"] = { ...(file.config["byok:azure"] as object), ...azure };
    const { encryptionsalt } = parse(await readFile(stage.project.stackFile(STACK), "utf8")) as { encryptionsalt: string };
    await writeFile(stage.project.stackFile(STACK), stringify({ encryptionsalt, ...file }));
  }

  const nothingToDo = (...more: string[]): Promise<CommandResult> => stage.succeed("preview", "--expect-no-changes", ...more, ...IN_STACK);

  async function keyStates(): Promise<unknown> {
    return (await stage.sandbox.client.act("status", {})).keys;
  }

  async function stored(kind: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    return (await stage.sandbox.client.act("azure.resources", {})).find(({ type }) => type.endsWith(`/${kind}`))?.properties;
  }

  test(
    "auditLog: on, kept for longer, off, and on again with the log that was there",
    async () => {
      const before = await keyStates();
      await configure({ auditLog: true });
      expect(await deploy()).toEqual({ create: AUDIT });
      expect(await inTheCloud()).toEqual(["Microsoft.Insights/diagnosticSettings", "Microsoft.OperationalInsights/workspaces"]);
      const workspace = await stored("workspaces");
      expect(workspace).toMatchObject({ retentionInDays: 90 });
      await nothingToDo("--refresh");

      await configure({ auditLog: true, azure: { logRetentionDays: 365 } });
      expect(await deploy()).toEqual({ update: ["operationalinsights:Workspace"] });

      await configure({});
      expect(await deploy()).toEqual({ delete: AUDIT });
      expect(await inTheCloud()).toEqual([]);

      await configure({ auditLog: true });
      expect(await deploy()).toEqual({ create: AUDIT });
      expect((await stored("workspaces"))?.["customerId"]).toBe(workspace?.["customerId"]);
      expect(await keyStates()).toEqual(before);
    },
    TIMEOUT,
  );

  test(
    "alarms: on beside the log, other people, off; not without a log",
    async () => {
      const before = await keyStates();
      const emails = ["security@example.com", "ops@example.com"];
      await configure({ auditLog: true, alarms: { emails: emails.slice(0, 1) } });
      expect(await deploy()).toEqual({ create: ALARMS });
      await nothingToDo("--refresh");

      // The log is there for the alarms alone, too.
      await configure({ alarms: { emails } });
      expect(await deploy()).toEqual({ update: ["monitor:ActionGroup"] });
      expect(await stored("actionGroups")).toMatchObject({ emailReceivers: emails.map((emailAddress) => ({ emailAddress })) });

      await configure({ auditLog: false, alarms: { emails } });
      const refused = await stage.pulumi("preview", ...IN_STACK);
      expect(refused.exitCode).not.toBe(0);
      expect(refused.output).toContain("alarms: Azure tells that a key was disabled in the vault's own audit log and nowhere else");

      await configure({ auditLog: true });
      expect(await deploy()).toEqual({ delete: ALARMS });
      expect(await keyStates()).toEqual(before);
    },
    TIMEOUT,
  );

  test(
    "lock: on; access is withdrawn and given back in spite of it; what lies on the vault cannot go before it; off",
    async () => {
      const before = await keyStates();
      await configure({ auditLog: true, azure: { lock: true } });
      expect(await deploy()).toEqual({ create: LOCK });
      expect(await stored("locks")).toMatchObject({ level: "CanNotDelete" });
      await nothingToDo("--refresh");

      await stage.succeed("destroy", "--yes", "--skip-preview", "--target", await urnOf("keyvault:AccessPolicy"), ...IN_STACK);
      expect((await stage.sandbox.client.act("status", {})).keys.map(({ grantedTo }) => grantedTo)).toEqual([[]]);
      expect(await deploy()).toEqual({ create: ["keyvault:AccessPolicy"] });
      expect(await keyStates()).toEqual(before);

      await configure({ azure: { lock: true } });
      const refused = await stage.pulumi("up", "--yes", "--skip-preview", ...IN_STACK);
      expect(refused.exitCode).not.toBe(0);
      expect(refused.output).toMatch(new RegExp(`Code="ScopeLocked" Message="The scope '${VAULT_ID}/providers/.* following scope\\(s\\) are locked: '${VAULT_ID}'`, "i"));

      // What the guide says: first the lock, then the log.
      await configure({ auditLog: true });
      expect(await deploy()).toEqual({ delete: LOCK });
      await configure({});
      expect(await deploy()).toEqual({ delete: AUDIT });
      expect(await inTheCloud()).toEqual([]);
      expect(await keyStates()).toEqual(before);
    },
    TIMEOUT,
  );

  async function urnOf(type: string): Promise<string> {
    return (await stage.project.resources(STACK)).find((one) => one.type === `azure-native:${type}`)?.urn ?? "";
  }

  test(
    "all at once, and off at once; a teardown takes them along and keeps vault and key",
    async () => {
      const all = { alarms: { emails: ["security@example.com"] }, azure: { lock: true } };
      await configure(all);
      expect(await deploy()).toEqual({ create: [...AUDIT, ...ALARMS, ...LOCK].sort() });
      await configure({});
      expect(await deploy()).toEqual({ delete: [...AUDIT, ...ALARMS, ...LOCK].sort() });

      await configure(all);
      await deploy();
      await stage.succeed("destroy", "--exclude-protected", "--yes", "--skip-preview", ...IN_STACK);
      expect(await inTheCloud()).toEqual([]);
      const { vaults, keys } = await stage.sandbox.client.act("azure.status", {});
      expect(vaults).toMatchObject([{ name: "acme-backup-keys-eu", deleted: false }]);
      expect(keys).toMatchObject([{ state: "Enabled", grantedTo: [] }]);
    },
    TIMEOUT,
  );
});
