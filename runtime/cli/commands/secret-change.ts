/**
 * `byok secret add-key`, `remove-key`, `renew` and `rewrap`: a Secret's life after it was made. What stays within the
 * generation replaces `--secret`, if that is still what was read; a new generation goes to a new file, because the old one
 * is still good for something.
 *
 * @module
 */
import { addMasterKeys, removeMasterKeys, renewSecret, type RewrappedKey, rewrapSecret, type SealedSecret, serializeSealedSecret } from "../../index.js";
import { type Context, type Outcome } from "../context.js";
import { quotePath } from "../file-error.js";
import { Target } from "../folder/target.js";
import { readReplaceableSecret, readSealedSecret, type Replaceable } from "../inputs.js";
import { type CheckedKeys, checkKeys, keyArguments, type KeyFlags } from "../keys.js";
import { shellQuote } from "../shell-quote.js";
import { writeDocument } from "../streams.js";
import { type Paint } from "../terminal.js";
import { parseWait, retryNote, waitUntilEffective } from "../wait.js";
import { shortVersion } from "./key-version-words.js";
import { noteLeftovers, noteUnremoved } from "./open.js";

/** Options of all these commands, as they stand on the command line. */
export interface SecretChangeOptions extends KeyFlags {
  readonly secret: string;
}

/** Options of `secret add-key`. */
export interface SecretAddKeyOptions extends SecretChangeOptions {
  readonly wait?: string;
}

/** Options of `secret renew`. */
export interface SecretRenewOptions extends SecretChangeOptions {
  readonly out: string;
  readonly force?: boolean;
}

/** Options of `secret remove-key`. */
export interface SecretRemoveKeyOptions extends SecretRenewOptions {
  readonly key: readonly string[];
}

/** What copies of the old file, and processes that read it, mean. */
const REPLACE_COPIES = "Replace every copy of the file, and start processes anew that read the old one";

/** Adds the keys of the descriptors that the Secret does not name yet. */
export async function secretAddKey(options: SecretAddKeyOptions, context: Context): Promise<Outcome> {
  const waitMs = options.wait === undefined ? 0 : parseWait(options.wait);
  const { io, terminal } = context;
  const { keys, secret, target } = await checkReplacement(options, context);
  const named = new Set(idsOf(secret.value));
  const changed = await waitUntilEffective(() => addMasterKeys({ ...keys.access, sealedSecret: secret.value, signal: io.signal }), {
    waitMs,
    clock: io.clock,
    signal: io.signal,
    onRetry: (error, delay, left) => {
      terminal.note(retryNote(error, delay, left));
    },
  });
  await writeDocument(target, serializeSealedSecret(changed), io.signal);
  noteUnremoved(target, terminal);
  const added = changed.masterKeys.filter(({ keyId }) => !named.has(keyId)).map(({ provider, keyId }) => ({ provider, keyId }));
  return {
    report: {
      json: { ...facts(changed), added, out: target.path },
      words: (paint) => [
        paint.good(`Added ${added.map(({ keyId }) => keyId).join(" and ")} to Secret ${changed.secret}, generation ${changed.generation}, and replaced ${quotePath(options.secret)}.`),
        ...keyLines(changed),
        "With this file a revocation by any of these keys closes the Secret, for what was encrypted before, too.",
        `${REPLACE_COPIES}: with that one they go on without the added key.`,
        `Next: byok encrypt FOLDER ${keyArguments(options)} --out FOLDER.byok`,
      ],
    },
  };
}

/** Follows the rotation of the Secret's keys. */
export async function secretRewrap(options: SecretChangeOptions, context: Context): Promise<Outcome> {
  const { io, terminal } = context;
  const { keys, secret, target } = await checkReplacement(options, context);
  const { sealedSecret, keys: outcomes } = await rewrapSecret({ ...keys.access, sealedSecret: secret.value, signal: io.signal });
  const changed = outcomes.some(({ outcome }) => outcome === "rewrapped");
  if (changed) {
    await writeDocument(target, serializeSealedSecret(sealedSecret), io.signal);
    noteUnremoved(target, terminal);
  }
  const failure = outcomes.find(({ error }) => error !== undefined)?.error;
  return {
    ...(failure === undefined ? {} : { failure }),
    report: {
      json: { ...facts(sealedSecret), changed, keys: outcomes, out: target.path },
      words: (paint) => [
        changed
          ? paint.good(`Re-wrapped Secret ${sealedSecret.secret}, generation ${sealedSecret.generation}, and replaced ${quotePath(options.secret)}.`)
          : `Nothing was changed: ${quotePath(options.secret)} is as it was.`,
        ...outcomes.map((key) => rewrapLine(key, paint)),
        ...(changed ? [`${REPLACE_COPIES}; then see what may be destroyed: byok secret show ${keyArguments(options)}`] : []),
      ],
    },
  };
}

/** Makes the next generation with the same keys. */
export async function secretRenew(options: SecretRenewOptions, context: Context): Promise<Outcome> {
  return nextGeneration(options, context, (sealedSecret, { access }) => renewSecret({ ...access, sealedSecret, signal: context.io.signal }), []);
}

/** Makes the next generation without some of the keys. */
export async function secretRemoveKey(options: SecretRemoveKeyOptions, context: Context): Promise<Outcome> {
  return nextGeneration(
    options,
    context,
    (sealedSecret, { access }) => removeMasterKeys({ ...access, sealedSecret, remove: options.key, signal: context.io.signal }),
    options.key,
  );
}

async function nextGeneration(
  options: SecretRenewOptions,
  context: Context,
  make: (sealedSecret: SealedSecret, keys: CheckedKeys) => Promise<SealedSecret>,
  removed: readonly string[],
): Promise<Outcome> {
  const { io, terminal } = context;
  const { secret, out } = options;
  const keys = await checkKeys(options, context);
  const old = await readSealedSecret(secret);
  const target = await Target.check(out, { force: options.force === true, inputs: [secret, ...keys.files] });
  noteLeftovers(target, terminal);
  if (keys.banner !== undefined) terminal.note(keys.banner);
  const next = await make(old, keys);
  await writeDocument(target, serializeSealedSecret(next), io.signal);
  noteUnremoved(target, terminal);
  return {
    report: {
      json: { ...facts(next), removed, olderGeneration: old.generation, out: target.path },
      words: (paint) => [
        paint.good(`Made generation ${next.generation} of Secret ${next.secret} and wrote it to ${quotePath(out)}.`),
        ...keyLines(next),
        ...(removed.length === 0
          ? []
          : [`What generation ${old.generation} encrypted still needs ${removed.join(" and ")}: with that key it is lost.`]),
        `Encrypt with the new file. Keep ${quotePath(secret)}: objects of generation ${old.generation} carry a copy of their own, but only the file can be re-wrapped when a KMS key is rotated.`,
        `Next: byok encrypt FOLDER ${keyArguments({ ...options, secret: out })} --out FOLDER.byok`,
        `      byok decrypt OLD.byok ${keyArguments({ ...options, secret: out })} --older-secret ${shellQuote(secret)} --out RESTORED`,
      ],
    },
  };
}

/** Everything is checked; the file that is to be replaced was read. */
async function checkReplacement(
  options: SecretChangeOptions,
  context: Context,
): Promise<{ keys: CheckedKeys; secret: Replaceable<SealedSecret>; target: Target }> {
  const keys = await checkKeys(options, context);
  const secret = await readReplaceableSecret(options.secret);
  const target = await Target.check(secret.path, { force: true, inputs: keys.files, flag: "--secret", replaces: secret.read });
  noteLeftovers(target, context.terminal);
  if (keys.banner !== undefined) context.terminal.note(keys.banner);
  return { keys, secret, target };
}

function facts(sealed: SealedSecret): Record<string, unknown> {
  const { tenant, secret, generation } = sealed;
  return { tenant, secret, generation, masterKeys: sealed.masterKeys.map(({ provider, keyId }) => ({ provider, keyId })) };
}

function idsOf(sealed: SealedSecret): string[] {
  return sealed.masterKeys.map(({ keyId }) => keyId);
}

function keyLines(sealed: SealedSecret): string[] {
  return sealed.masterKeys.map(({ provider, keyId }) => `  master key  ${provider} ${keyId}`);
}

function rewrapLine({ role, provider, keyId, outcome, from, to, error }: RewrappedKey, paint: Paint): string {
  const what = {
    rewrapped: () => paint.good(`version ${shortVersion(keyId, from)} -> ${shortVersion(keyId, to)}`),
    current: () => `version ${shortVersion(keyId, from)}, which the KMS wraps with now`,
    "not-needed": () => "shows no versions: the provider keeps the old ones and finds them by itself",
    kept: () => paint.bad(`KEPT on version ${shortVersion(keyId, from)}, which is still needed: ${error?.message ?? ""}`),
  }[outcome]();
  return `  ${role === "master" ? "master key" : "service key"}  ${provider} ${keyId}: ${what}`;
}
