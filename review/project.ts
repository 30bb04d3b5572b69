/**
 * A Pulumi project on disk, as far as a review needs it: its program, and a stack's configuration as the engine would hand it
 * to the program.
 *
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

import { parse } from "yaml";

import { ByokError } from "../runtime/master-key/errors.js";
import { isObject } from "./declared-resource.js";

/** A project and one of its stacks. */
export interface StackOfProject {
  /** Folder of Pulumi.yaml. */
  readonly directory: string;
  /** Name in Pulumi.yaml. */
  readonly project: string;
  /** Name of the stack, without organization and project. */
  readonly stack: string;
  /** Absolute path of the stack's configuration; undefined if the program takes none and there is none. */
  readonly stackFile: string | undefined;
  /** Absolute path of the program: a module, or a folder that holds one. */
  readonly program: string;
  /** Configuration by full key; structured values as JSON text, as `pulumi.runtime.allConfig()` returns them. */
  readonly config: Readonly<Record<string, string>>;
}

/** Where to look. */
export interface ProjectQuery {
  /** Folder to look for Pulumi.yaml in, and in those above it. */
  readonly cwd: string;
  /** As `pulumi --stack` takes it: NAME, ORG/NAME or ORG/PROJECT/NAME. */
  readonly stack: string;
  /** Another program than the project's, from `cwd`. */
  readonly program?: string | undefined;
}

/** Names of the project's file. Source: Pulumi's sdk/go/common/workspace/paths.go, DetectProjectPath. */
const PROJECT_FILES = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];

/** Name of a stack. Source: Pulumi's sdk/go/common/tokens/stacks.go: letters, digits, hyphens, underscores, periods. */
const STACK_NAME = /^[A-Za-z0-9_.-]{1,100}$/;

/**
 * Reads a project and a stack's configuration, its defaults included.
 *
 * @throws ByokError CONFIG_INVALID if there is no project or stack of that name, if a file does not say what it must, or if
 *   a value of namespace `byok` is encrypted, which nothing outside the engine can read
 */
export async function readProject({ cwd, stack: fullName, program }: ProjectQuery): Promise<StackOfProject> {
  const stack = fullName.split("/").at(-1) ?? "";
  if (!STACK_NAME.test(stack)) throw invalid(`"${fullName}" is no name of a stack: letters, digits, -, _ and . only.`);
  const projectFile = await findUpwards(resolve(cwd));
  if (projectFile === undefined) {
    throw invalid(`No Pulumi.yaml in ${resolve(cwd)} or above it: run this in a Pulumi project, or name one with --cwd.`);
  }
  const directory = dirname(projectFile);
  const settings = await readYaml(projectFile);
  const { name } = settings;
  if (typeof name !== "string") throw invalid(`${projectFile}: has no name.`);

  const folder = join(directory, textOf(settings["stackConfigDir"]) ?? "");
  const stackFile = await firstFile([".yaml", ".yml", ".json"].map((extension) => join(folder, `Pulumi.${stack}${extension}`)));
  if (stackFile === undefined && program === undefined) {
    throw invalid(`${join(folder, `Pulumi.${stack}.yaml`)} does not exist: name a stack that this project has a configuration of.`);
  }
  const config = {
    ...projectConfig(settings["config"], name),
    ...(stackFile === undefined ? {} : stackConfig((await readYaml(stackFile))["config"], name, stackFile)),
  };
  const main = program === undefined ? join(directory, textOf(settings["main"]) ?? "") : resolve(cwd, program);
  if ((await stat(main).catch(() => undefined)) === undefined) throw invalid(`The program ${main} does not exist.`);
  return { directory, project: name, stack, stackFile, program: main, config };
}

async function findUpwards(folder: string): Promise<string | undefined> {
  const found = await firstFile(PROJECT_FILES.map((name) => join(folder, name)));
  const above = dirname(folder);
  return found ?? (above === folder ? undefined : findUpwards(above));
}

async function firstFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    if ((await stat(path).catch(() => undefined))?.isFile() === true) return path;
  }
  return undefined;
}

async function readYaml(path: string): Promise<Readonly<Record<string, unknown>>> {
  let value: unknown;
  try {
    value = parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw invalid(`${path} is not YAML: ${cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : "unreadable"}`, cause);
  }
  if (!isObject(value)) throw invalid(`${path}: is empty, or not an object.`);
  return value;
}

/** Defaults in the project's file, `{ value }` or `{ default }` or short. Pulumi documentation, "Project file reference". */
function projectConfig(config: unknown, project: string): Record<string, string> {
  if (!isObject(config)) return {};
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, declared]): [string, string][] => {
      const value = isObject(declared) ? (declared["value"] ?? declared["default"]) : declared;
      return value === undefined || value === null ? [] : [[withNamespace(key, project), textual(value)]];
    }),
  );
}

function stackConfig(config: unknown, project: string, file: string): Record<string, string> {
  if (config === undefined || config === null) return {};
  if (!isObject(config)) throw invalid(`${file}: config must be an object.`);
  const encrypted = Object.entries(config).filter(([, value]) => holdsSecure(value)).map(([key]) => withNamespace(key, project));
  const ours = encrypted.filter((key) => key.startsWith("byok:"));
  if (ours.length > 0) {
    throw invalid(
      `${file}: ${ours.join(", ")}: is encrypted, and only the engine can read it. Nothing that pulumi-byok takes is secret: ` +
        "set it again without --secret, or try a copy of this file with an example value.",
    );
  }
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]): [string, string][] =>
      value === null ? [] : [[withNamespace(key, project), holdsSecure(value) ? ENCRYPTED : textual(value)]],
    ),
  );
}

/** What a program gets in place of somebody else's encrypted value. */
const ENCRYPTED = "<encrypted>";

/** A key without a namespace is the project's own. */
function withNamespace(key: string, project: string): string {
  return key.includes(":") ? key : `${project}:${key}`;
}

/** Text as it is, everything else as JSON: sdk/go/common/resource/config/value.go. */
function textual(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Encrypted values are `{ secure: TEXT }`, however deep. */
function holdsSecure(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsSecure);
  if (!isObject(value)) return false;
  return (Object.keys(value).length === 1 && typeof value["secure"] === "string") || Object.values(value).some(holdsSecure);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function invalid(message: string, cause?: unknown): ByokError {
  return new ByokError("CONFIG_INVALID", message, cause === undefined ? undefined : { cause });
}
