/**
 * What the published entry points export, read from the sources with TypeScript's own parser: names, types as they are
 * written, docstrings. Nothing outside this package is resolved, so that the result depends on this package alone.
 *
 * @module
 */
import { dirname, join, relative, resolve, sep } from "node:path";

import ts from "typescript";

/** A member of an interface, a class or an enum. */
export interface Member {
  readonly name: string;
  /** As it is written; of an enum's member, its value. */
  readonly type: string;
  readonly doc: string;
  readonly optional: boolean;
  /** Where it is declared, as {@link Exported.file}: what its type's name means there. */
  readonly file: string;
}

/** A `@param` or `@throws`. */
export interface Tag {
  readonly kind: "param" | "throws";
  /** What it is about: a parameter, an error. */
  readonly name: string;
  readonly text: string;
}

/** Something that is exported. */
export interface Exported {
  readonly kind: "component" | "error" | "interface" | "enum" | "constant" | "function" | "type";
  readonly name: string;
  readonly doc: string;
  /** Path from the package's root, with `/`. */
  readonly file: string;
  /** Outputs of a component, fields of an error, members of the rest; those of what it extends come last. */
  readonly members: readonly Member[];
  /** Of a component's constructor, or of a function. */
  readonly tags: readonly Tag[];
  /** Signature, type or value, as it is written; empty where the members say it all. */
  readonly code: string;
}

/** An entry point. */
export interface EntryPoint {
  /** Path of its file from the package's root. */
  readonly file: string;
  /** Docstring of the module. */
  readonly doc: string;
  /** In the order of the names. */
  readonly exports: readonly Exported[];
}

/** What can be asked of the sources. */
export interface Sources {
  entryPoint(file: string): EntryPoint;
  /** An interface of any file, exported or not. */
  interfaceIn(file: string, name: string): Exported | undefined;
  /** Where a type that is named in a file is declared, if it is declared in this package. */
  declaredIn(file: string, type: string): string | undefined;
  /** What stands before a constant. */
  docOfConstant(file: string, name: string): string | undefined;
  /** Everything that has no docstring and needs one, found so far: `file: what`. */
  readonly undocumented: readonly string[];
}

/**
 * Parses the files given and what they import of this package.
 *
 * @param root - the package's root
 * @param files - paths from there
 * @param read - reads a source; replaced by tests
 */
export function readSources(root: string, files: readonly string[], read: (path: string) => string | undefined = (path) => ts.sys.readFile(path)): Sources {
  const options: ts.CompilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, noLib: true, types: [] };
  const host: ts.CompilerHost = {
    ...ts.createCompilerHost(options),
    readFile: read,
    fileExists: (path) => read(path) !== undefined,
    getSourceFile: (path, version) => {
      const text = read(path);
      return text === undefined ? undefined : ts.createSourceFile(path, text, version, true);
    },
    resolveModuleNameLiterals: (literals, importer) =>
      literals.map(({ text }) => ({
        resolvedModule: text.startsWith(".")
          ? { resolvedFileName: resolve(dirname(importer), text.replace(/\.js$/, ".ts")), extension: ts.Extension.Ts }
          : undefined,
      })),
  };
  const program = ts.createProgram(files.map((file) => join(root, file)), options, host);
  return new ProgramSources(root, program);
}

class ProgramSources implements Sources {
  readonly #root: string;
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;
  readonly #undocumented = new Set<string>();

  constructor(root: string, program: ts.Program) {
    this.#root = root;
    this.#program = program;
    this.#checker = program.getTypeChecker();
  }

  get undocumented(): readonly string[] {
    return [...this.#undocumented].sort();
  }

  entryPoint(file: string): EntryPoint {
    const source = this.#source(file);
    const module = this.#checker.getSymbolAtLocation(source);
    const exported = module === undefined ? [] : this.#checker.getExportsOfModule(module);
    return {
      file,
      doc: moduleDoc(source),
      exports: exported.map((symbol) => this.#exported(this.#resolved(symbol))).sort((a, b) => (a.name < b.name ? -1 : 1)),
    };
  }

  interfaceIn(file: string, name: string): Exported | undefined {
    const found = this.#named(file, name);
    return found?.declarations?.some(ts.isInterfaceDeclaration) === true ? this.#exported(found) : undefined;
  }

  declaredIn(file: string, type: string): string | undefined {
    const [declaration] = this.#named(file, type)?.declarations ?? [];
    return declaration === undefined ? undefined : this.#path(declaration);
  }

  docOfConstant(file: string, name: string): string | undefined {
    const found = this.#named(file, name);
    return found === undefined ? undefined : this.#doc(found);
  }

  /** What a name means in a file, imports followed. */
  #named(file: string, name: string): ts.Symbol | undefined {
    const found = this.#checker.resolveName(name, this.#source(file), ts.SymbolFlags.All, false);
    return found === undefined ? undefined : this.#resolved(found);
  }

  #source(file: string): ts.SourceFile {
    const source = this.#program.getSourceFile(join(this.#root, file));
    if (source === undefined) throw new Error(`${file} is not among the sources that were read`);
    return source;
  }

  #resolved(symbol: ts.Symbol): ts.Symbol {
    return (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : this.#checker.getAliasedSymbol(symbol);
  }

  #exported(symbol: ts.Symbol): Exported {
    const [declaration] = symbol.declarations ?? [];
    if (declaration === undefined) throw new Error(`${symbol.name} is declared nowhere in this package`);
    const file = this.#path(declaration);
    const doc = this.#required(symbol, file, symbol.name);
    const common = { name: symbol.name, doc, file, members: [], tags: [], code: "" };
    if (ts.isInterfaceDeclaration(declaration)) return { ...common, kind: "interface", members: this.#interfaceMembers(symbol, declaration) };
    if (ts.isEnumDeclaration(declaration)) return { ...common, kind: "enum", members: this.#enumMembers(declaration, file) };
    if (ts.isClassDeclaration(declaration)) return { ...common, ...this.#class(declaration, file) };
    if (ts.isFunctionDeclaration(declaration)) {
      return { ...common, kind: "function", tags: tagsOf(declaration), code: signatureOf(declaration) };
    }
    if (ts.isVariableDeclaration(declaration)) {
      const { initializer, type } = declaration;
      return { ...common, kind: "constant", code: `${type === undefined ? "" : `${type.getText()} = `}${initializer?.getText() ?? ""}` };
    }
    if (ts.isTypeAliasDeclaration(declaration)) return { ...common, kind: "type", code: declaration.type.getText() };
    throw new Error(`${file}: the reference has no form for ${symbol.name}`);
  }

  /** Own members first, in the order of the source, then those of what it extends. */
  #interfaceMembers(symbol: ts.Symbol, declaration: ts.InterfaceDeclaration): Member[] {
    const file = this.#path(declaration);
    const own = declaration.members.filter(ts.isPropertySignature).map((member) => this.#member(member, file, symbol.name));
    const inherited = (declaration.heritageClauses ?? []).flatMap(({ types }) =>
      types.flatMap(({ expression }) => {
        const base = this.#named(file, expression.getText());
        const [found] = base?.declarations ?? [];
        return base !== undefined && found !== undefined && ts.isInterfaceDeclaration(found) ? this.#interfaceMembers(base, found) : [];
      }),
    );
    const names = new Set(own.map(({ name }) => name));
    return [...own, ...inherited.filter(({ name }) => !names.has(name))];
  }

  #enumMembers(declaration: ts.EnumDeclaration, file: string): Member[] {
    return declaration.members.map((member) => {
      const name = member.name.getText();
      const symbol = this.#checker.getSymbolAtLocation(member.name);
      const doc = symbol === undefined ? "" : this.#required(symbol, file, `${declaration.name.text}.${name}`);
      return { name, type: (member.initializer?.getText() ?? "").replaceAll('"', ""), doc, optional: false, file };
    });
  }

  #class(declaration: ts.ClassDeclaration, file: string): Pick<Exported, "kind" | "members" | "tags" | "code"> {
    const extended = declaration.heritageClauses?.[0]?.types[0]?.expression.getText() ?? "";
    const isError = /Error$/.test(extended);
    const constructor = declaration.members.find(ts.isConstructorDeclaration);
    const parameters = constructor?.parameters.map((parameter) => parameter.getText()).join(", ") ?? "";
    const fields = declaration.members.filter(ts.isPropertyDeclaration).filter((field) => ts.isIdentifier(field.name) && field.initializer === undefined);
    return {
      kind: isError ? "error" : "component",
      members: fields.map((field) => this.#member(field, file, declaration.name?.text ?? "")),
      tags: isError || constructor === undefined ? [] : tagsOf(constructor),
      code: isError ? "" : `new ${declaration.name?.text ?? ""}(${parameters})`,
    };
  }

  #member(member: ts.PropertySignature | ts.PropertyDeclaration, file: string, owner: string): Member {
    const name = member.name.getText();
    const symbol = this.#checker.getSymbolAtLocation(member.name);
    const doc = symbol === undefined ? "" : this.#required(symbol, file, `${owner}.${name}`);
    return { name, type: oneLine(member.type?.getText() ?? "unknown"), doc, optional: member.questionToken !== undefined, file };
  }

  #doc(symbol: ts.Symbol): string {
    return plain(ts.displayPartsToString(symbol.getDocumentationComment(this.#checker)));
  }

  #required(symbol: ts.Symbol, file: string, what: string): string {
    const doc = this.#doc(symbol);
    if (doc === "") this.#undocumented.add(`${file}: ${what}`);
    return doc;
  }

  #path(node: ts.Node): string {
    return relative(this.#root, node.getSourceFile().fileName).split(sep).join("/");
  }
}

/** A signature without its body, on one line. */
function signatureOf(declaration: ts.FunctionDeclaration): string {
  const text = declaration.getText();
  const body = declaration.body;
  return oneLine((body === undefined ? text : text.slice(0, body.getStart() - declaration.getStart())).replace(/^export /, ""));
}

function tagsOf(node: ts.Node): Tag[] {
  return ts.getJSDocTags(node).flatMap((tag): Tag[] => {
    const text = oneLine(plain(ts.getTextOfJSDocComment(tag.comment) ?? "")).replace(/^- /, "");
    if (ts.isJSDocParameterTag(tag)) return [{ kind: "param", name: tag.name.getText(), text }];
    if (!ts.isJSDocThrowsTag(tag)) return [];
    const [, error = "", when = ""] = /^(\w+) ?(.*)$/s.exec(text) ?? [];
    return [{ kind: "throws", name: error, text: when }];
  });
}

/** The docstring that ends with `@module`. */
function moduleDoc(source: ts.SourceFile): string {
  const [, comment = ""] = /^\s*(?:#![^\n]*\n)?\/\*\*(.*?)@module/s.exec(source.text) ?? [];
  return plain(comment.replaceAll(/^\s*\* ?/gm, "").trim());
}

/** Links are names in code. */
function plain(text: string): string {
  return text.replaceAll(/\{@link\s+([^}|]+?)\s*\}/g, "`$1`").trim();
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
