import { describe, expect, test } from "@jest/globals";

import { INPUT_COMPARISON } from "../../../sandbox/pulumi/azure-native/comparison.js";
import { type ComparedType, STATE_COMPARISON } from "../../../sandbox/pulumi/comparison.js";
import { type Properties, shown, UNKNOWN } from "../../../sandbox/pulumi/values.js";

const TYPE: ComparedType = {
  token: "T",
  inputs: {
    name: { type: "string" },
    text: { type: "string", same: (a, b) => shown(a).trim() === shown(b).trim() },
    size: { type: "number" },
    rules: { type: "object", members: { a: { type: "number" }, b: { type: "number" } } },
  },
  computed: ["arn", "name"],
  stable: [],
};

const NOW: Properties = { text: "x", size: 2, rules: { a: 1, b: 2 }, arn: "arn" };

describe("a refresh, where the state is compared with", () => {
  test.each<[string, Properties, Properties, Properties]>([
    ["shows what the program names", { text: "y", size: 1 }, NOW, { text: "x", size: 2 }],
    ["leaves a spelling that says the same", { text: "x " }, NOW, { text: "x " }],
    ["forgets what is no more", { size: 1, rules: {} }, { rules: { a: 1 } }, { rules: { a: 1 } }],
    ["of an import shows all there is", {}, { ...NOW, name: "" }, { text: "x", size: 2, rules: { a: 1, b: 2 } }],
  ])("%s", (_, before, state, inputs) => {
    expect(STATE_COMPARISON.refreshed(TYPE, { id: "i", before, known: {}, state })).toEqual(inputs);
  });
});

describe("a refresh, where inputs are compared", () => {
  test.each<[string, Properties, Properties, Properties, Properties]>([
    ["changes nothing that did not change", { text: "given" }, NOW, NOW, { text: "given" }],
    ["carries over what changed", { text: "given", size: 1 }, NOW, { ...NOW, size: 3 }, { text: "given", size: 3 }],
    ["carries over what came", { text: "given" }, { text: "x" }, { text: "x", size: 3 }, { text: "given", size: 3 }],
    ["takes away what went", { text: "given", size: 1 }, NOW, { text: "x", rules: { a: 1, b: 2 } }, { text: "given" }],
    ["goes into objects", { rules: { a: 9 } }, NOW, { ...NOW, rules: { a: 1, b: 3 } }, { rules: { a: 9, b: 3 } }],
    ["takes an object that the program has not", { text: "given" }, NOW, { ...NOW, rules: { a: 0 } }, { text: "given", rules: { a: 0 } }],
    ["of an import shows all there is", {}, {}, NOW, { text: "x", size: 2, rules: { a: 1, b: 2 } }],
  ])("%s", (_, before, known, state, inputs) => {
    expect(INPUT_COMPARISON.refreshed(TYPE, { id: "i", before, known, state })).toEqual(inputs);
  });

  test("asks the type, if its states have another shape", () => {
    const type: ComparedType = { ...TYPE, inputsIn: ({ id, state, before }) => ({ name: id, size: state["length"] ?? 0, text: before === undefined ? "imported" : "known" }) };
    expect(INPUT_COMPARISON.refreshed(type, { id: "i", before: { size: 1 }, known: { length: 1 }, state: { length: 2 } })).toEqual({ size: 2 });
    expect(INPUT_COMPARISON.refreshed(type, { id: "i", before: {}, known: {}, state: { length: 2 } })).toEqual({ name: "i", size: 2, text: "imported" });
  });
});

test("a preview of an update knows the state there, and the inputs here", () => {
  const [deployed, inputs]: Properties[] = [{ name: "n", size: 1, arn: "arn", location: "l" }, { size: 2 }];
  expect(STATE_COMPARISON.previewUpdate(TYPE, deployed ?? {}, inputs ?? {})).toEqual({ name: "n", size: 2, arn: "arn", location: "l" });
  expect(INPUT_COMPARISON.previewUpdate(TYPE, deployed ?? {}, inputs ?? {})).toEqual({ name: "n", size: 2, arn: UNKNOWN, location: "l" });
});

test.each<[string, string[], boolean, boolean]>([
  ["another name", ["name", "size"], false, true],
  ["the same name", ["size"], true, true],
])("with %s the old one goes first", (_, replaces, byState, byInputs) => {
  expect(STATE_COMPARISON.deletesFirst(TYPE, replaces)).toBe(byState);
  expect(INPUT_COMPARISON.deletesFirst(TYPE, replaces)).toBe(byInputs);
});
