/**
 * The sandbox's Azure: Key Vault, Entra, Azure Resource Manager and Microsoft Graph over HTTPS, and the tenant's acts.
 * Importing this loads neither Pulumi nor a cloud SDK.
 *
 * @module
 */
export { AZURE_ACTS } from "./acts.js";
export { type ApplicationStatus, type CertificateStatus } from "./applications.js";
export { type AuditEntry as AzureAuditEntry } from "./azure.js";
export { type Fault as AzureFault, type FaultError as AzureFaultError } from "./faults.js";
export { type NewKey, type NewVault, type RegisteredApplication } from "./provisioning.js";
export { type AzureDeployer, type AzureSandbox, type AzureStatus, type AzureTenant } from "./sandbox.js";
export { AZURE_HOSTS, type AzureOptions, type RunningAzure, startAzure } from "./start.js";
export { OTHER_TENANT_DIRECTORY, OTHER_TENANT_SUBSCRIPTION, TENANT_DIRECTORY, TENANT_SUBSCRIPTION } from "./state.js";
