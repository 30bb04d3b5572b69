/**
 * Changes to a key that Azure Resource Manager would take and forget.
 *
 * @module
 */
import * as pulumi from "@pulumi/pulumi";

import { InvalidArgsError } from "../errors.js";
import { engineHooks } from "./engine-hooks.js";

/** Properties of a key or vault, as the engine remembers them. */
interface RememberedInputs {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly tags?: unknown;
}

/** Where a key is, for commands. */
export interface NamedKey {
  readonly vaultName: string;
  readonly keyName: string;
}

/** A new key beside the old one: how to get what a key cannot become. */
function newKeyBeside(what: string): string {
  return `${what} of a key that exists cannot be changed; make a new key beside it, with another keyName, and switch to that (docs/guides/azure.md, "What cannot be changed")`;
}

const REFUSALS: Readonly<Record<string, (key: NamedKey) => [argument: string, explanation: string]>> = {
  kty: () => ["protectionLevel", newKeyBeside("the protection level")],
  keySize: () => ["keySize", newKeyBeside("the size")],
  keyOps: () => ["keyOps", newKeyBeside("the list of operations")],
  rotationPolicy: ({ vaultName, keyName }) => [
    "rotationPeriodInDays",
    "is only taken when a key is made; set it back, and change the policy itself, without an expiry: " +
      `az keyvault key rotation-policy update --vault-name ${vaultName} --name ${keyName} --value policy.json`,
  ],
};

/**
 * Refuses changes that Keys - Create If Not Exist, the one request that Resource Manager has for keys, answers with the
 * existing key, unchanged. Azure Key Vault management reference, Keys.
 *
 * @throws InvalidArgsError that says for each what to do instead
 */
export function refuseKeyChanges(name: string, key: NamedKey, before: RememberedInputs, after: RememberedInputs): void {
  const problems = Object.entries(REFUSALS).flatMap(([property, explain]) => {
    const same = JSON.stringify(before.properties?.[property]) === JSON.stringify(after.properties?.[property]);
    return same ? [] : [explain(key).join(": ")];
  });
  if (problems.length > 0) throw new InvalidArgsError("AzureTenantKey", name, problems);
}

/**
 * Refuses another tier of the vault, which only follows from another protection level of the key: a vault could change, the
 * key in it could not.
 *
 * @throws InvalidArgsError that says what to do instead
 */
export function refuseVaultChanges(name: string, before: RememberedInputs, after: RememberedInputs): void {
  if (JSON.stringify(before.properties?.["sku"]) === JSON.stringify(after.properties?.["sku"])) return;
  throw new InvalidArgsError("AzureTenantKey", name, [`protectionLevel: ${newKeyBeside("the protection level")}`]);
}

/**
 * Resource options by which a change that Azure would ignore, or that makes no sense, does not pass for done. With an engine
 * that runs hooks it is explained, in previews and updates; with another one it is a replacement, which the protection
 * refuses.
 *
 * @param hookName - unique in the program
 * @param properties - paths of what cannot be changed
 * @param refuse - throws for changes of these, with what to do instead
 */
export function refusedChanges(
  hookName: string,
  properties: string[],
  refuse: (before: RememberedInputs, after: RememberedInputs) => void | Promise<void>,
): { readonly replaceOnChanges?: string[]; readonly hooks?: pulumi.ResourceHookBinding } {
  if (!engineHooks().resource) return { replaceOnChanges: properties };
  const check: pulumi.ResourceHookFunction = ({ oldInputs = {}, newInputs = {} }) => refuse(oldInputs, newInputs);
  return { hooks: { beforeUpdate: [new pulumi.ResourceHook(hookName, check, { onDryRun: true })] } };
}

/** What people must be told about other tags: they reach group and vault, and not the key. `undefined` if they are the same. */
export function keyTagsWarning({ vaultName, keyName }: NamedKey, before: RememberedInputs, after: RememberedInputs): string | undefined {
  if (JSON.stringify(before.tags ?? {}) === JSON.stringify(after.tags ?? {})) return undefined;
  return (
    "Azure takes a key's tags only when it is made: group and vault get the new ones, the key keeps its own. To change them: " +
    `az keyvault key set-attributes --vault-name ${vaultName} --name ${keyName} --tags NAME=VALUE`
  );
}
