/**
 * The example stacks under the real Pulumi engine, against the sandbox. Skipped, and said so, where `pulumi` is missing.
 */
import { expect, test } from "@jest/globals";
import { readFile, writeFile } from "node:fs/promises";

import { type MasterKeyDescriptor, placeOf } from "../../runtime/master-key/descriptor.js";
import { describeUnderEngine } from "./engine-stage.js";
import { readStackConfig, stackFile, THREE_CLOUDS_EXAMPLE_STACK } from "./stack-file.js";

const TIMEOUT = 300_000;

/** Stacks that are taken through their whole life: the preset, and an own identity in each cloud and in all. */
const CYCLED = ["acme-usa", "acme-eu", "acme-gcp-eu", "acme-azure-eu", THREE_CLOUDS_EXAMPLE_STACK] as const;

describeUnderEngine("under the Pulumi engine", TIMEOUT, (stage) => {
  /** The keys as their clouds have them, in the order of the descriptors. */
  async function inTheClouds(descriptors: readonly MasterKeyDescriptor[]): Promise<{ state: string; grantedTo: readonly string[] }[]> {
    const { keys } = await stage.sandbox.client.act("status", {});
    return descriptors.map((descriptor) => {
      const key = keys.find(({ keyId }) => keyId === placeOf(descriptor));
      if (key === undefined) throw new Error(`${placeOf(descriptor)} is in no cloud`);
      return { state: key.state.toLowerCase(), grantedTo: key.grantedTo };
    });
  }

  const enabledFor = (grantedTo: (descriptor: MasterKeyDescriptor) => string[]) => (descriptor: MasterKeyDescriptor) => ({
    state: "enabled",
    grantedTo: grantedTo(descriptor),
  });
  const granted = enabledFor(({ grantedTo }) => [grantedTo]);
  const kept = enabledFor(() => []);

  /** Types of the resources that a stack still has. */
  async function resourceTypes(stack: string): Promise<string[]> {
    return (await stage.project.resources(stack)).map(({ type }) => type).sort();
  }

  /** What `destroy --exclude-protected` takes away: the grants, and Azure's sign-in. */
  const GRANTS = new Set([
    "aws:kms/keyPolicy:KeyPolicy",
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
    "azure-native:keyvault:AccessPolicy",
    "azuread:index/applicationCertificate:ApplicationCertificate",
  ]);

  test.each(CYCLED)(
    "%s: up, refusal to destroy, withdrawn grant, restored grant, teardown, up again",
    async (stack) => {
      const config = await readStackConfig(stack);
      const inStack = ["--stack", stack];

      await stage.succeed("stack", "init", stack);
      // Comments and values survive; a salt, which is no secret, is all that Pulumi adds.
      const added = (await readFile(stage.project.stackFile(stack), "utf8")).replace(await readFile(stackFile(stack), "utf8"), "");
      expect(added).toMatch(/^encryptionsalt: \S+\n$/);

      await stage.succeed("up", "--yes", ...inStack);
      await stage.succeed("preview", "--expect-no-changes", ...inStack);
      const keys = await stage.project.masterKeys(stack);
      for (const key of keys) expect(key).toMatchObject({ tenant: config["byok:tenant"], datacenter: config["byok:datacenter"] });
      expect(await inTheClouds(keys)).toEqual(keys.map(granted));
      const all = await resourceTypes(stack);
      expect(all.filter((type) => GRANTS.has(type)).length).toBeGreaterThanOrEqual(keys.length);

      const refused = await stage.pulumi("destroy", "--yes", ...inStack);
      expect(refused.exitCode).not.toBe(0);
      expect(refused.output).toContain("because it is protected");
      expect(refused.output).toContain("pulumi state unprotect");
      expect(await inTheClouds(keys)).toEqual(keys.map(granted));
      expect(await resourceTypes(stack)).toEqual(all);

      await stage.succeed("destroy", "--exclude-protected", "--yes", ...inStack);
      expect(await inTheClouds(keys)).toEqual(keys.map(kept));
      expect(await resourceTypes(stack)).toEqual(all.filter((type) => !GRANTS.has(type)));

      await stage.succeed("up", "--yes", "--skip-preview", ...inStack);
      expect(await stage.project.masterKeys(stack)).toEqual(keys);
      expect(await inTheClouds(keys)).toEqual(keys.map(granted));

      await stage.succeed("state", "unprotect", "--all", "--yes", ...inStack);
      await stage.succeed("destroy", "--yes", ...inStack);
      expect(await resourceTypes(stack)).toEqual([]);
      expect(await inTheClouds(keys)).toEqual(keys.map(kept));

      // Where names stay taken, the next `up` is told to take the key that is there.
      for (const key of keys) {
        if (key.provider !== "gcp-kms") continue;
        await stage.succeed("config", "set", "--path", "byok:gcp.existing.key", key.keyName.replace(/^.*\//, ""), ...inStack);
      }
      if (config["byok:azure"] !== undefined) {
        const azure = JSON.parse(config["byok:azure"]) as { vaultName?: string };
        // A name of its own, or the one that the stack makes up.
        if (azure.vaultName !== undefined) {
          await stage.succeed("config", "rm", "--path", "byok:azure.vaultName", ...inStack);
          await stage.succeed("config", "set", "--path", "byok:azure.existing.vault", azure.vaultName, ...inStack);
        }
        const key = `byok-${config["byok:tenant"] ?? ""}-${config["byok:datacenter"] ?? ""}`;
        await stage.succeed("config", "set", "--path", "byok:azure.existing.key", key, ...inStack);
      }
      await stage.succeed("up", "--yes", "--skip-preview", ...inStack);
      const again = await stage.project.masterKeys(stack);
      expect(await inTheClouds(again)).toEqual(again.map(granted));
      for (const [index, key] of keys.entries()) {
        const next = again[index];
        // A teardown in AWS frees the alias, and `up` makes a new key; elsewhere it is the same one.
        if (key.provider === "aws-kms") expect(next).toEqual({ ...key, keyArn: expect.not.stringMatching(key.keyArn) });
        else if (key.provider === "gcp-kms") expect(next).toEqual(key);
        else expect(next).toMatchObject({ provider: "azure-key-vault", keyUri: placeOf(key), tenant: key.tenant });
      }
    },
    TIMEOUT,
  );

  test.each(CYCLED.slice(1))(
    "%s, what the tenant revoked: `up --refresh` leaves disabled keys disabled, and grants again what was withdrawn by hand",
    async (stack) => {
      const inStack = ["--stack", stack];
      const keys = await stage.project.masterKeys(stack);
      await stage.succeed("preview", "--refresh", "--expect-no-changes", ...inStack);

      for (const key of keys) await stage.sandbox.client.act("revoke", { key: placeOf(key), by: "disable" });
      // A key that was taken over must be usable, unless access is suspended.
      const adopted = keys.some(({ provider }) => provider === "gcp-kms");
      const refreshed = await stage.pulumi("up", "--yes", "--skip-preview", "--refresh", ...inStack);
      expect({ done: refreshed.exitCode === 0, refused: /is DISABLED: enable it/.test(refreshed.output) }).toEqual({ done: !adopted, refused: adopted });
      expect(await inTheClouds(keys)).toEqual(keys.map((key) => ({ state: "disabled", grantedTo: [key.grantedTo] })));
      for (const key of keys) await stage.sandbox.client.act("restore", { key: placeOf(key) });

      for (const key of keys) await stage.sandbox.client.act("revoke", { key: placeOf(key), by: "grant" });
      await stage.succeed("preview", "--expect-no-changes", ...inStack);
      await stage.succeed("up", "--yes", "--skip-preview", "--refresh", ...inStack);
      expect(await inTheClouds(keys)).toEqual(keys.map(granted));
    },
    TIMEOUT,
  );

  test(
    "state holds no credential, and the outputs no secret",
    async () => {
      const found = await stage.project.resources(THREE_CLOUDS_EXAMPLE_STACK, "--show-secrets");
      const text = JSON.stringify(found);
      const { aws, gcp, azure } = await stage.sandbox.client.act("deployers", {});
      if (gcp === undefined || azure === undefined) throw new Error("the sandbox runs all clouds");
      const { private_key: gcpKey } = JSON.parse(await readFile(gcp.keyFile, "utf8")) as { private_key: string };
      const secrets = [aws.accessKeyId, aws.secretAccessKey, aws.sessionToken, gcpKey, ...Object.values(azure.tokens)];
      expect(secrets.every((secret) => typeof secret === "string" && secret.length > 10)).toBe(true);
      for (const secret of secrets) expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
      expect(text).not.toContain("PRIVATE KEY");
      // Pulumi's mark of a secret value, in state: sdk/go/common/resource, SigKey.
      const outputs = JSON.stringify(found.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs);
      expect(outputs).toContain("masterKeys");
      expect(outputs).not.toContain("4dabf18193072939515e22adb298388d");
    },
    TIMEOUT,
  );

  test(
    "a wrong configuration is refused before anything is created",
    async () => {
      const stack = "acme-wrong";
      const before = (await stage.sandbox.client.act("status", {})).keys;
      await writeFile(stage.project.stackFile(stack), await readFile(stackFile("acme-uk"), "utf8"));
      await stage.succeed("stack", "init", stack);
      await stage.sandbox.client.act("aws.clearCalls", {});

      await stage.succeed("config", "set", "byok:datacenter", "mars", "--stack", stack);
      await stage.succeed("config", "set", "byok:tenannt", "acme", "--stack", stack);
      const wrongConfig = await stage.pulumi("up", "--yes", "--skip-preview", "--stack", stack);
      expect(wrongConfig.exitCode).not.toBe(0);
      expect(wrongConfig.output).toContain('byok:datacenter: must be one of usa, eu, uk, au, ca, not "mars"');
      expect(wrongConfig.output).toContain('byok:tenannt: unknown key (did you mean "tenant"?)');
      expect(wrongConfig.output).not.toMatch(/\n\s+at /);
      expect(await stage.sandbox.client.act("aws.calls", {})).toEqual([]);
      expect((await stage.sandbox.client.act("status", {})).keys).toEqual(before);
    },
    TIMEOUT,
  );
});
