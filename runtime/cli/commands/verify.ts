/**
 * `byok verify`: does the grant work, from here, with this process's own identity?
 *
 * @module
 */
import ms from "ms";
import { ByokError, type MasterKeyDescriptor, openMasterKey, verifyMasterKey, type Mode, type VerifyReport } from "../../index.js";
import { likelyCauses } from "../advice.js";
import { type Context, type Outcome } from "../context.js";
import { chooseMode, readDescriptors } from "../inputs.js";
import { parseWait, waitUntilEffective } from "../wait.js";

/** Options of the command, as they stand on the command line. */
export interface VerifyOptions {
  readonly descriptor: string;
  readonly wait?: string;
  readonly mode?: string;
}

/** Checks every master key of the descriptor file; with `--wait`, until all of them work or the time is up. */
export async function verify(options: VerifyOptions, { io, terminal }: Context): Promise<Outcome> {
  const waitMs = options.wait === undefined ? 0 : parseWait(options.wait);
  const { mode, banner } = chooseMode(options.mode, { env: io.env });
  const descriptors = await readDescriptors(options.descriptor);
  if (banner !== undefined) terminal.note(banner);
  const reports: VerifyReport[] = [];
  let failure: Error | undefined;
  try {
    await waitUntilEffective(() => verifyAll(descriptors, mode, reports, io.signal), {
      waitMs,
      clock: io.clock,
      signal: io.signal,
      onRetry: (error, delay, left) => {
        terminal.note(`byok: not effective yet (${error.code}); trying again in ${ms(Math.round(delay))}, for ${ms(Math.round(left))} more`);
      },
    });
  } catch (error) {
    if (reports.length === 0 || !(error instanceof Error) || io.signal.aborted) throw error;
    failure = error;
  }
  const ok = failure === undefined;
  return {
    ...(failure === undefined ? {} : { failure }),
    report: {
      json: { ok, mode, keys: reports.map((report) => ({ ...report, likelyCauses: likelyCauses(firstError(report)) })) },
      words: (paint) => [
        ...reports.flatMap((report) => [
          paint.bold(`${report.provider} ${report.keyId}`),
          ...report.checks.map((check) => `  ${check.ok ? paint.good("ok    ") : paint.bad("FAILED")} ${check.name}: ${check.detail}`),
        ]),
        ...(ok ? ["Every key can be used from here. Next: byok secret create"] : []),
      ],
    },
  };
}

/** Fills `reports`; throws the first thing that is wrong, so that it can be waited for. */
async function verifyAll(
  descriptors: readonly MasterKeyDescriptor[],
  mode: Mode,
  reports: VerifyReport[],
  signal: AbortSignal,
): Promise<void> {
  const fresh = await Promise.all(descriptors.map((descriptor) => verifyOne(descriptor, mode, signal)));
  reports.splice(0, reports.length, ...fresh);
  for (const report of fresh) {
    const error = firstError(report);
    if (error !== undefined) throw error;
  }
}

async function verifyOne(descriptor: MasterKeyDescriptor, mode: Mode, signal: AbortSignal): Promise<VerifyReport> {
  const key = await openMasterKey(descriptor, { mode, role: "tenant" });
  try {
    return await verifyMasterKey(key, { signal });
  } finally {
    await key.close();
  }
}

function firstError(report: VerifyReport): ByokError | undefined {
  if (report.ok) return undefined;
  const failures = report.checks.filter((check) => !check.ok);
  const failed = failures.find((check) => check.error !== undefined) ?? failures[0];
  return (
    failed?.error ?? new ByokError("UNEXPECTED_ANSWER", failed?.detail ?? "The key did not pass.", { provider: report.provider, keyId: report.keyId })
  );
}
