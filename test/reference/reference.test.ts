/** docs/reference says what the sources say, and the sources say something about everything that is exported. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "@jest/globals";

import { defaultAndDoc, ENTRY_POINTS } from "../../reference/components.js";
import { table } from "../../reference/markdown.js";
import { REFERENCE_FOLDER, referencePages } from "../../reference/reference.js";
import { readSources } from "../../reference/source.js";

const ROOT = join(__dirname, "../..");
const FOLDER = join(ROOT, REFERENCE_FOLDER);

describe("the committed reference", () => {
  let pages: ReadonlyMap<string, string>;
  beforeAll(async () => {
    pages = await referencePages(ROOT);
  });

  test("has every page and no other; if this fails: npm run docs", () => {
    expect(readdirSync(FOLDER).sort()).toEqual([...pages.keys()].sort());
  });

  test.each(readdirSync(FOLDER))("%s is what the sources say; if this fails: npm run docs", (file) => {
    expect(readFileSync(join(FOLDER, file), "utf8")).toBe(pages.get(file));
  });

  test("covers every entry point with components that package.json publishes", () => {
    const { name, exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      name: string;
      exports: Readonly<Record<string, string>>;
    };
    const published = Object.entries(exports)
      .filter(([, file]) => file.startsWith("./dist/components/"))
      .map(([path, file]) => [`${name}${path.slice(1)}`, file.replace("./dist/", "").replace(/\.js$/, ".ts")]);
    expect(Object.fromEntries(published)).toEqual(ENTRY_POINTS);
  });
});

describe("what has no docstring is found", () => {
  const documented = `
    /** A thing. */
    export interface ThingArgs extends Base {
      /** Its size. Default: 3. */
      size?: number;
    }
    interface Base {
      /** Its name. */
      name: string;
    }
    /** How it is. */
    export enum State {
      /** It is on. */
      On = "on",
    }
    /** Refused. */
    export class BadThingError extends Error {
      /** Why. */
      readonly reason: string;
    }
    /** It. */
    export class Thing extends pulumi.ComponentResource {
      /** Where it is. */
      readonly place: pulumi.Output<string>;
    }
    /** Makes one. */
    export function thing(args: ThingArgs): Thing { return new Thing(args); }
    /** As many as there are. */
    export const COUNT = 3;
  `;
  const undocumentedIn = (source: string): readonly string[] => {
    const sources = readSources("/package", ["index.ts"], (path) => (path === "/package/index.ts" ? source : undefined));
    sources.entryPoint("index.ts");
    return sources.undocumented;
  };

  test("nothing, if everything has one", () => {
    expect(undocumentedIn(documented)).toEqual([]);
  });

  test.each([
    ["/** A thing. */", "ThingArgs"],
    ["/** Its size. Default: 3. */", "ThingArgs.size"],
    ["/** Its name. */", "ThingArgs.name", "Base.name"],
    ["/** How it is. */", "State"],
    ["/** It is on. */", "State.On"],
    ["/** Refused. */", "BadThingError"],
    ["/** Why. */", "BadThingError.reason"],
    ["/** It. */", "Thing"],
    ["/** Where it is. */", "Thing.place"],
    ["/** Makes one. */", "thing"],
    ["/** As many as there are. */", "COUNT"],
  ])("without %s", (docstring, ...names) => {
    const [found, ...more] = undocumentedIn(documented.replace(docstring, ""));
    expect(more).toEqual([]);
    expect(names).toContain(found?.replace("index.ts: ", ""));
  });
});

describe("defaults", () => {
  test.each([
    ["is set apart from the rest", "Days. Default: 365.", true, "365", "Days."],
    ["may be a sentence", "Name. Default: a new one, `byok-TENANT`.", true, "a new one, `byok-TENANT`", "Name."],
    ["may have numbers with points in it", "Bits. Default: 3072 (part 1, table 4.2); Azure's is 2048. Not later.", true, "3072 (part 1, table 4.2); Azure's is 2048", "Bits. Not later."],
    ["need not be there", "Region; excludes `zone`.", true, "", "Region; excludes `zone`."],
    ["is none of what is required", "Tenant.", false, "**required**", "Tenant."],
  ])("%s", (_, doc, optional, byDefault, rest) => {
    expect(defaultAndDoc({ doc, optional })).toEqual([byDefault, rest]);
  });
});

test("a bar in a cell is no column, and empty columns are left out", () => {
  expect(table(["a", "b", "c"], [["x | y", "", "z"]])).toBe("| a | c |\n| --- | --- |\n| x \\| y | z |");
});
