/**
 * Changes to a key that Azure Resource Manager would take and forget.
 *
 * @module
 */
import { InvalidArgsError } from "../errors.js";

/** A key's properties, as the engine remembers them. */
interface KeyInputs {
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
export function refuseKeyChanges(name: string, key: NamedKey, before: KeyInputs, after: KeyInputs): void {
  const problems = Object.entries(REFUSALS).flatMap(([property, explain]) => {
    const same = JSON.stringify(before.properties?.[property]) === JSON.stringify(after.properties?.[property]);
    return same ? [] : [explain(key).join(": ")];
  });
  if (problems.length > 0) throw new InvalidArgsError("AzureTenantKey", name, problems);
}

/** What people must be told about other tags: they reach group and vault, and not the key. `undefined` if they are the same. */
export function keyTagsWarning({ vaultName, keyName }: NamedKey, before: KeyInputs, after: KeyInputs): string | undefined {
  if (JSON.stringify(before.tags ?? {}) === JSON.stringify(after.tags ?? {})) return undefined;
  return (
    "Azure takes a key's tags only when it is made: group and vault get the new ones, the key keeps its own. To change them: " +
    `az keyvault key set-attributes --vault-name ${vaultName} --name ${keyName} --tags NAME=VALUE`
  );
}
