/**
 * `byok secret show`: whose a sealed Secret is, which keys and key versions it stands on, and with `--descriptor` and
 * `--service-key` whether it is authentic, opens, and is due for a re-wrap.
 *
 * @module
 */
import { ByokError, describeSecret, type KeyVersions, type SealedSecret } from "../../index.js";
import { type Context, type Outcome } from "../context.js";
import { readSealedSecret } from "../inputs.js";
import { checkKeys, keyArguments } from "../keys.js";
import { destroyLines, versionLines } from "./key-version-words.js";

/** Options of the command, as they stand on the command line. */
export interface SecretShowOptions {
  readonly secret: string;
  readonly descriptor?: string;
  readonly serviceKey?: string;
  readonly credentials?: string;
  readonly mode?: string;
}

/** Shows a sealed Secret; asks its keys if they are named. */
export async function secretShow(options: SecretShowOptions, context: Context): Promise<Outcome> {
  const { descriptor, serviceKey } = options;
  if (descriptor !== undefined && serviceKey !== undefined) return showChecked({ ...options, descriptor, serviceKey }, context);
  if (descriptor !== undefined || serviceKey !== undefined || options.credentials !== undefined) {
    throw new ByokError("CONFIG_INVALID", "--descriptor and --service-key go together: give both to ask the keys, or neither to see what the file says.");
  }
  const sealed = await readSealedSecret(options.secret);
  const keys = keysOf(sealed);
  return {
    report: {
      json: { ...facts(sealed), checked: false, keys },
      words: (paint) => [
        ...headline(sealed, paint.bold),
        ...keys.flatMap((key) => versionLines({ ...key, rewrapDue: false }, paint)),
        "Nothing here is proven, and no key was asked: --descriptor and --service-key do both.",
      ],
    },
  };
}

async function showChecked(
  options: SecretShowOptions & { readonly descriptor: string; readonly serviceKey: string },
  context: Context,
): Promise<Outcome> {
  const { io, terminal } = context;
  const { access, banner } = await checkKeys(options, context);
  const sealedSecret = await readSealedSecret(options.secret);
  if (banner !== undefined) terminal.note(banner);
  const { keys } = await describeSecret({ ...access, sealedSecret, signal: io.signal });
  const failure = firstError(keys);
  const due = keys.some(({ rewrapDue }) => rewrapDue);
  return {
    ...(failure === undefined ? {} : { failure }),
    report: {
      json: { ...facts(sealedSecret), checked: true, rewrapDue: due, keys },
      words: (paint) => [
        ...headline(sealedSecret, paint.bold),
        ...keys.flatMap((key) => versionLines(key, paint)),
        "As the service sealed it.",
        ...destroyLines(keys, sealedSecret.generation),
        ...(due ? [`Next: byok secret rewrap ${keyArguments(options)}`] : []),
      ],
    },
  };
}

/** A revocation before anything else: it is what closes the Secret. */
function firstError(keys: readonly KeyVersions[]): ByokError | undefined {
  const errors = keys.flatMap(({ error }) => error ?? []);
  return errors.find(({ revocation }) => revocation) ?? errors[0];
}

function headline({ tenant, secret, generation }: SealedSecret, bold: (text: string) => string): string[] {
  return [bold(`Secret ${secret} of tenant ${tenant}, generation ${generation}`)];
}

function facts({ tenant, secret, generation }: SealedSecret): Record<string, unknown> {
  return { tenant, secret, generation };
}

/** What the wraps say by themselves. */
function keysOf(sealed: SealedSecret): Omit<KeyVersions, "rewrapDue">[] {
  const named = [...sealed.masterKeys.map((wrap) => ({ role: "master" as const, wrap })), { role: "service" as const, wrap: sealed.bindingShare.serviceKey }];
  return named.map(({ role, wrap: { provider, keyId, keyVersion } }) => ({ role, provider, keyId, ...(keyVersion === undefined ? {} : { keyVersion }) }));
}
