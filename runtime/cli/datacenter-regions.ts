/**
 * Where a key of a datacenter usually is. The table that decides is components/regions.ts, which the runtime does not
 * import; a test holds the two together. An Azure key's identifier tells no region.
 *
 * @module
 */
import { type Datacenter, type MasterKeyDescriptor } from "../index.js";
import { GCP_KEY_NAME } from "../master-key/descriptor.js";

/** Region of a datacenter's keys, by cloud. */
export const DATACENTER_REGIONS: Readonly<Record<Datacenter, { readonly aws: string; readonly gcp: string }>> = {
  usa: { aws: "us-east-2", gcp: "us-central1" },
  eu: { aws: "eu-central-1", gcp: "europe-west4" },
  uk: { aws: "eu-west-2", gcp: "europe-west2" },
  au: { aws: "ap-southeast-2", gcp: "australia-southeast1" },
  ca: { aws: "ca-central-1", gcp: "northamerica-northeast1" },
};

/** What to tell of a key that is elsewhere than its datacenter's keys usually are; undefined if there is nothing to tell. */
export function regionWarning(descriptor: MasterKeyDescriptor): string | undefined {
  const usual = DATACENTER_REGIONS[descriptor.datacenter];
  switch (descriptor.provider) {
    case "aws-kms":
      return warning(descriptor.keyArn.split(":")[3], usual.aws, descriptor.datacenter);
    case "gcp-kms":
      return warning(GCP_KEY_NAME.exec(descriptor.keyName)?.[2], usual.gcp, descriptor.datacenter);
    case "azure-key-vault":
    case "local":
      return undefined;
  }
}

function warning(region: string | undefined, usual: string, datacenter: Datacenter): string | undefined {
  if (region === undefined || region === usual) return undefined;
  return `the key is in ${region}, and keys of datacenter ${datacenter} are usually in ${usual}: is that where the tenant wants it?`;
}
