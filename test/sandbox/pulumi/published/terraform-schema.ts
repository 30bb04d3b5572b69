/**
 * Reads the schema of a resource out of the Go source of a Terraform provider (terraform-plugin-sdk v2): literals only, as
 * providers write them. What a literal does not say (a function that makes a property) comes from the caller.
 */
import { type PublishedInput, type PublishedInputs } from "./published.js";

/** A value of a Go composite literal: `{ name: value }`, or the text of anything else. */
type Literal = { readonly [name: string]: Literal } | string;

/** What a file refers to and does not say itself. */
export interface Elsewhere {
  /** Properties that functions make, by the call's text. */
  readonly calls: Readonly<Record<string, { readonly [field: string]: string }>>;
  /** Values of constants that are defaults, as JSON. */
  readonly constants: Readonly<Record<string, string>>;
}

/**
 * Inputs of a resource, by Pulumi's names.
 *
 * @param source - a Go file
 * @param variable - name of the variable that holds the schema; without one, the first field `Schema` of the file
 * @throws Error if there is no such schema, or something in it is not understood
 */
export function readTerraformSchema(source: string, variable: string | undefined, elsewhere: Elsewhere): PublishedInputs {
  const start = new RegExp(`${variable === undefined ? String.raw`\bSchema:` : `var ${variable} =`} map\\[string\\]\\*\\w+\\.Schema(?=\\{)`).exec(source);
  if (start === null) throw new Error(`there is no schema${variable === undefined ? "" : ` ${variable}`}`);
  return inputsOf(new Reader(source, start.index + start[0].length).composite(), elsewhere);
}

function inputsOf(literal: Readonly<Record<string, Literal>>, elsewhere: Elsewhere): PublishedInputs {
  return Object.fromEntries(
    Object.entries(literal).flatMap(([name, value]): [string, PublishedInput][] => {
      const call = typeof value === "string" ? value : "";
      const fields = typeof value === "string" ? elsewhere.calls[value] : value;
      if (fields === undefined) throw new Error(`${name} is made by ${call}, of which nothing is known`);
      const isTrue = (field: string): boolean => fields[field] === "true";
      const optional = isTrue("Optional");
      const required = isTrue("Required");
      return optional || required ? [inputOf(name, fields, elsewhere)] : [];
    }),
  );
}

function inputOf(name: string, fields: Readonly<Record<string, Literal>>, elsewhere: Elsewhere): [string, PublishedInput] {
  const goType = typeof fields["Type"] === "string" ? fields["Type"].replace(/^\w+\.Type/, "") : "";
  const one = fields["MaxItems"] === "1";
  const elem = fields["Elem"];
  const nested = typeof elem === "object" ? elem["Schema"] : undefined;
  const type = typeOf(goType, one, nested !== undefined);
  const byDefault = fields["Default"];
  return [
    pulumiName(name, type === "list"),
    {
      type,
      ...(fields["Required"] === "true" ? { required: true } : {}),
      ...(fields["ForceNew"] === "true" ? { replaces: true } : {}),
      ...(fields["Computed"] === "true" ? { computed: true } : {}),
      ...(typeof byDefault === "string" ? { default: JSON.parse(elsewhere.constants[byDefault] ?? byDefault) as string | number | boolean } : {}),
      // Lists are compared as a whole.
      ...(typeof nested === "object" && type === "object" ? { members: inputsOf(nested, elsewhere) } : {}),
    },
  ];
}

function typeOf(goType: string, one: boolean, nested: boolean): PublishedInput["type"] {
  switch (goType) {
    case "String":
      return "string";
    case "Bool":
      return "boolean";
    case "Int":
    case "Float":
      return "number";
    case "Map":
      return "tags";
    case "List":
    case "Set":
      // The bridge makes a list of at most one an object, or its one item.
      return one ? (nested ? "object" : "string") : "list";
    default:
      throw new Error(`a property has the type ${goType}`);
  }
}

/** TerraformToPulumiNameV2 of the bridge: camel case, lists in the plural. */
function pulumiName(name: string, plural: boolean): string {
  const camel = name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return plural && !camel.endsWith("s") ? `${camel}s` : plural && camel.endsWith("ss") ? `${camel}es` : camel;
}

/** Reads literals of Go, as far as schemas have them. */
class Reader {
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  /** `{ name: value, ... }`; of items without a name nothing is kept. */
  composite(): Record<string, Literal> {
    const members: Record<string, Literal> = {};
    this.#expect("{");
    while (!this.#next("}")) {
      const key = this.#expression();
      if (this.#next(":")) members[nameOf(key)] = this.#value();
      if (!this.#next(",")) {
        this.#expect("}");
        break;
      }
    }
    return members;
  }

  #value(): Literal {
    const expression = this.#expression();
    this.#blanks();
    // A type before a brace: a literal of that type, unless it is a function.
    if (this.#text[this.#at] !== "{") return expression;
    if (!expression.startsWith("func")) return this.composite();
    this.#skip("{", "}");
    return expression;
  }

  /** Everything up to what ends an expression, brackets included. */
  #expression(): string {
    this.#blanks();
    const from = this.#at;
    while (!/[,:{}]/.test(this.#text[this.#at] ?? "}")) {
      const character = this.#text[this.#at] ?? "";
      if (character === "(") this.#skip("(", ")");
      else if (character === '"' || character === "`" || character === "'") this.#string(character);
      else this.#at += 1;
    }
    return this.#text.slice(from, this.#at).trim();
  }

  #skip(open: string, close: string): void {
    let depth = 0;
    do {
      const character = this.#text[this.#at];
      if (character === undefined) throw new Error(`a ${open} is not closed`);
      if (character === '"' || character === "`") {
        this.#string(character);
        continue;
      }
      if (character === open) depth += 1;
      if (character === close) depth -= 1;
      this.#at += 1;
    } while (depth > 0);
  }

  #string(quote: string): void {
    this.#at += 1;
    while (this.#text[this.#at] !== quote) {
      if (this.#at >= this.#text.length) throw new Error("a string is not closed");
      this.#at += quote === '"' && this.#text[this.#at] === "\\" ? 2 : 1;
    }
    this.#at += 1;
  }

  /** Blanks and comments. */
  #blanks(): void {
    const [skipped = ""] = /^(?:\s|\/\/[^\n]*|\/\*.*?\*\/)*/s.exec(this.#text.slice(this.#at)) ?? [];
    this.#at += skipped.length;
  }

  #next(character: string): boolean {
    this.#blanks();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #expect(character: string): void {
    if (!this.#next(character)) throw new Error(`there is ${JSON.stringify(this.#text.slice(this.#at, this.#at + 40))} in place of ${character}`);
  }
}

/** `"key_id"` and `names.AttrKeyID` are the same name. */
function nameOf(key: string): string {
  const [, constant] = /^names\.Attr(\w+)$/.exec(key) ?? [];
  if (constant === undefined) return key.replaceAll('"', "");
  return constant.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
}
