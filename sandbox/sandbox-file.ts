/**
 * `sandbox.json`: how programs find a running sandbox. The environment variable BYOK_SANDBOX names it; the runtime reads
 * its `endpoints`, the command line its control endpoint.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { z } from "zod";

import { ByokError } from "../runtime/master-key/errors.js";

/** Directory of a sandbox unless one is named. */
export const DEFAULT_DIRECTORY = ".byok-sandbox";
/** Name of the file within the sandbox's directory. */
export const SANDBOX_FILE = "sandbox.json";

const loopback = z.url().regex(/^https?:\/\/127\.0\.0\.1:\d+(\/|$)/, "must be on loopback, http://127.0.0.1:PORT");

const schema = z.strictObject({
  schema: z.literal(1),
  endpoints: z.strictObject({
    "aws-kms": loopback,
    "gcp-kms": loopback.optional(),
    "azure-key-vault": loopback.optional(),
    entra: loopback.optional(),
    /** PEM of the sandbox's own CA, which signs the certificates of the `https` endpoints. */
    certificateAuthority: z.string().optional(),
  }),
  control: loopback,
  controlToken: z.string().min(32),
});

/** Contents of the file. The token opens the control endpoint; the file is readable by its owner only. */
export type SandboxFile = z.infer<typeof schema>;

/**
 * The sandbox file to use: the directory named, else BYOK_SANDBOX, else the default directory.
 *
 * @returns an absolute path; whether there is such a file is not looked at.
 */
export function locateSandboxFile(directory: string | undefined, environment: NodeJS.ProcessEnv = process.env): string {
  if (directory !== undefined) return resolve(directory, SANDBOX_FILE);
  const named = environment["BYOK_SANDBOX"];
  return named !== undefined && named !== "" ? resolve(named) : resolve(join(DEFAULT_DIRECTORY, SANDBOX_FILE));
}

/**
 * Reads a sandbox file.
 *
 * @throws ByokError CONFIG_INVALID if there is none or it is not one.
 */
export function readSandboxFile(path: string): SandboxFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new ByokError(
      "CONFIG_INVALID",
      `There is no sandbox at ${path}. Start one with "byok sandbox start", or set BYOK_SANDBOX to the sandbox.json of a running one.`,
      { cause },
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ByokError("CONFIG_INVALID", `${path} is not a sandbox file: it is not JSON.`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new ByokError("CONFIG_INVALID", `${path} is not a sandbox file: ${z.prettifyError(parsed.error)}`, {
      cause: parsed.error,
    });
  }
  return parsed.data;
}
