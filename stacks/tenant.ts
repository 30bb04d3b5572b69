/**
 * The Pulumi program: one stack is one tenant in one datacenter.
 *
 * Runs under the Pulumi engine (`main` in Pulumi.yaml) and in any process that imports it with Pulumi's runtime set up:
 * its exports are the stack's outputs.
 *
 * @module
 */
import { Provider } from "@pulumi/aws/provider";
import { runtime } from "@pulumi/pulumi";

import { TenantKeys } from "../components/index.js";
import { parseStackConfig } from "./config.js";

const config = parseStackConfig(runtime.allConfig());

/** Credentials come from the environment; the provider refuses any account but the tenant's before it creates anything. */
const aws = new Provider("aws", { region: config.aws.region, allowedAccountIds: [config.aws.accountId] });

const keys = new TenantKeys(
  `${config.tenant}-${config.datacenter}`,
  {
    tenant: config.tenant,
    datacenter: config.datacenter,
    ...("preset" in config.service ? { preset: config.service.preset } : { service: config.service }),
    aws: config.aws,
  },
  { providers: [aws] },
);

/** Master key descriptors for the runtime: `pulumi stack output masterKeys --json`. Public, no secret in them. */
export const masterKeys = keys.masterKeys;
