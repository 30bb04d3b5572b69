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

/** Loopback URLs instead of the clouds', and the CA that vouches for the `https` ones. Development only. */
export interface Endpoints {
  /** AWS KMS, e.g. `http://127.0.0.1:4566`. */
  readonly "aws-kms"?: string | undefined;
  /** Google Cloud KMS: `https://127.0.0.1:PORT`, which speaks gRPC over TLS. */
  readonly "gcp-kms"?: string | undefined;
  /** Azure Key Vault: connections to every vault's host go here; the host stays in request and certificate. */
  readonly "azure-key-vault"?: string | undefined;
  /** Microsoft Entra's token endpoint, in the place of `login.microsoftonline.com`. */
  readonly entra?: string | undefined;
  /** PEM of the CA to trust for these endpoints, and for nothing else. */
  readonly certificateAuthority?: string | undefined;
}

/** The variable that `byok sandbox start` prints: path of the running sandbox's `sandbox.json`. */
export const SANDBOX_VARIABLE = "BYOK_SANDBOX";

const LOOPBACK_HOSTS = new Set(["127.0.0.1", "[::1]", "localhost"]);

/** Only what the runtime needs of `sandbox.json`; the sandbox keeps more in it. */
const sandboxFileSchema = z.looseObject({
  schema: z.literal(1),
  endpoints: z.object({
    "aws-kms": z.url(),
    "gcp-kms": z.url().optional(),
    "azure-key-vault": z.url().optional(),
    entra: z.url().optional(),
    certificateAuthority: z.string().optional(),
  }),
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
  for (const [provider, url] of Object.entries(endpoints) as [string, string | undefined][]) {
    if (provider === "certificateAuthority" || url === undefined) continue;
    if (!URL.canParse(url) || !LOOPBACK_HOSTS.has(new URL(url).hostname)) {
      throw new ByokError("CONFIG_INVALID", `The endpoint for ${provider} is not on loopback: ${url}`, { provider });
    }
  }
  return endpoints;
}

function readSandboxFile(path: string): Endpoints {
  try {
    return sandboxFileSchema.parse(JSON.parse(readFileSync(path, "utf8"))).endpoints;
  } catch (error) {
    throw new ByokError(
      "CONFIG_INVALID",
      `${SANDBOX_VARIABLE} names ${path}, which is not the file of a running sandbox: start one with \`byok sandbox start\`.`,
      { cause: error },
    );
  }
}
