/**
 * The tenants that are played, and their stacks. The configuration is the demo's own: the examples in stacks/ are there to be
 * edited, and belong to whatever account, tenant and passphrase their user has put in.
 *
 * @module
 */
import { stringify } from "yaml";

import { SERVICE_ACCOUNT, TENANT_ACCOUNT, OTHER_TENANT_ACCOUNT } from "../aws/state.js";
import {
  OTHER_TENANT_DIRECTORY,
  OTHER_TENANT_SUBSCRIPTION,
  TENANT_DIRECTORY,
  TENANT_SUBSCRIPTION,
} from "../azure/index.js";
import { type CloudName } from "../cloud.js";
import { OTHER_TENANT_PROJECT, SERVICE_ACCOUNT as GCP_SERVICE_ACCOUNT, TENANT_PROJECT } from "../gcp/state.js";
import { type Sandbox } from "../index.js";

/** Whose administrator deploys: an account, a project, a directory with its subscription. */
interface Owner {
  readonly account: string;
  readonly project: string;
  readonly directory: string;
  readonly subscription: string;
}

const FIRST: Owner = {
  account: TENANT_ACCOUNT,
  project: TENANT_PROJECT,
  directory: TENANT_DIRECTORY,
  subscription: TENANT_SUBSCRIPTION,
};
const SECOND: Owner = {
  account: OTHER_TENANT_ACCOUNT,
  project: OTHER_TENANT_PROJECT,
  directory: OTHER_TENANT_DIRECTORY,
  subscription: OTHER_TENANT_SUBSCRIPTION,
};

/** A tenant that is played. */
export interface Role {
  /** Its id; also begins the names of its files. */
  readonly tenant: string;
  /** Where its keys are, in words. */
  readonly where: string;
  readonly datacenter: string;
  readonly clouds: readonly CloudName[];
  readonly stack: string;
  readonly owner: Owner;
  /** What a deployment by somebody else is refused with, one cloud's words of those in {@link Role.clouds}. */
  readonly stranger: { readonly owner: Owner; readonly refusal: RegExp };
}

function role(tenant: string, where: string, datacenter: string, clouds: readonly CloudName[], owner: Owner, refusal: RegExp): Role {
  const stranger = { owner: owner === FIRST ? SECOND : FIRST, refusal };
  return { tenant, where, datacenter, clouds, stack: `${tenant}-${datacenter}`, owner, stranger };
}

const AWS_REFUSES = /AWS account ID not allowed/;
const GCP_REFUSES = /Error 403: Permission .* denied|PERMISSION_DENIED/;
const AZURE_REFUSES = /is signed in to the directory|AuthorizationFailed|Authorization_RequestDenied/;

/** Resources of several clouds go out side by side: whichever cloud answers first. */
const ANY_REFUSES = new RegExp([AWS_REFUSES, GCP_REFUSES, AZURE_REFUSES].map(({ source }) => source).join("|"));

/** One tenant per cloud. */
export const ONE_CLOUD: readonly Role[] = [
  role("acme", "AWS", "eu", ["aws"], FIRST, AWS_REFUSES),
  role("initech", "Google Cloud", "usa", ["gcp"], FIRST, GCP_REFUSES),
  role("hooli", "Azure", "uk", ["azure"], FIRST, AZURE_REFUSES),
];

/** One tenant in all of them. */
export const EVERY_CLOUD = role("globex", "all three clouds", "au", ["gcp", "aws", "azure"], SECOND, ANY_REFUSES);

/** The administrator signs in everywhere. */
export function signIn(sandbox: Sandbox, { account, project, directory }: Owner): void {
  sandbox.aws.signIn({ account });
  sandbox.gcp.signIn({ project });
  sandbox.azure.signIn({ entraTenantId: directory });
}

/**
 * Configuration of a role's stack.
 *
 * @param certificate PEM that `byok credentials create` wrote, for Azure.
 */
export function stackConfig({ tenant, datacenter, clouds, owner }: Role, certificate: string | undefined): Record<string, unknown> {
  const uses = (cloud: CloudName): boolean => clouds.includes(cloud);
  return {
    "byok:tenant": tenant,
    "byok:datacenter": datacenter,
    "byok:clouds": clouds,
    // The identities that every sandbox's service has. For Azure there is none to name: the stack registers an application.
    ...(uses("gcp") || uses("aws")
      ? {
          "byok:service": {
            ...(uses("gcp") ? { gcpServiceAccount: GCP_SERVICE_ACCOUNT } : {}),
            ...(uses("aws") ? { awsRoleArn: `arn:aws:iam::${SERVICE_ACCOUNT}:role/backup-service` } : {}),
          },
        }
      : {}),
    ...(uses("gcp") ? { "byok:gcp": { project: owner.project } } : {}),
    ...(uses("aws") ? { "byok:aws": { accountId: owner.account } } : {}),
    ...(uses("azure")
      ? {
          "byok:azure": {
            entraTenantId: owner.directory,
            subscriptionId: owner.subscription,
            certificates: certificate === undefined ? [] : [certificate],
          },
        }
      : {}),
  };
}

/** What stands in the stack file, before `pulumi stack init` adds a salt of its own. */
export function stackFileText(config: Readonly<Record<string, unknown>>): string {
  return stringify({ config });
}

/** The same as programs get it: text as it is, objects and lists as JSON. */
export function flatConfig(config: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}
