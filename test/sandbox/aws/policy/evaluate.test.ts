import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";

import { KmsError } from "../../../../sandbox/aws/errors.js";
import { parsePolicy } from "../../../../sandbox/aws/policy/document.js";
import { type Caller, evaluateIdentityAccess, evaluateKeyAccess } from "../../../../sandbox/aws/policy/evaluate.js";
import { matchesArn, matchesPattern } from "../../../../sandbox/aws/policy/pattern.js";

const OWNER = "111122223333";
const OTHER = "201720642051";
const KEY = `arn:aws:kms:eu-central-1:${OWNER}:key/0d8a5a0e-8f4e-4d57-8b5c-1f6f3f1f0a11`;
const ALLOW_ALL = { Effect: "Allow", Action: "*", Resource: "*" };

function caller(account: string, identity: object[] = []): Caller {
  return {
    arn: `arn:aws:sts::${account}:assumed-role/worker/session`,
    principalArn: `arn:aws:iam::${account}:role/worker`,
    account,
    address: "203.0.113.7",
    policies: identity.length === 0 ? [] : [parsePolicy(JSON.stringify({ Statement: identity }), "identity")],
  };
}

function decide(
  who: Caller,
  statements: object[],
  context: Record<string, string[]> = {},
  action = "kms:Encrypt",
): string {
  const decision = evaluateKeyAccess({
    caller: who,
    action,
    keyArn: KEY,
    keyAccount: OWNER,
    keyPolicy: parsePolicy(JSON.stringify({ Version: "2012-10-17", Statement: statements }), "key"),
    context: new Map(Object.entries(context)),
  });
  return decision.allowed ? "allowed" : decision.reason;
}

const to = (AWS: unknown, more: object = {}): object => ({ Effect: "Allow", Principal: { AWS }, Action: "kms:*", Resource: "*", ...more });
const ROLE = (account: string): string => `arn:aws:iam::${account}:role/worker`;
const ROOT = (account: string): string => `arn:aws:iam::${account}:root`;

describe("key access", () => {
  test.each<[string, Caller, object[], string]>([
    ["own account, root statement, identity allows", caller(OWNER, [ALLOW_ALL]), [to(ROOT(OWNER))], "allowed"],
    ["own account, bare account id, identity allows", caller(OWNER, [ALLOW_ALL]), [to(OWNER)], "allowed"],
    ["own account, root statement, identity silent", caller(OWNER), [to(ROOT(OWNER))], "no-identity-allow"],
    ["own account, no root statement, identity allows", caller(OWNER, [ALLOW_ALL]), [to(ROOT(OTHER))], "no-resource-allow"],
    ["own account, role named, identity silent", caller(OWNER), [to(ROLE(OWNER))], "allowed"],
    ["own account, session named, identity silent", caller(OWNER), [to(`arn:aws:sts::${OWNER}:assumed-role/worker/session`)], "allowed"],
    ["own account, another session of the role named", caller(OWNER), [to(`arn:aws:sts::${OWNER}:assumed-role/worker/other`)], "no-resource-allow"],
    ["own account, anybody", caller(OWNER), [to("*")], "allowed"],
    ["other account, role named, identity allows", caller(OTHER, [ALLOW_ALL]), [to(ROLE(OTHER))], "allowed"],
    ["other account, root named, identity allows", caller(OTHER, [ALLOW_ALL]), [to(ROOT(OTHER))], "allowed"],
    ["other account, role named, identity silent", caller(OTHER), [to(ROLE(OTHER))], "no-identity-allow"],
    ["other account, anybody, identity silent", caller(OTHER), [to("*")], "no-identity-allow"],
    ["other account, not named, identity allows", caller(OTHER, [ALLOW_ALL]), [to(ROOT(OWNER))], "no-resource-allow"],
    ["deny beats allow in the key policy", caller(OTHER, [ALLOW_ALL]), [to(ROLE(OTHER)), to(ROLE(OTHER), { Effect: "Deny" })], "explicit-deny-resource"],
    ["deny of the account reaches its roles", caller(OTHER, [ALLOW_ALL]), [to(ROLE(OTHER)), to(ROOT(OTHER), { Effect: "Deny" })], "explicit-deny-resource"],
    ["deny of another role does not", caller(OTHER, [ALLOW_ALL]), [to(ROLE(OTHER)), to(`arn:aws:iam::${OTHER}:role/x`, { Effect: "Deny" })], "allowed"],
    ["identity deny beats the key policy", caller(OWNER, [ALLOW_ALL, { ...ALLOW_ALL, Effect: "Deny", Action: "kms:Enc*" }]), [to(ROLE(OWNER))], "explicit-deny-identity"],
    ["another action", caller(OTHER, [ALLOW_ALL]), [to(ROLE(OTHER), { Action: "kms:Decrypt" })], "no-resource-allow"],
    ["actions ignore case and take wildcards", caller(OTHER, [ALLOW_ALL]), [to(ROLE(OTHER), { Action: ["KMS:encr?pt"] })], "allowed"],
    ["NotAction leaves the rest", caller(OTHER, [ALLOW_ALL]), [{ ...to(ROLE(OTHER)), Action: undefined, NotAction: "kms:Decrypt" }], "allowed"],
    ["NotAction excludes its own", caller(OTHER, [ALLOW_ALL]), [{ ...to(ROLE(OTHER)), Action: undefined, NotAction: "kms:Encrypt" }], "no-resource-allow"],
    ["the key's own ARN as resource", caller(OTHER, [ALLOW_ALL]), [to(ROLE(OTHER), { Resource: KEY })], "allowed"],
    ["another key's ARN as resource", caller(OTHER, [ALLOW_ALL]), [to(ROLE(OTHER), { Resource: KEY.replace("0d8a", "1111") })], "no-resource-allow"],
    ["identity limited to another key", caller(OTHER, [{ ...ALLOW_ALL, Resource: "arn:aws:kms:*:*:key/1*" }]), [to(ROLE(OTHER))], "no-identity-allow"],
    ["an AWS service as principal is nobody here", caller(OWNER, [ALLOW_ALL]), [{ ...to("*"), Principal: { Service: "backup.amazonaws.com" } }], "no-resource-allow"],
  ])("%s", (_, who, statements, expected) => {
    expect(decide(who, statements)).toBe(expected);
  });
});

const CONTEXT = {
  "kms:encryptioncontextkeys": ["byok:tenant", "byok:secret"],
  "kms:encryptioncontext:byok:tenant": ["acme"],
  "kms:calleraccount": [OTHER],
  "aws:principalarn": [ROLE(OTHER)],
};

describe("conditions", () => {
  test.each<[string, object, boolean]>([
    ["StringEquals, equal", { StringEquals: { "kms:EncryptionContext:byok:tenant": "acme" } }, true],
    ["StringEquals, one of several", { StringEquals: { "kms:EncryptionContext:byok:tenant": ["x", "acme"] } }, true],
    ["StringEquals, other", { StringEquals: { "kms:EncryptionContext:byok:tenant": "globex" } }, false],
    ["StringEquals, case differs", { StringEquals: { "kms:EncryptionContext:byok:tenant": "ACME" } }, false],
    ["StringEquals, key in another case", { StringEquals: { "KMS:encryptioncontext:BYOK:tenant": "acme" } }, true],
    ["StringEquals, key absent", { StringEquals: { "kms:EncryptionContext:nope": "acme" } }, false],
    ["StringEqualsIfExists, key absent", { StringEqualsIfExists: { "kms:EncryptionContext:nope": "acme" } }, true],
    ["StringEqualsIfExists, other", { StringEqualsIfExists: { "kms:EncryptionContext:byok:tenant": "x" } }, false],
    ["StringNotEquals, other", { StringNotEquals: { "kms:EncryptionContext:byok:tenant": "globex" } }, true],
    ["StringNotEquals, one of several is equal", { StringNotEquals: { "kms:EncryptionContext:byok:tenant": ["x", "acme"] } }, false],
    ["StringNotEquals, key absent", { StringNotEquals: { "kms:EncryptionContext:nope": "x" } }, true],
    ["StringLike", { StringLike: { "kms:EncryptionContext:byok:tenant": "a*e" } }, true],
    ["StringLike, other", { StringLike: { "kms:EncryptionContext:byok:tenant": "b*" } }, false],
    ["ForAllValues, all listed", { "ForAllValues:StringEquals": { "kms:EncryptionContextKeys": ["byok:tenant", "byok:secret", "z"] } }, true],
    ["ForAllValues, one not listed", { "ForAllValues:StringEquals": { "kms:EncryptionContextKeys": ["byok:tenant"] } }, false],
    ["ForAnyValue, one listed", { "ForAnyValue:StringEquals": { "kms:EncryptionContextKeys": ["byok:tenant"] } }, true],
    ["ForAnyValue, none listed", { "ForAnyValue:StringEquals": { "kms:EncryptionContextKeys": ["z"] } }, false],
    ["ForAllValues and negated, none listed", { "ForAllValues:StringNotEquals": { "kms:EncryptionContextKeys": ["x", "y"] } }, true],
    ["ForAllValues and negated, one listed", { "ForAllValues:StringNotEquals": { "kms:EncryptionContextKeys": ["x", "byok:tenant"] } }, false],
    ["ForAnyValue and negated, one not listed", { "ForAnyValue:StringNotEquals": { "kms:EncryptionContextKeys": ["byok:tenant"] } }, true],
    ["ForAnyValue and negated, all listed", { "ForAnyValue:StringNotLike": { "kms:EncryptionContextKeys": ["byok:*"] } }, false],
    ["Bool, key absent", { Bool: { "kms:GrantIsForAWSResource": "true" } }, false],
    ["Bool, written as a boolean", { Bool: { "kms:GrantIsForAWSResource": true } }, false],
    ["ArnLike", { ArnLike: { "aws:PrincipalArn": `arn:aws:iam::${OTHER}:role/work*` } }, true],
    ["ArnEquals, other", { ArnEquals: { "aws:PrincipalArn": `arn:aws:iam::${OTHER}:role/else` } }, false],
    ["Null true, key absent", { Null: { "kms:ViaService": "true" } }, true],
    ["Null false, key absent", { Null: { "kms:ViaService": "false" } }, false],
    ["Null false, key there", { Null: { "kms:CallerAccount": "false" } }, true],
    ["two operators, one fails", { StringEquals: { "kms:CallerAccount": OTHER }, Null: { "kms:ViaService": "false" } }, false],
    ["two keys, both hold", { StringEquals: { "kms:CallerAccount": OTHER, "kms:EncryptionContext:byok:tenant": "acme" } }, true],
  ])("%s", (_, Condition, holds) => {
    const decision = decide(caller(OTHER, [ALLOW_ALL]), [to(ROLE(OTHER), { Condition })], CONTEXT);
    expect(decision).toBe(holds ? "allowed" : "no-resource-allow");
  });

  test.each([
    ["StringEquals", "a", "allowed"],
    ["StringEquals", "z", "no-resource-allow"],
    ["StringNotEquals", "a", "no-resource-allow"],
    ["StringNotLike", "b*", "no-resource-allow"],
    ["StringNotEquals", "z", "allowed"],
  ])("of several values without a set operator, %s %s: one is enough to match, or to break a negation", (operator, value, decision) => {
    const Condition = { [operator]: { "kms:ViaService": value } };
    expect(decide(caller(OTHER, [ALLOW_ALL]), [to(ROLE(OTHER), { Condition })], { "kms:viaservice": ["a", "b"] })).toBe(decision);
  });

  test("ForAllValues holds without the key, as IAM documents", () => {
    const Condition = { "ForAllValues:StringEquals": { "kms:EncryptionContextKeys": ["a"] } };
    expect(decide(caller(OTHER, [ALLOW_ALL]), [to(ROLE(OTHER), { Condition })])).toBe("allowed");
  });
});

describe("refused when set, not when evaluated", () => {
  test.each<[string, unknown, string, string]>([
    ["operator", to("*", { Condition: { NumericEquals: { "kms:CallerAccount": "1" } } }), "UnsupportedOperationException", "The sandbox does not implement the condition operator NumericEquals."],
    ["key", to("*", { Condition: { StringEquals: { "aws:SourceVpc": "1" } } }), "UnsupportedOperationException", "The sandbox does not implement the condition key aws:SourceVpc."],
    ["variable", to("*", { Condition: { StringEquals: { "kms:CallerAccount": "${aws:x}" } } }), "UnsupportedOperationException", "The sandbox does not implement policy variables."],
    ["NotPrincipal", { Effect: "Deny", NotPrincipal: { AWS: "*" }, Action: "*", Resource: "*" }, "UnsupportedOperationException", "The sandbox does not implement the policy element NotPrincipal."],
    ["federated principal", { ...to("*"), Principal: { Federated: "x" } }, "UnsupportedOperationException", "The sandbox does not implement principals of type Federated."],
    ["set key without set operator", to("*", { Condition: { StringEquals: { "kms:EncryptionContextKeys": "a" } } }), "MalformedPolicyDocumentException", "kms:EncryptionContextKeys needs ForAllValues: or ForAnyValue: before StringEquals."],
    ["effect", to("*", { Effect: "Maybe" }), "MalformedPolicyDocumentException", "Effect must be Allow or Deny."],
    ["no principal", { Effect: "Allow", Action: "*", Resource: "*" }, "MalformedPolicyDocumentException", "A statement of a key policy names a Principal."],
    ["typing error", { ...to("*"), Condtion: {} }, "MalformedPolicyDocumentException", "Unknown statement member Condtion."],
  ])("%s", (_, statement, name, message) => {
    const parse = (): unknown => parsePolicy(JSON.stringify({ Statement: [statement] }), "key");
    expect(parse).toThrow(new KmsError(name, message));
    expect(parse).toThrow(expect.objectContaining({ name }));
  });
});

test("operations without a key ask identity policies alone", () => {
  const ask = (who: Caller): unknown =>
    evaluateIdentityAccess({ caller: who, action: "kms:CreateKey", resource: "*", context: new Map() });
  expect(ask(caller(OWNER, [ALLOW_ALL]))).toEqual({ allowed: true });
  expect(ask(caller(OWNER))).toEqual({ allowed: false, reason: "no-identity-allow" });
});

test("wildcards match as the equivalent regular expression does", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 8 });
  const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });
  fc.assert(
    fc.property(letters, text, (pattern, subject) => {
      const oracle = new RegExp(`^${pattern.replaceAll("*", "[ab]*").replaceAll("?", "[ab]")}$`);
      expect(matchesPattern(pattern, subject)).toBe(oracle.test(subject));
    }),
  );
});

test("a star in an ARN does not cross a colon", () => {
  expect(matchesArn("arn:aws:iam::*:role/x", "arn:aws:iam::1:role/x")).toBe(true);
  expect(matchesArn("arn:*:role/x", "arn:aws:iam::1:role/x")).toBe(false);
});
