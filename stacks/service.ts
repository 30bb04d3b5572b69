/**
 * The Pulumi program of the service's own side: what it needs in its own accounts, for one datacenter. Run with the identity of
 * an administrator of those accounts, by `pulumi -C stacks/service up`; tenants never see it.
 *
 * @module
 */
import { type Output, output, runtime } from "@pulumi/pulumi";

import { loadAws, loadGcp } from "../components/cloud-components.js";
import { awsProvider, gcpProvider } from "./providers.js";
import { parseServiceStackConfig } from "./service-config.js";

const { datacenter, aws, gcp } = parseServiceStackConfig(runtime.allConfig());

const inAws =
  aws === undefined ? undefined : new (loadAws().AwsServiceIdentity)(`byok-service-${datacenter}-aws`, aws, { providers: [awsProvider(aws)] });

const inGcp =
  gcp === undefined
    ? undefined
    : new (loadGcp().GcpServiceIdentity)(`byok-service-${datacenter}-gcp`, gcp, { providers: [gcpProvider({ project: gcp.project })] });

/** Descriptors of the service's own keys, one per cloud: what the runtime takes as `serviceKey`. Public, no secret in them. */
export const serviceKeys = output([...(inAws === undefined ? [] : [inAws.serviceKey]), ...(inGcp === undefined ? [] : [inGcp.serviceKey])]);

/** Whom tenants grant: what they set as `byok:service`. */
export const service = {
  ...(inAws === undefined ? {} : { awsRoleArn: inAws.roleArn }),
  ...(inGcp === undefined ? {} : { gcpServiceAccount: inGcp.serviceAccount }),
};

/** The same for tenants that have an identity of their own in Google Cloud, by tenant; the runtime impersonates it. */
export const tenantServices: Output<{ [tenant: string]: { gcpServiceAccount: string } }> = output(inGcp?.tenantServiceAccounts ?? {}).apply((emails) =>
  Object.fromEntries(Object.entries(emails).map(([tenant, gcpServiceAccount]) => [tenant, { gcpServiceAccount }])),
);
