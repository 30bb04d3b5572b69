/**
 * `byok secret create`: makes a Secret once, and writes the public blob that reopens it.
 *
 * @module
 */
import { rm } from "node:fs/promises";
import { createLocalKeyFile, createSecret, serializeSealedSecret } from "../../index.js";
import { ByokError } from "../../master-key/errors.js";
import { TENANT_ID } from "../../master-key/descriptor.js";
import { type Context, type Outcome } from "../context.js";
import { errnoOf, quotePath, toFileError } from "../file-error.js";
import { Target } from "../folder/target.js";
import { chooseMode, readDescriptors, readServiceKey } from "../inputs.js";
import { writeTarget } from "../streams.js";
import { parseWait, retryNote, waitUntilEffective } from "../wait.js";
import { keyArguments, noteLeftovers, noteUnremoved } from "./open.js";

/** Options of the command, as they stand on the command line. */
export interface SecretCreateOptions {
  readonly tenant: string;
  readonly descriptor: string;
  readonly serviceKey: string;
  readonly out: string;
  readonly wait?: string;
  readonly mode?: string;
  readonly force?: boolean;
}

/** A sealed Secret is public. */
const PUBLIC_FILE = 0o644;

/** Why a key file could not be made, if that is the file system's doing rather than a wrong path. */
const FILE_SYSTEM_SAYS = new Set(["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM"]);

/** Makes a sealed Secret; on failure, neither it nor a new service key file is left. */
export async function secretCreate(options: SecretCreateOptions, { io, terminal }: Context): Promise<Outcome> {
  const { tenant, out } = options;
  if (!TENANT_ID.test(tenant)) {
    throw new ByokError("CONFIG_INVALID", `--tenant ${JSON.stringify(tenant)} must be 3 to 32 characters of a-z, 0-9 and -.`);
  }
  const waitMs = options.wait === undefined ? 0 : parseWait(options.wait);
  const serviceKey = await readServiceKey(options.serviceKey, { mayBeMissing: true });
  const { mode, banner } = chooseMode(options.mode, { env: io.env, serviceKey });
  const masterKeys = await readDescriptors(options.descriptor);
  const other = masterKeys.find((descriptor) => descriptor.tenant !== tenant);
  if (other !== undefined) {
    throw new ByokError("TENANT_MISMATCH", `--tenant is ${tenant}, but ${quotePath(options.descriptor)} holds keys of tenant ${other.tenant}.`, { tenant });
  }
  const inputs = [options.descriptor, options.serviceKey.slice(options.serviceKey.indexOf(":") + 1)];
  const target = await Target.check(out, { force: options.force === true, inputs });
  noteLeftovers(target, terminal);
  if (banner !== undefined) terminal.note(banner);

  const newKeyFile = serviceKey.file?.exists === false ? serviceKey.file.path : undefined;
  if (newKeyFile !== undefined) await makeServiceKey(newKeyFile);
  try {
    const sealed = await waitUntilEffective(
      () => createSecret({ tenant, masterKeys, serviceKey: serviceKey.key, mode, signal: io.signal }),
      {
        waitMs,
        clock: io.clock,
        signal: io.signal,
        onRetry: (error, delay, left) => {
          terminal.note(retryNote(error, delay, left));
        },
      },
    );
    await writeTarget(target, once(Buffer.from(`${serializeSealedSecret(sealed)}\n`)), { signal: io.signal, mode: PUBLIC_FILE });
    noteUnremoved(target, terminal);
    return {
      report: {
        json: {
          tenant,
          secret: sealed.secret,
          generation: sealed.generation,
          masterKeys: sealed.masterKeys.map(({ provider, keyId }) => ({ provider, keyId })),
          out: target.path,
          ...(newKeyFile === undefined ? {} : { createdServiceKey: newKeyFile }),
        },
        words: (paint) => [
          paint.good(`Made Secret ${sealed.secret} of tenant ${tenant}, generation ${sealed.generation}, and wrote it to ${quotePath(out)}.`),
          ...(newKeyFile === undefined
            ? []
            : [`Made the service key ${quotePath(newKeyFile)}. Keep it: without it nothing made with this Secret can be read.`]),
          "The Secret's file is public and needed for every decrypt: keep it with the backups.",
          `Next: byok encrypt FOLDER ${keyArguments({ ...options, secret: out })} --out FOLDER.byok`,
        ],
      },
    };
  } catch (error) {
    // Nothing was sealed by it that anybody has: the failed command leaves nothing behind. Once the Secret is in its place,
    // whatever else went wrong, only this key opens it.
    if (newKeyFile !== undefined && !target.placed) await rm(newKeyFile, { force: true });
    throw error;
  }
}

async function makeServiceKey(path: string): Promise<void> {
  try {
    await createLocalKeyFile(path);
  } catch (error) {
    const cause = error instanceof ByokError ? error.cause : undefined;
    throw FILE_SYSTEM_SAYS.has(errnoOf(cause) ?? "") ? toFileError(cause, "make the service key", path) : error;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
