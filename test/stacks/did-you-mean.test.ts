import { describe, expect, test } from "@jest/globals";

import { nearest, suggestion } from "../../stacks/did-you-mean.js";

const KEYS = ["tenant", "datacenter", "aws", "eu"];

describe("nearest", () => {
  test.each([
    ["tenant", "tenant"],
    ["tennant", "tenant"],
    ["Tenant", "tenant"],
    ["datacentre", "datacenter"],
    ["asw", "aws"],
    ["dc", undefined],
    ["xyzzy", undefined],
    ["ab", undefined],
    ["", undefined],
  ])("%j: %j", (typed, expected) => {
    expect(nearest(typed, KEYS)).toBe(expected);
  });

  test("suggestion is a clause, or nothing", () => {
    expect(suggestion("asw", KEYS)).toBe(' (did you mean "aws"?)');
    expect(suggestion("xyzzy", KEYS)).toBe("");
  });
});
