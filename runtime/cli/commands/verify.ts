/**
 * `byok verify`: does the grant work, from here, with this process's own identity?
 *
 * @module
 */
import { ByokError, type MasterKeyDescriptor, openMasterKey, verifyMasterKey, type Mode, type VerifyReport } from "../../index.js";
import { likelyCauses } from "../advice.js";
import { type Context, type Outcome } from "../context.js";
import { chooseMode, readDescriptors } from "../inputs.js";
import { shellQuote } from "../shell-quote.js";
import { type Paint } from "../terminal.js";
import { parseWait, retryNote, waitUntilEffective } from "../wait.js";

/** Options of the command, as they stand on the command line. */
export interface VerifyOptions {
  readonly descriptor: string;
  readonly wait?: string;
  readonly mode?: string;
}

/** How a check of the state that saw one puts it. */
const STATE_SEEN = /^the key is /;

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
        terminal.note(retryNote(error, delay, left));
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
      json: { ok, mode, keys: reports.map((report) => ({ ...report, likelyCauses: likelyCauses(firstError(report), io.env) })) },
      words: (paint) => [
        ...reports.flatMap((report) => reportLines(report, paint)),
        ...(ok ? ["Every key can be used from here.", nextCommand(options, descriptors)] : []),
      ],
    },
  };
}

/** A report for people. */
export function reportLines(report: VerifyReport, paint: Paint): string[] {
  const unusable = report.checks.some((check) => check.name === "round-trip" && !check.ok);
  // "May not look at the key's state, which is fine" is no comfort where nothing else is allowed either.
  const shown = report.checks.filter((check) => !(unusable && check.name === "state" && check.ok && !STATE_SEEN.test(check.detail)));
  return [
    paint.bold(`${report.provider} ${report.keyId}`),
    ...shown.map((check) => `  ${check.ok ? paint.good("ok    ") : paint.bad("FAILED")} ${check.name}: ${check.detail}`),
  ];
}

function nextCommand({ descriptor, mode }: VerifyOptions, [first]: readonly MasterKeyDescriptor[]): string {
  const tenant = first?.tenant ?? "TENANT";
  const flags = ["--tenant", tenant, "--descriptor", shellQuote(descriptor), "--service-key", "KEY", "--out", `${tenant}.secret.json`];
  return `Next: byok secret create ${flags.join(" ")}${mode === undefined ? "" : ` --mode ${mode}`}`;
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
