/**
 * Requests as operations read them: the messages of google/cloud/kms/v1/service.proto and google/iam/v1/iam_policy.proto
 * in the form that @grpc/proto-loader gives them (camel case, 64-bit integers as text, enums by name, bytes as Uint8Array,
 * absent messages as null). Members that an operation does not read are left out here and refused by it if they are set.
 *
 * @module
 */

/** google.protobuf.Int64Value. */
export interface Int64Value {
  readonly value: string | number;
}
/** google.protobuf.Timestamp and google.protobuf.Duration have the same members. */
export interface Seconds {
  readonly seconds: string | number;
  readonly nanos?: number | undefined;
}
/** google.protobuf.FieldMask, paths in snake case. */
export interface FieldMask {
  readonly paths: readonly string[];
}

/** A message that names one resource. */
export interface NamedRequest {
  readonly name: string;
}

/** EncryptRequest. */
export interface EncryptRequest {
  readonly name: string;
  readonly plaintext: Uint8Array;
  readonly additionalAuthenticatedData?: Uint8Array | undefined;
  readonly plaintextCrc32c?: Int64Value | null | undefined;
  readonly additionalAuthenticatedDataCrc32c?: Int64Value | null | undefined;
}

/** DecryptRequest. */
export interface DecryptRequest {
  readonly name: string;
  readonly ciphertext: Uint8Array;
  readonly additionalAuthenticatedData?: Uint8Array | undefined;
  readonly ciphertextCrc32c?: Int64Value | null | undefined;
  readonly additionalAuthenticatedDataCrc32c?: Int64Value | null | undefined;
}

/** ListKeyRingsRequest, ListCryptoKeysRequest, ListCryptoKeyVersionsRequest. */
export interface ListRequest {
  readonly parent: string;
  readonly pageSize?: number | undefined;
  readonly pageToken?: string | undefined;
  readonly filter?: string | undefined;
  readonly orderBy?: string | undefined;
}

/** CreateKeyRingRequest. */
export interface CreateKeyRingRequest {
  readonly parent: string;
  readonly keyRingId: string;
}

/** CryptoKey, of what a caller may set. */
export interface CryptoKeyMessage {
  readonly name?: string | undefined;
  readonly purpose?: string | undefined;
  readonly nextRotationTime?: Seconds | null | undefined;
  readonly rotationPeriod?: Seconds | null | undefined;
  readonly versionTemplate?: { readonly protectionLevel?: string | undefined; readonly algorithm?: string | undefined } | null | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly destroyScheduledDuration?: Seconds | null | undefined;
  readonly importOnly?: boolean | undefined;
  readonly cryptoKeyBackend?: string | undefined;
  readonly keyAccessJustificationsPolicy?: object | null | undefined;
}

/** CreateCryptoKeyRequest. */
export interface CreateCryptoKeyRequest {
  readonly parent: string;
  readonly cryptoKeyId: string;
  readonly cryptoKey?: CryptoKeyMessage | null | undefined;
  readonly skipInitialVersionCreation?: boolean | undefined;
}

/** UpdateCryptoKeyRequest. */
export interface UpdateCryptoKeyRequest {
  readonly cryptoKey: CryptoKeyMessage;
  readonly updateMask: FieldMask;
}

/** CreateCryptoKeyVersionRequest. */
export interface CreateCryptoKeyVersionRequest {
  readonly parent: string;
  readonly cryptoKeyVersion?: { readonly state?: string | undefined } | null | undefined;
}

/** UpdateCryptoKeyVersionRequest. */
export interface UpdateCryptoKeyVersionRequest {
  readonly cryptoKeyVersion: { readonly name?: string | undefined; readonly state?: string | undefined };
  readonly updateMask: FieldMask;
}

/** UpdateCryptoKeyPrimaryVersionRequest. */
export interface UpdateCryptoKeyPrimaryVersionRequest {
  readonly name: string;
  readonly cryptoKeyVersionId: string;
}

/** google.iam.v1.Policy. */
export interface PolicyMessage {
  readonly version?: number | undefined;
  readonly bindings?:
    | readonly { readonly role: string; readonly members: readonly string[]; readonly condition?: object | null | undefined }[]
    | undefined;
  readonly auditConfigs?: readonly object[] | undefined;
  readonly etag?: Uint8Array | undefined;
}

/** GetIamPolicyRequest. */
export interface GetIamPolicyRequest {
  readonly resource: string;
}

/** SetIamPolicyRequest. */
export interface SetIamPolicyRequest {
  readonly resource: string;
  readonly policy?: PolicyMessage | null | undefined;
  readonly updateMask?: FieldMask | null | undefined;
}

/** TestIamPermissionsRequest. */
export interface TestIamPermissionsRequest {
  readonly resource: string;
  readonly permissions: readonly string[];
}
