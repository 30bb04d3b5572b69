/**
 * The Pulumi program: one stack is one tenant in one datacenter.
 *
 * Runs under the Pulumi engine (`main` in Pulumi.yaml) and in any process that imports it with Pulumi's runtime set up:
 * its exports are the stack's outputs.
 *
 * @module
 */
import { output, runtime } from "@pulumi/pulumi";

// Not the index of all components: that one loads the SDKs of every cloud.
import { TenantKeys } from "../components/tenant-keys.js";
import { proveAccounts } from "./accounts.js";
import { parseStackConfig } from "./config.js";
import { tenantProviders } from "./providers.js";

const { service, ...config } = parseStackConfig(runtime.allConfig());
const providers = tenantProviders(config);

async function deploy(): Promise<TenantKeys["masterKeys"]> {
  await proveAccounts(config, providers);
  const keys = new TenantKeys(
    `${config.tenant}-${config.datacenter}`,
    { ...config, ...(service === undefined ? {} : "preset" in service ? service : { service }) },
    { providers: Object.values(providers) },
  );
  return keys.masterKeys;
}

/** Master key descriptors for the runtime: `pulumi stack output masterKeys --json`. Public, no secret in them. */
export const masterKeys = output(deploy());
