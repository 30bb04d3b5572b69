/**
 * `byok verify`: does the grant work, from here, with this process's own identity?
 *
 * @module
 */
import {
  ByokError,
  type Credentials,
  type MasterKeyDescriptor,
  type Mode,
  openMasterKey,
  openServiceKey,
  verifyMasterKey,
  type VerifyReport,
} from "../../index.js";
import { tenantCredentials } from "../../key-access.js";
import { likelyCauses } from "../advice.js";
import { type Context, type Outcome } from "../context.js";
import { chooseMode, readDescriptors, readServiceKey, type ServiceKeyChoice } from "../inputs.js";
import { applicationCredentials, checkCredentials, impersonation } from "../keys.js";
import { shellQuote } from "../shell-quote.js";
import { type Paint } from "../terminal.js";
import { parseWait, retryNote, waitUntilEffective } from "../wait.js";

/** Options of the command, as they stand on the command line. */
export interface VerifyOptions {
  readonly descriptor: string;
  /** Opens `credentials`. */
  readonly serviceKey?: string;
  readonly credentials?: string;
  readonly wait?: string;
  readonly mode?: string;
}

/** How a check of the state that saw one puts it. */
const STATE_SEEN = /^the key is /;

/** Checks every master key of the descriptor file; with `--wait`, until all of them work or the time is up. */
export async function verify(options: VerifyOptions, context: Context): Promise<Outcome> {
  const { io, terminal } = context;
  const { credentials } = options;
  const waitMs = options.wait === undefined ? 0 : parseWait(options.wait);
  if (credentials !== undefined && options.serviceKey === undefined) {
    throw new ByokError("CONFIG_INVALID", "--credentials are sealed by the service key: give --service-key, too.");
  }
  const serviceKey = options.serviceKey === undefined ? undefined : await readServiceKey(options.serviceKey, { mayBeMissing: false });
  const { mode, banner } = chooseMode(options.mode, { env: io.env, serviceKey });
  const descriptors = await readDescriptors(options.descriptor);
  await checkCredentials(options, descriptors);
  if (banner !== undefined) terminal.note(banner);
  const { reports, failure } = await verifyKeys(descriptors, { mode, serviceKey, credentials, waitMs }, context);
  const ok = failure === undefined;
  return {
    ...(failure === undefined ? {} : { failure }),
    report: {
      json: { ok, mode, keys: withCauses(reports, context) },
      words: (paint) => [
        ...reports.flatMap((report) => reportLines(report, paint)),
        ...(ok ? ["Every key can be used from here.", secretCreateCommand(descriptors[0]?.tenant ?? "TENANT", options)] : []),
      ],
    },
  };
}

/** How {@link verifyKeys} opens keys, and how long it tries. */
export interface VerifyKeysOptions {
  readonly mode: Mode;
  readonly serviceKey: ServiceKeyChoice | undefined;
  /** Path of application credentials, which the service key opens. */
  readonly credentials: string | undefined;
  readonly waitMs: number;
}

/**
 * Tries keys of one tenant until all of them work or the time is up. What the last try saw comes out, with what was wrong;
 * thrown is only what left nothing to report.
 */
export async function verifyKeys(
  descriptors: readonly MasterKeyDescriptor[],
  { mode, serviceKey, credentials, waitMs }: VerifyKeysOptions,
  { io, terminal }: Context,
): Promise<{ reports: readonly VerifyReport[]; failure?: Error }> {
  const service = serviceKey === undefined || credentials === undefined ? undefined : await openServiceKey(serviceKey.key, { mode });
  const own = impersonation(io.env);
  const sealed = { ...own, ...applicationCredentials(credentials) };
  const identities = service === undefined ? own.credentials : tenantCredentials(sealed, service, descriptors[0]?.tenant ?? "");
  let reports: readonly VerifyReport[] = [];
  try {
    await waitUntilEffective(
      async () => {
        reports = await Promise.all(descriptors.map((descriptor) => verifyOne(descriptor, mode, identities, io.signal)));
        for (const report of reports) {
          const error = firstError(report);
          if (error !== undefined) throw error;
        }
      },
      {
        waitMs,
        clock: io.clock,
        signal: io.signal,
        onRetry: (error, delay, left) => {
          terminal.note(retryNote(error, delay, left));
        },
      },
    );
    return { reports };
  } catch (error) {
    if (reports.length === 0 || !(error instanceof Error) || io.signal.aborted) throw error;
    return { reports, failure: error };
  } finally {
    await service?.close();
  }
}

/** Reports for programs, with what may be behind a failure. */
export function withCauses(reports: readonly VerifyReport[], { io }: Context): Record<string, unknown>[] {
  return reports.map((report) => ({ ...report, likelyCauses: likelyCauses(firstError(report), io.env) }));
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

/** The command that makes a Secret with keys that were found to work. */
export function secretCreateCommand(tenant: string, { descriptor, serviceKey, credentials, mode }: VerifyOptions): string {
  const flags = ["--tenant", tenant, "--descriptor", shellQuote(descriptor), "--service-key", serviceKey === undefined ? "KEY" : shellQuote(serviceKey)];
  if (credentials !== undefined) flags.push("--credentials", shellQuote(credentials));
  flags.push("--out", `${tenant}.secret.json`, ...(mode === undefined ? [] : ["--mode", mode]));
  return `Next: byok secret create ${flags.join(" ")}`;
}

async function verifyOne(
  descriptor: MasterKeyDescriptor,
  mode: Mode,
  credentials: Credentials | undefined,
  signal: AbortSignal,
): Promise<VerifyReport> {
  const key = await openMasterKey(descriptor, { mode, credentials, role: "tenant" });
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
