import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import {
  CancelKeyDeletionCommand, CreateAliasCommand, CreateKeyCommand, DecryptCommand, DeleteAliasCommand, DescribeKeyCommand,
  DisableKeyCommand, EnableKeyCommand, EnableKeyRotationCommand, EncryptCommand, GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand, GetKeyPolicyCommand, GetKeyRotationStatusCommand, type KMSClient,
  ListAliasesCommand, ListKeyRotationsCommand, ListKeysCommand, ListResourceTagsCommand, paginateListKeys,
  PutKeyPolicyCommand, ReEncryptCommand, RotateKeyOnDemandCommand, ScheduleKeyDeletionCommand, TagResourceCommand,
  UntagResourceCommand, UpdateAliasCommand, UpdateKeyDescriptionCommand,
} from "@aws-sdk/client-kms";

import { type Fixture, keyPolicy, refusal, sandboxFixture, SERVICE, TENANT } from "../fixtures.js";

let fixture: Fixture;
let tenant: KMSClient;
let service: KMSClient;
/** A fresh key per test. */
let id: string;
let arn: string;

const SERVICE_ARN = `arn:aws:sts::${SERVICE}:assumed-role/backup-service/backup`;
const GRANT = {
  Sid: "Use",
  Effect: "Allow",
  Principal: { AWS: `arn:aws:iam::${SERVICE}:root` },
  Action: ["kms:Encrypt", "kms:Decrypt"],
  Resource: "*",
  Condition: { StringEquals: { "kms:EncryptionContext:byok:tenant": "acme" } },
};
const ACME = { "byok:tenant": "acme", "byok:secret": "s1" };
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

beforeAll(async () => {
  fixture = await sandboxFixture();
  tenant = fixture.client(fixture.sandbox.aws.deployer());
  service = fixture.client(fixture.sandbox.aws.service());
});
afterAll(() => fixture.close());
beforeEach(async () => {
  const { KeyMetadata } = await tenant.send(new CreateKeyCommand({ Policy: keyPolicy(GRANT) }));
  id = KeyMetadata?.KeyId ?? "";
  arn = KeyMetadata?.Arn ?? "";
});

const encrypt = async (client = tenant, context: Record<string, string> = ACME, key = arn): Promise<Uint8Array> =>
  (await client.send(new EncryptCommand({ KeyId: key, Plaintext: Buffer.from("share"), EncryptionContext: context }))).CiphertextBlob ?? new Uint8Array();
const decrypt = async (blob: Uint8Array, client = tenant, context: Record<string, string> = ACME, key: string | undefined = arn): Promise<string> =>
  text((await client.send(new DecryptCommand({ KeyId: key, CiphertextBlob: blob, EncryptionContext: context }))).Plaintext);

describe("keys", () => {
  test("a key is described as KMS does", async () => {
    const { KeyMetadata } = await tenant.send(new DescribeKeyCommand({ KeyId: id }));
    expect(KeyMetadata).toMatchObject({
      AWSAccountId: TENANT, KeyId: id, Arn: `arn:aws:kms:eu-central-1:${TENANT}:key/${id}`, Enabled: true, Description: "",
      KeyUsage: "ENCRYPT_DECRYPT", KeyState: "Enabled", Origin: "AWS_KMS", KeyManager: "CUSTOMER", KeySpec: "SYMMETRIC_DEFAULT",
      EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"], MultiRegion: false, CreationDate: new Date("2026-11-24T00:00:00Z"),
    });
    expect(KeyMetadata?.CurrentKeyMaterialId).toMatch(/^[0-9a-f]{64}$/);
  });

  test("description and tags are changed and listed", async () => {
    await tenant.send(new UpdateKeyDescriptionCommand({ KeyId: id, Description: "new" }));
    await tenant.send(new TagResourceCommand({ KeyId: id, Tags: [{ TagKey: "a", TagValue: "1" }, { TagKey: "b", TagValue: "2" }] }));
    await tenant.send(new UntagResourceCommand({ KeyId: id, TagKeys: ["a"] }));
    expect((await tenant.send(new DescribeKeyCommand({ KeyId: id }))).KeyMetadata?.Description).toBe("new");
    expect((await tenant.send(new ListResourceTagsCommand({ KeyId: id }))).Tags).toEqual([{ TagKey: "b", TagValue: "2" }]);
  });

  test("lists come in pages", async () => {
    await tenant.send(new CreateKeyCommand({}));
    const all = (await tenant.send(new ListKeysCommand({}))).Keys ?? [];
    const paged = [];
    for await (const page of paginateListKeys({ client: tenant, pageSize: 1 }, {})) paged.push(...(page.Keys ?? []));
    expect(paged).toEqual(all);
    expect(all.length).toBeGreaterThan(1);
  });

  test("a key exists in its Region and account only", async () => {
    const elsewhere = fixture.client(fixture.sandbox.aws.deployer(), "us-east-2");
    await expect(refusal(elsewhere.send(new DescribeKeyCommand({ KeyId: id })))).resolves.toEqual({
      name: "NotFoundException", message: `Key 'arn:aws:kms:us-east-2:${TENANT}:key/${id}' does not exist`, status: 400,
    });
    await expect(refusal(elsewhere.send(new DescribeKeyCommand({ KeyId: arn })))).resolves.toMatchObject({
      name: "NotFoundException", message: "Invalid arn eu-central-1",
    });
    await expect(refusal(service.send(new DescribeKeyCommand({ KeyId: id })))).resolves.toMatchObject({
      name: "NotFoundException", message: `Key 'arn:aws:kms:eu-central-1:${SERVICE}:key/${id}' does not exist`,
    });
  });

  test.each([
    ["a spec that is none", { KeySpec: "RSA_1024" as "RSA_2048" }, "ValidationException", "1 validation error detected: Value 'RSA_1024' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: [SYMMETRIC_DEFAULT, RSA_2048, RSA_3072, RSA_4096, HMAC_256, ECC_NIST_P256]"],
    ["no JSON", { Policy: "{" }, "MalformedPolicyDocumentException", "Policy is not valid JSON."],
    ["unknown account", { Policy: keyPolicy({ ...GRANT, Principal: { AWS: "999999999999" } }) }, "MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals."],
    ["unknown role", { Policy: keyPolicy({ ...GRANT, Principal: { AWS: `arn:aws:iam::${SERVICE}:role/nobody` } }) }, "MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals."],
    ["lockout", { Policy: JSON.stringify({ Statement: [GRANT] }) }, "MalformedPolicyDocumentException", "The new key policy will not allow you to update the key policy in the future."],
  ])("creation refused: %s", async (_, input, name, message) => {
    const before = fixture.sandbox.aws.status().keys.length;
    await expect(refusal(tenant.send(new CreateKeyCommand(input)))).resolves.toEqual({ name, message, status: 400 });
    expect(fixture.sandbox.aws.status().keys).toHaveLength(before);
  });

  test("the lockout check can be bypassed, and then it is a lockout", async () => {
    const Policy = JSON.stringify({ Statement: [GRANT] });
    const { KeyMetadata } = await tenant.send(new CreateKeyCommand({ Policy, BypassPolicyLockoutSafetyCheck: true }));
    await expect(refusal(tenant.send(new GetKeyPolicyCommand({ KeyId: KeyMetadata?.KeyId })))).resolves.toMatchObject({
      name: "AccessDeniedException",
      message: `User: arn:aws:sts::${TENANT}:assumed-role/deployer/pulumi is not authorized to perform: kms:GetKeyPolicy on resource: ${KeyMetadata?.Arn ?? ""} because no resource-based policy allows the kms:GetKeyPolicy action`,
    });
  });
});

describe("encryption", () => {
  test("round trip, with and without KeyId, by alias", async () => {
    await tenant.send(new CreateAliasCommand({ AliasName: "alias/round", TargetKeyId: id }));
    const blob = await encrypt(tenant, ACME, "alias/round");
    await expect(decrypt(blob)).resolves.toBe("share");
    const answer = await tenant.send(new DecryptCommand({ CiphertextBlob: blob, EncryptionContext: { "byok:secret": "s1", "byok:tenant": "acme" } }));
    expect(answer).toMatchObject({ KeyId: arn, EncryptionAlgorithm: "SYMMETRIC_DEFAULT" });
    await tenant.send(new DeleteAliasCommand({ AliasName: "alias/round" }));
  });

  test.each<[string, Record<string, string>]>([
    ["another value", { ...ACME, "byok:secret": "s2" }],
    ["a pair less", { "byok:tenant": "acme" }],
    ["a pair more", { ...ACME, more: "" }],
    ["another case", { "byok:tenant": "acme", "byok:Secret": "s1" }],
    ["none", {}],
  ])("another encryption context is InvalidCiphertextException: %s", async (_, context) => {
    const blob = await encrypt();
    // The SDK fills in its own text where KMS sends none.
    await expect(refusal(decrypt(blob, tenant, context))).resolves.toEqual({ name: "InvalidCiphertextException", message: "UnknownError", status: 400 });
  });

  test("every flipped byte and every cut is InvalidCiphertextException, with and without KeyId", async () => {
    const blob = await encrypt();
    const damaged = [...blob.keys()].map((at) => blob.map((byte, index) => (index === at ? byte ^ 1 : byte)));
    damaged.push(blob.slice(0, -1), blob.slice(0, 20), Uint8Array.from([...blob, 0]));
    const names = await Promise.all(
      damaged.flatMap((one) => [
        refusal(decrypt(one)),
        refusal(tenant.send(new DecryptCommand({ CiphertextBlob: one, EncryptionContext: ACME }))),
      ]),
    );
    expect(new Set(names.map(({ name }) => name))).toEqual(new Set(["InvalidCiphertextException"]));
  });

  test("another key's blob is IncorrectKeyException", async () => {
    const other = (await tenant.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? "";
    const blob = await encrypt();
    await expect(refusal(decrypt(blob, tenant, ACME, other))).resolves.toEqual({
      name: "IncorrectKeyException", message: "The key ID in the request does not identify a CMK that can perform this operation.", status: 400,
    });
  });

  test("4,096 bytes fit, one more does not", async () => {
    const send = (length: number): Promise<unknown> => tenant.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.alloc(length, 1) }));
    await expect(send(4096)).resolves.toBeDefined();
    await expect(refusal(send(4097))).resolves.toEqual({
      name: "ValidationException", status: 400,
      message: "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
    });
  });

  test("data keys and ReEncrypt", async () => {
    const { Plaintext, CiphertextBlob } = await tenant.send(new GenerateDataKeyCommand({ KeyId: id, KeySpec: "AES_256" }));
    expect(Plaintext).toHaveLength(32);
    const hidden = await tenant.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId: id, NumberOfBytes: 64 }));
    expect(hidden).not.toHaveProperty("Plaintext");
    const other = (await tenant.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? "";
    const moved = await tenant.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: other, DestinationEncryptionContext: { n: "1" } }));
    expect(moved).toMatchObject({ SourceKeyId: arn, KeyId: other });
    const opened = await tenant.send(new DecryptCommand({ CiphertextBlob: moved.CiphertextBlob, EncryptionContext: { n: "1" } }));
    expect(opened.Plaintext).toEqual(Plaintext);
  });

  test("a dry run checks everything and does nothing", async () => {
    const dry = (client: KMSClient): Promise<unknown> => client.send(new EncryptCommand({ KeyId: arn, Plaintext: Buffer.from("x"), EncryptionContext: {}, DryRun: true }));
    await expect(refusal(dry(tenant))).resolves.toMatchObject({ name: "DryRunOperationException" });
    await expect(refusal(dry(service))).resolves.toMatchObject({ name: "AccessDeniedException" });
  });

  test("200 calls at once all come back with their own plaintext", async () => {
    const numbers = Array.from({ length: 200 }, (_, index) => String(index));
    const opened = await Promise.all(
      numbers.map(async (number) => {
        const { CiphertextBlob } = await tenant.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from(number) }));
        return text((await tenant.send(new DecryptCommand({ CiphertextBlob }))).Plaintext);
      }),
    );
    expect(opened).toEqual(numbers);
  });
});

describe("the service's access", () => {
  const unseen = (action: string): string =>
    `User: ${SERVICE_ARN} is not authorized to perform: ${action} on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`;

  test("the grant is good for its encryption context only", async () => {
    const blob = await encrypt(service);
    await expect(decrypt(blob, service)).resolves.toBe("share");
    await expect(refusal(encrypt(service, { "byok:tenant": "globex" }))).resolves.toEqual({ name: "AccessDeniedException", message: unseen("kms:Encrypt"), status: 400 });
    await expect(refusal(decrypt(blob, service, { "byok:tenant": "globex" }))).resolves.toMatchObject({ message: unseen("kms:Decrypt") });
    await expect(refusal(service.send(new DescribeKeyCommand({ KeyId: arn })))).resolves.toMatchObject({ message: unseen("kms:DescribeKey") });
  });

  test("without an identity policy the grant is not enough", async () => {
    const other = fixture.client(fixture.sandbox.aws.identity("service-without-kms"));
    await expect(refusal(encrypt(other))).resolves.toMatchObject({
      name: "AccessDeniedException",
      message: `User: arn:aws:sts::${SERVICE}:assumed-role/backup-service-without-kms/backup is not authorized to perform: kms:Encrypt on resource: ${arn} because no identity-based policy allows the kms:Encrypt action`,
    });
  });

  test("a key that does not exist looks like one that is not shared", async () => {
    const gone = arn.replace(id, "00000000-0000-0000-0000-000000000000");
    await expect(refusal(encrypt(service, ACME, gone))).resolves.toMatchObject({ name: "AccessDeniedException", message: unseen("kms:Encrypt") });
  });

  test("without KeyId the denial names the ciphertext", async () => {
    const blob = await encrypt(tenant, {});
    await expect(refusal(service.send(new DecryptCommand({ CiphertextBlob: blob })))).resolves.toMatchObject({
      message: unseen("kms:Decrypt").replace("on this resource", "on the resource associated with this ciphertext"),
    });
  });

  test("management of another account's key is not offered", async () => {
    await tenant.send(new PutKeyPolicyCommand({ KeyId: id, Policy: keyPolicy({ ...GRANT, Action: "kms:*", Condition: undefined }) }));
    await expect(refusal(service.send(new DisableKeyCommand({ KeyId: arn })))).resolves.toMatchObject({ name: "AccessDeniedException" });
    await expect(service.send(new DescribeKeyCommand({ KeyId: arn }))).resolves.toMatchObject({ KeyMetadata: { KeyId: id } });
  });

  test("an explicit deny within the account says so", async () => {
    const deny = { Effect: "Deny", Principal: "*", Action: "kms:Encrypt", Resource: "*" };
    await tenant.send(new PutKeyPolicyCommand({ KeyId: id, Policy: keyPolicy(deny) }));
    await expect(refusal(encrypt())).resolves.toMatchObject({
      message: `User: arn:aws:sts::${TENANT}:assumed-role/deployer/pulumi is not authorized to perform: kms:Encrypt on resource: ${arn} with an explicit deny in a resource-based policy`,
    });
  });
});

describe("states", () => {
  const disabled = { name: "DisabledException", status: 400 };
  const pending = { name: "KMSInvalidStateException", status: 400 };

  test("a disabled key neither encrypts nor decrypts until it is enabled", async () => {
    const blob = await encrypt();
    await tenant.send(new DisableKeyCommand({ KeyId: id }));
    for (const call of [encrypt(), decrypt(blob), encrypt(service)]) {
      await expect(refusal(call)).resolves.toEqual({ ...disabled, message: `${arn} is disabled.` });
    }
    await expect(refusal(tenant.send(new EnableKeyRotationCommand({ KeyId: id })))).resolves.toMatchObject(disabled);
    await expect(refusal(tenant.send(new RotateKeyOnDemandCommand({ KeyId: id })))).resolves.toMatchObject(disabled);
    await tenant.send(new EnableKeyCommand({ KeyId: id }));
    await expect(decrypt(blob, service)).resolves.toBe("share");
  });

  test("deletion: pending, cancelled (then disabled), and carried out with the aliases", async () => {
    const blob = await encrypt();
    await tenant.send(new CreateAliasCommand({ AliasName: "alias/doomed", TargetKeyId: id }));
    const scheduled = await tenant.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    expect(scheduled).toMatchObject({ KeyId: arn, KeyState: "PendingDeletion", PendingWindowInDays: 7 });
    for (const call of [decrypt(blob), tenant.send(new EnableKeyCommand({ KeyId: id })), tenant.send(new ScheduleKeyDeletionCommand({ KeyId: id }))]) {
      await expect(refusal(call)).resolves.toEqual({ ...pending, message: `${arn} is pending deletion.` });
    }
    await tenant.send(new CancelKeyDeletionCommand({ KeyId: id }));
    await expect(refusal(decrypt(blob))).resolves.toMatchObject(disabled);
    await expect(refusal(tenant.send(new CancelKeyDeletionCommand({ KeyId: id })))).resolves.toEqual({ ...pending, message: `${arn} is not pending deletion.` });

    await tenant.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    fixture.advance(6.9);
    await expect(tenant.send(new DescribeKeyCommand({ KeyId: id }))).resolves.toMatchObject({ KeyMetadata: { KeyState: "PendingDeletion" } });
    fixture.advance(0.2);
    await expect(refusal(tenant.send(new DescribeKeyCommand({ KeyId: id })))).resolves.toEqual({ name: "NotFoundException", message: `Key '${arn}' does not exist`, status: 400 });
    await expect(refusal(tenant.send(new DescribeKeyCommand({ KeyId: "alias/doomed" })))).resolves.toMatchObject({
      name: "NotFoundException", message: `Alias arn:aws:kms:eu-central-1:${TENANT}:alias/doomed is not found.`,
    });
    await expect(refusal(decrypt(blob, service))).resolves.toMatchObject({ name: "AccessDeniedException" });
  });

  test.each([6, 31])("a window of %i days is refused", async (days) => {
    await expect(refusal(tenant.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: days })))).resolves.toMatchObject({ name: "ValidationException" });
  });
});

describe("rotation", () => {
  test("everything opens after rotations on demand and by the calendar", async () => {
    const blobs = [await encrypt()];
    await tenant.send(new RotateKeyOnDemandCommand({ KeyId: id }));
    blobs.push(await encrypt());
    await tenant.send(new EnableKeyRotationCommand({ KeyId: id }));
    const status = await tenant.send(new GetKeyRotationStatusCommand({ KeyId: id }));
    expect(status).toMatchObject({ KeyId: arn, KeyRotationEnabled: true, RotationPeriodInDays: 365 });
    fixture.advance(364);
    expect((await tenant.send(new ListKeyRotationsCommand({ KeyId: id }))).Rotations).toHaveLength(1);
    fixture.advance(2);
    blobs.push(await encrypt());
    const { Rotations } = await tenant.send(new ListKeyRotationsCommand({ KeyId: id }));
    expect(Rotations?.map((rotation) => rotation.RotationType)).toEqual(["ON_DEMAND", "AUTOMATIC"]);
    expect(Rotations?.[1]?.RotationDate).toEqual(status.NextRotationDate);
    for (const blob of blobs) await expect(decrypt(blob)).resolves.toBe("share");
    const versions = await Promise.all(blobs.map(async (blob) => (await tenant.send(new DecryptCommand({ CiphertextBlob: blob, EncryptionContext: ACME }))).KeyMaterialId));
    expect(new Set(versions).size).toBe(3);
  });

  test("a disabled key is rotated once it is enabled", async () => {
    await tenant.send(new EnableKeyRotationCommand({ KeyId: id, RotationPeriodInDays: 90 }));
    await tenant.send(new DisableKeyCommand({ KeyId: id }));
    fixture.advance(200);
    expect((await tenant.send(new ListKeyRotationsCommand({ KeyId: id }))).Rotations).toEqual([]);
    await tenant.send(new EnableKeyCommand({ KeyId: id }));
    expect((await tenant.send(new ListKeyRotationsCommand({ KeyId: id }))).Rotations).toHaveLength(1);
  });

  test.each([89, 2561])("a period of %i days is refused", async (days) => {
    await expect(refusal(tenant.send(new EnableKeyRotationCommand({ KeyId: id, RotationPeriodInDays: days })))).resolves.toMatchObject({ name: "ValidationException" });
  });
});

describe("aliases", () => {
  test("made, moved, listed, removed", async () => {
    const other = (await tenant.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId ?? "";
    await tenant.send(new CreateAliasCommand({ AliasName: "alias/moving", TargetKeyId: id }));
    await expect(refusal(tenant.send(new CreateAliasCommand({ AliasName: "alias/moving", TargetKeyId: other })))).resolves.toEqual({
      name: "AlreadyExistsException", message: `An alias with the name arn:aws:kms:eu-central-1:${TENANT}:alias/moving already exists`, status: 400,
    });
    await tenant.send(new UpdateAliasCommand({ AliasName: "alias/moving", TargetKeyId: other }));
    expect((await tenant.send(new ListAliasesCommand({ KeyId: other }))).Aliases).toMatchObject([{ AliasName: "alias/moving", TargetKeyId: other }]);
    await tenant.send(new DeleteAliasCommand({ AliasName: "alias/moving" }));
    expect((await tenant.send(new ListAliasesCommand({ KeyId: other }))).Aliases).toEqual([]);
  });

  test("an alias resolves in the caller's account", async () => {
    await tenant.send(new CreateAliasCommand({ AliasName: "alias/mine", TargetKeyId: id }));
    await expect(refusal(encrypt(service, ACME, "alias/mine"))).resolves.toMatchObject({
      name: "NotFoundException", message: `Alias arn:aws:kms:eu-central-1:${SERVICE}:alias/mine is not found.`,
    });
    await expect(encrypt(service, ACME, `arn:aws:kms:eu-central-1:${TENANT}:alias/mine`)).resolves.toBeInstanceOf(Uint8Array);
    await expect(refusal(tenant.send(new DisableKeyCommand({ KeyId: "alias/mine" })))).resolves.toMatchObject({ message: "Invalid keyId 'alias/mine'" });
  });

  test("names need their prefix", async () => {
    await expect(refusal(tenant.send(new CreateAliasCommand({ AliasName: "bare", TargetKeyId: id })))).resolves.toMatchObject({
      message: 'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    });
  });
});

describe("faults and the audit log", () => {
  test.each([
    ["ThrottlingException", 400],
    ["KMSInternalException", 500],
    ["DependencyTimeoutException", 503],
  ] as const)("%s strikes as often as told, and only whom it is meant for", async (error, status) => {
    fixture.sandbox.aws.injectFault({ operation: "Encrypt", principal: SERVICE_ARN, error, times: 1 });
    await expect(encrypt(tenant)).resolves.toBeDefined();
    await expect(refusal(encrypt(service))).resolves.toMatchObject({ name: error, status });
    await expect(encrypt(service)).resolves.toBeDefined();
  });

  test("calls are logged with principal, key, context and outcome", async () => {
    fixture.sandbox.aws.clearCalls();
    await encrypt(service);
    await refusal(encrypt(service, {}));
    expect(fixture.sandbox.aws.calls()).toEqual([
      { time: expect.any(String), operation: "Encrypt", region: "eu-central-1", principal: SERVICE_ARN, keyArn: arn, encryptionContext: ACME, outcome: "ok" },
      { time: expect.any(String), operation: "Encrypt", region: "eu-central-1", principal: SERVICE_ARN, keyArn: arn, encryptionContext: {}, outcome: "AccessDeniedException" },
    ]);
  });
});
