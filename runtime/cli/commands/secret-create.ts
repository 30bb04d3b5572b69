/**
 * `byok secret create`: makes a Secret once, and writes the public blob that reopens it.
 *
 * @module
 */
import { rm } from "node:fs/promises";
import ms from "ms";
import { createLocalKeyFile, createSecret, serializeSealedSecret } from "../../index.js";
import { ByokError } from "../../master-key/errors.js";
import { TENANT_ID } from "../../master-key/descriptor.js";
import { type Context, type Outcome } from "../context.js";
import { quotePath } from "../file-error.js";
import { Target } from "../folder/target.js";
import { chooseMode, readDescriptors, readServiceKey } from "../inputs.js";
import { writeTarget } from "../streams.js";
import { parseWait, waitUntilEffective } from "../wait.js";

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
  const inputs = [options.descriptor, ...(serviceKey.file?.exists === true ? [serviceKey.file.path] : [])];
  const target = await Target.check(out, { force: options.force === true, inputs });
  if (banner !== undefined) terminal.note(banner);

  const newKeyFile = serviceKey.file?.exists === false ? serviceKey.file.path : undefined;
  if (newKeyFile !== undefined) await createLocalKeyFile(newKeyFile);
  try {
    const sealed = await waitUntilEffective(
      () => createSecret({ tenant, masterKeys, serviceKey: serviceKey.key, mode, signal: io.signal }),
      {
        waitMs,
        clock: io.clock,
        signal: io.signal,
        onRetry: (error, delay, left) => {
          terminal.note(`byok: not effective yet (${error.code}); trying again in ${ms(Math.round(delay))}, for ${ms(Math.round(left))} more`);
        },
      },
    );
    await writeTarget(target, once(Buffer.from(`${serializeSealedSecret(sealed)}\n`)), { signal: io.signal, mode: PUBLIC_FILE });
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
          `Next: byok encrypt FOLDER --secret ${quotePath(out)} --descriptor ${quotePath(options.descriptor)} --service-key ${quotePath(options.serviceKey)} --out FOLDER.byok`,
        ],
      },
    };
  } catch (error) {
    // Nothing was sealed by it that anybody has: the failed command leaves nothing behind.
    if (newKeyFile !== undefined) await rm(newKeyFile, { force: true });
    throw error;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
