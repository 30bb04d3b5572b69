/**
 * The sandbox: the clouds on loopback, Pulumi resource providers on top of it, and whoever plays the tenant.
 * Importing this loads neither Pulumi nor a cloud SDK.
 *
 * @module
 */
export { type SandboxIdentity, type AwsSandbox, type AwsStatus } from "./aws/sandbox.js";
export { type Fault, type FaultError } from "./aws/faults.js";
export { type IdentityInput } from "./aws/identity.js";
export { type AuditEntry } from "./aws/kms.js";
export { type KeyStatus } from "./aws/tenant.js";
export {
  type ApplicationStatus,
  type AzureAuditEntry,
  type AzureDeployer,
  type AzureFault,
  type AzureSandbox,
  type AzureStatus,
} from "./azure/index.js";
export { SandboxClient, type ActArguments, type ActResult } from "./client.js";
export { type CloudKeyStatus, type CloudName, type CloudProvider, type KeyVersionStatus, type RevocationRoute } from "./cloud.js";
export { type ActName } from "./control.js";
export { type GcpAuditEntry, type GcpFault, type GcpIdentity, type GcpSandbox, type GcpStatus } from "./gcp/index.js";
export { DEFAULT_DIRECTORY, locateSandboxFile, readSandboxFile, type SandboxFile } from "./sandbox-file.js";
export { startSandbox, type Sandbox, type SandboxOptions } from "./start.js";
export { type KeyChoice, type Tenants } from "./tenants.js";
export {
  deployInProcess,
  type DeployedResource,
  type DeploymentResult,
  type InProcessDeployment,
} from "./pulumi/in-process.js";
