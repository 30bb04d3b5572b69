/**
 * Proves, before any resource of any cloud is registered, that whoever deploys is at home in the tenant's own accounts. With
 * the credentials of another tenant in the environment nothing is created, in no cloud of the stack.
 *
 * A provider refuses by itself as late as at its own first resource, when resources of other clouds may be there already; and
 * Google Cloud and Azure know no setting such as AWS's allowed accounts.
 *
 * @module
 */
/* eslint-disable @typescript-eslint/no-require-imports -- loads functions of the clouds in the configuration, and no others */
import type * as AwsIdentity from "@pulumi/aws/getCallerIdentity";
import type * as AzureClient from "@pulumi/azure-native/authorization/getClientConfig";
import type * as AzureGroup from "@pulumi/azure-native/resources/getResourceGroup";
import type * as EntraClient from "@pulumi/azuread/getClientConfig";
import type * as GcpBilling from "@pulumi/gcp/organizations/getBillingAccount";
import type * as GcpUser from "@pulumi/gcp/organizations/getClientOpenIdUserInfo";
import type * as GcpProject from "@pulumi/gcp/organizations/getProject";
import { type InvokeOptions, RunError } from "@pulumi/pulumi";

import { resourceName } from "../components/names.js";
import { type StackConfig } from "./config.js";
import { type TenantProviders } from "./providers.js";

/** Whoever deploys is not at home in the tenant's accounts; nothing has been created. Pulumi prints the message alone. */
export class WrongAccountError extends RunError {
  override readonly name = "WrongAccountError";
  /** One entry per account, each beginning with the full name of its key. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `The credentials in the environment are not those of the tenant's own accounts; nothing has been created:` +
        `${problems.map((problem) => `\n  ${problem}`).join("")}\n` +
        "Sign in with the tenant's own administrator, or correct the configuration.",
    );
    this.problems = problems;
  }
}

/**
 * Asks each cloud in use who is signed in, with the provider that is going to deploy.
 *
 * @throws WrongAccountError with the problems of all clouds, what was expected, and what was found or the cloud's own words
 */
export async function proveAccounts(config: StackConfig, providers: TenantProviders): Promise<void> {
  const proofs = await Promise.all([proveAws(config, providers), proveGcp(config, providers), proveAzure(config, providers)]);
  const problems = proofs.flat();
  if (problems.length > 0) throw new WrongAccountError(problems);
}

async function proveAws({ aws }: StackConfig, { aws: provider }: TenantProviders): Promise<string[]> {
  if (aws === undefined || provider === undefined) return [];
  const { getCallerIdentity } = require("@pulumi/aws/getCallerIdentity") as typeof AwsIdentity;
  const expected = `byok:aws.accountId: is ${aws.accountId}`;
  // The provider itself refuses any account but this one; its answer names the other.
  const found = await attempt(getCallerIdentity({}, { provider }));
  if ("refusal" in found) return [`${expected}, but the AWS credentials do not open it: ${found.refusal}`];
  const { accountId } = found.answer;
  return accountId === aws.accountId ? [] : [`${expected}, but the AWS credentials are of the account ${accountId}`];
}

/**
 * The project, or what is going to pay for a new one. Reading a project takes `resourcemanager.projects.get`, which enabling
 * an API in it takes anyway (terraform-provider-google, resource_google_project_service.go).
 */
async function proveGcp({ gcp }: StackConfig, { gcp: provider }: TenantProviders): Promise<string[]> {
  if (gcp === undefined || provider === undefined) return [];
  const { project, createProject } = gcp;
  const { getProject } = require("@pulumi/gcp/organizations/getProject") as typeof GcpProject;
  const projectId = project ?? createProject?.projectId ?? "";
  const found = await attempt(getProject({ projectId }, { provider }));
  if (!("refusal" in found)) return [];
  if (createProject === undefined) {
    const who = await googleAccount({ provider });
    return [`byok:gcp.project: is ${projectId}, which ${who} cannot read: ${found.refusal}`];
  }
  // Not made yet: then it is the billing account that must be at hand.
  const { getBillingAccount } = require("@pulumi/gcp/organizations/getBillingAccount") as typeof GcpBilling;
  const { billingAccount } = createProject;
  const payer = await attempt(getBillingAccount({ billingAccount, lookupProjects: false }, { provider }));
  if (!("refusal" in payer)) return [];
  const who = await googleAccount({ provider });
  return [`byok:gcp.createProject.billingAccount: is ${billingAccount}, which ${who} cannot read: ${payer.refusal}`];
}

/** Who is signed in to Google Cloud, as far as the credentials tell: not all of them let their holder ask. */
async function googleAccount(options: InvokeOptions): Promise<string> {
  const { getClientOpenIdUserInfo } = require("@pulumi/gcp/organizations/getClientOpenIdUserInfo") as typeof GcpUser;
  const found = await attempt(getClientOpenIdUserInfo(options));
  return "refusal" in found || found.answer.email === "" ? "whoever is signed in" : found.answer.email;
}

/** The directory by both providers, the subscription by the resource group: that one may not be there yet, but must be readable. */
async function proveAzure(
  { azure, tenant, datacenter }: StackConfig,
  { azureNative, azuread }: TenantProviders,
): Promise<string[]> {
  if (azure === undefined || azureNative === undefined || azuread === undefined) return [];
  const { entraTenantId, subscriptionId } = azure;
  const { getClientConfig: ofSubscription } = require("@pulumi/azure-native/authorization/getClientConfig") as typeof AzureClient;
  const { getClientConfig: ofDirectory } = require("@pulumi/azuread/getClientConfig") as typeof EntraClient;
  const expected = `byok:azure.entraTenantId: is ${entraTenantId}`;
  const asked: Promise<{ readonly tenantId: string }>[] = [ofSubscription({ provider: azureNative }), ofDirectory({ provider: azuread })];
  for (const found of await Promise.all(asked.map(attempt))) {
    if ("refusal" in found) return [`${expected}, but the Azure credentials do not open it: ${found.refusal}`];
    const { tenantId } = found.answer;
    if (tenantId.toLowerCase() !== entraTenantId) return [`${expected}, but the Azure credentials are of the directory ${tenantId}`];
  }
  const { getResourceGroup } = require("@pulumi/azure-native/resources/getResourceGroup") as typeof AzureGroup;
  const resourceGroupName = azure.resourceGroup ?? resourceName(tenant, datacenter);
  const group = await attempt(getResourceGroup({ resourceGroupName }, { provider: azureNative }));
  if (!("refusal" in group) || group.refusal.includes("ResourceGroupNotFound")) return [];
  return [`byok:azure.subscriptionId: is ${subscriptionId}, whose resource group ${resourceGroupName} cannot be read: ${group.refusal}`];
}

/** What a function of a provider answers, or its refusal in the provider's own words. */
async function attempt<T>(asked: Promise<T>): Promise<{ readonly answer: T } | { readonly refusal: string }> {
  try {
    return { answer: await asked };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    // Pulumi puts before it which function was called.
    return { refusal: said.replace(/^.*?[Ii]nvo(?:ke|cation) of \S+ (?:failed|returned an error): /s, "").trim() };
  }
}
