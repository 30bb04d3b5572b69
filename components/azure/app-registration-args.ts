/**
 * Checks of `AzureAppRegistrationArgs`.
 *
 * @module
 */
import { InvalidArgsError } from "../errors.js";
import { tenantProblems } from "../tenant-args.js";
import { type AzureAppRegistrationArgs } from "./app-registration.js";
import { type ApplicationCertificateFile, checkCertificates, MAX_CERTIFICATES } from "./certificates.js";
import { AZURE_GUID_PATTERN } from "./identity.js";

/** Microsoft Graph reference, application resource, displayName. */
const MAX_DISPLAY_NAME = 256;

/** What the client id of an application must be, in words. */
export const CLIENT_ID_RULE = "must be the client id of an application, a GUID";

/** How many certificates there may be, in words. */
export const CERTIFICATES_RULE = `must be a list of 1 or ${MAX_CERTIFICATES} certificates in PEM`;

/** What checked arguments come to. */
export interface ResolvedAppRegistrationArgs {
  /** Newest end of validity first. */
  readonly certificates: readonly ApplicationCertificateFile[];
  /** The one that the service should use. */
  readonly newest: ApplicationCertificateFile;
}

/**
 * Refuses arguments that cannot work.
 *
 * @param now - what the certificates' validity is measured by
 * @throws InvalidArgsError with every problem found
 */
export function resolveAppRegistrationArgs(
  name: string,
  args: AzureAppRegistrationArgs,
  now: Date,
): ResolvedAppRegistrationArgs {
  const given: unknown = args.certificates;
  const pems: readonly unknown[] = Array.isArray(given) ? given : [];
  const { certificates, problems: certificateProblems } = checkCertificates(pems, now);

  const problems = tenantProblems(args);
  if (pems.length < 1 || pems.length > MAX_CERTIFICATES) problems.push(`certificates: ${CERTIFICATES_RULE}`);
  for (const [index, problem] of certificateProblems) problems.push(`certificates[${index}]: ${problem}`);
  const { displayName, existing } = args;
  if (existing !== undefined && !AZURE_GUID_PATTERN.test(existing)) problems.push(`existing: ${CLIENT_ID_RULE}`);
  if (existing !== undefined && displayName !== undefined) {
    problems.push("displayName: says how to create an application; existing creates none");
  }
  if (displayName !== undefined && (displayName.trim() === "" || displayName.length > MAX_DISPLAY_NAME)) {
    problems.push(`displayName: must be 1 to ${MAX_DISPLAY_NAME} characters`);
  }

  const [newest] = certificates;
  if (newest === undefined || problems.length > 0) throw new InvalidArgsError("AzureAppRegistration", name, problems);
  return { certificates, newest };
}
