/**
 * What `encrypt` and `decrypt` have in common: from the flags to an open Encryptor, all files checked before anything is
 * contacted.
 *
 * @module
 */
import { Encryptor, type MasterKeyDescriptor, type SealedSecret } from "../../index.js";
import { type Context } from "../context.js";
import { quotePath } from "../file-error.js";
import { leftoverNote, Target } from "../folder/target.js";
import { chooseMode, type ModeChoice, readDescriptors, readSealedSecret, readServiceKey, type ServiceKeyChoice } from "../inputs.js";
import { shellQuote } from "../shell-quote.js";
import { STANDARD_STREAM, checkStandardOutput } from "../streams.js";
import { type Terminal } from "../terminal.js";

/** The flags that name keys and the target. */
export interface KeyOptions {
  readonly secret: string;
  readonly descriptor: string;
  readonly serviceKey: string;
  readonly out: string;
  readonly mode?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Everything that was checked. */
export interface Checked {
  readonly masterKeys: MasterKeyDescriptor[];
  readonly sealedSecret: SealedSecret;
  readonly serviceKey: ServiceKeyChoice;
  readonly choice: ModeChoice;
  /** undefined for standard output. */
  readonly target: Target | undefined;
}

/** Reads and checks what the flags name. Touches and contacts nothing. */
export async function checkKeysAndTarget(input: string, options: KeyOptions, { io, terminal }: Context): Promise<Checked> {
  const serviceKey = await readServiceKey(options.serviceKey, { mayBeMissing: false });
  const choice = chooseMode(options.mode, { env: io.env, serviceKey });
  const masterKeys = await readDescriptors(options.descriptor);
  const sealedSecret = await readSealedSecret(options.secret);
  let target: Target | undefined;
  if (options.out === STANDARD_STREAM) {
    checkStandardOutput(io, options.json === true);
  } else {
    const files = [options.secret, options.descriptor, serviceKeyPath(options.serviceKey)];
    target = await Target.check(options.out, {
      force: options.force === true,
      inputs: input === STANDARD_STREAM ? files : [input, ...files],
    });
    noteLeftovers(target, terminal);
  }
  return { masterKeys, sealedSecret, serviceKey, choice, target };
}

/** The flags of {@link KeyOptions} once more, to be pasted into a shell: for the next command that this one suggests. */
export function keyArguments({ secret, descriptor, serviceKey, mode }: Pick<KeyOptions, "secret" | "descriptor" | "serviceKey" | "mode">): string {
  const flags = ["--secret", secret, "--descriptor", descriptor, "--service-key", serviceKey, ...(mode === undefined ? [] : ["--mode", mode])];
  return flags.map((flag, index) => (index % 2 === 0 ? flag : shellQuote(flag))).join(" ");
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
export async function openEncryptor(checked: Checked, { terminal }: Context): Promise<Encryptor> {
  if (checked.choice.banner !== undefined) terminal.note(checked.choice.banner);
  return Encryptor.open({
    masterKeys: checked.masterKeys,
    sealedSecret: checked.sealedSecret,
    serviceKey: checked.serviceKey.key,
    mode: checked.choice.mode,
  });
}

function serviceKeyPath(text: string): string {
  return text.slice(text.indexOf(":") + 1);
}
