import { copyFileSync, chmodSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha384 } from "@noble/hashes/sha2.js";
import { describe, expect, test } from "@jest/globals";
import { type LocalDescriptor } from "../../../runtime/master-key/descriptor.js";
import { createLocalKeyFile } from "../../../runtime/master-key/local-key-file.js";
import { openLocalKey } from "../../../runtime/master-key/local.js";
import { type ShareContext } from "../../../runtime/master-key/master-key.js";
import { base64, bytesOf, hex, refusal, temporaryFolder } from "../support.js";
import { masterKeyConformance } from "./conformance.js";

const folder = temporaryFolder();
const CONTEXT: ShareContext = { purpose: "share", tenant: "acme", secret: "s", generation: 1 };

function descriptor(name: string): LocalDescriptor {
  return { schema: 1, tenant: "acme", datacenter: "usa", grantedTo: "service", provider: "local", path: join(folder, name) };
}

masterKeyConformance({
  provider: "local",
  tenant: "acme",
  revocations: ["removing the file"],
  described: { usable: true, state: "Enabled" },
  rotation: "invisible",
  async start() {
    const [first, second] = [descriptor("first.key"), descriptor("second.key")];
    await createLocalKeyFile(first.path);
    await createLocalKeyFile(second.path);
    return {
      openKey: () => openLocalKey(first),
      openOtherKey: () => openLocalKey(second),
      revocations: {
        "removing the file": {
          code: "KEY_NOT_FOUND",
          revoke: async () => { renameSync(first.path, `${first.path}.away`); },
          restore: async () => { renameSync(`${first.path}.away`, first.path); },
        },
      },
      close: async () => undefined,
    };
  },
});

describe("local", () => {
  test("its id is a fingerprint of the key, fixed for ever: it enters commitments", async () => {
    const at = descriptor("known.key");
    const key = bytesOf("known");
    writeFileSync(at.path, JSON.stringify({ schema: 1, key: base64(key) }), { mode: 0o600 });
    const opened = await openLocalKey(at);
    const expected = hmac(sha384, key, new TextEncoder().encode("byok/local-key-id/1")).subarray(0, 16);
    expect(opened.id).toBe(`local:${hex(expected)}`);
    expect(opened.id).toBe("local:de639469b0e4bc4896147e49c75f4385");
    // It is not anything that the key is used for elsewhere.
    expect(opened.id).not.toContain(hex(hkdf(sha384, key, undefined, undefined, 16)));
  });

  test("moving or copying the file changes nothing", async () => {
    const at = descriptor("here.key");
    await createLocalKeyFile(at.path);
    const key = await openLocalKey(at);
    const wrapped = await key.wrap(bytesOf("s"), CONTEXT);
    const copy = descriptor("there.key");
    copyFileSync(at.path, copy.path);
    const moved = await openLocalKey(copy);
    expect(moved.id).toBe(key.id);
    expect(hex((await moved.unwrap(wrapped, CONTEXT)).share)).toBe(hex(bytesOf("s")));
  });

  test("another key in the same place is noticed, and nothing is wrapped under it", async () => {
    const at = descriptor("swapped.key");
    await createLocalKeyFile(at.path);
    const key = await openLocalKey(at);
    const wrapped = await key.wrap(bytesOf("s"), CONTEXT);
    renameSync(at.path, `${at.path}.old`);
    await createLocalKeyFile(at.path);
    for (const call of [() => key.wrap(bytesOf("s"), CONTEXT), () => key.unwrap(wrapped, CONTEXT), () => key.describe()]) {
      expect(await refusal(call())).toMatchObject({
        code: "WRONG_KEY",
        message: `${at.path} holds another key than before: put the old one back.`,
        keyId: key.id,
        tenant: "acme",
      });
    }
  });

  test("a file that others may read closes the key at the next call, and is no revocation", async () => {
    const at = descriptor("open.key");
    await createLocalKeyFile(at.path);
    const key = await openLocalKey(at);
    chmodSync(at.path, 0o644);
    expect(await refusal(key.wrap(bytesOf("s"), CONTEXT))).toMatchObject({ code: "CONFIG_INVALID", revocation: false, keyId: key.id });
  });
});
