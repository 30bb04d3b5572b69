/**
 * AWS regions: which keep whose residency.
 *
 * @module
 */
import { Datacenter } from "../regions.js";
import { type ResidencyTable } from "../residency.js";

/**
 * Regions of the `aws` partition by datacenter: those that the AWS General Reference, "AWS KMS endpoints and quotas", lists in
 * the country, or in member states of the European Union: neither London nor Zurich. Regions that AWS opens later are added
 * by a release. Key material leaves a region only into replicas of a multi-Region key, which are made one by one (AWS KMS
 * Developer Guide, "Multi-Region keys in AWS KMS").
 */
export const AWS_RESIDENCY: ResidencyTable = {
  [Datacenter.Usa]: ["us-east-2", "us-east-1", "us-west-1", "us-west-2"],
  [Datacenter.Eu]: ["eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"],
  [Datacenter.Uk]: ["eu-west-2"],
  [Datacenter.Au]: ["ap-southeast-2", "ap-southeast-4"],
  [Datacenter.Ca]: ["ca-central-1", "ca-west-1"],
};
