/**
 * The provider `gcp`: the resource types against the sandbox's Google Cloud, as the deployer.
 *
 * @module
 */
import { type Configuration, defineProvider, type SandboxAccess } from "../provider.js";
import { type Properties } from "../values.js";
import { alertPolicyType } from "./alert-policy.js";
import { GoogleClient } from "./client.js";
import { checkGcpConfig, configureGcp } from "./config.js";
import { type GcpContext } from "./context.js";
import { cryptoKeyIamMemberType } from "./crypto-key-iam-member.js";
import { cryptoKeyType } from "./crypto-key.js";
import { getBillingAccount, getProject } from "./functions.js";
import { iamAuditConfigType } from "./iam-audit-config.js";
import { keyRingType } from "./key-ring.js";
import { notificationChannelType } from "./notification-channel.js";
import { projectType } from "./project.js";
import { serviceAccountIamMemberType } from "./service-account-iam-member.js";
import { serviceAccountType } from "./service-account.js";
import { serviceType } from "./service.js";

/** `@pulumi/gcp` as far as the sandbox plays it. */
export const gcpProvider = defineProvider<GcpContext>({
  name: "gcp",
  sdk: "@pulumi/gcp",
  types: [
    projectType, serviceType, keyRingType, cryptoKeyType, cryptoKeyIamMemberType, iamAuditConfigType, notificationChannelType, alertPolicyType,
    serviceAccountType, serviceAccountIamMemberType,
  ],
  checkConfig: checkGcpConfig,
  configure,
});

function configure(given: Properties, { endpoints, deployers: { gcp: deployer } }: SandboxAccess): Configuration<GcpContext> {
  const { project, region, zone, attributes } = configureGcp(given);
  const endpoint = endpoints["gcp-kms"];
  const { certificateAuthority } = endpoints;
  if (deployer === undefined || endpoint === undefined || certificateAuthority === undefined) {
    throw new Error("this sandbox runs without Google Cloud: start it with gcp among its clouds, and @google-cloud/kms installed");
  }
  let google: Promise<GoogleClient> | undefined;
  const context = async (): Promise<GcpContext> => {
    google ??= GoogleClient.open({ endpoint, certificateAuthority, keyFile: deployer.keyFile });
    return { google: await google, project, attributes };
  };
  return {
    // A resource without a project of its own lives in the provider's.
    inherited: project === undefined ? {} : { project },
    context,
    async invoke(token, args) {
      switch (token) {
        // Where the provider deploys. Its access token is not shown: the sandbox's accounts sign their own.
        case "gcp:organizations/getClientConfig:getClientConfig":
          return { id: `projects/${project ?? ""}/regions/${region ?? ""}/zones/${zone ?? ""}`, project: project ?? "", region: region ?? "", zone: zone ?? "", defaultLabels: {} };
        case "gcp:organizations/getClientOpenIdUserInfo:getClientOpenIdUserInfo":
          return { id: deployer.email, email: deployer.email };
        case "gcp:organizations/getProject:getProject":
          return getProject(await context(), args);
        case "gcp:organizations/getBillingAccount:getBillingAccount":
          return getBillingAccount(await context(), args);
        default:
          throw new Error(`the sandbox does not implement the function ${token}`);
      }
    },
    close() {
      // Who asked for the client has the error of opening it.
      google?.then((client) => client.close()).catch(() => undefined);
    },
  };
}
