import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { execFileSync } from "node:child_process";
import { shellQuote } from "../../../runtime/cli/shell-quote.js";

describe("shellQuote", () => {
  test.each([
    ["./data.byok", "./data.byok"],
    ["file:/keys/service.key", "file:/keys/service.key"],
    ["my data", "'my data'"],
    ["it's", "'it'\\''s'"],
    ["$HOME", "'$HOME'"],
    ['a"b', "'a\"b'"],
    ["~", "'~'"],
    ["=ls", "'=ls'"],
    ["", "''"],
    ["-x", "./-x"],
    ["-x y", "'./-x y'"],
    ["ünï", "'ünï'"],
    ["a\u001b[31m", "$'a\\033\\13331m'"],
    ["a\nb c", "$'a\\012b c'"],
  ])("%j is %s", (argument, quoted) => {
    expect(shellQuote(argument)).toBe(quoted);
  });

  test("a shell takes it for the very same argument, and a terminal for text", () => {
    const word = fc.string({ unit: "binary" }).filter((text) => !text.includes("\0"));
    const nasty = fc.string({ unit: fc.constantFrom("'", '"', "\\", "$", "`", "!", "\n", "\u001b", "\u202e", " ", "-", "a", "1", "*", "\u009f") });
    fc.assert(
      fc.property(fc.array(fc.oneof(word, nasty), { minLength: 20, maxLength: 60 }), (words) => {
        const quoted = words.map(shellQuote);
        // eslint-disable-next-line no-control-regex -- control characters are what must not be there
        expect(quoted.filter((text) => /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u.test(text))).toEqual([]);
        const taken = execFileSync("bash", ["-c", `printf '%s\\0' ${quoted.join(" ")}`], { encoding: "utf8" }).split("\0").slice(0, -1);
        expect(taken).toEqual(words.map((text) => (text.startsWith("-") && text !== "-" ? `./${text}` : text)));
      }),
      { numRuns: 20 },
    );
  });
});
