/**
 * `aws:kms/getKey:getKey`: a key by id, ARN or alias, in any state. Source: terraform-provider-aws,
 * internal/service/kms/key_data_source.go; @pulumi/aws/kms/getKey.d.ts.
 *
 * @module
 */
import { failed } from "../resource-type.js";
import { type Properties, textOf } from "../values.js";
import { type AwsContext } from "./context.js";

/** Describes a key. */
export async function getKey({ kms, sdk, region }: AwsContext, args: Properties): Promise<Properties> {
  const keyId = textOf(args, "keyId") ?? "";
  const { KeyMetadata: key } = await kms.send(new sdk.DescribeKeyCommand({ KeyId: keyId })).catch((error: unknown) => {
    throw failed(`reading KMS Key (${keyId})`, error);
  });
  if (key === undefined) throw new Error(`reading KMS Key (${keyId}): the answer names no key`);
  const configuration = key.MultiRegionConfiguration;
  const place = (one: { Arn?: string | undefined; Region?: string | undefined } | undefined): Properties => ({ arn: one?.Arn ?? "", region: one?.Region ?? "" });
  return {
    arn: key.Arn ?? "",
    awsAccountId: key.AWSAccountId ?? "",
    cloudHsmClusterId: "",
    creationDate: key.CreationDate?.toISOString() ?? "",
    customKeyStoreId: "",
    customerMasterKeySpec: key.KeySpec ?? "",
    deletionDate: key.DeletionDate?.toISOString() ?? "",
    description: key.Description ?? "",
    enabled: key.Enabled ?? false,
    expirationModel: "",
    id: key.KeyId ?? "",
    keyId: key.KeyId ?? "",
    keyManager: key.KeyManager ?? "",
    keySpec: key.KeySpec ?? "",
    keyState: key.KeyState ?? "",
    keyUsage: key.KeyUsage ?? "",
    multiRegion: key.MultiRegion ?? false,
    multiRegionConfigurations:
      configuration === undefined
        ? []
        : [
            {
              multiRegionKeyType: configuration.MultiRegionKeyType ?? "",
              primaryKeys: [place(configuration.PrimaryKey)],
              replicaKeys: (configuration.ReplicaKeys ?? []).map(place),
            },
          ],
    origin: key.Origin ?? "",
    pendingDeletionWindowInDays: 0,
    region,
    validTo: "",
    xksKeyConfigurations: [],
  };
}
