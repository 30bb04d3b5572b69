import { FloeError, type FloeErrorCode } from "../floe/index.js";
import { ByokError, type ByokErrorCode } from "../master-key/errors.js";

const CODES: Readonly<Partial<Record<FloeErrorCode, ByokErrorCode>>> = {
  BAD_HEADER: "BAD_HEADER",
  TRUNCATED: "TRUNCATED",
  AUTHENTICATION_FAILED: "AUTHENTICATION_FAILED",
  // Key and parameters are ours: what is left is a source that yields something else than bytes.
  BAD_PARAMETERS: "CONFIG_INVALID",
};

const ADVICE: Readonly<Partial<Record<ByokErrorCode, string>>> = {
  BAD_HEADER: "The object's data header is damaged or of a version that is not read",
  TRUNCATED: "The object ends too early: fetch it again",
  CONFIG_INVALID: "What was given is not bytes: open the source without an encoding",
  AUTHENTICATION_FAILED: "The object was altered, or the context given is not the one it was encrypted with",
};

/** Turns what FLOE says of damaged data into a {@link ByokError}; everything else passes through. */
export function byokFloeError(error: unknown, tenant?: string): unknown {
  if (!(error instanceof FloeError)) return error;
  const code = CODES[error.code];
  if (code === undefined) return error;
  return new ByokError(code, `${ADVICE[code] ?? "The object is damaged"} (${error.message})`, { tenant, cause: error });
}
