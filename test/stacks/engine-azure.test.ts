/**
 * Every option of a key in Azure, switched on and off again on stacks that are deployed, and everything that can be adopted;
 * under the real Pulumi engine, against the sandbox. Skipped, and said so, where `pulumi` is missing.
 */
import { beforeAll, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";

import { stringify } from "yaml";

import { type AzureKeyVaultDescriptor } from "../../runtime/master-key/descriptor.js";
import { ByokError } from "../../runtime/master-key/errors.js";
import { type MasterKey, type WrappedShare } from "../../runtime/master-key/master-key.js";
import { openMasterKey } from "../../runtime/master-key/open-master-key.js";
import { TENANT_DIRECTORY, TENANT_SUBSCRIPTION } from "../../sandbox/azure/index.js";
import { type PemPair, selfSigned } from "../runtime/certificates.js";
import { describeUnderEngine } from "./engine-stage.js";
import { nameOf, typeOf, updateSteps } from "./engine-steps.js";

const TIMEOUT = 600_000;

const SHARE = new Uint8Array(32).fill(7);
const CONTEXT = { purpose: "share", tenant: "acme", secret: "backups", generation: 1 } as const;

/** Never replaced, never deleted, whatever is switched. */
const KEPT = /:(ResourceGroup|Vault|Key|Application|ServicePrincipal)$/;

/** Operations of the engine by the last part of the resource's name; those that leave it as it is are left out. */
type Changes = Readonly<Record<string, string>>;

/** What a test sets in the stack's configuration. */
interface Options {
  readonly azure?: Readonly<Record<string, unknown>>;
  readonly byok?: Readonly<Record<string, unknown>>;
}

let pair: PemPair;

describeUnderEngine("Azure under the Pulumi engine", TIMEOUT, (stage) => {
  beforeAll(async () => {
    pair = await selfSigned({ name: "backup service", algorithm: "rsa" });
  }, TIMEOUT);

  async function configure(stack: string, { azure = {}, byok = {} }: Options): Promise<void> {
    const keys = {
      tenant: "acme",
      datacenter: "eu",
      clouds: ["azure"],
      azure: { entraTenantId: TENANT_DIRECTORY, subscriptionId: TENANT_SUBSCRIPTION, certificates: [pair.certificate], ...azure },
      ...byok,
    };
    const config = Object.fromEntries(Object.entries(keys).map(([name, value]) => [`byok:${name}`, value]));
    await writeFile(stage.project.stackFile(stack), stringify({ config }));
  }

  async function start(stack: string, options: Options = {}): Promise<void> {
    await configure(stack, options);
    await stage.succeed("stack", "init", stack);
  }

  /** Runs `up`, which must succeed, and tells what it did. */
  async function up(stack: string, options: Options = {}, ...flags: string[]): Promise<Changes> {
    await configure(stack, options);
    const { exitCode, stdout, output } = await stage.pulumi("up", "--yes", "--skip-preview", "--json", ...flags, "--stack", stack);
    if (exitCode !== 0) throw new Error(`up ${JSON.stringify(options)}:\n${output.replace(/^.*"debug: ".*\n/gm, "")}`);
    return changesIn(stdout);
  }

  /** What `preview` or `up` says when it must refuse; both must. */
  async function refusals(stack: string, options: Options): Promise<{ readonly preview: string; readonly up: string }> {
    await configure(stack, options);
    const [preview, update] = [
      await stage.pulumi("preview", "--stack", stack),
      await stage.pulumi("up", "--yes", "--skip-preview", "--stack", stack),
    ];
    expect([preview.exitCode === 0, update.exitCode === 0]).toEqual([false, false]);
    return { preview: preview.output, up: update.output };
  }

  const descriptorOf = (stack: string): Promise<AzureKeyVaultDescriptor> => stage.project.firstKey(stack, "azure-key-vault");

  /** The service's own process, opened anew, does something with the key: `ok`, what it gives, or the code of the refusal. */
  async function service<T>(descriptor: AzureKeyVaultDescriptor, work: (key: MasterKey) => Promise<T>): Promise<T | string> {
    const { endpoints } = stage;
    const credentials = { "azure-key-vault": [pair] };
    const key = await openMasterKey(descriptor, { mode: "development", role: "tenant", endpoints, credentials });
    try {
      return await work(key);
    } catch (error) {
      if (error instanceof ByokError) return error.code;
      throw error;
    } finally {
      await key.close();
    }
  }

  const wrap = (descriptor: AzureKeyVaultDescriptor) => service(descriptor, (key) => key.wrap(SHARE, CONTEXT));
  const opens = (descriptor: AzureKeyVaultDescriptor, wrapped: WrappedShare | string) =>
    service(descriptor, async (key) => {
      if (typeof wrapped === "string") return `not wrapped: ${wrapped}`;
      return Buffer.from((await key.unwrap(wrapped, CONTEXT)).share).equals(SHARE) ? "ok" : "another share";
    });
  /** A new wrap, opened again. */
  const works = (descriptor: AzureKeyVaultDescriptor) =>
    service(descriptor, async (key) => ((await key.unwrap(await key.wrap(SHARE, CONTEXT), CONTEXT)).share.length === 32 ? "ok" : "short"));
  const looks = (descriptor: AzureKeyVaultDescriptor) => service(descriptor, async (key) => (await key.describe()).state);

  /** Operations at ARM and Graph that changed anything, since the log was cleared. */
  async function writes(): Promise<string[]> {
    const calls = await stage.sandbox.client.act("azure.calls", {});
    return calls.filter(({ plane, operation }) => ["arm", "graph"].includes(plane) && !/read$|^(Get|List) /.test(operation)).map(({ operation }) => operation);
  }

  test("each option, on and off again on a deployed stack: in place, and access as it says", async () => {
    const stack = "walk";
    await start(stack);
    expect(await up(stack)).toMatchObject({ group: "create", vault: "create", key: "create", policy: "create" });
    const descriptor = await descriptorOf(stack);
    const first = await wrap(descriptor);
    expect(await opens(descriptor, first)).toBe("ok");
    expect(await looks(descriptor)).toBe("ACCESS_DENIED");

    // access
    expect(await up(stack, { byok: { access: "suspended" } })).toEqual({ policy: "delete" });
    expect(await descriptorOf(stack)).toEqual(descriptor);
    expect(await opens(descriptor, first)).toBe("ACCESS_DENIED");
    expect(await up(stack, { byok: { access: "granted" } })).toEqual({ policy: "create" });
    expect(await opens(descriptor, first)).toBe("ok");

    // keyMetadata
    expect(await up(stack, { byok: { keyMetadata: true } })).toEqual({ policy: "update" });
    expect(await looks(descriptor)).toBe("Enabled");
    expect(await up(stack)).toEqual({ policy: "update" });
    expect(await looks(descriptor)).toBe("ACCESS_DENIED");

    // serviceAddresses
    const closed = { azure: { serviceAddresses: ["203.0.113.0/28"] } };
    expect(await up(stack, closed)).toEqual({ vault: "update" });
    await stage.sandbox.client.act("azure.callFrom", { address: "198.51.100.1" });
    expect(await works(descriptor)).toBe("NETWORK_BLOCKED");
    await stage.sandbox.client.act("azure.callFrom", { address: "203.0.113.8" });
    expect(await works(descriptor)).toBe("ok");
    expect(await up(stack, closed, "--refresh")).toEqual({});
    // Without the option, the rules stay as they are; every address opens the vault.
    await stage.sandbox.client.act("azure.callFrom", { address: "198.51.100.1" });
    expect(await up(stack)).toEqual({});
    expect(await works(descriptor)).toBe("NETWORK_BLOCKED");
    expect(await up(stack, { azure: { serviceAddresses: ["0.0.0.0/0"] } })).toEqual({ vault: "update" });
    expect(await works(descriptor)).toBe("ok");
    expect(await up(stack)).toEqual({});
    expect(await works(descriptor)).toBe("ok");

    // grantBy
    const role = { azure: { grantBy: "role" } };
    expect(await up(stack, role)).toEqual({ vault: "update", role: "create", policy: "delete" });
    const byRole = await descriptorOf(stack);
    expect(byRole).toEqual({ ...descriptor, operation: "wrap" });
    expect(await opens(byRole, first)).toBe("ok");
    const second = await wrap(byRole);
    expect(await looks(byRole)).toBe("Enabled");
    expect(await up(stack, role, "--refresh")).toEqual({});
    // The service may be told of it later: the old descriptor asks for operations that the role does not have.
    expect(await opens(descriptor, first)).toBe("ACCESS_DENIED");
    expect(await up(stack, { ...role, byok: { access: "suspended" } })).toEqual({ role: "delete" });
    expect(await opens(byRole, second)).toBe("ACCESS_DENIED");
    expect(await up(stack, role)).toEqual({ role: "create" });
    expect(await opens(byRole, second)).toBe("ok");
    expect(await up(stack)).toEqual({ vault: "update", policy: "create", role: "delete" });
    expect(await descriptorOf(stack)).toEqual(descriptor);
    expect([await opens(descriptor, first), await opens(descriptor, second)]).toEqual(["ok", "ok"]);
    expect(await up(stack, {}, "--refresh")).toEqual({});
  }, TIMEOUT);

  test("what Azure would silently ignore is refused with what to do instead, in preview and up, and nothing is touched", async () => {
    const stack = "create-only";
    const fixed = { byok: { tenant: "fixed" } };
    await start(stack, fixed);
    await up(stack, fixed);
    const descriptor = await descriptorOf(stack);
    await stage.sandbox.client.act("azure.clearCalls", {});
    const rows: [azure: Readonly<Record<string, unknown>>, explanation: RegExp][] = [
      [{ keySize: 4096 }, /keySize: the size of a key that exists cannot be changed; make a new key beside it/],
      [{ protectionLevel: "hsm" }, /protectionLevel: the protection level of a key that exists cannot be changed/],
      [{ rotationPeriodInDays: 90 }, /rotationPeriodInDays: is only taken when a key is made; .*az keyvault key rotation-policy update --vault-name byok-fixed-eu-\w+ --name byok-fixed-eu /],
    ];
    for (const [azure, explanation] of rows) {
      const { preview, up: update } = await refusals(stack, { ...fixed, azure });
      expect(preview).toMatch(explanation);
      expect(update).toMatch(explanation);
    }
    expect(await writes()).toEqual([]);
    expect(await up(stack, fixed)).toEqual({});
    expect(await descriptorOf(stack)).toEqual(descriptor);
  }, TIMEOUT);

  test("a vault, a key and an application made by hand are taken over without a change to them", async () => {
    const stack = "by-hand";
    await stage.sandbox.client.act("azure.createVault", { name: "Made-By-Hand", resourceGroup: "keys" });
    await stage.sandbox.client.act("azure.createKey", { vault: "Made-By-Hand", name: "AFI" });
    const { clientId, servicePrincipalId } = await stage.sandbox.client.act("azure.registerApplication", { displayName: "Backup", certificates: [pair.certificate] });
    // The portal's spelling and order.
    await stage.sandbox.client.act("azure.setAccessPolicy", { vault: "Made-By-Hand", objectId: servicePrincipalId, permissions: ["Decrypt", "Encrypt"] });
    const byHand = { resourceGroup: "keys", existing: { vault: "Made-By-Hand", key: "AFI", application: clientId } };

    await start(stack, { azure: byHand });
    await stage.sandbox.client.act("azure.clearCalls", {});
    expect(await up(stack, { azure: byHand })).toEqual({ policy: "import" });
    expect(await writes()).toEqual([]);
    const descriptor = await descriptorOf(stack);
    expect(descriptor).toMatchObject({ clientId, grantedTo: servicePrincipalId, keyUri: "https://made-by-hand.vault.azure.net/keys/AFI", operation: "encrypt" });
    expect(await works(descriptor)).toBe("ok");
    expect(await up(stack, { azure: byHand }, "--refresh")).toEqual({});
    expect(await writes()).toEqual([]);

    expect(await up(stack, { azure: byHand, byok: { keyMetadata: true } })).toEqual({ policy: "update" });
    expect(await looks(descriptor)).toBe("Enabled");
    expect(await up(stack, { azure: byHand, byok: { access: "suspended" } })).toEqual({ policy: "delete" });
    expect(await works(descriptor)).toBe("ACCESS_DENIED");
    expect(await up(stack, { azure: byHand })).toEqual({ policy: "create" });
    expect(await works(descriptor)).toBe("ok");
    // What the tenant revoked by hand afterwards keeps nobody from deploying, and stays as it is.
    await stage.sandbox.client.act("revoke", { key: descriptor.keyUri, by: "disable" });
    expect(await up(stack, { azure: byHand }, "--refresh")).toEqual({});
    expect(await works(descriptor)).toBe("KEY_DISABLED");
    await stage.sandbox.client.act("restore", { key: descriptor.keyUri });

    // Nothing but the grant is this stack's own.
    await stage.succeed("destroy", "--yes", "--stack", stack);
    expect(await works(descriptor)).toBe("ACCESS_DENIED");
    const { keys } = await stage.sandbox.client.act("azure.status", {});
    expect(keys.find(({ keyId }) => keyId === "https://made-by-hand.vault.azure.net/keys/AFI")).toMatchObject({ state: "Enabled", grantedTo: [] });
  }, TIMEOUT);

  test("a new key, rotated by policy, in a vault made by hand that goes by roles", async () => {
    const stack = "new-in-old";
    await stage.sandbox.client.act("azure.createVault", { name: "role-vault", resourceGroup: "keys", rbac: true });
    const azure = { resourceGroup: "keys", existing: { vault: "role-vault" }, keyName: "fresh", rotationPeriodInDays: 90, grantBy: "role" };
    await start(stack, { azure });
    expect(await up(stack, { azure })).toEqual({ key: "create", role: "create", application: "create", principal: "create", certificate: "create" });
    expect(await works(await descriptorOf(stack))).toBe("ok");
    expect(await up(stack, { azure }, "--refresh")).toEqual({});
    const { preview } = await refusals(stack, { azure: { ...azure, rotationPeriodInDays: 30 } });
    expect(preview).toContain("az keyvault key rotation-policy update --vault-name role-vault --name fresh");
    expect(await up(stack, { azure })).toEqual({});
  }, TIMEOUT);

  test("misfits are refused in previews, each with what to do, and before anything is granted", async () => {
    const stack = "misfits";
    await start(stack);
    const act = stage.sandbox.client.act.bind(stage.sandbox.client);
    await act("azure.createVault", { name: "fitting", resourceGroup: "misfits" });
    await act("azure.createVault", { name: "far-away", resourceGroup: "misfits", location: "eastus" });
    await act("azure.createVault", { name: "purgeable", resourceGroup: "misfits", purgeProtection: false });
    await act("azure.createVault", { name: "by-roles", resourceGroup: "misfits", rbac: true });
    for (const vault of ["fitting", "far-away", "purgeable", "by-roles"]) await act("azure.createKey", { vault, name: "good" });
    await act("azure.createKey", { vault: "fitting", name: "expiring", expires: "2099-01-01T00:00:00Z" });
    await act("azure.createKey", { vault: "fitting", name: "disabled" });
    await act("revoke", { key: "https://fitting.vault.azure.net/keys/disabled", by: "disable" });
    const certificates = [pair.certificate];
    const open = await act("azure.registerApplication", { displayName: "open", certificates, signInAudience: "AzureADMultipleOrgs" });
    const fine = await act("azure.registerApplication", { displayName: "fine", certificates });
    const good = { vault: "fitting", key: "good" };

    const rows: [existing: Readonly<Record<string, string>>, refusal: string][] = [
      [{ vault: "far-away" }, "vault far-away cannot be adopted:\n      location: eastus is outside the residency of eu"],
      [{ vault: "purgeable", key: "good" }, "az keyvault update --name purgeable --enable-purge-protection true"],
      [{ vault: "by-roles", key: "good" }, "set grantBy to role"],
      [{ vault: "fitting", key: "expiring" }, "expires: the key expires at 2099-01-01T00:00:00Z"],
      // Of a principal that is yet to be made, a preview cannot tell whether it has the grant: then the tenant disabled the key itself.
      [{ vault: "fitting", key: "disabled", application: fine.clientId }, "az keyvault key set-attributes --vault-name fitting --name disabled --enabled true"],
      [{ ...good, application: open.clientId }, `az ad app update --id ${open.clientId} --sign-in-audience AzureADMyOrg`],
      [{ ...good, application: "99999999-9999-4999-8999-999999999999" }, "give the client id of an application that this directory is the home of"],
    ];
    for (const [existing, refusal] of rows) {
      await configure(stack, { azure: { resourceGroup: "misfits", existing } });
      const { exitCode, output } = await stage.pulumi("preview", "--stack", stack);
      expect({ existing, refused: exitCode !== 0, says: output }).toEqual({ existing, refused: true, says: expect.stringContaining(refusal) });
    }
    // Without a preview too: the grant waits.
    await configure(stack, { azure: { resourceGroup: "misfits", existing: { vault: "fitting", key: "disabled" } } });
    expect((await stage.pulumi("up", "--yes", "--skip-preview", "--stack", stack)).exitCode).not.toBe(0);
    const { keys } = await act("azure.status", {});
    expect(keys.filter(({ keyId }) => /fitting|far-away|purgeable|by-roles/.test(keyId)).flatMap(({ grantedTo }) => grantedTo)).toEqual([]);
  }, TIMEOUT);

  test("a name that a deleted vault or key still has is explained, and so is one that is in use", async () => {
    const act = stage.sandbox.client.act.bind(stage.sandbox.client);
    await act("azure.createVault", { name: "deleted-vault", resourceGroup: "taken" });
    await act("azure.deleteVault", { vault: "deleted-vault" });
    await act("azure.createVault", { name: "with-deleted-key", resourceGroup: "taken" });
    await act("azure.createKey", { vault: "with-deleted-key", name: "gone" });
    await act("scheduleDeletion", { key: "https://with-deleted-key.vault.azure.net/keys/gone", days: 90 });
    await start("taken");
    const rows: [azure: Readonly<Record<string, unknown>>, advice: string][] = [
      [{ vaultName: "deleted-vault" }, "az keyvault recover --name deleted-vault --location westeurope, and adopt it"],
      [{ existing: { vault: "with-deleted-key" }, keyName: "gone" }, "az keyvault key recover --vault-name with-deleted-key --name gone, and adopt it"],
      [{ vaultName: "with-deleted-key" }, "It exists already, and this stack did not make it."],
    ];
    for (const [azure, advice] of rows) {
      await configure("taken", { azure: { resourceGroup: "taken", ...azure } });
      const { exitCode, output } = await stage.pulumi("up", "--yes", "--skip-preview", "--stack", "taken");
      expect({ azure, failed: exitCode !== 0, says: output }).toEqual({ azure, failed: true, says: expect.stringContaining(advice) });
    }
  }, TIMEOUT);

  test("a principal that ARM has not heard of yet stops nothing", async () => {
    const act = stage.sandbox.client.act.bind(stage.sandbox.client);
    await act("azure.createVault", { name: "hurried", resourceGroup: "hurried", rbac: true });
    await act("azure.delayPrincipals", { lookups: 3 });
    await act("azure.injectFault", { operation: "Microsoft.Authorization/roleAssignments/write", error: "PrincipalNotFound", times: 2 });
    const azure = { resourceGroup: "hurried", existing: { vault: "hurried" }, grantBy: "role" };
    await start("hurried", { azure });
    expect(await up("hurried", { azure })).toMatchObject({ role: "create" });
    expect(await works(await descriptorOf("hurried"))).toBe("ok");
    await act("azure.delayPrincipals", { lookups: 0 });
  }, TIMEOUT);
});

/** Steps out of the stream of events; those that keep what exists, and the components, are left out. */
function changesIn(stdout: string): Changes {
  const changes: Record<string, string> = {};
  for (const { op, urn } of updateSteps(stdout)) {
    const type = typeOf(urn);
    if (KEPT.test(type) && /replace|delete|discard/.test(op)) throw new Error(`${op} of ${urn}`);
    if (op === "same" || op === "refresh" || !/^(azure-native|azuread):/.test(type)) continue;
    const name = nameOf(urn).replace(/^[a-z]+-eu-azure(-app)?-/, "").replace(/^(certificate)-.*/, "$1");
    // What exists is read every time.
    if (op !== "read") changes[name] = op;
  }
  return changes;
}
