import { setTimeout as sleep } from "node:timers/promises";

import { ByokError, type Encryptor, type EncryptedStream } from "../../runtime/index.js";
import { BOUND } from "./bound.js";
import { hold } from "./narrator.js";

const MEBIBYTE = 1 << 20;

/** The operation that runs through the revocation: this many chunks of 1 MiB, most of them after it. */
const CHUNKS = 64;

/** How often access is tried while waiting for a change to be noticed. */
const TRY_EVERY = 250;

/** Nothing may take longer than this to be noticed; the policy's own bound is far below. */
const PATIENCE = 60_000;

/** One way to take a key away, and what the runtime must answer. */
export interface Route {
  readonly by: "disable" | "grant";
  readonly words: string;
  readonly code: "KEY_DISABLED" | "ACCESS_DENIED";
}

/** The routes of every cloud. */
export const ROUTES: readonly Route[] = [
  { by: "disable", words: "the tenant disables the key", code: "KEY_DISABLED" },
  { by: "grant", words: "the tenant withdraws the grant", code: "ACCESS_DENIED" },
];

/** What a revocation is played with. */
export interface RevocationStage {
  readonly encryptor: Encryptor;
  /** The tenant takes its key away, and gives it back. */
  readonly revoke: () => void;
  readonly restore: () => void;
  readonly signal: AbortSignal;
}

/** How it went: what a person wants to read, and the result in one line. */
export interface RevocationOutcome {
  readonly details: readonly string[];
  readonly result: string;
}

/**
 * Revokes while a backup runs: the backup finishes, new operations are refused within the bound, and after the tenant has
 * restored the key the same process works again.
 */
export async function playRevocation(route: Route, { encryptor, revoke, restore, signal }: RevocationStage): Promise<RevocationOutcome> {
  const running = await startBackup(encryptor);
  revoke();
  const revokedAt = performance.now();
  const details = [`${route.words}, while a backup of ${CHUNKS} MiB is running`];

  const refusal = await untilRefused(encryptor, signal);
  const refusedAfter = performance.now() - revokedAt;
  details.push(
    `new operations: ${refusal.code} after ${seconds(refusedAfter)} (bound here: ${seconds(BOUND.milliseconds)} = ${BOUND.words})`,
    `  "${refusal.message}"`,
  );
  hold(refusal.code === route.code, `expected ${route.code}, got ${refusal.code}: ${refusal.message}`);
  hold(
    refusedAfter <= BOUND.milliseconds,
    `access survived the revocation for ${seconds(refusedAfter)}, the bound is ${seconds(BOUND.milliseconds)}: ${BOUND.words}`,
  );

  const ciphertext = await running.finish();
  details.push(`the running backup finished: ${CHUNKS} MiB, begun before the revocation`);

  restore();
  const restoredAt = performance.now();
  await untilAnswered(encryptor, signal);
  const answeredAfter = performance.now() - restoredAt;
  details.push(`the tenant restores access: works again after ${seconds(answeredAfter)}, in the same process`);

  const restored = await encryptor.decrypt(ciphertext, { resource: "running" });
  hold(Buffer.compare(restored, running.plaintext) === 0, "the backup that ran through the revocation does not restore");
  return { details, result: `${route.code} after ${seconds(refusedAfter)}, back after ${seconds(answeredAfter)}` };
}

interface RunningBackup {
  readonly plaintext: Uint8Array;
  finish(): Promise<Uint8Array>;
}

/** Begins a backup and stops feeding it after its first chunk, until `finish`. */
async function startBackup(encryptor: Encryptor): Promise<RunningBackup> {
  const plaintext = Buffer.alloc(CHUNKS * MEBIBYTE, "a backup that takes its time. ");
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let chunk = 0; chunk < CHUNKS; chunk += 1) {
      if (chunk === 2) await released;
      yield plaintext.subarray(chunk * MEBIBYTE, (chunk + 1) * MEBIBYTE);
    }
  }
  const { stream }: EncryptedStream = await encryptor.encryptStream(source(), { resource: "running" });
  const chunks: Uint8Array[] = [];
  // Prefix, header and a first segment: the backup is under way.
  for (let index = 0; index < 3; index += 1) {
    const next = await stream.next();
    if (next.done !== true) chunks.push(next.value);
  }
  return {
    plaintext,
    finish: async () => {
      release();
      for await (const chunk of stream) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
  };
}

async function untilRefused(encryptor: Encryptor, signal: AbortSignal): Promise<ByokError> {
  const end = performance.now() + PATIENCE;
  while (performance.now() < end) {
    try {
      await encryptor.encrypt(Buffer.from("a new operation"), { resource: "probe" });
    } catch (error) {
      if (error instanceof ByokError && error.revocation) return error;
      throw error;
    }
    await sleep(TRY_EVERY, undefined, { signal });
  }
  throw new Error(`new operations were still accepted ${seconds(PATIENCE)} after the revocation`);
}

async function untilAnswered(encryptor: Encryptor, signal: AbortSignal): Promise<void> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    try {
      await encryptor.encrypt(Buffer.from("a new operation"), { resource: "probe" });
      return;
    } catch (error) {
      if (!(error instanceof ByokError && error.revocation) || performance.now() > end) throw error;
    }
    await sleep(TRY_EVERY, undefined, { signal });
  }
}

/** Milliseconds as people read them. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
