/**
 * The tenant's own record of every use of the key.
 *
 * @module
 */
import { IAMAuditConfig } from "@pulumi/gcp/projects";
import type * as pulumi from "@pulumi/pulumi";

/**
 * What Cloud KMS would not log by itself. Encrypt and Decrypt count as DATA_READ, looking at keys and policies as
 * ADMIN_READ; nothing in Cloud KMS counts as DATA_WRITE, and changes (ADMIN_WRITE) are logged always. Cloud KMS
 * documentation, "Cloud Key Management Service audit logging", methods by permission type.
 */
const LOG_TYPES = ["ADMIN_READ", "DATA_READ"] as const;

/**
 * Turns Cloud KMS's data access logs on in the whole project. Authoritative for Cloud KMS there: what the project's audit
 * configuration says of that service is replaced, and gone when this is removed (terraform-provider-google,
 * tpgiamresource/resource_iam_audit_config.go). Configuration of other services stays.
 */
export function registerAuditLog(parent: pulumi.Resource, name: string, project: pulumi.Input<string>): void {
  new IAMAuditConfig(
    `${name}-audit-log`,
    { project, service: "cloudkms.googleapis.com", auditLogConfigs: LOG_TYPES.map((logType) => ({ logType })) },
    { parent, protect: false, retainOnDelete: false },
  );
}
