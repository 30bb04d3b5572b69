/**
 * `byok secret create`: makes a Secret once, and writes the public blob that reopens it.
 *
 * @module
 */
import { createSecret, serializeSealedSecret } from "../../index.js";
import { ByokError } from "../../master-key/errors.js";
import { type Context, type Outcome } from "../context.js";
import { quotePath } from "../file-error.js";
import { Target } from "../folder/target.js";
import { checkTenant } from "../inputs.js";
import { checkKeys, keyArguments, type KeyFlags } from "../keys.js";
import { madeServiceKeyNote, withServiceKeyFile } from "../service-key-file.js";
import { writeDocument } from "../streams.js";
import { parseWait, retryNote, waitUntilEffective } from "../wait.js";
import { noteLeftovers, noteUnremoved } from "./open.js";

/** Options of the command, as they stand on the command line. */
export interface SecretCreateOptions extends KeyFlags {
  readonly tenant: string;
  readonly out: string;
  readonly wait?: string;
  readonly force?: boolean;
}

/** Makes a sealed Secret; on failure, neither it nor a new service key file is left. */
export async function secretCreate(options: SecretCreateOptions, context: Context): Promise<Outcome> {
  const { tenant, out } = options;
  const { io, terminal } = context;
  checkTenant(tenant);
  const waitMs = options.wait === undefined ? 0 : parseWait(options.wait);
  const { access, serviceKey, banner, files } = await checkKeys(options, context, { mayBeMissing: true });
  const other = access.masterKeys.find((descriptor) => descriptor.tenant !== tenant);
  if (other !== undefined) {
    throw new ByokError("TENANT_MISMATCH", `--tenant is ${tenant}, but ${quotePath(options.descriptor)} holds keys of tenant ${other.tenant}.`, { tenant });
  }
  const target = await Target.check(out, { force: options.force === true, inputs: files });
  noteLeftovers(target, terminal);
  if (banner !== undefined) terminal.note(banner);

  return withServiceKeyFile(serviceKey, target, async (made) => {
    const sealed = await waitUntilEffective(() => createSecret({ ...access, tenant, signal: io.signal }), {
      waitMs,
      clock: io.clock,
      signal: io.signal,
      onRetry: (error, delay, left) => {
        terminal.note(retryNote(error, delay, left));
      },
    });
    await writeDocument(target, serializeSealedSecret(sealed), io.signal);
    noteUnremoved(target, terminal);
    return {
      report: {
        json: {
          tenant,
          secret: sealed.secret,
          generation: sealed.generation,
          masterKeys: sealed.masterKeys.map(({ provider, keyId }) => ({ provider, keyId })),
          out: target.path,
          ...(made === undefined ? {} : { createdServiceKey: made }),
        },
        words: (paint) => [
          paint.good(`Made Secret ${sealed.secret} of tenant ${tenant}, generation ${sealed.generation}, and wrote it to ${quotePath(out)}.`),
          ...madeServiceKeyNote(made),
          "The Secret's file is public and needed for every decrypt: keep it with the backups.",
          `Next: byok encrypt FOLDER ${keyArguments({ ...options, secret: out })} --out FOLDER.byok`,
        ],
      },
    };
  });
}
