/**
 * Which regions the configuration may name: the datacenter decides, and everything else must fit it.
 *
 * @module
 */
import { AWS_REGION_PATTERN, AWS_REGION_RULE } from "../components/aws/identity.js";
import { azureLocationProblem } from "../components/azure/tenant-key-args.js";
import { gcpLocationProblem } from "../components/gcp/tenant-key-args.js";
import { REGIONS, type Datacenter } from "../components/regions.js";

/** Everything that says, or seems to say, in which region the key should be. */
export interface AwsRegionSources {
  readonly datacenter: Datacenter | undefined;
  /** `byok:aws.region` */
  readonly ownRegion: string | undefined;
  /** `aws:region` */
  readonly awsRegion: string | undefined;
}

/** The datacenter decides. Anything else is refused, even if it agrees today, unless it was allowed in so many words. */
export function awsRegionProblems({ datacenter, ownRegion, awsRegion }: AwsRegionSources, allowed: boolean): string[] {
  if (!allowed) {
    const fromDatacenter = datacenter === undefined ? "" : ` (${datacenter}: ${REGIONS[datacenter].aws})`;
    const problem = `byok:datacenter decides the region${fromDatacenter}; remove this key, or set byok:allowCrossRegion to true`;
    return [
      ...(ownRegion === undefined ? [] : [`byok:aws.region: ${problem}`]),
      ...(awsRegion === undefined ? [] : [`aws:region: ${problem}`]),
    ];
  }
  if (awsRegion === undefined) return [];
  if (!AWS_REGION_PATTERN.test(awsRegion)) return [`aws:region: ${AWS_REGION_RULE}`];
  return ownRegion === undefined || ownRegion === awsRegion
    ? []
    : [`aws:region: is ${awsRegion}, but byok:aws.region is ${ownRegion}; keep one of them`];
}

/** By cloud: the component's own judgement of a location. */
const JUDGES = { gcp: gcpLocationProblem, azure: azureLocationProblem };

/**
 * Problems of a cloud's `location`; none without one, or without a datacenter to judge it by.
 *
 * @param allowCrossRegion - `byok:allowCrossRegion`
 */
export function locationProblems(
  cloud: keyof typeof JUDGES,
  location: string | undefined,
  datacenter: Datacenter | undefined,
  allowCrossRegion: boolean,
): string[] {
  if (location === undefined || datacenter === undefined) return [];
  const problem = JUDGES[cloud](location, datacenter, allowCrossRegion);
  if (problem === undefined) return [];
  // Whether allowing it would help.
  const escape = JUDGES[cloud](location, datacenter, true) === undefined;
  const advice = escape ? "; name one of these, remove this key, or set byok:allowCrossRegion to true" : "";
  return [`byok:${cloud}.location: ${problem}${advice}`];
}
