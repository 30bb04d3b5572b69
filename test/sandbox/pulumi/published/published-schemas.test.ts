/**
 * The tables of the sandbox's resource types against what the published providers say (schemas.json, with the source of each
 * type): a property that replaces here replaces there, and the other way round.
 */
import { beforeAll, describe, expect, test } from "@jest/globals";

import { type Property, type PropertyTable } from "../../../../sandbox/pulumi/schema.js";
import { type PublishedInputs, readPublished } from "./published.js";
import { resourceTypes, type TableOf } from "./resource-types.js";
import { sdkArgs } from "./sdk-args.js";

/** What a table says of a property, or a published schema does. */
type Aspect = "required" | "replaces" | "computed" | "default" | "type";

const ZERO = "to terraform-plugin-sdk an absent value is the zero of its type, if there was a value before (schemaMap.diffString)";

/** Where a table says something else on purpose: `TOKEN property aspect`, and why. */
const DIFFERENT: Readonly<Record<string, string>> = {
  "azuread:index/servicePrincipal:ServicePrincipal appRoleAssignmentRequired default": ZERO,
  "gcp:projects/service:Service disableOnDestroy default": ZERO,
  "gcp:kms/cryptoKey:CryptoKey skipInitialVersionCreation computed": "only looked at when the key is made; absent and false are the same",
  "gcp:organizations/project:Project deletionPolicy computed": "the provider fills in its own default, in CustomizeDiff",
  "gcp:organizations/project:Project deletionPolicy default": "tpgresource.DefaultProviderDeletionPolicy",
};

/** Differences, as `property aspect: here, there`. */
function differences(token: string, table: PropertyTable, published: PublishedInputs, path = ""): string[] {
  return Object.entries(table).flatMap(([name, property]) => {
    const full = `${path}${name}`;
    const there = published[name];
    // azure-native adds it to every resource's inputs (applyDefaults); the SDK has no argument for it.
    if (there === undefined) return full === "azureApiVersion" ? [] : [`${full} is no input`];
    const pairs: [Aspect, unknown, unknown][] = [
      ["required", property.required === true, there.required === true],
      ["replaces", property.replaces === true, there.replaces === true],
      ["type", property.type, there.type],
      // azure-native compares with the inputs of the last deployment: nothing is computed, and defaults are the SDK's.
      ...(token.startsWith("azure-native:") ? [] : bridged(property, there)),
    ];
    const own = pairs
      .filter(([aspect, ours, theirs]) => ours !== theirs && DIFFERENT[`${token} ${full} ${aspect}`] === undefined)
      .map(([aspect, ours, theirs]) => `${full} ${aspect}: ${String(ours)} here, ${String(theirs)} there`);
    return property.members === undefined ? own : [...own, ...differences(token, property.members, there.members ?? {}, `${full}.`)];
  });
}

function bridged(property: Property, there: PublishedInputs[string]): [Aspect, unknown, unknown][] {
  return [
    ["computed", property.computed === true, there.computed === true],
    ["default", property.byDefault, there.default],
  ];
}

const { sources, types: published } = readPublished();
let tables: readonly TableOf[];
beforeAll(async () => {
  tables = await resourceTypes();
});

test("every resource type of the sandbox is in the published schemas, with a source", () => {
  expect(tables.length).toBeGreaterThanOrEqual(14);
  expect(tables.map(({ token }) => token).filter((token) => published[token] === undefined)).toEqual([]);
  const [unsourced] = Object.entries(published).filter(([token, { source }]) => source === "" || sources[token.slice(0, token.indexOf(":"))] === undefined);
  expect(unsourced).toBeUndefined();
});

describe.each(Object.entries(published))("%s", (token, { inputs }) => {
  test("the sandbox's table is the published one", () => {
    const table = tables.find((one) => one.token === token);
    if (table === undefined) throw new Error("the sandbox has no table of it");
    expect(differences(token, table.inputs, inputs)).toEqual([]);
  });

  test("has the arguments of the SDK that is installed", () => {
    const args = sdkArgs(token);
    const there = Object.entries(inputs);
    expect(there.map(([name]) => name).filter((name) => !args.has(name))).toEqual([]);
    expect(there.filter(([, { required }]) => required === true).map(([name]) => name).sort()).toEqual(
      [...args].filter(([, required]) => required).map(([name]) => name).sort(),
    );
  });
});

test("what is said to be different is different, and no more is", () => {
  const all = tables.flatMap(({ token, inputs }) => differencesWithout(token, inputs));
  expect(Object.keys(DIFFERENT).filter((one) => !all.includes(one))).toEqual([]);
});

/** Those that are allowed, found without allowing them. */
function differencesWithout(token: string, table: PropertyTable): string[] {
  return Object.keys(DIFFERENT).filter((one) => {
    const [of = "", name = "", aspect = ""] = one.split(" ");
    const property = table[name];
    const there = published[token]?.inputs[name];
    if (of !== token || property === undefined || there === undefined) return false;
    return aspect === "computed" ? (property.computed === true) !== (there.computed === true) : property.byDefault !== there.default;
  });
}
