/**
 * Writing an IAM policy that others write too. Source: terraform-provider-google, tpgiamresource/iam.go (read, modify, write, and
 * again after a conflict).
 *
 * @module
 */
import { isGoogleError } from "./client.js";
import { failed } from "./context.js";

/** The provider goes on for a minute, with pauses that spare the real API. */
const MAX_ATTEMPTS = 10;

/**
 * Runs a write again as long as somebody else wrote in between.
 *
 * @param resource how the provider calls it in messages.
 * @param write reads the policy, changes it and writes it.
 */
export async function writePolicy(resource: string, write: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await write();
      return;
    } catch (error) {
      // ABORTED is 409 in REST.
      if (!isGoogleError(error, 409) || attempt === MAX_ATTEMPTS) throw failed(`Error applying IAM policy for ${resource}`, error);
    }
  }
}
