/**
 * Where a share may be sent: KMS itself, or a VPC endpoint of it. The SDK obeys variables and profiles that send calls
 * anywhere.
 *
 * @module
 */
import type * as Kms from "@aws-sdk/client-kms";
import { ByokError, type ByokErrorDetails } from "./errors.js";

/**
 * True for the hosts of KMS in a region: public, FIPS, dual-stack and VPC endpoint names. Bound to service and region,
 * because other names under amazonaws.com (API gateways, load balancers, buckets) can belong to anybody.
 * Sources: AWS General Reference, "AWS KMS endpoints and quotas"; AWS KMS Developer Guide, "Connect to AWS KMS through a VPC
 * endpoint"; the partitions' DNS suffixes in the SDK's endpoint rules.
 */
export function isKmsHost(host: string, region: string): boolean {
  const service = `kms(-fips)?\\.${region.replaceAll(".", "\\.")}`;
  const direct = `${service}\\.(amazonaws\\.com(\\.cn)?|api\\.aws|api\\.amazonwebservices\\.com\\.cn)`;
  const vpcEndpoint = `vpce-[a-z0-9-]+\\.${service}\\.vpce\\.(amazonaws\\.com(\\.cn)?|api\\.aws)`;
  return new RegExp(`^(${direct}|${vpcEndpoint})$`).test(host);
}

/** Makes every call of a client throw CONFIG_INVALID, before it is signed or sent, if it would go anywhere else than KMS. */
export function refuseRedirection(
  stack: Kms.KMSClient["middlewareStack"],
  region: string,
  details: ByokErrorDetails,
): void {
  stack.add(
    (next) => async (args) => {
      const { protocol, hostname } = destinationOf(args.request);
      if (protocol !== "https:" || !isKmsHost(hostname, region)) {
        throw new ByokError(
          "CONFIG_INVALID",
          `The AWS configuration of this machine sends KMS calls to ${protocol}//${hostname}, which is not AWS KMS in ${region}; nothing was sent. Unset AWS_ENDPOINT_URL_KMS and AWS_ENDPOINT_URL, and endpoint_url in the AWS profile.`,
          details,
        );
      }
      return next(args);
    },
    // The last thing before signing: the request is complete, and nothing was tried yet.
    { step: "build", priority: "low", name: "byokRefuseRedirection" },
  );
}

/** By its members: the SDK's request type is unknown at this step, and its class is in a package of its own. */
function destinationOf(request: unknown): { protocol: string; hostname: string } {
  if (typeof request === "object" && request !== null && "protocol" in request && "hostname" in request) {
    const { protocol, hostname } = request;
    if (typeof protocol === "string" && typeof hostname === "string") return { protocol, hostname: hostname.toLowerCase() };
  }
  return { protocol: "", hostname: "" };
}
