/**
 * What both transports answer with, and what they ask of a request before it is looked at.
 *
 * @module
 */
import { notInSandbox } from "./errors.js";
import { type GcpFaults } from "./faults.js";
import { type GoogleCloud } from "./google-cloud.js";
import { type ServiceAccountRecord } from "./state.js";

/** The cloud, and the way in. */
export interface Answering {
  readonly cloud: GoogleCloud;
  readonly faults: GcpFaults;
  /** The account behind an Authorization header. Throws GoogleError. */
  readonly authenticate: (header: string | undefined, service: string) => ServiceAccountRecord;
}

/**
 * Calls are billed to the caller's own project here; another one can be asked for by this header (Google Cloud documentation,
 * "Set the quota project").
 */
export const QUOTA_PROJECT_HEADER = "x-goog-user-project";

/** @throws GoogleError UNIMPLEMENTED if a request asks for another quota project. */
export function refuseQuotaProject(header: string | undefined): void {
  if (header !== undefined) throw notInSandbox(`quota projects (${QUOTA_PROJECT_HEADER})`);
}
