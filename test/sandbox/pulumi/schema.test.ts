import { describe, expect, test } from "@jest/globals";

import { checkInputs, diffInputs, type PropertyTable } from "../../../sandbox/pulumi/schema.js";
import { type Properties, UNKNOWN } from "../../../sandbox/pulumi/values.js";

const TABLE: PropertyTable = {
  name: { type: "string", required: true, replaces: true },
  properties: {
    type: "object",
    members: {
      size: { type: "number", replaces: true, byDefault: 1 },
      sku: { type: "object", required: true, members: { family: { type: "string", only: "A" } } },
      rules: { type: "list", items: { type: "object", members: { ip: { type: "string", required: true } } } },
      operations: { type: "list", items: { type: "string" } },
    },
  },
  parent: { type: "object", replaces: true, members: { id: { type: "string" } } },
};

describe("checking nested properties", () => {
  test("fills in defaults inside objects, and leaves unknown values alone", () => {
    expect(checkInputs("T", TABLE, { name: "n", properties: { sku: {}, operations: UNKNOWN } })).toEqual({
      inputs: { name: "n", properties: { size: 1, sku: {}, operations: UNKNOWN } },
      failures: [],
    });
    expect(checkInputs("T", TABLE, { name: "n", properties: UNKNOWN })).toEqual({
      inputs: { name: "n", properties: UNKNOWN },
      failures: [],
    });
  });

  test.each<[string, Properties, string, string]>([
    ["a string for an object", { name: "n", properties: "x" }, "properties", '"properties" must be an object'],
    ["an object for a list", { name: "n", properties: { sku: {}, rules: {} } }, "properties.rules", '"rules" must be a list'],
    ["a list for an object", { name: "n", properties: { sku: [] } }, "properties.sku", '"sku" must be an object'],
    ["an unknown member", { name: "n", properties: { sku: { tier: "x" } } }, "properties.sku.tier", 'the sandbox does not implement the property "tier" of T.properties.sku'],
    ["a missing member", { name: "n", properties: {} }, "properties.sku", "Missing required property 'sku'"],
    ["an item of the wrong type", { name: "n", properties: { sku: {}, operations: ["a", 1] } }, "properties.operations[1]", '"operations[1]" must be a string'],
    ["an item without a member", { name: "n", properties: { sku: {}, rules: [{ ip: "1" }, {}] } }, "properties.rules[1].ip", "Missing required property 'ip'"],
    ["a value not played, beside an unknown one", { name: "n", properties: { sku: { family: "B" }, size: UNKNOWN } }, "properties.sku.family", 'the sandbox implements only A for "family", not B'],
  ])("%s is refused with the way to it", (_, given, property, reason) => {
    expect(checkInputs("T", TABLE, given).failures).toEqual([{ property, reason }]);
  });
});

describe("comparing nested properties", () => {
  const deployed: Properties = { name: "n", properties: { size: 1, sku: { family: "A" }, operations: ["a"] }, parent: { id: "p" } };
  const properties = { size: 1, sku: { family: "A" }, operations: ["a"] };

  test.each<[string, Properties, string[], unknown]>([
    ["nothing", deployed, [], []],
    ["a member that replaces", { ...deployed, properties: { ...properties, size: 2 } }, [], [{ property: "properties.size", kind: "update", replaces: true }]],
    ["a member that does not", { ...deployed, properties: { ...properties, operations: ["b"] } }, [], [{ property: "properties.operations", kind: "update", replaces: false }]],
    ["a member of an object that replaces as a whole", { ...deployed, parent: { id: "q" } }, [], [{ property: "parent.id", kind: "update", replaces: true }]],
    ["an ignored member", { ...deployed, properties: { ...properties, size: 2 } }, ["properties.size"], []],
    ["a member beside an ignored one", { ...deployed, properties: { ...properties, size: 2, operations: [] } }, ["properties.size"], [{ property: "properties.operations", kind: "update", replaces: false }]],
    ["an ignored object", { ...deployed, properties: { ...properties, size: 2 } }, ["properties"], []],
    ["an unknown member", { ...deployed, properties: { ...properties, size: UNKNOWN } }, [], [{ property: "properties.size", kind: "update", replaces: true }]],
    ["an unknown object", { ...deployed, properties: UNKNOWN }, [], [{ property: "properties", kind: "update", replaces: false }]],
  ])("%s", (_, wanted, ignored, differences) => {
    expect(diffInputs(TABLE, deployed, wanted, ignored)).toEqual(differences);
  });
});
