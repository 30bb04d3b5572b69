/** What the tests of the runtime share: a clock that is set by hand, folders that vanish, and the error of a refusal. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll } from "@jest/globals";
import { ByokError } from "../../runtime/master-key/errors.js";
import { type Clock } from "../../runtime/secret/clock.js";

/** Time that passes only when told. Both clocks start at different, odd points, so that mixing them up shows. */
export class FakeClock implements Clock {
  #monotonic = 1_234.5;
  #wall = 1_800_000_000_000;

  monotonic(): number {
    return this.#monotonic;
  }

  wall(): number {
    return this.#wall;
  }

  /** Lets time pass on both clocks. */
  advance(milliseconds: number): void {
    this.#monotonic += milliseconds;
    this.#wall += milliseconds;
  }

  /** Sets the time of day without letting time pass. */
  jumpWall(milliseconds: number): void {
    this.#wall += milliseconds;
  }
}

/** A folder for this test file; removed when it ends. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "byok-runtime-"));
  afterAll(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

/** The ByokError that a promise rejects with; anything else that happens fails the test. */
export async function refusal(promise: Promise<unknown>): Promise<ByokError> {
  return promise.then(
    () => {
      throw new Error("expected a ByokError, but the promise was fulfilled");
    },
    (error: unknown) => asByokError(error),
  );
}

/** As {@link refusal}, for something that throws at once. */
export function thrownBy(action: () => unknown): ByokError {
  let value: unknown;
  try {
    value = action();
  } catch (error) {
    return asByokError(error);
  }
  throw new Error(`expected a ByokError, but got ${inspect(value)}`);
}

export function asByokError(error: unknown): ByokError {
  if (error instanceof ByokError) return error;
  throw error;
}

/** Everything of an error that a log could show: message, members, causes, as text. */
export function shown(error: unknown): string {
  return [inspect(error, { depth: 10, showHidden: true, maxStringLength: null, maxArrayLength: null }), JSON.stringify(error)].join("\n");
}

/** Every spelling in which key bytes could leak into text. */
export function spellings(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes);
  return [
    buffer.toString("hex"),
    buffer.toString("base64").replace(/=+$/, ""),
    buffer.toString("base64url"),
    Array.from(bytes.subarray(0, 8)).join(", "),
  ];
}

/** Bytes of a seed, the same in every run. */
export function bytesOf(seed: string, length = 32): Uint8Array {
  const out = new Uint8Array(length);
  for (let offset = 0, block = 0; offset < length; offset += 48, block += 1) {
    out.set(createHash("sha384").update(`${seed}/${block}`).digest().subarray(0, length - offset), offset);
  }
  return out;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

/** True once nothing but zeros is left. */
export function isWiped(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** A promise whose end the test decides. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

export function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

/** Lets everything that is ready to run, run: no time passes. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** The whole of a stream. */
export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Uint8Array.from(Buffer.concat(chunks));
}
