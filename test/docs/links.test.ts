/** Links between the documents, and from them to code and tests: each leads to a file that is there, and to a heading in it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

import { describe, expect, test } from "@jest/globals";

const ROOT = join(__dirname, "../..");
const DOCUMENTS = ["README.md", ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" }).map((file) => join("docs", file))].filter((file) =>
  file.endsWith(".md"),
);

/** Text outside of code, in which brackets are no links. */
function prose(file: string): string {
  return readFileSync(file, "utf8").replaceAll(/^ *```.*?^ *```/gms, "").replaceAll(/`[^`\n]*`/g, "code");
}

/** Where a document leads within the repository. */
function linksOf(file: string): string[] {
  return [...prose(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link).filter((link) => !/^https?:/.test(link));
}

/** Anchors as GitHub makes them of headings. */
function anchors(file: string): Set<string> {
  const headings = readFileSync(file, "utf8").replaceAll(/^ *```.*?^ *```/gms, "").matchAll(/^#+ (.+)$/gm);
  return new Set([...headings].map(([, heading = ""]) => heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\-_ ]/gu, "").replaceAll(" ", "-")));
}

test("links are found, and so are headings", () => {
  expect(linksOf(join(ROOT, "README.md")).length).toBeGreaterThan(0);
  expect(anchors(join(ROOT, "docs/guides/day-two.md"))).toContain("moving-to-another-datacenter");
});

describe.each(DOCUMENTS)("%s", (document) => {
  const file = join(ROOT, document);
  const links = linksOf(file);

  test("leads to files and headings that are there", () => {
    const broken = links.filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? file : join(dirname(file), path);
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchors(target).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  test("stays within this repository", () => {
    expect(links.filter((link) => relative(ROOT, join(dirname(file), link)).startsWith(".."))).toEqual([]);
  });
});
