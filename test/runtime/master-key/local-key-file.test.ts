import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { createLocalKeyFile, readLocalKeyFile } from "../../../runtime/master-key/local-key-file.js";
import { base64, bytesOf, hex, refusal, shown, temporaryFolder } from "../support.js";

const folder = temporaryFolder();
const KEY = bytesOf("a local key");
let files = 0;

function path(): string {
  files += 1;
  return join(folder, `${files}.key`);
}

function written(text: string, mode = 0o600): string {
  const file = path();
  writeFileSync(file, text, { mode: 0o600 });
  chmodSync(file, mode);
  return file;
}

describe("createLocalKeyFile", () => {
  test("makes a file of the documented shape that only its owner can read", async () => {
    const file = path();
    await createLocalKeyFile(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, "utf8");
    expect(text).toMatch(/^\{"schema":1,"key":"[A-Za-z0-9+/]{43}="\}\n$/);
    const key = await readLocalKeyFile(file);
    expect(text).toContain(base64(key));
    expect(key.length).toBe(32);
  });

  test("makes another key each time", async () => {
    const [a, b] = [path(), path()];
    await createLocalKeyFile(a);
    await createLocalKeyFile(b);
    expect(hex(await readLocalKeyFile(a))).not.toBe(hex(await readLocalKeyFile(b)));
  });

  test("never overwrites: data may depend on the key", async () => {
    const file = written("precious");
    const error = await refusal(createLocalKeyFile(file));
    expect(error).toMatchObject({
      code: "CONFIG_INVALID",
      message: `${file} exists already; a key file is never overwritten.`,
      provider: "local",
      keyId: file,
    });
    expect(readFileSync(file, "utf8")).toBe("precious");
  });

  test("of two that race for one path, one wins and the other changes nothing", async () => {
    const file = path();
    const outcomes = await Promise.allSettled([createLocalKeyFile(file), createLocalKeyFile(file)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    await expect(readLocalKeyFile(file)).resolves.toHaveLength(32);
  });

  test("a path that cannot be written is the caller's mistake, never a revocation", async () => {
    const file = join(folder, "no such folder", "k");
    expect(await refusal(createLocalKeyFile(file))).toMatchObject({
      code: "CONFIG_INVALID",
      revocation: false,
      message: `The key file ${file} cannot be made (ENOENT): choose a folder that exists and may be written to.`,
    });
    expect(existsSync(file)).toBe(false);
  });
});

describe("readLocalKeyFile", () => {
  test("gives 32 bytes in memory of their own, for the caller to wipe", async () => {
    const key = await readLocalKeyFile(written(JSON.stringify({ schema: 1, key: base64(KEY) })));
    expect(hex(key)).toBe(hex(KEY));
    expect(key.buffer.byteLength).toBe(32);
    expect(key.byteOffset).toBe(0);
  });

  test.each([0o604, 0o640, 0o620, 0o602, 0o601, 0o610, 0o644, 0o666])("refuses mode %o: others have a part in it", async (mode) => {
    const file = written(JSON.stringify({ schema: 1, key: base64(KEY) }), mode);
    expect(await refusal(readLocalKeyFile(file))).toMatchObject({
      code: "CONFIG_INVALID",
      message: `${file} can be read by others: chmod 600 it.`,
    });
  });

  test.each([0o600, 0o400])("takes mode %o", async (mode) => {
    const file = written(JSON.stringify({ schema: 1, key: base64(KEY) }), mode);
    await expect(readLocalKeyFile(file)).resolves.toHaveLength(32);
  });

  test.each<[string, string]>([
    ["empty", ""],
    ["no JSON", base64(KEY)],
    ["JSON that is cut", `{"schema":1,"key":"${base64(KEY)}`],
    ["another schema", JSON.stringify({ schema: 2, key: base64(KEY) })],
    ["no schema", JSON.stringify({ key: base64(KEY) })],
    ["no key", JSON.stringify({ schema: 1 })],
    ["a member too many", JSON.stringify({ schema: 1, key: base64(KEY), note: "mine" })],
    ["hex in place of base64", JSON.stringify({ schema: 1, key: `${hex(KEY)}!` })],
    ["31 bytes", JSON.stringify({ schema: 1, key: base64(KEY.subarray(1)) })],
    ["33 bytes", JSON.stringify({ schema: 1, key: base64(bytesOf("long", 33)) })],
    ["a list", JSON.stringify([1, base64(KEY)])],
  ])("refuses a file that is %s, without quoting it", async (_name, text) => {
    const file = written(text);
    const error = await refusal(readLocalKeyFile(file));
    expect(error).toMatchObject({
      code: "CONFIG_INVALID",
      message: `${file} is not a key file of byok.`,
      provider: "local",
      keyId: file,
    });
    for (const part of [base64(KEY).slice(0, 12), hex(KEY).slice(0, 12)]) expect(shown(error)).not.toContain(part);
  });

  test("says that there is no file, which is a revocation: that is how a local key is taken away", async () => {
    const file = path();
    const error = await refusal(readLocalKeyFile(file));
    expect(error).toMatchObject({ code: "KEY_NOT_FOUND", revocation: true, message: `There is no key file ${file}.` });
    expect(error.cause).toMatchObject({ code: "ENOENT" });
  });

  test("a folder in its place is refused", async () => {
    const file = path();
    mkdirSync(file, { mode: 0o700 });
    expect(await refusal(readLocalKeyFile(file))).toMatchObject({ code: "UNAVAILABLE", message: `Could not read the key file ${file}.` });
  });

  test("errors carry the details they were given", async () => {
    const details = { provider: "local", keyId: "local:abc", tenant: "acme" };
    expect(await refusal(readLocalKeyFile(path(), details))).toMatchObject(details);
    expect(await refusal(readLocalKeyFile(written("no"), details))).toMatchObject(details);
  });
});
