/**
 * The service's own AWS identity, fetched apart from the call that needs it: what a token service denies must never be read
 * as the tenant's answer.
 *
 * @module
 */
import type * as Kms from "@aws-sdk/client-kms";
import { mapAwsCredentialsError } from "./aws-kms-errors.js";
import { withinTime } from "./bounded-wait.js";
import { ByokError } from "./errors.js";

/**
 * The service's own AWS identity: keys, or a function that fetches them and is asked again when they expire. Without one
 * the SDK's default credential chain decides.
 */
export type AwsCredentials = NonNullable<Kms.KMSClientConfig["credentials"]>;

/** What an error about a key names. */
interface KeyDetails {
  readonly provider: string;
  readonly keyId: string;
  readonly tenant: string;
}

/**
 * Asks a provider of credentials.
 *
 * @param timeout milliseconds, after which the provider counts as failed.
 * @throws {@link ByokError} SERVICE_CREDENTIALS; UNAVAILABLE or THROTTLED where the network or a token service is out.
 */
export async function fetchAwsCredentials<T>(fetch: () => Promise<T>, timeout: number, details: KeyDetails): Promise<T> {
  try {
    return await withinTime(fetch(), timeout, () => {
      const message = `The service's AWS credentials did not come within ${timeout / 1000} s. Check the credential chain of this machine; the tenant has nothing to do with it.`;
      return new ByokError("SERVICE_CREDENTIALS", message, details);
    });
  } catch (error) {
    throw mapAwsCredentialsError(error, details);
  }
}
