/**
 * What Google's SDK takes from the environment, and what of it a process that handles shares must not have.
 *
 * @module
 */
import { ByokError, type ByokErrorDetails } from "./errors.js";

/** Where shares are sent in production, whatever the environment says. */
export const GCP_KMS_HOST = "cloudkms.googleapis.com";

/** The one universe whose Cloud KMS is {@link GCP_KMS_HOST}. */
export const GCP_UNIVERSE = "googleapis.com";

/** Makes the SDK print requests and answers, plaintexts included. Source: google-logging-utils, `env.nodeEnables`. */
export const GCP_LOGGING_VARIABLE = "GOOGLE_SDK_NODE_LOGGING";

/**
 * Refuses an environment in which shares would be printed or sent elsewhere.
 *
 * - `GOOGLE_SDK_NODE_LOGGING`: the SDK logs every request and answer.
 * - `GOOGLE_CLOUD_UNIVERSE_DOMAIN`: the SDK would speak to another operator's KMS. The host is pinned; a variable that asks
 *   for another one is refused all the same, because its credentials would not fit.
 * - `GOOGLE_API_USE_CLIENT_CERTIFICATE`: the SDK would run a command of the user's configuration for a device certificate
 *   that these calls do not present.
 *
 * Proxy variables are obeyed: TLS goes through a proxy unopened.
 *
 * @throws {@link ByokError} CONFIG_INVALID naming the variable.
 */
export function assertGcpEnvironment(environment: NodeJS.ProcessEnv, details: ByokErrorDetails): void {
  const refuse = (message: string): never => {
    throw new ByokError("CONFIG_INVALID", message, details);
  };
  if ((environment[GCP_LOGGING_VARIABLE] ?? "") !== "") {
    refuse(`${GCP_LOGGING_VARIABLE} is set: with it Google's SDK prints the keys that it decrypts. Unset it.`);
  }
  const universe = environment["GOOGLE_CLOUD_UNIVERSE_DOMAIN"] ?? "";
  if (universe !== "" && universe !== GCP_UNIVERSE) {
    refuse(`GOOGLE_CLOUD_UNIVERSE_DOMAIN is ${universe}: keys are sought at ${GCP_KMS_HOST} only. Unset it.`);
  }
  if (environment["GOOGLE_API_USE_CLIENT_CERTIFICATE"] === "true") {
    refuse("GOOGLE_API_USE_CLIENT_CERTIFICATE is set, but device certificates are not presented. Unset it.");
  }
}
