/** @jest-environment ./test/runtime/one-realm-environment.ts */
import { copyFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { createSecret, Encryptor, type EncryptorOptions, inspectObject, type KeyAccess, type SealedSecret } from "../../runtime/index.js";
import { type ChunkSource } from "../../runtime/floe/index.js";
import { type AwsKmsDescriptor, type LocalDescriptor } from "../../runtime/master-key/descriptor.js";
import { createLocalKeyFile } from "../../runtime/master-key/local-key-file.js";
import { startTestSandbox, type TestSandbox } from "./aws-sandbox.js";
import { asByokError, bytesOf, collect, FakeClock, hex, refusal, temporaryFolder } from "./support.js";

const SEGMENT = 1_048_576;
const FULL = SEGMENT - 32;
const FLOE_HEADER = 74;
const folder = temporaryFolder();
let keys = 0;

async function localKey(tenant = "acme"): Promise<LocalDescriptor> {
  keys += 1;
  const path = join(folder, `${keys}.key`);
  await createLocalKeyFile(path);
  return { schema: 1, tenant, datacenter: "eu", grantedTo: "service", provider: "local", path };
}

function copied(path: string): string {
  copyFileSync(path, `${path}.copy`);
  return `${path}.copy`;
}

/** A tenant with a local master key and a service key, and a Secret. */
interface Tenant {
  readonly access: KeyAccess;
  readonly sealedSecret: SealedSecret;
  readonly service: string;
  readonly master: LocalDescriptor;
}

async function tenantWithSecret(options: { tenant?: string; service?: string; secret?: string } = {}): Promise<Tenant> {
  const tenant = options.tenant ?? "acme";
  const master = await localKey(tenant);
  const service = options.service ?? (await localKey("service")).path;
  const access: KeyAccess = { mode: "development", masterKeys: [master], serviceKey: { file: service } };
  const sealedSecret = await createSecret({ ...access, tenant, secret: options.secret ?? "s-1" });
  return { access, sealedSecret, service, master };
}

let acme: Tenant;
let encryptor: Encryptor;
const opened: Encryptor[] = [];

async function open(of: Tenant, more: Partial<EncryptorOptions> = {}): Promise<Encryptor> {
  const made = await Encryptor.open({ ...of.access, sealedSecret: of.sealedSecret, ...more });
  opened.push(made);
  return made;
}

beforeAll(async () => {
  acme = await tenantWithSecret();
  encryptor = await open(acme);
});

afterAll(async () => {
  await Promise.all(opened.map((each) => each.close()));
});

/** Bytes in chunks of one size. */
function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

/** What a failing decryption released, and its error. */
async function failure(of: Encryptor, source: ChunkSource, options = {}): Promise<{ code: string; released: Uint8Array }> {
  const chunks: Uint8Array[] = [];
  try {
    const { stream } = await of.decryptStream(source, options);
    for await (const chunk of stream) chunks.push(chunk);
  } catch (error) {
    return { code: asByokError(error).code, released: Uint8Array.from(Buffer.concat(chunks)) };
  }
  throw new Error("expected a refusal");
}

/** Where the parts of an object lie. */
function layout(object: Uint8Array): { identity: number; keychainLength: number; keychain: number; floe: number; data: number } {
  const view = Buffer.from(object);
  const identity = 7;
  const keychainLength = identity + view.readUInt16BE(5);
  const keychain = keychainLength + 2;
  const floe = keychain + view.readUInt16BE(keychainLength);
  return { identity, keychainLength, keychain, floe, data: floe + FLOE_HEADER };
}

function spliced(object: Uint8Array, from: number, to: number, instead: Uint8Array): Uint8Array {
  return Uint8Array.from(Buffer.concat([object.subarray(0, from), instead, object.subarray(to)]));
}

/** An object with its keychain JSON changed and its length field put right. */
function withKeychain(object: Uint8Array, change: (text: string) => string): Uint8Array {
  const { keychainLength, keychain, floe } = layout(object);
  const before = Buffer.from(object.subarray(keychain, floe)).toString();
  const text = change(before);
  expect(text).not.toBe(before);
  const bytes = Buffer.from(text);
  return spliced(object, keychainLength, floe, Buffer.concat([Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes]));
}

describe("round trips", () => {
  test.each([0, 1, 2, 4_096, FULL - 1, FULL, FULL + 1, 2 * FULL, 2 * FULL + 1, 3_000_000])("%i bytes, as buffer and as stream", async (length) => {
    const plaintext = new Uint8Array(length).map((_, index) => (index * 31 + (index >> 9)) & 0xff);
    const context = bytesOf("context");
    const whole = await encryptor.encrypt(plaintext, { resource: "r", object: "o", context });
    const back = await encryptor.decrypt(whole.ciphertext, { resource: "r", object: "o", context, headerTag: whole.headerTag });
    expect(Buffer.compare(back, plaintext)).toBe(0);
    const { floe, data } = layout(whole.ciphertext);
    const segments = Math.max(1, Math.ceil(length / FULL));
    expect(whole.ciphertext.length).toBe(data + length + 32 * segments);
    expect(hex(whole.ciphertext.subarray(floe + 42, data))).toBe(hex(whole.headerTag));

    const streamed = await encryptor.encryptStream(cut(plaintext, 65_521), { resource: "r", object: "o", context });
    const ciphertext = await collect(streamed.stream);
    const decrypted = await encryptor.decryptStream(cut(ciphertext, 10_007), { context });
    expect(decrypted.identity).toMatchObject({ tenant: "acme", resource: "r", object: "o" });
    expect(hex(decrypted.headerTag)).toBe(hex(streamed.headerTag));
    expect(Buffer.compare(await collect(decrypted.stream), plaintext)).toBe(0);
  });

  test("the plaintext is borrowed, and no plaintext shows in the object", async () => {
    const plaintext = new TextEncoder().encode("a line that must not be seen, twice: a line that must not be seen");
    const before = hex(plaintext);
    const { ciphertext } = await encryptor.encrypt(plaintext, { resource: "r" });
    expect(hex(plaintext)).toBe(before);
    expect(Buffer.from(ciphertext).includes("must not be seen")).toBe(false);
  });

  test("results lie in memory of their own, not in a pool beside others'", async () => {
    const { ciphertext } = await encryptor.encrypt(Uint8Array.of(1, 2, 3), { resource: "r" });
    const back = await encryptor.decrypt(ciphertext);
    expect(back.buffer.byteLength).toBe(3);
    expect(ciphertext.buffer.byteLength).toBe(ciphertext.length);
  });

  test("object ids are random where left out, and two encryptions share nothing but the keychain", async () => {
    const [a, b] = await Promise.all([encryptor.encrypt(Uint8Array.of(1), { resource: "same" }), encryptor.encrypt(Uint8Array.of(1), { resource: "same" })]);
    expect(a.object).toMatch(/^[0-9a-f]{32}$/);
    expect(a.object).not.toBe(b.object);
    expect(hex(a.headerTag)).not.toBe(hex(b.headerTag));
    const [first, second] = await Promise.all([inspectObject(a.ciphertext), inspectObject([b.ciphertext])]);
    expect(first.identity.keychain).toBe(second.identity.keychain);
    const other = await inspectObject((await encryptor.encrypt(Uint8Array.of(1), { resource: "another" })).ciphertext);
    expect(other.identity.keychain).not.toBe(first.identity.keychain);
  });

  test("another process opens it with the same configuration", async () => {
    const { ciphertext } = await encryptor.encrypt(bytesOf("x"), { resource: "r" });
    expect(hex(await (await open(acme)).decrypt(ciphertext))).toBe(hex(bytesOf("x")));
  });

  test("an object shows what inspect tells, and nothing more is needed to see it", async () => {
    const { ciphertext, object, headerTag } = await encryptor.encrypt(bytesOf("x"), { resource: "r" });
    const { keychain, floe } = layout(ciphertext);
    expect(await inspectObject(ciphertext)).toMatchObject({
      format: 1,
      identity: { tenant: "acme", resource: "r", object },
      secret: { tenant: "acme", secret: "s-1", generation: 1 },
      masterKeys: acme.sealedSecret.masterKeys.map(({ provider, keyId }) => ({ provider, keyId })),
      serviceKey: { provider: "local", keyId: acme.sealedSecret.bindingShare.serviceKey.keyId },
      sealedKeychainLength: floe - keychain,
      segmentLength: SEGMENT,
      headerTag: hex(headerTag),
    });
  });
});

describe("damage", () => {
  let object: Uint8Array;
  const context = bytesOf("context");
  beforeAll(async () => {
    object = (await encryptor.encrypt(bytesOf("plaintext", 40), { resource: "r", object: "o", context })).ciphertext;
  });

  test("every byte changed: refused with a code of its region, and no plaintext is released", async () => {
    const { identity, keychainLength, keychain, floe, data } = layout(object);
    const allowed = (at: number): readonly string[] => {
      if (at < 5) return ["BAD_HEADER"];
      if (at < identity) return ["BAD_HEADER", "TRUNCATED"];
      if (at < keychainLength) return ["BAD_HEADER", "TENANT_MISMATCH", "AUTHENTICATION_FAILED"];
      if (at < keychain) return ["BAD_HEADER", "TRUNCATED"];
      if (at < floe) return ["BAD_HEADER", "TAMPERED", "TENANT_MISMATCH", "SECRET_MISMATCH", "WRONG_KEY", "WRONG_BINDING_SHARE"];
      if (at < floe + 10) return ["BAD_HEADER"];
      if (at < data) return ["AUTHENTICATION_FAILED"];
      if (at < data + 4) return ["AUTHENTICATION_FAILED", "TRUNCATED"];
      return ["AUTHENTICATION_FAILED"];
    };
    for (let at = 0; at < object.length; at += 1) {
      const altered = object.map((byte, index) => (index === at ? byte ^ 0x01 : byte));
      const { code, released } = await failure(encryptor, [altered], { context });
      if (!allowed(at).includes(code)) throw new Error(`byte ${at}: ${code}, expected one of ${allowed(at).join(", ")}`);
      expect(released.length).toBe(0);
    }
  });

  test("cut anywhere: TRUNCATED, and no plaintext is released", async () => {
    for (let length = 0; length < object.length; length += 1) {
      const { code, released } = await failure(encryptor, [object.subarray(0, length)], { context });
      if (code !== "TRUNCATED") throw new Error(`cut to ${length} bytes: ${code}`);
      expect(released.length).toBe(0);
    }
  });

  test("extended by a byte, or by itself: refused, and the last segment is not released", async () => {
    for (const more of [Uint8Array.of(0), object]) {
      expect(await failure(encryptor, [object, more], { context })).toMatchObject({ code: "AUTHENTICATION_FAILED", released: new Uint8Array(0) });
    }
  });

  test("around segment boundaries: cut, reordered, doubled, dropped; whole segments before the damage are all that is released", async () => {
    const plaintext = new Uint8Array(3 * FULL).map((_, index) => (index >> 12) & 0xff);
    const { ciphertext } = await encryptor.encrypt(plaintext, { resource: "r" });
    const { data } = layout(ciphertext);
    const at = (segment: number): number => data + segment * SEGMENT;
    const part = (segment: number): Uint8Array => ciphertext.subarray(at(segment), at(segment + 1));
    const head = ciphertext.subarray(0, data);
    const cases: [Uint8Array[], string, number][] = [
      [[ciphertext.subarray(0, at(1))], "TRUNCATED", 1],
      [[ciphertext.subarray(0, at(1) + 1)], "TRUNCATED", 1],
      [[ciphertext.subarray(0, at(1) - 1)], "TRUNCATED", 0],
      [[ciphertext.subarray(0, at(2) + 4)], "TRUNCATED", 2],
      [[ciphertext.subarray(0, ciphertext.length - 1)], "TRUNCATED", 2],
      [[head, part(1), part(0), part(2)], "AUTHENTICATION_FAILED", 0],
      [[head, part(0), part(0), part(1), part(2)], "AUTHENTICATION_FAILED", 1],
      [[head, part(0), part(2)], "AUTHENTICATION_FAILED", 1],
      [[head, part(2)], "AUTHENTICATION_FAILED", 0],
      [[ciphertext, Uint8Array.of(1)], "AUTHENTICATION_FAILED", 2],
    ];
    for (const [chunks, code, segments] of cases) {
      const found = await failure(encryptor, chunks);
      expect(found.code).toBe(code);
      expect(Buffer.compare(found.released, plaintext.subarray(0, segments * FULL))).toBe(0);
    }
    // Whole buffers: everything or nothing.
    expect(await refusal(encryptor.decrypt(ciphertext.subarray(0, at(2))))).toMatchObject({ code: "TRUNCATED", tenant: undefined });
  });

  test("an object of the store's kind says where its keys are", async () => {
    const { keychainLength, floe } = layout(object);
    expect(await failure(encryptor, [spliced(object, keychainLength, floe, Uint8Array.of(0, 0))], { context })).toMatchObject({ code: "BAD_HEADER" });
  });

  test("no object at all", async () => {
    expect((await failure(encryptor, [bytesOf("something else", 200)])).code).toBe("BAD_HEADER");
    expect((await failure(encryptor, [])).code).toBe("TRUNCATED");
  });
});

describe("swaps", () => {
  test("between resources: the keychain of another resource does not open", async () => {
    const mine = (await encryptor.encrypt(bytesOf("mine"), { resource: "mine", object: "o" })).ciphertext;
    const theirs = (await encryptor.encrypt(bytesOf("theirs"), { resource: "theirs", object: "o" })).ciphertext;
    expect(await failure(encryptor, [theirs], { resource: "mine" })).toMatchObject({ code: "RESOURCE_MISMATCH" });
    // Their data behind my identity, with my keychain or theirs.
    const [a, b] = [layout(mine), layout(theirs)];
    expect((await failure(encryptor, [spliced(theirs, 0, b.floe, mine.subarray(0, a.floe))])).code).toBe("AUTHENTICATION_FAILED");
    expect((await failure(encryptor, [spliced(theirs, 0, b.keychainLength, mine.subarray(0, a.keychainLength))])).code).toBe("AUTHENTICATION_FAILED");
  });

  test("between objects of one resource, which share a data key: identity is in FLOE's AAD", async () => {
    const first = (await encryptor.encrypt(bytesOf("1"), { resource: "r", object: "1" })).ciphertext;
    const second = (await encryptor.encrypt(bytesOf("2"), { resource: "r", object: "2" })).ciphertext;
    const [a, b] = [layout(first), layout(second)];
    expect((await failure(encryptor, [spliced(second, 0, b.floe, first.subarray(0, a.floe))])).code).toBe("AUTHENTICATION_FAILED");
    expect((await failure(encryptor, [spliced(second, b.data, second.length, first.subarray(a.data))])).code).toBe("AUTHENTICATION_FAILED");
  });

  test("between tenants of one service", async () => {
    const umbrella = await tenantWithSecret({ tenant: "umbrella", service: acme.service });
    const { ciphertext } = await (await open(umbrella)).encrypt(bytesOf("x"), { resource: "r" });
    expect((await failure(encryptor, [ciphertext])).code).toBe("TENANT_MISMATCH");
    // With the identity forged to be ours, the keychain still names its tenant.
    const mine = (await encryptor.encrypt(bytesOf("x"), { resource: "r" })).ciphertext;
    const [a, b] = [layout(mine), layout(ciphertext)];
    expect((await failure(encryptor, [spliced(ciphertext, 0, b.keychainLength, mine.subarray(0, a.keychainLength))])).code).toBe("TENANT_MISMATCH");
  });

  test("between Secrets of one tenant", async () => {
    const sealedSecret = await createSecret({ ...acme.access, tenant: "acme", secret: "s-2" });
    const other = await open({ ...acme, sealedSecret });
    const { ciphertext } = await other.encrypt(bytesOf("x"), { resource: "r" });
    expect((await failure(encryptor, [ciphertext])).code).toBe("SECRET_MISMATCH");
  });

  test("another service key, and another one in its place", async () => {
    const { ciphertext } = await encryptor.encrypt(bytesOf("x"), { resource: "r" });
    const wrong = await open(acme, { serviceKey: { file: (await localKey("service")).path } });
    expect((await failure(wrong, [ciphertext])).code).toBe("WRONG_BINDING_SHARE");
    expect(await refusal(wrong.encrypt(bytesOf("x"), { resource: "r" }))).toMatchObject({ code: "WRONG_BINDING_SHARE", revocation: false });
  });

  test("replaced wraps in the sealed Secret are refused", async () => {
    const other = await createSecret({ ...acme.access, tenant: "acme", secret: "s-1" });
    const forgeries: Partial<SealedSecret>[] = [
      { masterKeys: other.masterKeys },
      { commitment: other.commitment },
      { tag: other.tag },
      { masterKeys: other.masterKeys, commitment: other.commitment },
    ];
    for (const forged of forgeries) {
      const tampered = await open(acme, { sealedSecret: { ...acme.sealedSecret, ...forged } });
      expect(await refusal(tampered.encrypt(bytesOf("x"), { resource: "r" }))).toMatchObject({ code: "TAMPERED" });
    }
    const swapped = await open(acme, { sealedSecret: { ...acme.sealedSecret, bindingShare: other.bindingShare } });
    expect(await refusal(swapped.encrypt(bytesOf("x"), { resource: "r" }))).toMatchObject({ code: "WRONG_BINDING_SHARE" });
  });

  test("replaced wraps in the object are refused, even those that are not needed to open it", async () => {
    const other = await createSecret({ ...acme.access, tenant: "acme", secret: "s-1" });
    const { ciphertext } = await encryptor.encrypt(bytesOf("x"), { resource: "r" });
    const replaced = (from: string, to: string): Uint8Array => withKeychain(ciphertext, (text) => text.replace(from, to));
    const wrapOf = (secret: SealedSecret): string => secret.masterKeys[0]?.wrap ?? "";
    for (const forged of [
      replaced(wrapOf(acme.sealedSecret), wrapOf(other)),
      replaced(acme.sealedSecret.bindingShare.sealed, other.bindingShare.sealed),
      replaced(acme.sealedSecret.tag, other.tag),
    ]) {
      expect((await failure(encryptor, [forged])).code).toBe("TAMPERED");
    }
    expect((await failure(encryptor, [replaced(acme.sealedSecret.commitment, other.commitment)])).code).toBe("TAMPERED");
  });

  test("an object of an old generation opens with the configured descriptors, without its sealed Secret", async () => {
    const { ciphertext } = await encryptor.encrypt(bytesOf("old"), { resource: "r" });
    const renewed = await createSecret({ ...acme.access, tenant: "acme", secret: "s-1" });
    expect(renewed.commitment).not.toBe(acme.sealedSecret.commitment);
    const later = await open({ ...acme, sealedSecret: renewed });
    expect(hex(await later.decrypt(ciphertext))).toBe(hex(bytesOf("old")));
    expect(hex(await later.decrypt((await later.encrypt(bytesOf("new"), { resource: "r" })).ciphertext))).toBe(hex(bytesOf("new")));
  });

  test("a revocation noticed with one generation closes the others, long before their ttl", async () => {
    const tenant = await tenantWithSecret();
    const old = await (await open(tenant)).encrypt(bytesOf("old"), { resource: "r" });
    const clock = new FakeClock();
    const renewed = await createSecret({ ...tenant.access, tenant: "acme", secret: "s-1" });
    const later = await open({ ...tenant, sealedSecret: renewed }, { clock, cache: { ttl: 60_000, outageGrace: 0 } });
    await later.decrypt(old.ciphertext);
    clock.advance(40_000);
    await later.encrypt(bytesOf("new"), { resource: "r" });
    renameSync(tenant.master.path, `${tenant.master.path}.away`);
    clock.advance(20_001); // Past the old generation's ttl, not past the new one's.
    expect(await refusal(later.decrypt(old.ciphertext))).toMatchObject({ code: "KEY_NOT_FOUND", revocation: true });
    clock.advance(1_001);
    expect(await refusal(later.encrypt(bytesOf("new"), { resource: "r" }))).toMatchObject({ code: "KEY_NOT_FOUND", revocation: true });
  });

  test("an old generation's own key, taken away on purpose, does not close a generation of other keys", async () => {
    const tenant = await tenantWithSecret();
    const old = await (await open(tenant)).encrypt(bytesOf("old"), { resource: "r" });
    const moved: KeyAccess = { ...tenant.access, masterKeys: [await localKey()] };
    const renewed = await createSecret({ ...moved, tenant: "acme", secret: "s-1" });
    const masterKeys = [...moved.masterKeys, tenant.master];
    const later = await open({ ...tenant, sealedSecret: renewed }, { masterKeys, clock: new FakeClock() });
    await later.encrypt(bytesOf("new"), { resource: "r" });
    renameSync(tenant.master.path, `${tenant.master.path}.away`);
    expect(await refusal(later.decrypt(old.ciphertext))).toMatchObject({ code: "KEY_NOT_FOUND", revocation: true });
    expect(hex(await later.decrypt((await later.encrypt(bytesOf("new"), { resource: "r" })).ciphertext))).toBe(hex(bytesOf("new")));
  });
});

describe("pins and context", () => {
  let made: Awaited<ReturnType<Encryptor["encrypt"]>>;
  beforeAll(async () => {
    made = await encryptor.encrypt(bytesOf("x"), { resource: "r", object: "o", context: bytesOf("context") });
  });

  test.each<[string, object, string]>([
    ["another resource", { resource: "q" }, "RESOURCE_MISMATCH"],
    ["another object", { object: "p" }, "OBJECT_MISMATCH"],
    ["another header tag", { headerTag: bytesOf("other") }, "ROLLED_BACK"],
    ["a header tag that is cut", { headerTag: new Uint8Array(0) }, "ROLLED_BACK"],
    ["another context", { context: bytesOf("another") }, "AUTHENTICATION_FAILED"],
    ["no context", { context: undefined }, "AUTHENTICATION_FAILED"],
    ["an empty context", { context: new Uint8Array(0) }, "AUTHENTICATION_FAILED"],
  ])("%s -> %s", async (_name, options, code) => {
    expect(await failure(encryptor, [made.ciphertext], { context: bytesOf("context"), ...options })).toEqual({ code, released: new Uint8Array(0) });
  });

  test("an older version in the place of a newer one is noticed by its tag", async () => {
    const newer = await encryptor.encrypt(bytesOf("y"), { resource: "r", object: "o", context: bytesOf("context") });
    const error = await refusal(encryptor.decrypt(made.ciphertext, { context: bytesOf("context"), headerTag: newer.headerTag }));
    expect(error).toMatchObject({ code: "ROLLED_BACK", message: "Object o is not the version that was pinned: an older or another one stands in its place.", tenant: "acme" });
  });

  test("an absent context and an empty one are the same", async () => {
    const { ciphertext } = await encryptor.encrypt(bytesOf("x"), { resource: "r" });
    expect(hex(await encryptor.decrypt(ciphertext, { context: new Uint8Array(0) }))).toBe(hex(bytesOf("x")));
  });
});

describe("bad input", () => {
  test.each<[string, object]>([
    ["an empty resource", { resource: "" }],
    ["a resource of 257 bytes", { resource: "x".repeat(257) }],
    ["an object id of 258 bytes", { object: "é".repeat(129) }],
    ["a lone surrogate in a resource", { resource: "\ud83d" }],
    ["a lone surrogate in an object id", { object: "a\ude00" }],
    ["an empty object id", { object: "" }],
    ["a context of 65,536 bytes", { context: new Uint8Array(65_536) }],
  ])("%s is refused before a key is asked", async (_name, options) => {
    const tenant = await tenantWithSecret();
    const cold = await open(tenant);
    renameSync(tenant.service, `${tenant.service}.away`); // Asking would say SERVICE_CREDENTIALS.
    expect(await refusal(cold.encrypt(bytesOf("x"), { resource: "r", ...options }))).toMatchObject({ code: "CONFIG_INVALID" });
  });

  test("ids of 256 bytes and a context of 65,535 are fine", async () => {
    const options = { resource: "x".repeat(256), object: "é".repeat(128), context: new Uint8Array(65_535) };
    const { ciphertext } = await encryptor.encrypt(bytesOf("x"), options);
    expect(hex(await encryptor.decrypt(ciphertext, options))).toBe(hex(bytesOf("x")));
  });

  test("a source of text is refused in both directions", async () => {
    const text = ["text"] as unknown as Iterable<Uint8Array>;
    const { stream } = await encryptor.encryptStream(text, { resource: "r" });
    expect(await refusal(collect(stream))).toMatchObject({ code: "CONFIG_INVALID" });
    expect(await refusal(encryptor.decryptStream(text))).toMatchObject({ code: "CONFIG_INVALID" });
  });

  test.each<[string, () => Promise<Partial<EncryptorOptions>>, string]>([
    ["no descriptor", async () => ({ masterKeys: [] }), "CONFIG_INVALID"],
    ["no descriptor for the Secret's key", async () => ({ masterKeys: [await localKey()] }), "WRONG_KEY"],
    ["another tenant's descriptor for it", async () => ({ masterKeys: [{ ...acme.master, tenant: "umbrella" }] }), "TENANT_MISMATCH"],
    ["the service key among the master keys", async () => ({ serviceKey: { file: acme.master.path } }), "CONFIG_INVALID"],
    ["one key in two files", async () => ({ masterKeys: [acme.master, { ...acme.master, path: copied(acme.master.path) }] }), "CONFIG_INVALID"],
    ["a sealed Secret that is none", async () => ({ sealedSecret: {} as SealedSecret }), "BAD_HEADER"],
    ["a ttl for ever", async () => ({ cache: { ttl: Number.POSITIVE_INFINITY } }), "CONFIG_INVALID"],
    ["production with local keys", async () => ({ mode: "production" }), "CONFIG_INVALID"],
    ["a service key that is missing", async () => ({ serviceKey: { file: join(folder, "missing") } }), "KEY_NOT_FOUND"],
  ])("open refuses %s", async (_name, change, code) => {
    expect(await refusal(Encryptor.open({ ...acme.access, sealedSecret: acme.sealedSecret, ...(await change()) }))).toMatchObject({ code });
  });

  test.each<[string, object, string]>([
    ["another tenant than the descriptors'", { tenant: "umbrella" }, "TENANT_MISMATCH"],
    ["an empty id", { secret: "" }, "CONFIG_INVALID"],
    ["an id of 65 characters", { secret: "x".repeat(65) }, "CONFIG_INVALID"],
    ["an id that is not text", { secret: "\ud800" }, "CONFIG_INVALID"],
  ])("createSecret refuses %s", async (_name, change, code) => {
    expect(await refusal(createSecret({ ...acme.access, tenant: "acme", ...change }))).toMatchObject({ code });
  });

  test("createSecret names a Secret at random where no id is given", async () => {
    const [a, b] = await Promise.all([createSecret({ ...acme.access, tenant: "acme" }), createSecret({ ...acme.access, tenant: "acme" })]);
    expect(a.secret).toMatch(/^[0-9a-f]{32}$/);
    expect(a.secret).not.toBe(b.secret);
  });
});

describe("giving up and closing", () => {
  test("a signal ends both directions", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    const { ciphertext } = await encryptor.encrypt(bytesOf("x"), { resource: "r" });
    expect(await refusal(encryptor.encrypt(bytesOf("x"), { resource: "r", signal }))).toMatchObject({ code: "ABORTED" });
    expect(await refusal(encryptor.decrypt(ciphertext, { signal }))).toMatchObject({ code: "ABORTED" });
    const controller = new AbortController();
    const { stream } = await encryptor.encryptStream(cut(new Uint8Array(3 * SEGMENT), SEGMENT), { resource: "r", signal: controller.signal });
    await stream.next();
    controller.abort();
    expect(await refusal(collect(stream))).toMatchObject({ code: "ABORTED" });
  });

  test("an object's source hears of the end: when refused, when left unread, when left early", async () => {
    const { ciphertext } = await encryptor.encrypt(new Uint8Array(2 * SEGMENT), { resource: "r" });
    let ended = 0;
    const source = async function* (bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      try {
        yield* cut(bytes, 4_096);
      } finally {
        ended += 1;
      }
    };
    await refusal(encryptor.decryptStream(source(ciphertext), { resource: "other" }));
    expect(ended).toBe(1);
    await (await encryptor.decryptStream(source(ciphertext))).stream.return();
    expect(ended).toBe(2);
    for await (const chunk of (await encryptor.decryptStream(source(ciphertext))).stream) {
      expect(chunk.length).toBe(FULL);
      break;
    }
    expect(ended).toBe(3);
    const aborted = new AbortController();
    const { stream } = await encryptor.decryptStream(source(ciphertext), { signal: aborted.signal });
    aborted.abort();
    expect(await refusal(stream.next())).toMatchObject({ code: "ABORTED" });
    expect(ended).toBe(4);
  });

  test("what the source throws comes out", async () => {
    const mine = new Error("disk on fire");
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield Uint8Array.of(1);
      throw mine;
    };
    const { stream } = await encryptor.encryptStream(broken(), { resource: "r" });
    await expect(collect(stream)).rejects.toBe(mine);
    await expect(encryptor.decryptStream(broken())).rejects.toBe(mine);
  });

  test("closed: new operations are refused, streams that were begun finish; closing twice is fine", async () => {
    const closing = await open(acme);
    const begun = await closing.encryptStream([bytesOf("x")], { resource: "r" });
    await closing.close();
    await closing.close();
    const closed = { code: "CONFIG_INVALID", message: "This Encryptor is closed: open a new one." };
    expect(await refusal(closing.encrypt(bytesOf("x"), { resource: "r" }))).toMatchObject(closed);
    const ciphertext = await collect(begun.stream);
    expect(await refusal(closing.decrypt(ciphertext))).toMatchObject(closed);
    expect(hex(await encryptor.decrypt(ciphertext))).toBe(hex(bytesOf("x")));
  });

  test("a lease ends a stream by the injected clock", async () => {
    const clock = new FakeClock();
    const short = await open(acme, { clock, cache: { maxLease: 1_000 } });
    const { stream } = await short.encryptStream([bytesOf("x")], { resource: "r" });
    await stream.next();
    clock.advance(1_001);
    expect(await refusal(stream.next())).toMatchObject({ code: "LEASE_EXPIRED" });
  });

  test("the stated bound is the policy's", () => {
    expect(encryptor.statedBound).toContain("within 5 min while the KMS can be reached and within 1 h while it cannot");
  });
});

describe("against KMS", () => {
  let started: TestSandbox;
  let clock: FakeClock;
  let descriptor: AwsKmsDescriptor;
  let access: KeyAccess;
  let sealedSecret: SealedSecret;
  let kms: Encryptor;

  beforeAll(async () => {
    started = await startTestSandbox(folder);
  });
  beforeEach(async () => {
    clock = new FakeClock();
    descriptor = await started.createKey("acme");
    access = {
      mode: "development",
      endpoints: started.endpoints,
      credentials: started.credentials,
      masterKeys: [descriptor],
      serviceKey: { file: acme.service },
    };
    sealedSecret = await createSecret({ ...access, tenant: "acme" });
    kms = await Encryptor.open({ ...access, sealedSecret, clock, cache: { ttl: 60_000, outageGrace: 0 } });
    started.sandbox.aws.clearCalls();
  });
  afterEach(async () => {
    started.sandbox.aws.clearFaults();
    await kms.close();
  });
  afterAll(async () => {
    await started.close();
  });

  function operations(): string[] {
    return started.serviceCalls().map(({ operation }) => operation);
  }

  test("making a Secret costs one Encrypt and one Decrypt; opening an Encryptor none", async () => {
    started.sandbox.aws.clearCalls();
    const made = await createSecret({ ...access, tenant: "acme" });
    expect(operations()).toEqual(["Encrypt", "Decrypt"]);
    await (await Encryptor.open({ ...access, sealedSecret: made })).close();
    expect(operations().length).toBe(2);
  });

  test("200 concurrent cold encrypts cost one KMS call, whatever their resources, and all decrypt without another", async () => {
    const made = await Promise.all(Array.from({ length: 200 }, (_, index) => kms.encrypt(bytesOf(`${index}`), { resource: `r-${index % 50}` })));
    expect(operations()).toEqual(["Decrypt"]);
    const back = await Promise.all(made.map(({ ciphertext }) => kms.decrypt(ciphertext)));
    expect(back.map(hex)).toEqual(made.map((_, index) => hex(bytesOf(`${index}`))));
    expect(operations()).toEqual(["Decrypt"]);
  });

  test("one of 200 gives up: the others do not notice", async () => {
    const controller = new AbortController();
    const outcomes = Promise.allSettled(
      Array.from({ length: 200 }, (_, index) => kms.encrypt(bytesOf("x"), { resource: "r", ...(index === 0 ? { signal: controller.signal } : {}) })),
    );
    controller.abort();
    expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", ...Array<string>(199).fill("fulfilled")]);
    expect(operations()).toEqual(["Decrypt"]);
  });

  test("an object that names another KMS key: WRONG_KEY, and nobody is contacted", async () => {
    const foreign = await started.createKey("acme");
    const theirs = { ...access, masterKeys: [foreign] };
    const other = await Encryptor.open({ ...theirs, sealedSecret: await createSecret({ ...theirs, tenant: "acme", secret: sealedSecret.secret }) });
    const { ciphertext } = await other.encrypt(bytesOf("x"), { resource: "r" });
    await other.close();
    started.sandbox.aws.clearCalls();
    expect(await refusal(kms.decrypt(ciphertext))).toMatchObject({ code: "WRONG_KEY", keyId: foreign.keyArn });
    expect(started.sandbox.aws.calls()).toEqual([]);
  });

  test("an object whose keychain was forged never reaches the tenant's KMS", async () => {
    const { ciphertext } = await kms.encrypt(bytesOf("x"), { resource: "r" });
    const cold = await Encryptor.open({ ...access, sealedSecret });
    started.sandbox.aws.clearCalls();
    const forged = withKeychain(ciphertext, (text) => text.replace(`"commitment":"${sealedSecret.commitment}"`, `"commitment":"${sealedSecret.tag}"`));
    expect(await refusal(cold.decrypt(forged))).toMatchObject({ code: "TAMPERED" });
    expect(operations()).toEqual([]);
    await cold.close();
  });

  test.each([
    ["disable", "KEY_DISABLED"],
    ["grant", "ACCESS_DENIED"],
  ] as const)("revoked by %s: a running stream finishes, new operations are refused with %s, restored they work without a restart", async (by, code) => {
    const keyArn = descriptor.keyArn;
    const plaintext = new Uint8Array(3 * SEGMENT).map((_, index) => (index >> 13) & 0xff);
    const running = await kms.encryptStream(cut(plaintext, SEGMENT), { resource: "r" });
    const first = await running.stream.next();
    const stored = await kms.encrypt(bytesOf("stored"), { resource: "r" });
    started.sandbox.aws.revoke({ keyArn, by });
    clock.advance(60_000);
    expect(await refusal(kms.encrypt(bytesOf("x"), { resource: "r" }))).toMatchObject({ code, revocation: true, provider: "aws-kms", keyId: keyArn, tenant: "acme" });
    expect(await refusal(kms.decrypt(stored.ciphertext))).toMatchObject({ code });
    const rest = await collect(running.stream);
    const ciphertext = Buffer.concat([first.value ?? new Uint8Array(0), rest]);

    started.sandbox.aws.restore({ keyArn });
    clock.advance(1_000);
    expect(await refusal(kms.encrypt(bytesOf("x"), { resource: "r" }))).toMatchObject({ code, message: expect.stringMatching(/twice, 10 s apart/) });
    clock.advance(10_000);
    expect(hex(await kms.decrypt(stored.ciphertext))).toBe(hex(bytesOf("stored")));
    expect(Buffer.compare(await kms.decrypt(ciphertext), plaintext)).toBe(0);
  });

  test("rotated: everything still opens", async () => {
    const { ciphertext } = await kms.encrypt(bytesOf("x"), { resource: "r" });
    started.sandbox.aws.rotate({ keyArn: descriptor.keyArn });
    clock.advance(60_000);
    expect(hex(await kms.decrypt(ciphertext))).toBe(hex(bytesOf("x")));
    expect(operations()).toEqual(["Decrypt", "Decrypt"]);
  });

  test("an outage within the grace is bridged; the service's own expired credentials are one", async () => {
    const bridging = await Encryptor.open({ ...access, sealedSecret, clock, cache: { ttl: 60_000, outageGrace: 600_000 } });
    const { ciphertext } = await bridging.encrypt(bytesOf("x"), { resource: "r" });
    clock.advance(60_000);
    started.sandbox.aws.expireCredentials({ name: "service", expired: true });
    expect(hex(await bridging.decrypt(ciphertext))).toBe(hex(bytesOf("x")));
    expect(await refusal(kms.encrypt(bytesOf("x"), { resource: "r" }))).toMatchObject({ code: "SERVICE_CREDENTIALS", revocation: false });
    started.sandbox.aws.expireCredentials({ name: "service", expired: false });
    await bridging.close();
  });

  test("two keys: disabling either closes the Secret; a fault of one is bridged", async () => {
    const second = await started.createKey("acme");
    const both = { ...access, masterKeys: [descriptor, second] };
    const two = await Encryptor.open({ ...both, sealedSecret: await createSecret({ ...both, tenant: "acme" }), clock, cache: { ttl: 0, outageGrace: 0 } });
    started.sandbox.aws.injectFault({ operation: "Decrypt", keyId: second.keyArn, error: "KMSInternalException" });
    const { ciphertext } = await two.encrypt(bytesOf("x"), { resource: "r" });
    started.sandbox.aws.clearFaults();
    started.sandbox.aws.revoke({ keyArn: second.keyArn, by: "disable" });
    expect(await refusal(two.decrypt(ciphertext))).toMatchObject({ code: "KEY_DISABLED", keyId: second.keyArn });
    await two.close();
  });

  test("a service key in the account of a tenant's key is refused before anybody is asked", async () => {
    const service = await started.createKey("service");
    started.sandbox.aws.clearCalls();
    const expected = {
      code: "CONFIG_INVALID",
      message: `The service key ${service.keyArn} lives in the tenant's AWS account (${service.keyArn.split(":")[4] ?? ""}): it belongs in the service's own.`,
      keyId: service.keyArn,
      tenant: "acme",
    };
    const both: KeyAccess = { ...access, serviceKey: service };
    expect(await refusal(createSecret({ ...both, tenant: "acme" }))).toMatchObject(expected);
    expect(await refusal(Encryptor.open({ ...both, sealedSecret }))).toMatchObject(expected);
    expect(operations()).toEqual([]);
  });

  test("while the service key is out, a revocation by the tenant is heard all the same, for a generation opened before", async () => {
    const both: KeyAccess = { ...access, serviceKey: await started.createServiceKey() };
    const made = await createSecret({ ...both, tenant: "acme" });
    const [warm, cold] = await Promise.all([1, 2].map(() => Encryptor.open({ ...both, sealedSecret: made, clock, cache: { ttl: 60_000, outageGrace: 600_000 } })));
    if (warm === undefined || cold === undefined) throw new Error("no Encryptor");
    await warm.encrypt(bytesOf("x"), { resource: "r" });
    const { keyArn: serviceKeyArn } = both.serviceKey as AwsKmsDescriptor;
    started.sandbox.aws.injectFault({ operation: "Decrypt", keyId: serviceKeyArn, error: "KMSInternalException" });
    started.sandbox.aws.revoke({ keyArn: descriptor.keyArn, by: "disable" });
    clock.advance(60_000);
    expect(await refusal(warm.encrypt(bytesOf("x"), { resource: "r" }))).toMatchObject({ code: "KEY_DISABLED", keyId: descriptor.keyArn });
    started.sandbox.aws.clearCalls();
    expect(await refusal(cold.encrypt(bytesOf("x"), { resource: "r" }))).toMatchObject({ code: "UNAVAILABLE", keyId: serviceKeyArn });
    // Only the service key was asked: the tenant's would have answered DisabledException.
    expect(new Set(started.serviceCalls().map(({ outcome }) => outcome))).toEqual(new Set(["KMSInternalException"]));
    await Promise.all([warm.close(), cold.close()]);
  });

  test("a KMS key as service key: refused, it is the operator's problem and never the tenant's revocation", async () => {
    const service = await started.createServiceKey();
    const both: KeyAccess = { ...access, serviceKey: service };
    const made = await Encryptor.open({ ...both, sealedSecret: await createSecret({ ...both, tenant: "acme" }), clock });
    started.sandbox.aws.revoke({ keyArn: service.keyArn, by: "disable" });
    started.sandbox.aws.clearCalls();
    expect(await refusal(made.encrypt(bytesOf("x"), { resource: "r" }))).toMatchObject({ code: "SERVICE_CREDENTIALS", revocation: false, keyId: service.keyArn });
    expect(started.serviceCalls().map(({ keyArn }) => keyArn)).toEqual([service.keyArn]);
    await made.close();
  });
});
