/**
 * Reference of the components: one page per cloud, and one for what they share.
 *
 * @module
 */
import { anchor, block, code, GENERATED, page, table } from "./markdown.js";
import { type EntryPoint, type Exported, type Member, type Sources } from "./source.js";

/** Entry points of the package, by what programs import. */
export const ENTRY_POINTS: Readonly<Record<string, string>> = {
  "pulumi-byok": "components/index.ts",
  "pulumi-byok/aws": "components/aws/index.ts",
  "pulumi-byok/gcp": "components/gcp/index.ts",
  "pulumi-byok/azure": "components/azure/index.ts",
};

const TITLES: Readonly<Record<string, string>> = {
  "components.md": "Components: all clouds, and what they share",
  "aws.md": "Components: AWS",
  "gcp.md": "Components: Google Cloud",
  "azure.md": "Components: Azure",
};

/** What comes first on a page, and under which heading. */
const SECTIONS: readonly (readonly [kind: Exported["kind"], heading: string])[] = [
  ["component", "Components"],
  ["interface", "Arguments and other interfaces"],
  ["enum", "Enums"],
  ["error", "Errors"],
  ["function", "Functions"],
  ["constant", "Constants"],
  ["type", "Types"],
];

/** Longer values are to be read in the source. */
const MAX_VALUE_LINES = 30;

/** Pages by file name. */
export function componentPages(sources: Sources): Map<string, string> {
  const entryPoints = Object.entries(ENTRY_POINTS).map(([name, file]) => ({ name, ...sources.entryPoint(file) }));
  const all = new Map<string, Exported>();
  for (const { exports } of entryPoints) for (const one of exports) all.set(one.name, one);
  const writer = new Writer(sources, all);
  return new Map(
    Object.entries(TITLES).map(([file, title]) => {
      const here = [...all.values()].filter((one) => pageOf(one) === file);
      const entryPoint = entryPoints.find(({ name }) => pageOfEntryPoint(name) === file);
      return [file, writer.page(file, title, here, entryPoint)];
    }),
  );
}

function pageOf({ file }: Exported): string {
  const [, cloud] = /^components\/(aws|gcp|azure)\//.exec(file) ?? [];
  return `${cloud ?? "components"}.md`;
}

function pageOfEntryPoint(name: string): string {
  const [, cloud = "components"] = name.split("/");
  return `${cloud}.md`;
}

class Writer {
  readonly #sources: Sources;
  readonly #all: ReadonlyMap<string, Exported>;

  constructor(sources: Sources, all: ReadonlyMap<string, Exported>) {
    this.#sources = sources;
    this.#all = all;
  }

  page(file: string, title: string, here: readonly Exported[], entryPoint: (EntryPoint & { readonly name: string }) | undefined): string {
    const elsewhere = (entryPoint?.exports ?? []).filter((one) => pageOf(one) !== file);
    return page(
      GENERATED,
      `# ${title}`,
      entryPoint === undefined ? "" : entryPoint.doc,
      elsewhere.length === 0 ? "" : `Also exported: ${elsewhere.map((one) => this.#link(one.name, file)).join(", ")}.`,
      ...SECTIONS.flatMap(([kind, heading]) => {
        const ofKind = inReadingOrder(here.filter((one) => one.kind === kind));
        return ofKind.length === 0 ? [] : [`## ${heading}`, ...ofKind.flatMap((one) => this.#item(one, file))];
      }),
    );
  }

  #item(one: Exported, file: string): string[] {
    return [
      `### ${one.name}`,
      one.doc,
      ...this.#code(one),
      tagTable(one, "param", "parameter"),
      this.#members(one, file),
      tagTable(one, "throws", "throws"),
      `Source: [${one.file}](../../${one.file})`,
    ];
  }

  #code(one: Exported): string[] {
    if (one.code === "") return [];
    const lines = one.code.split("\n").length;
    if (one.kind !== "constant") return [block("ts", one.code)];
    return lines <= MAX_VALUE_LINES ? [block("ts", `const ${one.name}: ${one.code};`)] : [];
  }

  #members(one: Exported, file: string): string {
    if (one.members.length === 0) return "";
    const type = (member: Member): string => this.#type(one, member, file);
    switch (one.kind) {
      case "component":
        return table(["output", "type", "what it is"], one.members.map((member) => [code(member.name), type(member), member.doc]));
      case "enum":
        return table(["member", "value", "meaning"], one.members.map((member) => [code(member.name), code(member.type), member.doc]));
      case "interface":
        return one.name.endsWith("Args")
          ? table(["argument", "type", "default", "what it is"], one.members.map((member) => [code(member.name), type(member), ...defaultAndDoc(member)]))
          : table(["member", "type", "what it is"], one.members.map((member) => [code(member.name), type(member), member.doc]));
      default:
        return table(["member", "type", "what it is"], one.members.map((member) => [code(member.name), type(member), member.doc]));
    }
  }

  /** With a link to what is documented here; a type of this package that is not exported cannot be named by programs. */
  #type(owner: Exported, { name, type, file: declaredAt }: Member, file: string): string {
    const [, bare = type] = /^(?:pulumi\.)?(?:Input|Output)?<?(\w+)(?:\[\])?>?(?:\[\])?$/.exec(type) ?? [];
    if (this.#all.has(bare)) return type === bare ? this.#link(bare, file) : `${code(type)}, see ${this.#link(bare, file)}`;
    const declared = /^[A-Z]\w+$/.test(bare) ? this.#sources.declaredIn(declaredAt, bare) : undefined;
    if (owner.name.endsWith("Args") && declared?.startsWith("components/") === true) {
      throw new Error(`${owner.file}: ${owner.name}.${name} is a ${bare}, which no entry point exports`);
    }
    return code(type);
  }

  #link(name: string, from: string): string {
    const target = this.#all.get(name);
    const file = target === undefined ? from : pageOf(target);
    return `[${code(name)}](${file === from ? "" : file}#${anchor(name)})`;
  }
}

/** Arguments in the order of the components: those of a component first. */
function inReadingOrder(all: readonly Exported[]): readonly Exported[] {
  return [...all].sort((a, b) => (a.name.endsWith("Args") === b.name.endsWith("Args") ? (a.name < b.name ? -1 : 1) : a.name.endsWith("Args") ? -1 : 1));
}

function tagTable({ tags }: Exported, kind: "param" | "throws", head: string): string {
  const rows = tags.filter((tag) => tag.kind === kind).map(({ name, text }) => [code(name), text]);
  return rows.length === 0 ? "" : table([head, kind === "throws" ? "when" : "what it is"], rows);
}

/** `Default: ...` of a docstring, and the rest of it. An argument that must be given says so in its place. */
export function defaultAndDoc({ doc, optional }: Pick<Member, "doc" | "optional">): [byDefault: string, doc: string] {
  const text = doc.replaceAll(/\s+/g, " ");
  if (!optional) return ["**required**", text];
  const [found = "", byDefault = ""] = /(?:^| )Default: (.*?)\.(?= [A-Z]|$)/.exec(text) ?? [];
  return [byDefault, text.replace(found, "").trim()];
}
