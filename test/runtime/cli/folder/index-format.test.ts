import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decodeIndex, encodeIndex, type FolderIndex, type IndexEntry } from "../../../../runtime/cli/folder/index-format.js";

const header = { format: "byok-folder", version: 1, resource: "r", root: { mode: 0o755, mtimeNs: "1" }, entries: 0 };
const file = { kind: "file", path: "f", mode: 0o644, mtimeNs: "-5", size: 3, object: "a".repeat(32), headerTag: "b".repeat(64) };

async function* pieces(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const length of lengths) {
    yield bytes.subarray(start, start + length);
    start += length;
  }
  yield bytes.subarray(start);
}

async function encoded(index: FolderIndex): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of encodeIndex(index)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function ndjson(...lines: unknown[]): Buffer {
  return Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((text) => !/[/\0]/.test(text) && text !== "." && text !== ".." && text.isWellFormed());
const facts = { mode: fc.integer({ min: 0, max: 0o7777 }), mtimeNs: fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }).map(String) };
const hex = (length: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes).toString("hex"));
/** Trees one folder deep: nesting is the path checks' business. */
const entries: fc.Arbitrary<IndexEntry[]> = fc
  .uniqueArray(
    fc.oneof(
      fc.record({ kind: fc.constant("directory" as const), path: name, ...facts }),
      fc.record({ kind: fc.constant("file" as const), path: name, ...facts, size: fc.nat(), object: hex(16), headerTag: hex(32) }),
      fc.record({ kind: fc.constant("symlink" as const), path: name, mtimeNs: facts.mtimeNs, target: name }),
    ),
    { selector: (entry) => entry.path, maxLength: 30 },
  );

describe("the folder's index", () => {
  test("decoding gives back what was encoded, however the bytes are cut", async () => {
    await fc.assert(
      fc.asyncProperty(entries, fc.array(fc.nat({ max: 200 }), { maxLength: 20 }), async (all, cuts) => {
        const index: FolderIndex = {
          header: { format: "byok-folder", version: 1, resource: "r", root: { mode: 0o700, mtimeNs: "7" }, entries: all.length },
          entries: all,
        };
        expect(await decodeIndex(pieces(await encoded(index), cuts))).toEqual(index);
      }),
    );
  });

  test("100,000 entries come in chunks, not as one string", async () => {
    const all = Array.from({ length: 100_000 }, (_, i): IndexEntry => ({ kind: "directory", path: `d${i}`, mode: 0o755, mtimeNs: "0" }));
    const index: FolderIndex = { header: { format: "byok-folder", version: 1, resource: "r", root: { mode: 0, mtimeNs: "0" }, entries: all.length }, entries: all };
    let longest = 0;
    async function* watched(): AsyncGenerator<Uint8Array> {
      for await (const chunk of encodeIndex(index)) {
        longest = Math.max(longest, chunk.length);
        yield chunk;
      }
    }
    expect((await decodeIndex(watched())).entries).toHaveLength(100_000);
    expect(longest).toBeLessThan(70_000);
  });

  test.each<[string, Uint8Array, string]>([
    ["nothing", Buffer.alloc(0), "it is empty"],
    ["no JSON", Buffer.from("hello\n"), "line 1 is not JSON"],
    ["no UTF-8", Buffer.from([0xff, 0x0a]), "line 1 is not JSON"],
    ["another format", ndjson({ ...header, format: "tar" }), "line 1 has a wrong format"],
    ["a newer version", ndjson({ ...header, version: 2 }), "line 1 has a wrong version"],
    ["an unknown member", ndjson({ ...header, more: 1 }), "line 1 has a wrong shape"],
    ["fewer entries than announced", ndjson({ ...header, entries: 2 }, file), "it announces 2 entries and holds 1"],
    ["more entries than announced", ndjson(header, file), "it announces 0 entries and holds 1"],
    ["a cut last line", ndjson({ ...header, entries: 1 }, file).subarray(0, -1), "its last line is cut"],
    ["an endless line", Buffer.alloc(200_000, 0x20), "it has a line that is too long"],
    ["an object id that is a path", ndjson({ ...header, entries: 1 }, { ...file, object: "../../etc/passwd" }), "line 2 has a wrong object"],
    ["a short header tag", ndjson({ ...header, entries: 1 }, { ...file, headerTag: "00" }), "line 2 has a wrong headerTag"],
    ["a negative size", ndjson({ ...header, entries: 1 }, { ...file, size: -1 }), "line 2 has a wrong size"],
    ["a mode with file type", ndjson({ ...header, entries: 1 }, { ...file, mode: 0o100644 }), "line 2 has a wrong mode"],
    ["a time that is a number", ndjson({ ...header, entries: 1 }, { ...file, mtimeNs: 5 }), "line 2 has a wrong mtimeNs"],
    ["a device", ndjson({ ...header, entries: 1 }, { ...file, kind: "device" }), "line 2 has a wrong kind"],
    ["a way out", ndjson({ ...header, entries: 1 }, { ...file, path: "../f" }), 'has a part ".."'],
  ])("%s is refused", async (_what, bytes, why) => {
    const result = decodeIndex(pieces(bytes, [3, 3]));
    await expect(result).rejects.toMatchObject({ code: "TAMPERED", message: expect.stringContaining(why) as unknown });
  });
});
