import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ByteReader } from "../../../runtime/keychain/byte-reader.js";
import { encodeObjectPrefix, objectAad, readObjectHeader } from "../../../runtime/keychain/object-header.js";
import { type ObjectIdentity } from "../../../runtime/keychain/identity.js";
import { bytesOf, collect, hex, refusal, thrownBy } from "../support.js";

const IDENTITY: ObjectIdentity = { tenant: "acme", resource: "r", object: "o", keychain: "k", keyVersion: 1 };

/** Bytes in chunks of the given sizes, over and over, and whether the source was told of the end. */
class Source implements AsyncIterable<Uint8Array> {
  returned = 0;
  constructor(readonly bytes: Uint8Array, readonly sizes: readonly number[] = [7]) {}

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    let offset = 0;
    let turn = 0;
    return {
      next: async () => {
        if (offset >= this.bytes.length) return { done: true, value: undefined };
        const size = this.sizes[turn % this.sizes.length] ?? 1;
        turn += 1;
        const value = this.bytes.subarray(offset, offset + size);
        offset += size;
        return { done: false, value };
      },
      return: async () => {
        this.returned += 1;
        return { done: true, value: undefined };
      },
    };
  }
}

describe("ByteReader", () => {
  test("property: whatever the chunking, reads and rest are the source", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 60 }),
        fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 6 }).filter((sizes) => sizes.some((size) => size > 0)),
        fc.array(fc.nat({ max: 20 }), { maxLength: 5 }),
        async (bytes, sizes, lengths) => {
          const reader = new ByteReader(new Source(bytes, sizes));
          let offset = 0;
          for (const length of lengths) {
            const expected = bytes.subarray(offset, offset + length);
            const got = await reader.read(length);
            expect(hex(got)).toBe(hex(expected));
            expect(got.buffer).not.toBe(bytes.buffer);
            offset += expected.length;
          }
          expect(hex(await collect(reader.rest()))).toBe(hex(bytes.subarray(offset)));
        },
      ),
    );
  });

  test("reads from plain iterables", async () => {
    const reader = new ByteReader([Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)]);
    expect(hex(await reader.read(3))).toBe("010203");
    expect(hex(await reader.read(1))).toBe("");
  });

  test("tells the source that it is done with it: once, and not when it has ended by itself", async () => {
    const stopped = new Source(bytesOf("s"));
    const reader = new ByteReader(stopped);
    await reader.read(1);
    await reader.close();
    await reader.close();
    expect(stopped.returned).toBe(1);
    const ended = new Source(bytesOf("s"));
    const whole = new ByteReader(ended);
    await collect(whole.rest());
    await whole.close();
    expect(ended.returned).toBe(0);
  });

  test("a consumer of the rest that stops early ends the source", async () => {
    const source = new Source(bytesOf("s"));
    for await (const chunk of new ByteReader(source).rest()) {
      expect(chunk.length).toBe(7);
      break;
    }
    expect(source.returned).toBe(1);
  });

  test("what the source throws comes out", async () => {
    const error = new Error("disk on fire");
    const broken = (async function* (): AsyncGenerator<Uint8Array> {
      yield Uint8Array.of(1);
      throw error;
    })();
    await expect(new ByteReader(broken).read(2)).rejects.toBe(error);
  });

  test("a source of text is refused: it has lost bytes already", async () => {
    const reader = new ByteReader(["text"] as unknown as Iterable<Uint8Array>);
    expect(await refusal(reader.read(1))).toMatchObject({
      code: "CONFIG_INVALID",
      message: "The source of an object must yield bytes (Uint8Array): open it without an encoding.",
    });
  });
});

describe("the object's header", () => {
  const keychain = bytesOf("sealed keychain", 300);
  const floeHeader = bytesOf("floe header", 74);
  const prefix = encodeObjectPrefix(IDENTITY, keychain);
  const whole = Uint8Array.from([...prefix, ...floeHeader, ...bytesOf("data", 20)]);

  test("lies as documented", () => {
    const text = '{"tenant":"acme","resource":"r","object":"o","keychain":"k","keyVersion":1}';
    expect(hex(prefix)).toBe(`42594f4b01004b${Buffer.from(text).toString("hex")}012c${hex(keychain)}`);
    expect(text.length).toBe(0x4b);
  });

  test.each([1, 2, 3, 5, 7, 74, 10_000])("is read back in chunks of %i, and the data follows", async (size) => {
    const reader = new ByteReader(new Source(whole, [size]));
    const header = await readObjectHeader(reader);
    expect(header.identity).toEqual(IDENTITY);
    expect([hex(header.sealedKeychain), hex(header.floeHeader)]).toEqual([hex(keychain), hex(floeHeader)]);
    expect(hex(await collect(reader.rest()))).toBe(hex(bytesOf("data", 20)));
  });

  test("without a keychain it is empty", async () => {
    const bytes = Uint8Array.from([...encodeObjectPrefix(IDENTITY, new Uint8Array(0)), ...floeHeader]);
    expect((await readObjectHeader(new ByteReader([bytes]))).sealedKeychain.length).toBe(0);
  });

  test("cut anywhere before its data it is TRUNCATED", async () => {
    for (let length = 0; length < prefix.length + floeHeader.length; length += 1) {
      expect(await refusal(readObjectHeader(new ByteReader([whole.subarray(0, length)])))).toMatchObject({ code: "TRUNCATED" });
    }
  });

  test.each<[string, number, number]>([
    ["another magic", 0, 0x43],
    ["another version", 4, 2],
  ])("%s is BAD_HEADER", async (_name, at, value) => {
    const bytes = whole.map((byte, index) => (index === at ? value : byte));
    expect(await refusal(readObjectHeader(new ByteReader([bytes])))).toMatchObject({
      code: "BAD_HEADER",
      message: "This is not an encrypted object of byok (version 1).",
    });
  });

  test("a keychain that does not fit its length field is refused", () => {
    expect(encodeObjectPrefix(IDENTITY, new Uint8Array(65_535)).length).toBe(5 + 2 + 0x4b + 2 + 65_535);
    expect(thrownBy(() => encodeObjectPrefix(IDENTITY, new Uint8Array(65_536)))).toMatchObject({
      code: "CONFIG_INVALID",
      message: "The sealed keychain has 65536 bytes; an object has room for 65535.",
    });
  });

  test("the AAD: fixed for ever, SHA-384 over identity bytes and context", () => {
    expect(hex(objectAad(IDENTITY, bytesOf("context", 4)))).toBe("2e52592706dc61ade9a3d8df854ee9cf7e7a647bcef78da0f1b5cc9b01f339140deeb356adb3826b7e5fe04ff268dc6e");
    expect(hex(objectAad(IDENTITY, new Uint8Array(0)))).not.toBe(hex(objectAad(IDENTITY, Uint8Array.of(0))));
    expect(hex(objectAad({ ...IDENTITY, object: "p" }, new Uint8Array(0)))).not.toBe(hex(objectAad(IDENTITY, new Uint8Array(0))));
    expect(thrownBy(() => objectAad(IDENTITY, new Uint8Array(65_536)))).toMatchObject({ code: "CONFIG_INVALID" });
  });
});
