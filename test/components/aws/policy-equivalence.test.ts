import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";

import { marshal, unmarshalObject } from "../../../sandbox/pulumi/marshal.js";
import { policiesAreEquivalent } from "../../../components/aws/policy-equivalence.js";
import { UNKNOWN, type Value } from "../../../sandbox/pulumi/values.js";

const statement = { Sid: "a", Effect: "Allow", Principal: { AWS: ["111122223333", "444455556666"] }, Action: ["kms:Encrypt", "kms:Decrypt"], Resource: "*" };
const policy = (...Statement: object[]): string => JSON.stringify({ Version: "2012-10-17", Statement });
const other = { ...statement, Sid: "b" };

describe("policies that say the same", () => {
  test.each<[string, string, string, boolean]>([
    ["formatting and member order", policy(statement), JSON.stringify({ Statement: [statement], Version: "2012-10-17" }, null, 2), true],
    ["order of statements", policy(statement, other), policy(other, statement), true],
    ["order of actions", policy(statement), policy({ ...statement, Action: ["kms:Decrypt", "kms:Encrypt"] }), true],
    ["a string for a list of one", policy({ ...statement, Action: "kms:*" }), policy({ ...statement, Action: ["kms:*"] }), true],
    ["one statement without a list", policy(statement), JSON.stringify({ Version: "2012-10-17", Statement: statement }), true],
    ["account id and root ARN", policy(statement), policy({ ...statement, Principal: { AWS: ["arn:aws:iam::444455556666:root", "111122223333"] } }), true],
    ["anybody, spelled twice", policy({ ...statement, Principal: "*" }), policy({ ...statement, Principal: { AWS: "*" } }), true],
    ["a boolean condition", policy({ ...statement, Condition: { Bool: { k: true } } }), policy({ ...statement, Condition: { Bool: { k: ["true"] } } }), true],
    ["an action less", policy(statement), policy({ ...statement, Action: "kms:Encrypt" }), false],
    ["another effect", policy(statement), policy({ ...statement, Effect: "Deny" }), false],
    ["another principal", policy(statement), policy({ ...statement, Principal: { AWS: "111122223333" } }), false],
    ["another condition", policy({ ...statement, Condition: { Bool: { k: true } } }), policy({ ...statement, Condition: { Bool: { k: false } } }), false],
    ["a statement more", policy(statement), policy(statement, other), false],
    ["another version", policy(statement), JSON.stringify({ Version: "2008-10-17", Statement: [statement] }), false],
    ["no JSON", "{", "{ ", false],
  ])("%s", (_, a, b, same) => {
    expect(policiesAreEquivalent(a, b)).toBe(same);
    expect(policiesAreEquivalent(b, a)).toBe(same);
  });
});

test("what is marshalled comes back, unknowns and secrets included", () => {
  const leaf = fc.oneof(fc.string(), fc.boolean(), fc.double({ noNaN: true }), fc.constant(null), fc.constant(UNKNOWN));
  const value = fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof({ depthSize: "small" }, leaf, fc.array(tie("value")), fc.dictionary(fc.string(), tie("value"), { noNullPrototype: true })),
  })).value;
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value, { noNullPrototype: true }), fc.func(fc.boolean()), (properties, isSecret) => {
      const secrets = new Set(Object.keys(properties).filter((name) => isSecret(name)));
      const back = unmarshalObject(marshal(properties, secrets));
      expect(back).toEqual({ properties, secrets });
    }),
  );
});
