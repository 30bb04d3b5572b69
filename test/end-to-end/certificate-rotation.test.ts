/**
 * A certificate is rotated while a service backs up: the sealed documents, the Encryptor, Azure's SDKs and the sandbox's Entra
 * together. Streams that run go on, new operations and new processes find a way in at every stage.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "@jest/globals";

import {
  createApplicationCredentials,
  createLocalKeyFile,
  createSecret,
  Encryptor,
  listApplicationCredentials,
  type MasterKey,
  openApplicationCredentials,
  openServiceKey,
  rotateApplicationCredentials,
  type SealedApplicationCredentials,
  type SealedSecret,
} from "../../runtime/index.js";
import { type AzureKeyVaultDescriptor } from "../../runtime/master-key/descriptor.js";
import { startTestAzureSandbox, type TestAzureSandbox } from "../runtime/azure-sandbox.js";

const SEGMENT = 1 << 20;
const SEGMENTS = 6;
/** Every operation asks the vault. */
const NO_CACHE = { ttl: 0, outageGrace: 0 };

let folder: string;
let sandbox: TestAzureSandbox;
let serviceKey: MasterKey;
let documents: { readonly before: SealedApplicationCredentials; readonly after: SealedApplicationCredentials };
/** What the service has at the moment; a running process reads it anew at each sign-in. */
let current: SealedApplicationCredentials;
let descriptor: AzureKeyVaultDescriptor;
let sealedSecret: SealedSecret;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "byok-rotation-"));
  sandbox = await startTestAzureSandbox(folder);
  const file = join(folder, "service.key");
  await createLocalKeyFile(file);
  serviceKey = await openServiceKey({ file }, { mode: "development" });
  const before = await createApplicationCredentials({ tenant: "acme", serviceKey });
  documents = { before, after: await rotateApplicationCredentials({ sealed: before, serviceKey }) };
  current = before;
  // The tenant has registered both, as its stack does in the middle of a rotation; the descriptor names the old one.
  descriptor = await sandbox.createKey("acme", { certificates: await openApplicationCredentials(documents.after, serviceKey) });
  sealedSecret = await createSecret({ tenant: "acme", ...access() });
}, 60_000);

afterAll(async () => {
  await serviceKey.close();
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

function access(masterKey = descriptor) {
  return {
    masterKeys: [masterKey],
    serviceKey: { file: join(folder, "service.key") },
    applicationCredentials: () => [current],
    endpoints: sandbox.endpoints,
    mode: "development" as const,
  };
}

const openEncryptor = (masterKey = descriptor): Promise<Encryptor> =>
  Encryptor.open({ ...access(masterKey), sealedSecret, cache: NO_CACHE });

/** Backs up and restores, as a new operation. */
async function works(encryptor: Encryptor): Promise<boolean> {
  const { ciphertext } = await encryptor.encrypt(Buffer.from("new"), { resource: "r" });
  return Buffer.from(await encryptor.decrypt(ciphertext)).toString() === "new";
}

/** A backup that waits before each of its segments until it is let go on. */
async function slowBackup(
  encryptor: Encryptor,
): Promise<{ readonly step: () => Promise<void>; readonly finish: () => Promise<Buffer> }> {
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < SEGMENTS; index += 1) yield Buffer.alloc(SEGMENT, index);
  }
  const { stream } = await encryptor.encryptStream(source(), { resource: "slow" });
  const chunks: Uint8Array[] = [];
  const step = async (): Promise<void> => {
    const next = await stream.next();
    if (next.done !== true) chunks.push(next.value);
  };
  return {
    step,
    finish: async () => {
      for await (const chunk of stream) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
  };
}

test("old, both, new: running streams finish, and every stage lets new operations and new processes in", async () => {
  const [old, next] = listApplicationCredentials(documents.after).map(({ thumbprint }) => thumbprint);
  expect(listApplicationCredentials(documents.before).map(({ thumbprint }) => thumbprint)).toEqual([old]);
  expect(descriptor.certificateThumbprint).toBe(old);
  const service = await openEncryptor();
  const backups = await Promise.all(Array.from({ length: 3 }, () => slowBackup(service)));
  const all = async (): Promise<void> => {
    await Promise.all(backups.map(({ step }) => step()));
  };
  await all();

  // The service has the second certificate; the tenant's stack names it from now on.
  current = documents.after;
  const renamed = { ...descriptor, certificateThumbprint: next ?? "" };
  await all();
  expect(await works(service)).toBe(true);
  const [withOldDescriptor, withNewDescriptor] = [await openEncryptor(), await openEncryptor(renamed)];
  expect(await Promise.all([works(withOldDescriptor), works(withNewDescriptor)])).toEqual([true, true]);

  // The old one leaves the directory. Who still has the old descriptor is let in by the other certificate.
  sandbox.azure.removeCertificate({ clientId: descriptor.clientId, thumbprint: old });
  await all();
  expect(await works(service)).toBe(true);
  const [late, latest] = [await openEncryptor(), await openEncryptor(renamed)];
  expect(await Promise.all([works(late), works(latest)])).toEqual([true, true]);

  const expected = Buffer.concat(Array.from({ length: SEGMENTS }, (_, index) => Buffer.alloc(SEGMENT, index)));
  for (const { finish } of backups) {
    const restored = await latest.decrypt(await finish(), { resource: "slow" });
    expect(Buffer.compare(restored, expected)).toBe(0);
  }
  await Promise.all([service, withOldDescriptor, withNewDescriptor, late, latest].map((each) => each.close()));
}, 60_000);

test("with the old document alone, a removed certificate is the tenant's refusal", async () => {
  current = documents.before;
  const encryptor = await openEncryptor();
  await expect(works(encryptor)).rejects.toMatchObject({ code: "APP_REJECTED", revocation: true });
  await encryptor.close();
});
