/**
 * The stack that is played. Its configuration is the demo's own: the examples in stacks/ are there to be edited, and
 * belong to whatever account, tenant and passphrase their user has put in.
 *
 * @module
 */
import { stringify } from "yaml";

import { SERVICE_ACCOUNT, TENANT_ACCOUNT } from "../aws/state.js";

/** Name of the stack, as of the example that it resembles: the narrowest grant. */
export const STACK = "acme-eu";

/** The tenant that is played. */
export const TENANT = "acme";

const CONFIG: Readonly<Record<string, unknown>> = {
  "byok:tenant": TENANT,
  "byok:datacenter": "eu",
  "byok:clouds": ["aws"],
  // The role that every sandbox's service has (sandbox/aws/state.ts).
  "byok:service": { awsRoleArn: `arn:aws:iam::${SERVICE_ACCOUNT}:role/backup-service` },
  "byok:aws": { accountId: TENANT_ACCOUNT },
};

/** What stands in the stack file, before `pulumi stack init` adds a salt of its own. */
export function stackFileText(): string {
  return stringify({ config: CONFIG });
}

/** The same as programs get it: text as it is, objects and lists as JSON. */
export function stackConfig(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(CONFIG).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}
