/**
 * The sandbox's Google Cloud: Cloud KMS over gRPC with IAM, projects and services, and the tenant's acts. Importing this
 * loads no gRPC and no cloud SDK.
 *
 * @module
 */
export { GCP_ACTS } from "./acts.js";
export { type GcpFault, type GcpFaultError, type WireFault } from "./faults.js";
export { type GcpAuditEntry } from "./google-cloud.js";
export { type GcpIdentity, type GcpLogEntry, type GcpMonitoring, type GcpSandbox, type GcpStatus } from "./sandbox.js";
export { type GcpOptions, type RunningGcp, startGcp } from "./start.js";
