/** Compares what two releases register for one stack, as an engine would before it touches anything. */
import { packageOf, providerNamed } from "../../sandbox/pulumi/providers.js";
import { diffInputs } from "../../sandbox/pulumi/schema.js";
import { type Value } from "../../sandbox/pulumi/values.js";
import { type RecordedResource, type Recording, reference } from "./recorded.js";

/** What holds keys, and keys: an upgrade leaves them alone. */
export const UNTOUCHED: readonly string[] = [
  "aws:kms/key:Key",
  "gcp:organizations/project:Project",
  "gcp:kms/keyRing:KeyRing",
  "gcp:kms/cryptoKey:CryptoKey",
  "azure-native:resources:ResourceGroup",
  "azure-native:keyvault:Vault",
  "azure-native:keyvault:Key",
];

/**
 * What makes the upgrade from one release to another more than updates in place; none if it is harmless.
 *
 * @param older - what the older release registered
 * @param newer - what the newer one registers for the same configuration
 */
export function upgradeProblems(older: Recording, newer: Recording): string[] {
  const [before, now] = [named(older), named(newer)];
  const byUrn = new Map<string, RecordedResource>();
  for (const resource of now.resources) {
    for (const urn of [urnOf(now, resource), ...resource.aliases]) byUrn.set(urn, resource);
  }
  const kinds = new Set(before.resources.map(({ type }) => type));
  const taken = new Set<RecordedResource>();
  const problems = before.resources.flatMap((resource) => {
    const successor = byUrn.get(urnOf(before, resource));
    // What is only read is nobody's to delete.
    if (successor === undefined) return resource.id === undefined ? [`${resource.name} is deleted`] : [];
    taken.add(successor);
    return changesOf(resource, successor).map((change) => `${resource.name} ${change}`);
  });
  // What is only looked at is not added.
  const made = now.resources.filter((resource) => !taken.has(resource) && resource.id === undefined);
  const added = made.filter((resource) => kinds.has(resource.type) || UNTOUCHED.includes(resource.type));
  return [...problems, ...added.map(({ name, type }) => `${name} is one more ${type}`)];
}

function changesOf(before: RecordedResource, now: RecordedResource): string[] {
  const changes: string[] = [];
  if (before.protect && !now.protect) changes.push("is not protected any more");
  if (before.retainOnDelete && !now.retainOnDelete) changes.push("is not retained any more");
  if (before.provider !== now.provider) changes.push(`has another provider, ${now.provider ?? "none"}`);
  if (before.id !== now.id) changes.push(now.id === undefined ? "was only read and is created" : "is only read");
  if (before.type.startsWith("pulumi:providers:") && JSON.stringify(before.inputs) !== JSON.stringify(now.inputs)) {
    changes.push("is configured differently");
  }
  if (!before.custom || before.type.startsWith("pulumi:")) return changes;

  const { inputs } = providerNamed(packageOf(before.type)).typeOf(before.type);
  for (const { property, replaces } of diffInputs(inputs, before.inputs, now.inputs, now.ignoreChanges)) {
    // A path in `replaceOnChanges` stands for all that is below it.
    const asked = now.replaceOnChanges.some((path) => path === property || property.startsWith(`${path}.`));
    if (replaces || asked) changes.push(`is replaced: ${property}`);
    else if (UNTOUCHED.includes(before.type)) changes.push(`is changed: ${property}`);
  }
  return changes;
}

/** With names in place of references to them: Azure calls things as they were asked for. */
function named(recording: Recording): Recording {
  const names = new Map(
    recording.resources.flatMap(({ type, name, inputs }): [string, Value][] => {
      const input = { "azure-native:resources:ResourceGroup": "resourceGroupName", "azure-native:keyvault:Vault": "vaultName" }[type];
      return input === undefined ? [] : [[reference(name, "name"), inputs[input] ?? null]];
    }),
  );
  return JSON.parse(JSON.stringify(recording), (_, value: unknown) => (typeof value === "string" ? (names.get(value) ?? value) : value)) as Recording;
}

/** URN without the engine's prefix: the types from the outermost parent on, and the name. */
function urnOf({ resources, stack }: Recording, resource: RecordedResource): string {
  const types: string[] = [];
  for (let at: RecordedResource | undefined = resource; at !== undefined && at.type !== "pulumi:pulumi:Stack"; ) {
    types.unshift(at.type);
    const { parent }: RecordedResource = at;
    at = resources.find(({ name }) => name === parent);
  }
  return `urn:pulumi:${stack}::byok::${types.join("$")}::${resource.name}`;
}
