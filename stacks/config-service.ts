/**
 * Whom to grant, together with the clouds and the tenant's own accounts.
 *
 * @module
 */
import { awsPartition, parseRoleArn } from "../components/aws/identity.js";
import { projectOfServiceAccount } from "../components/gcp/identity.js";
import { PRESETS } from "../components/presets.js";
import { type TenantGcpArgs } from "../components/tenant-keys.js";
import { type Cloud, notListed, type ServiceConfig } from "./config-schema.js";

/** Each cloud listed has its identity, and no other has one. A preset has them all. */
export function identityProblems(service: ServiceConfig, clouds: readonly Cloud[]): string[] {
  if ("preset" in service) return [];
  const { awsAccountId, awsRoleArn, gcpServiceAccount } = service;
  const problems: string[] = [];
  if (clouds.includes("aws")) {
    if ((awsAccountId === undefined) === (awsRoleArn === undefined)) {
      problems.push("byok:service: must have exactly one of awsAccountId and awsRoleArn, since byok:clouds lists aws");
    }
  } else {
    if (awsAccountId !== undefined) problems.push(`byok:service.awsAccountId: ${notListed("aws")}`);
    if (awsRoleArn !== undefined) problems.push(`byok:service.awsRoleArn: ${notListed("aws")}`);
  }
  if (clouds.includes("gcp") && gcpServiceAccount === undefined) {
    problems.push("byok:service.gcpServiceAccount: is required: byok:clouds lists gcp");
  }
  if (!clouds.includes("gcp") && gcpServiceAccount !== undefined) {
    problems.push(`byok:service.gcpServiceAccount: ${notListed("gcp")}`);
  }
  return problems;
}

/** The service's account in AWS, if it is granted as a whole. */
export function awsServiceAccount(service: ServiceConfig): string | undefined {
  return "preset" in service ? PRESETS[service.preset].aws.serviceAccountId : service.awsAccountId;
}

/** A key in the service's own account would be no key of the tenant's, and grants end at a partition's border. */
export function awsServiceProblems(service: ServiceConfig, accountId: string, region: string | undefined): string[] {
  const own = "the tenant's key must live in the tenant's own account";
  if ("preset" in service) {
    return PRESETS[service.preset].aws.serviceAccountId === accountId
      ? [`byok:aws.accountId: is the account of the service ${service.preset}; ${own}`]
      : [];
  }
  if (service.awsAccountId === accountId) return [`byok:service.awsAccountId: is also byok:aws.accountId; ${own}`];

  const role = service.awsRoleArn === undefined ? undefined : parseRoleArn(service.awsRoleArn);
  if (role === undefined) return [];
  const problems = role.accountId === accountId ? [`byok:service.awsRoleArn: is a role in byok:aws.accountId; ${own}`] : [];
  if (region !== undefined && awsPartition(region) !== role.partition) {
    problems.push(`byok:service.awsRoleArn: is in partition ${role.partition}, but the key is in ${awsPartition(region)}`);
  }
  return problems;
}

/** A key in the service's own project would be no key of the tenant's. */
export function gcpServiceProblems(service: ServiceConfig, { project, createProject }: TenantGcpArgs): string[] {
  const own = "the tenant's key must live in the tenant's own project";
  const place = project === undefined ? "byok:gcp.createProject.projectId" : "byok:gcp.project";
  const tenantProject = project ?? createProject?.projectId;
  if ("preset" in service) {
    return projectOfServiceAccount(PRESETS[service.preset].gcp.serviceAccount) === tenantProject
      ? [`${place}: is the project of the service ${service.preset}; ${own}`]
      : [];
  }
  const { gcpServiceAccount } = service;
  return gcpServiceAccount !== undefined && projectOfServiceAccount(gcpServiceAccount) === tenantProject
    ? [`byok:service.gcpServiceAccount: is in ${place}; ${own}`]
    : [];
}
