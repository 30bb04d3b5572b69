/**
 * Where the SDKs are sent instead of the clouds: the sandbox, in development only.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { ByokError } from "./errors.js";

/** `production` refuses local keys and redirected endpoints; `development` is always asked for explicitly. */
export type Mode = "production" | "development";

/** Loopback URLs by provider, e.g. `{ "aws-kms": "http://127.0.0.1:4566" }`. Development only. */
export type Endpoints = Readonly<Partial<Record<"aws-kms", string>>>;

/** The variable that `byok sandbox start` prints: path of the running sandbox's `sandbox.json`. */
export const SANDBOX_VARIABLE = "BYOK_SANDBOX";

const LOOPBACK_HOSTS = new Set(["127.0.0.1", "[::1]", "localhost"]);

/** Only what the runtime needs of `sandbox.json`; the sandbox keeps more in it. */
const sandboxFileSchema = z.looseObject({
  schema: z.literal(1),
  endpoints: z.looseObject({ "aws-kms": z.url() }),
});

/**
 * Endpoints to use: those given, else those of the sandbox named by `BYOK_SANDBOX`, else none.
 *
 * @throws {@link ByokError} CONFIG_INVALID in production mode if either is set (a redirected KMS would see every share),
 * if an endpoint is not on loopback, or if the sandbox's file cannot be read.
 */
export function resolveEndpoints(mode: Mode, given?: Endpoints): Endpoints {
  const sandboxFile = process.env[SANDBOX_VARIABLE] ?? "";
  if (given === undefined && sandboxFile === "") return {};
  // Anything but the one word is production: a misspelt mode must not open what production closes.
  if (mode !== "development") {
    throw new ByokError(
      "CONFIG_INVALID",
      `Production mode refuses redirected endpoints: unset ${SANDBOX_VARIABLE}, or ask for mode "development".`,
    );
  }
  const endpoints = given ?? readSandboxFile(sandboxFile);
  for (const [provider, url] of Object.entries(endpoints)) {
    if (!URL.canParse(url) || !LOOPBACK_HOSTS.has(new URL(url).hostname)) {
      throw new ByokError("CONFIG_INVALID", `The endpoint for ${provider} is not on loopback: ${url}`, { provider });
    }
  }
  return endpoints;
}

function readSandboxFile(path: string): Endpoints {
  try {
    const { endpoints } = sandboxFileSchema.parse(JSON.parse(readFileSync(path, "utf8")));
    return { "aws-kms": endpoints["aws-kms"] };
  } catch (error) {
    throw new ByokError(
      "CONFIG_INVALID",
      `${SANDBOX_VARIABLE} names ${path}, which is not the file of a running sandbox: start one with \`byok sandbox start\`.`,
      { cause: error },
    );
  }
}
