/**
 * The master key descriptor: the public JSON that provisioning (`pulumi stack output masterKeys`) hands to the runtime.
 * It holds no secret, and it is the only place key ids may come from.
 *
 * @module
 */
import { z } from "zod";

/** The service's own region groups; the datacenter picks the cloud region of a key. */
export const DATACENTERS = ["usa", "eu", "uk", "au", "ca"] as const;

/** One of {@link DATACENTERS}. */
export type Datacenter = (typeof DATACENTERS)[number];

/** A tenant's id: 3 to 32 characters of `a-z`, `0-9` and `-`. */
export const TENANT_ID = /^[a-z0-9-]{3,32}$/;

/**
 * A full ARN of a KMS key, single-Region or multi-Region (`mrk-`). Aliases and bare key ids are refused: they resolve in
 * whichever account asks. Format: AWS Service Authorization Reference, "Actions, resources, and condition keys for AWS
 * Key Management Service", resource type `key`.
 */
export const AWS_KEY_ARN =
  /^arn:(aws|aws-us-gov|aws-cn):kms:[a-z]{2}(-[a-z]+)+-\d:\d{12}:key\/([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/;

/** Account of a full ARN: its fifth field. Source: AWS General Reference, "Amazon Resource Names (ARNs)". */
export function awsAccountOf(arn: string): string {
  return arn.split(":")[4] ?? "";
}

const common = {
  schema: z.literal(1),
  tenant: z.string().regex(TENANT_ID, "must be 3 to 32 characters of a-z, 0-9 and -"),
  datacenter: z.enum(DATACENTERS),
  grantedTo: z.string().min(1),
};

const awsKmsDescriptor = z.strictObject({
  ...common,
  provider: z.literal("aws-kms"),
  keyArn: z.string().regex(AWS_KEY_ARN, "must be the full ARN of a KMS key, not an alias or a bare key id"),
  replicaArns: z.array(z.string().regex(AWS_KEY_ARN, "must be the full ARN of a KMS key")).optional(),
  aliasName: z
    .string()
    .regex(/^alias\/[A-Za-z0-9/_-]{1,250}$/, "must look like alias/NAME"),
});

const localDescriptor = z.strictObject({
  ...common,
  provider: z.literal("local"),
  path: z.string().min(1),
});

/** Schema of one descriptor; unknown members are refused, so that a typo cannot pass as an option. */
export const masterKeyDescriptorSchema = z.discriminatedUnion("provider", [awsKmsDescriptor, localDescriptor]);

/** Schema of the stack output `masterKeys`: one or more descriptors. */
export const masterKeyDescriptorsSchema = z.array(masterKeyDescriptorSchema).min(1);

/** A key in AWS KMS. `grantedTo` is the ARN of the principal that the key policy names. */
export type AwsKmsDescriptor = z.infer<typeof awsKmsDescriptor>;

/** A key in a 0600 file: development and the service's own default, never a tenant's key in production. */
export type LocalDescriptor = z.infer<typeof localDescriptor>;

/** Any descriptor; branch on `provider`. */
export type MasterKeyDescriptor = z.infer<typeof masterKeyDescriptorSchema>;
