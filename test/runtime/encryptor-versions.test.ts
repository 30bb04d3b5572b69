/** @jest-environment ./test/runtime/one-realm-environment.ts */
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { createSecret, Encryptor, type KeyAccess, renewSecret, type SealedSecret } from "../../runtime/index.js";
import { type GcpKmsDescriptor } from "../../runtime/master-key/descriptor.js";
import { createLocalKeyFile } from "../../runtime/master-key/local-key-file.js";
import { startTestGcpSandbox, type TestGcpSandbox } from "./gcp-sandbox.js";
import { FakeClock, refusal, temporaryFolder } from "./support.js";

const folder = temporaryFolder();
const X = Buffer.from("x");

describe("an Encryptor on several versions of a key in Google Cloud", () => {
  let started: TestGcpSandbox;
  let descriptor: GcpKmsDescriptor;
  let access: KeyAccess;
  let old: Uint8Array;
  let renewed: SealedSecret;
  let made = 0;

  beforeAll(async () => {
    started = await startTestGcpSandbox();
  });
  afterAll(async () => {
    await started.close();
  });

  /** An object of generation 1, on version 1; and generation 2, on version 2. */
  beforeEach(async () => {
    made += 1;
    const file = join(folder, `${made}.key`);
    await createLocalKeyFile(file);
    descriptor = await started.createKey("acme");
    access = { mode: "development", endpoints: started.endpoints, credentials: started.credentials, masterKeys: [descriptor], serviceKey: { file } };
    const sealedSecret = await createSecret({ ...access, tenant: "acme" });
    const before = await Encryptor.open({ ...access, sealedSecret });
    old = (await before.encrypt(X, { resource: "r" })).ciphertext;
    await before.close();
    started.google.revoke(descriptor.keyName, "disable");
    started.google.rotate(descriptor.keyName);
    renewed = await renewSecret({ ...access, sealedSecret });
  });

  test("an old object whose version was disabled takes nothing from the newer generation", async () => {
    const clock = new FakeClock();
    const encryptor = await Encryptor.open({ ...access, sealedSecret: renewed, clock, cache: { ttl: 60_000, outageGrace: 0 } });
    for (let round = 0; round < 3; round += 1) {
      const { ciphertext } = await encryptor.encrypt(X, { resource: "r" });
      expect(await refusal(encryptor.decrypt(old))).toMatchObject({ code: "KEY_DISABLED", keyId: descriptor.keyName });
      expect(Buffer.from(await encryptor.decrypt(ciphertext)).toString()).toBe("x");
      clock.advance(5_000);
    }
    await encryptor.close();
  });

  test("the grant withdrawn, noticed with the old object, closes the newer generation at once", async () => {
    const clock = new FakeClock();
    const encryptor = await Encryptor.open({ ...access, sealedSecret: renewed, clock, cache: { ttl: 60_000, outageGrace: 0 } });
    const { ciphertext } = await encryptor.encrypt(X, { resource: "r" });
    started.google.revoke(descriptor.keyName, "grant");
    expect(await refusal(encryptor.decrypt(old))).toMatchObject({ code: "ACCESS_DENIED" });
    expect(await refusal(encryptor.decrypt(ciphertext))).toMatchObject({ code: "ACCESS_DENIED" });
    await encryptor.close();
  });
});
