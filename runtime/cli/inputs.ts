/**
 * What commands read before they contact anything: descriptors, sealed Secret, service key, mode.
 *
 * @module
 */
import { type BigIntStats } from "node:fs";
import { readFile, realpath, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import {
  ByokError,
  type MasterKeyDescriptor,
  type Mode,
  parseApplicationCredentials,
  parseMasterKeyDescriptors,
  parseSealedSecret,
  SANDBOX_VARIABLE,
  type SealedApplicationCredentials,
  type SealedSecret,
  type ServiceKey,
} from "../index.js";
import { MAX_ID_LENGTH } from "../keychain/identity.js";
import { masterKeyDescriptorSchema, TENANT_ID } from "../master-key/descriptor.js";
import { type ReadFile } from "./folder/target.js";
import { errnoOf, quotePath, toFileError } from "./file-error.js";
import { type CliIo } from "./io.js";

/** Descriptors and Secrets are a few kB; anything longer is the wrong file. */
const LONGEST_INPUT = 1024 * 1024;

/** The permission bits of a mode (stat(2)). */
const PERMISSIONS = 0o7777;

/** A service key as named by `--service-key`. */
export interface ServiceKeyChoice {
  readonly key: ServiceKey;
  /** Set for `file:PATH`: the path as it was given, and whether the file is there. */
  readonly file?: { readonly path: string; readonly exists: boolean };
}

/** A mode, and what to tell about it. */
export interface ModeChoice {
  readonly mode: Mode;
  /** One line for standard error, in development mode. */
  readonly banner?: string;
}

/** Reads `--descriptor FILE`: what `pulumi stack output masterKeys --json` printed. */
export async function readDescriptors(path: string): Promise<MasterKeyDescriptor[]> {
  const json = await readJson("--descriptor", path, "Write it with: pulumi stack output masterKeys --json");
  return inFile({ flag: "--descriptor", path, json, wanted: "descriptors" }, () => parseMasterKeyDescriptors(json));
}

/** Reads `--secret FILE` (or `--older-secret`): what `byok secret create` and its sisters wrote. */
export async function readSealedSecret(path: string, flag: "--secret" | "--older-secret" = "--secret"): Promise<SealedSecret> {
  const json = await readJson(flag, path, "Make one with: byok secret create");
  return inFile({ flag, path, json, wanted: "secret" }, () => parseSealedSecret(json));
}

/** What was read from a file that is to be replaced by a newer one. */
export interface Replaceable<T> {
  readonly value: T;
  /** Absolute path of the file itself. */
  readonly path: string;
  /** For {@link Target}: how the file was when it was read. */
  readonly read: ReadFile;
}

/** As {@link readSealedSecret}, to be replaced. */
export async function readReplaceableSecret(path: string): Promise<Replaceable<SealedSecret>> {
  const file = await readJsonFile("--secret", path, "Make one with: byok secret create");
  return { ...file, value: inFile({ flag: "--secret", path, json: file.json, wanted: "secret" }, () => parseSealedSecret(file.json)) };
}

/** As {@link readCredentials}, to be replaced. */
export async function readReplaceableCredentials(path: string): Promise<Replaceable<SealedApplicationCredentials>> {
  const flag = "The credentials";
  const file = await readJsonFile(flag, path, "Make one with: byok credentials create");
  return { ...file, value: inFile({ flag, path, json: file.json, wanted: "credentials" }, () => parseApplicationCredentials(file.json)) };
}

/** Reads `--credentials FILE`, or the file that `byok credentials` is given: what `byok credentials create` wrote. */
export async function readCredentials(path: string, flag = "--credentials"): Promise<SealedApplicationCredentials> {
  const json = await readJson(flag, path, "Make one with: byok credentials create");
  return inFile({ flag, path, json, wanted: "credentials" }, () => parseApplicationCredentials(json));
}

/** Checks `--tenant`. */
export function checkTenant(tenant: string): void {
  if (TENANT_ID.test(tenant)) return;
  throw new ByokError("CONFIG_INVALID", `--tenant ${JSON.stringify(tenant)} must be 3 to 32 characters of a-z, 0-9 and -.`);
}

/**
 * Reads `--service-key`: `file:PATH` (a local key file, development only) or `descriptor:FILE` (one descriptor, any
 * provider).
 *
 * @param options.mayBeMissing the file of `file:PATH` need not exist yet
 */
export async function readServiceKey(text: string, options: { mayBeMissing: boolean }): Promise<ServiceKeyChoice> {
  const [, kind, path] = /^(file|descriptor):(.+)$/s.exec(text) ?? [];
  if (kind === undefined || path === undefined) {
    throw new ByokError(
      "CONFIG_INVALID",
      `--service-key ${JSON.stringify(text)} must be file:PATH (development) or descriptor:FILE (a master key descriptor of the service's own key).`,
    );
  }
  if (kind === "file") {
    const exists = await fileExists("--service-key", path);
    if (!exists && !options.mayBeMissing) {
      throw new ByokError(
        "CONFIG_INVALID",
        `--service-key: there is no file ${quotePath(path)}. Only the key that "byok secret create" used opens what was made with it.`,
      );
    }
    return { key: { file: resolve(path) }, file: { path, exists } };
  }
  const json = await readJson("--service-key", path, "Write one master key descriptor into it");
  // Not the rules for tenants' keys: the service's own key does live in the service's own account.
  const parsed = masterKeyDescriptorSchema.safeParse(Array.isArray(json) && json.length === 1 ? json[0] : json);
  if (!parsed.success) {
    const several = Array.isArray(json) && json.length > 1 ? `, not ${json.length}` : "";
    const seems = several === "" ? seemsToBe(json, "descriptors") : "";
    throw new ByokError("CONFIG_INVALID", `--service-key: ${quotePath(path)} must hold one descriptor${several}${seems}.\n${z.prettifyError(parsed.error)}`);
  }
  return { key: parsed.data };
}

/**
 * Decides the mode: production, unless `--mode development`, a local service key or a sandbox asks for development.
 *
 * @throws {@link ByokError} CONFIG_INVALID if `--mode production` stands beside one of those.
 */
export function chooseMode(
  asked: string | undefined,
  given: { env: CliIo["env"]; serviceKey?: ServiceKeyChoice | undefined },
): ModeChoice {
  if (asked !== undefined && asked !== "production" && asked !== "development") {
    throw new ByokError("CONFIG_INVALID", `--mode ${JSON.stringify(asked)} must be production or development.`);
  }
  const reasons: string[] = [];
  const remedies: string[] = [];
  if (given.serviceKey?.file !== undefined) {
    reasons.push(`the service key is a local file (${quotePath(given.serviceKey.file.path)})`);
    remedies.push("name a key in a KMS with --service-key descriptor:FILE");
  }
  if ((given.env[SANDBOX_VARIABLE] ?? "") !== "") {
    reasons.push(`${SANDBOX_VARIABLE} sends every call to a sandbox on this machine`);
    remedies.push(`unset ${SANDBOX_VARIABLE}`);
  }
  if (asked === "production") {
    if (reasons.length === 0) return { mode: "production" };
    throw new ByokError(
      "CONFIG_INVALID",
      `--mode production, but ${reasons.join(", and ")}. Either ${remedies.join(" and ")}, or leave --mode out.`,
    );
  }
  if (asked === "development" && reasons.length === 0) reasons.push("--mode asks for it");
  if (reasons.length === 0) return { mode: "production" };
  return { mode: "development", banner: `byok: DEVELOPMENT MODE: ${reasons.join(", and ")}. Not for customers' data.` };
}

/** Checks `--resource`: an id that every object keeps, in the clear. */
export function checkResource(resource: string | undefined): void {
  if (resource === undefined || (resource !== "" && resource.isWellFormed() && Buffer.byteLength(resource) <= MAX_ID_LENGTH)) return;
  throw new ByokError("CONFIG_INVALID", `--resource must be 1 to ${MAX_ID_LENGTH} bytes of UTF-8 text.`);
}

/** Checks an input path that must exist. Follows links: the caller named it. */
export async function statInput(what: string, path: string): Promise<BigIntStats> {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") {
      throw new ByokError("CONFIG_INVALID", `${what}: there is no ${quotePath(path)}.`, { cause: error });
    }
    throw toFileError(error, "read", path);
  }
}

async function fileExists(flag: string, path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isFile()) return true;
    throw new ByokError("CONFIG_INVALID", `${flag}: ${quotePath(path)} is no file.`);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw toFileError(error, "read", path);
  }
}

/** A JSON file, and all that is needed to put another one in its place. */
interface JsonFile {
  readonly json: unknown;
  /** Absolute, links followed: the file itself is replaced, not a link to it. */
  readonly path: string;
  readonly read: ReadFile;
}

async function readJson(flag: string, path: string, how: string): Promise<unknown> {
  return (await readJsonFile(flag, path, how)).json;
}

async function readJsonFile(flag: string, path: string, how: string): Promise<JsonFile> {
  let bytes: Uint8Array;
  let real: string;
  let mode: number;
  try {
    real = await realpath(path);
    const stats = await stat(real);
    if (!stats.isFile()) throw new ByokError("CONFIG_INVALID", `${flag}: ${quotePath(path)} is no file.`);
    if (stats.size > LONGEST_INPUT) throw new ByokError("CONFIG_INVALID", `${flag}: ${quotePath(path)} is too long to be right. ${how}.`);
    mode = stats.mode & PERMISSIONS;
    bytes = await readFile(real);
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") {
      throw new ByokError("CONFIG_INVALID", `${flag}: there is no file ${quotePath(path)}. ${how}.`, { cause: error });
    }
    throw toFileError(error, "read", path);
  }
  try {
    return { json: JSON.parse(Buffer.from(bytes).toString("utf8")), path: real, read: { bytes, mode } };
  } catch {
    // Without a cause: a parser's message quotes the file, and it may be a key file given by mistake.
    throw new ByokError("CONFIG_INVALID", `${flag}: ${quotePath(path)} is not JSON. ${how}.`);
  }
}

/** What the files of this command line are, in words. */
const KINDS = {
  descriptors: "a list of master key descriptors (--descriptor)",
  secret: "a sealed Secret (--secret)",
  credentials: "application credentials (--credentials)",
  key: "a key file (--service-key file:PATH)",
} as const;
type Kind = keyof typeof KINDS;

/** By the members that only one kind has; undefined if it is none that is known. */
function kindOf(json: unknown): Kind | undefined {
  const one: unknown = Array.isArray(json) ? json[0] : json;
  if (typeof one !== "object" || one === null) return undefined;
  if ("provider" in one && "grantedTo" in one) return "descriptors";
  if ("generation" in one && "masterKeys" in one) return "secret";
  if ("credentials" in one && "id" in one) return "credentials";
  return "key" in one && "schema" in one ? "key" : undefined;
}

function seemsToBe(json: unknown, wanted: Kind): string {
  const kind = kindOf(json);
  return kind === undefined || kind === wanted ? "" : `: it seems to be ${KINDS[kind]}`;
}

/** A parser's complaint about a file named on the command line is bad input, and names flag and file. */
function inFile<T>(file: { flag: string; path: string; json: unknown; wanted: Kind }, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ByokError)) throw error;
    const { flag, path, json, wanted } = file;
    const what =
      kindOf(json) === wanted
        ? `${flag}: ${quotePath(path)}: `
        : `${flag}: ${quotePath(path)} is not ${KINDS[wanted]}${seemsToBe(json, wanted)}.\n`;
    throw new ByokError("CONFIG_INVALID", `${what}${error.message}`, { cause: error });
  }
}
