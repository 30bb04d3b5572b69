/**
 * What `encrypt` and `decrypt` have in common: from the flags to an open Encryptor, all files checked before anything is
 * contacted.
 *
 * @module
 */
import { Encryptor, type SealedSecret } from "../../index.js";
import { type Context } from "../context.js";
import { quotePath } from "../file-error.js";
import { leftoverNote, Target } from "../folder/target.js";
import { readSealedSecret } from "../inputs.js";
import { type CheckedKeys, checkKeys, type KeyFlags } from "../keys.js";
import { STANDARD_STREAM, checkStandardOutput } from "../streams.js";
import { type Terminal } from "../terminal.js";

/** The flags that name keys and the target. */
export interface KeyOptions extends KeyFlags {
  readonly secret: string;
  readonly olderSecret?: readonly string[];
  readonly out: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Everything that was checked. */
export interface Checked {
  readonly keys: CheckedKeys;
  readonly sealedSecret: SealedSecret;
  readonly olderGenerations: readonly SealedSecret[];
  /** undefined for standard output. */
  readonly target: Target | undefined;
}

/** Reads and checks what the flags name. Touches and contacts nothing. */
export async function checkKeysAndTarget(input: string, options: KeyOptions, context: Context): Promise<Checked> {
  const { secret, olderSecret = [], out } = options;
  const keys = await checkKeys(options, context);
  const sealedSecret = await readSealedSecret(secret);
  const olderGenerations = await Promise.all(olderSecret.map((path) => readSealedSecret(path, "--older-secret")));
  let target: Target | undefined;
  if (out === STANDARD_STREAM) {
    checkStandardOutput(context.io, options.json === true);
  } else {
    const files = [secret, ...olderSecret, ...keys.files];
    target = await Target.check(out, {
      force: options.force === true,
      inputs: input === STANDARD_STREAM ? files : [input, ...files],
    });
    noteLeftovers(target, context.terminal);
  }
  return { keys, sealedSecret, olderGenerations, target };
}

/** Tells what killed runs left beside the target. */
export function noteLeftovers(target: Target, terminal: Terminal): void {
  for (const leftover of target.leftovers) terminal.note(`byok: note: ${leftoverNote(leftover)}`);
}

/** Tells what lies beside a result that is in place and could not be removed. */
export function noteUnremoved(target: Target | undefined, terminal: Terminal): void {
  if (target?.unremoved === undefined) return;
  terminal.note(`byok: note: the result is in place, but ${quotePath(target.unremoved)} could not be removed: delete it.`);
}

/** Opens the Encryptor. From here on the KMS may be called. */
export async function openEncryptor({ keys, sealedSecret, olderGenerations }: Checked, { terminal }: Context): Promise<Encryptor> {
  if (keys.banner !== undefined) terminal.note(keys.banner);
  return Encryptor.open({ ...keys.access, sealedSecret, olderGenerations });
}
