/**
 * What every cloud of the sandbox promises whoever encrypts with it and whoever owns the key: one table, each cloud's official
 * client. What the clouds do differently is a fact of theirs, written down beside their name.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { CreateKeyCommand, DecryptCommand, EncryptCommand } from "@aws-sdk/client-kms";

import { awsTenantCloud } from "../../sandbox/aws/tenant-cloud.js";
import { type TenantCloud } from "../../sandbox/cloud.js";
import { azureFixture, service as azureService } from "./azure/fixtures.js";
import { keyPolicy, sandboxFixture, SERVICE } from "./fixtures.js";
import { createKey as createGcpKey, enableCloudKms, gcpFixture, SERVICE as GCP_SERVICE, TENANT_PROJECT } from "./gcp/fixtures.js";

/** A ciphertext, with what the cloud says about who made it. */
interface Encrypted {
  readonly bytes: Uint8Array;
  /** Version that decrypts it, where the caller has to name it. */
  readonly version?: string;
}

/** A running cloud, used as the backup service. */
interface Cloud {
  readonly tenant: TenantCloud;
  /** Makes a key that the service may use; its id as in descriptors. */
  createKey(): Promise<string>;
  encrypt(keyId: string, plaintext: Uint8Array, context: string): Promise<Encrypted>;
  decrypt(keyId: string, encrypted: Encrypted, context: string): Promise<Uint8Array>;
  /** How the official client shows a refusal. */
  refusal(error: unknown): string;
  close(): Promise<void>;
}

/** What differs. */
interface Facts {
  readonly name: string;
  readonly start: () => Promise<Cloud>;
  /** False where ciphertexts know no additional data (RSA). */
  readonly bindsContext: boolean;
  /** True where a disabled key still encrypts. */
  readonly disabledEncrypts: boolean;
  /** Refusals as the official client shows them. */
  readonly disabled: string;
  readonly denied: string;
  readonly tampered: string;
  readonly otherKey: string;
  /** States of a key, in the cloud's own words. */
  readonly enabledState: string;
  readonly disabledState: string;
  /** Versions that the cloud shows after one rotation. */
  readonly versionsAfterRotation: number;
}

async function aws(): Promise<Cloud> {
  const fixture = await sandboxFixture();
  const { aws: cloud } = fixture.sandbox;
  const [tenant, service] = [fixture.client(cloud.deployer()), fixture.client(cloud.service())];
  return {
    tenant: awsTenantCloud(cloud),
    createKey: async () => {
      const grant = { Effect: "Allow", Principal: { AWS: SERVICE }, Action: ["kms:Encrypt", "kms:Decrypt"], Resource: "*" };
      return (await tenant.send(new CreateKeyCommand({ Policy: keyPolicy(grant) }))).KeyMetadata?.Arn ?? "";
    },
    encrypt: async (KeyId, Plaintext, context) => {
      const { CiphertextBlob } = await service.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext: { context } }));
      return { bytes: CiphertextBlob ?? new Uint8Array() };
    },
    decrypt: async (KeyId, { bytes }, context) => {
      const answer = await service.send(new DecryptCommand({ KeyId, CiphertextBlob: bytes, EncryptionContext: { context } }));
      return answer.Plaintext ?? new Uint8Array();
    },
    refusal: (error) => (error as Error).name,
    close: () => fixture.close(),
  };
}

async function gcp(): Promise<Cloud> {
  const fixture = await gcpFixture();
  await enableCloudKms(fixture, TENANT_PROJECT);
  const service = fixture.client("service");
  let made = 0;
  return {
    tenant: fixture.gcp.sandbox,
    createKey: () => createGcpKey(fixture, `key-${(made += 1)}`, { grant: [GCP_SERVICE] }),
    encrypt: async (name, plaintext, context) => {
      const [answer] = await service.encrypt({ name, plaintext, additionalAuthenticatedData: Buffer.from(context) });
      return { bytes: Buffer.from(answer.ciphertext ?? "") };
    },
    decrypt: async (name, { bytes }, context) => {
      const [answer] = await service.decrypt({ name, ciphertext: bytes, additionalAuthenticatedData: Buffer.from(context) });
      return Buffer.from(answer.plaintext ?? "");
    },
    refusal: (error) => String((error as { code: number }).code),
    close: () => fixture.close(),
  };
}

async function azure(): Promise<Cloud> {
  const fixture = await azureFixture();
  const { sandbox } = fixture.running;
  sandbox.createVault({ name: "acme-keys" });
  const { credential } = await azureService(fixture, "acme-keys", "encrypt", "decrypt");
  let made = 0;
  return {
    tenant: sandbox,
    createKey: async () => sandbox.createKey({ vault: "acme-keys", name: `key-${(made += 1)}` }).keyUri,
    encrypt: async (keyId, plaintext) => {
      const newest = sandbox.keys().find((key) => key.keyId === keyId)?.versions.find((one) => one.newest)?.version ?? "";
      const answer = await fixture.crypto(`${keyId}/${newest}`, credential).encrypt({ algorithm: "RSA-OAEP-256", plaintext });
      return { bytes: answer.result, version: newest };
    },
    decrypt: async (keyId, { bytes, version }) => {
      const client = fixture.crypto(`${keyId}/${version ?? ""}`, credential);
      return (await client.decrypt({ algorithm: "RSA-OAEP-256", ciphertext: bytes })).result;
    },
    refusal: (error) => {
      const { statusCode, details } = error as { statusCode: number; details?: { error?: { innerError?: { code: string } } } };
      return `${statusCode} ${details?.error?.innerError?.code ?? ""}`.trim();
    },
    close: () => fixture.close(),
  };
}

const CLOUDS: readonly Facts[] = [
  {
    name: "aws-kms",
    start: aws,
    bindsContext: true,
    disabledEncrypts: false,
    disabled: "DisabledException",
    denied: "AccessDeniedException",
    tampered: "InvalidCiphertextException",
    otherKey: "IncorrectKeyException",
    enabledState: "Enabled",
    disabledState: "Disabled",
    versionsAfterRotation: 0,
  },
  {
    name: "gcp-kms",
    start: gcp,
    bindsContext: true,
    disabledEncrypts: false,
    disabled: "9",
    denied: "7",
    tampered: "3",
    otherKey: "3",
    enabledState: "ENABLED",
    disabledState: "DISABLED",
    versionsAfterRotation: 2,
  },
  {
    name: "azure-key-vault",
    start: azure,
    bindsContext: false,
    disabledEncrypts: true,
    disabled: "403 KeyDisabled",
    denied: "403 AccessDenied",
    tampered: "400",
    // The version that the wrap names is none of the other key's.
    otherKey: "404",
    enabledState: "Enabled",
    disabledState: "Disabled",
    versionsAfterRotation: 2,
  },
];

describe.each(CLOUDS)("the sandbox's $name", (facts) => {
  const plaintext = Buffer.from("32 bytes: a share to be wrapped.");
  let cloud: Cloud;
  let keyId: string;
  let encrypted: Encrypted;

  beforeAll(async () => {
    cloud = await facts.start();
  });
  afterAll(() => cloud.close());
  beforeEach(async () => {
    keyId = await cloud.createKey();
    encrypted = await cloud.encrypt(keyId, plaintext, "a");
  });

  const opens = async (of: Encrypted, context = "a", id = keyId): Promise<string> =>
    cloud.decrypt(id, of, context).then(
      (opened) => (Buffer.compare(opened, plaintext) === 0 ? "opens" : "another plaintext"),
      (error: unknown) => cloud.refusal(error),
    );
  const encrypts = async (): Promise<string> =>
    cloud.encrypt(keyId, plaintext, "a").then(
      () => "encrypts",
      (error: unknown) => cloud.refusal(error),
    );
  const status = () => cloud.tenant.keys().find((key) => key.keyId === keyId);

  test("opens what it made, makes it anew each time, and names the key as descriptors do", async () => {
    const second = await cloud.encrypt(keyId, plaintext, "a");
    expect(Buffer.compare(second.bytes, encrypted.bytes)).not.toBe(0);
    expect([await opens(encrypted), await opens(second)]).toEqual(["opens", "opens"]);
    expect(status()).toMatchObject({ provider: facts.name, keyId, state: facts.enabledState, revoked: false });
    expect(status()?.grantedTo).toHaveLength(1);
  });

  test("another context, an altered ciphertext, another key", async () => {
    const altered = Uint8Array.from(encrypted.bytes);
    altered[altered.length - 1] = (altered[altered.length - 1] ?? 0) ^ 1;
    expect(await opens(encrypted, "b")).toBe(facts.bindsContext ? facts.tampered : "opens");
    expect((await opens({ ...encrypted, bytes: altered })).split(" ")[0]).toBe(facts.tampered);
    expect((await opens(encrypted, "a", await cloud.createKey())).split(" ")[0]).toBe(facts.otherKey);
  });

  test("disabled: decryption is refused at once, and restored as it was", async () => {
    expect(cloud.tenant.revoke(keyId, "disable")).toMatchObject({ state: facts.disabledState, revoked: true });
    expect(await opens(encrypted)).toBe(facts.disabled);
    expect(await encrypts()).toBe(facts.disabledEncrypts ? "encrypts" : facts.disabled);
    expect(cloud.tenant.restore(keyId)).toMatchObject({ state: facts.enabledState, revoked: false });
    expect([await opens(encrypted), await encrypts()]).toEqual(["opens", "encrypts"]);
  });

  test("a withdrawn grant: the service may do nothing, the key is as it was, and restored it may again", async () => {
    const before = status();
    expect(cloud.tenant.revoke(keyId, "grant")).toMatchObject({ state: facts.enabledState, grantedTo: [], revoked: true });
    expect([await opens(encrypted), await encrypts()]).toEqual([facts.denied, facts.denied]);
    cloud.tenant.restore(keyId);
    expect(status()).toEqual(before);
    expect([await opens(encrypted), await encrypts()]).toEqual(["opens", "encrypts"]);
  });

  test("rotated: the new version encrypts, the old one still decrypts", async () => {
    const { versions } = cloud.tenant.rotate(keyId);
    expect(versions).toHaveLength(facts.versionsAfterRotation);
    expect(versions.map(({ newest }) => newest)).toEqual(versions.map((_, index) => index === versions.length - 1));
    const newer = await cloud.encrypt(keyId, plaintext, "a");
    expect([await opens(encrypted), await opens(newer)]).toEqual(["opens", "opens"]);
    if (versions.length === 0) return;
    const [old] = versions;
    cloud.tenant.disableVersion(keyId, old?.version ?? "");
    expect([await opens(encrypted), await opens(newer)]).toEqual([facts.disabled, "opens"]);
  });

  test("acts on a key that is not there, and a restore of nothing, are refused and change nothing", () => {
    const before = cloud.tenant.keys();
    for (const act of [
      () => cloud.tenant.revoke("nowhere", "disable"),
      () => cloud.tenant.rotate("nowhere"),
      () => cloud.tenant.restore(keyId),
    ]) {
      expect(act).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    }
    expect(cloud.tenant.keys()).toEqual(before);
  });
});
