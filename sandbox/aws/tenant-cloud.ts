/**
 * AWS behind the face that every cloud of the sandbox has.
 *
 * @module
 */
import { ByokError } from "../../runtime/master-key/errors.js";
import { type CloudKeyStatus, type TenantCloud } from "../cloud.js";
import { type AwsSandbox } from "./sandbox.js";
import { type KeyStatus } from "./tenant.js";

/** The tenant's acts on AWS. */
export function awsTenantCloud(aws: AwsSandbox): TenantCloud {
  return {
    provider: "aws-kms",
    keys: () => aws.status().keys.map(cloudStatus),
    revoke: (keyArn, by) => cloudStatus(aws.revoke({ keyArn, by })),
    restore: (keyArn) => cloudStatus(aws.restore({ keyArn })),
    rotate: (keyArn) => cloudStatus(aws.rotate({ keyArn })),
    scheduleDeletion: (keyArn, days) => cloudStatus(aws.scheduleDeletion({ keyArn, days })),
    disableVersion: (keyArn) => {
      throw noVersions(keyArn);
    },
    destroyVersion: (keyArn) => {
      throw noVersions(keyArn);
    },
  };
}

function cloudStatus(key: KeyStatus): CloudKeyStatus {
  return {
    provider: "aws-kms",
    keyId: key.keyArn,
    state: key.state,
    ...(key.deletionDate === undefined ? {} : { deletionDate: key.deletionDate }),
    grantedTo: key.grantedTo,
    versions: [],
    revoked: key.revoked,
    notes: [
      ...key.aliases,
      `${key.materials} version(s) of key material`,
      ...(key.nextRotation === undefined ? [] : [`next rotation ${key.nextRotation}`]),
    ],
  };
}

/** AWS KMS Developer Guide, "Rotating AWS KMS keys": material is kept until the key is deleted, and has no state of its own. */
function noVersions(keyArn: string): ByokError {
  return new ByokError(
    "CONFIG_INVALID",
    `AWS keeps all material of a key until the key itself is deleted: no version of ${keyArn} can be taken out. Revoke the key, or schedule its deletion.`,
    { provider: "aws-kms", keyId: keyArn },
  );
}
