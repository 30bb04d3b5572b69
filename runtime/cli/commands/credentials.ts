/**
 * `byok credentials create`, `list` and `rotate`: certificates with which the service signs in to a tenant's Azure
 * directory.
 *
 * @module
 */
import {
  ByokError,
  createApplicationCredentials,
  listApplicationCredentials,
  type ListedCredential,
  type MasterKey,
  openServiceKey,
  rotateApplicationCredentials,
  type SealedApplicationCredentials,
} from "../../index.js";
import { type Context, type Outcome } from "../context.js";
import { quotePath } from "../file-error.js";
import { Target } from "../folder/target.js";
import { checkTenant, chooseMode, readCredentials, readReplaceableCredentials, readServiceKey, type ServiceKeyChoice } from "../inputs.js";
import { serviceKeyPath } from "../keys.js";
import { madeServiceKeyNote, withServiceKeyFile } from "../service-key-file.js";
import { shellQuote } from "../shell-quote.js";
import { writeDocument } from "../streams.js";
import { count, type Paint } from "../terminal.js";
import { certificateLine, checkCertificateOut, registerLines, writeCertificate } from "./certificate-file.js";
import { noteLeftovers, noteUnremoved } from "./open.js";

/** What `create` and `rotate` have in common, as it stands on the command line. */
interface NewCertificateOptions {
  readonly serviceKey: string;
  readonly certificateOut?: string;
  readonly days?: string;
  readonly mode?: string;
  readonly force?: boolean;
}

/** Options of `credentials create`. */
export interface CredentialsCreateOptions extends NewCertificateOptions {
  readonly tenant: string;
  readonly out: string;
}

/** Options of `credentials list`. */
export interface CredentialsListOptions {
  readonly certificateOut?: string;
  readonly force?: boolean;
}

/** Options of `credentials rotate`. */
export interface CredentialsRotateOptions extends NewCertificateOptions {
  readonly dropOldest?: boolean;
}

/** From here on, `list` says how many days are left as a warning. */
const SOON = 30;

/** Makes a first certificate; on failure, neither it nor a new service key file is left. */
export async function credentialsCreate(options: CredentialsCreateOptions, context: Context): Promise<Outcome> {
  const { io, terminal } = context;
  const { tenant, out, certificateOut } = options;
  checkTenant(tenant);
  const days = parseDays(options.days);
  const { serviceKey, mode, banner } = await checkServiceKey(options, context, { mayBeMissing: true });
  const force = options.force === true;
  const files = [serviceKeyPath(options.serviceKey)];
  const target = await Target.check(out, { force, inputs: files });
  const certificateTarget = await checkCertificateOut(certificateOut, { force, inputs: [...files, target.path] });
  noteLeftovers(target, terminal);
  if (banner !== undefined) terminal.note(banner);
  return withServiceKeyFile(serviceKey, target, async (made) => {
    const sealed = await withServiceKey(serviceKey, mode, (key) =>
      createApplicationCredentials({ tenant, serviceKey: key, days, signal: io.signal }),
    );
    const [certificate] = await writeBoth(sealed, target, certificateTarget, context);
    return {
      report: {
        json: { ...factsOf(sealed), out: target.path, ...certificateOutOf(certificateTarget), ...(made === undefined ? {} : { createdServiceKey: made }) },
        words: (paint) => [
          paint.good(`Made application credentials for tenant ${tenant} and wrote them to ${quotePath(out)}; the private key in it is sealed by the service key.`),
          ...(certificate === undefined ? [] : [certificateLine(certificate)]),
          ...madeServiceKeyNote(made),
          ...registerLines(certificate === undefined ? [] : [certificate], certificateOut),
          `Next: byok verify --descriptor ${tenant}.keys.json ${keyFlags(options, out)} --wait 10m`,
        ],
      },
    };
  });
}

/** Shows the certificates, and whether they are still good. */
export async function credentialsList(file: string, options: CredentialsListOptions, context: Context): Promise<Outcome> {
  const sealed = await readCredentials(file, "The credentials");
  const target = await checkCertificateOut(options.certificateOut, { force: options.force === true, inputs: [file] });
  const listed = listApplicationCredentials(sealed);
  const newest = listed.at(-1);
  if (target !== undefined && newest !== undefined) {
    await writeCertificate(target, newest, context.io.signal);
    noteUnremoved(target, context.terminal);
  }
  return {
    report: {
      json: { ...factsOf(sealed), ...certificateOutOf(target) },
      words: (paint) => [
        paint.bold(`Application credentials ${sealed.id} of tenant ${sealed.tenant}`),
        ...listed.flatMap((credential) => [certificateLine(credential), `               ${stateWords(credential, paint)}`]),
        ...(target === undefined ? [] : [`Wrote ${newest?.thumbprint ?? ""} to ${quotePath(options.certificateOut ?? "")}.`]),
        "Nothing here is proven, and no key was asked.",
      ],
    },
  };
}

/** Adds a second certificate, in the place of the oldest of two if asked to. */
export async function credentialsRotate(file: string, options: CredentialsRotateOptions, context: Context): Promise<Outcome> {
  const { io, terminal } = context;
  const { certificateOut } = options;
  const dropOldest = options.dropOldest === true;
  const days = parseDays(options.days);
  const { serviceKey, mode, banner } = await checkServiceKey(options, context, { mayBeMissing: false });
  const old = await readReplaceableCredentials(file);
  refuseBadDrop(old.value, dropOldest);
  const files = [serviceKeyPath(options.serviceKey)];
  const target = await Target.check(old.path, { force: true, inputs: files, replaces: old.read });
  const certificateTarget = await checkCertificateOut(certificateOut, { force: options.force === true, inputs: [...files, target.path] });
  noteLeftovers(target, terminal);
  if (banner !== undefined) terminal.note(banner);
  const sealed = await withServiceKey(serviceKey, mode, (key) =>
    rotateApplicationCredentials({ sealed: old.value, serviceKey: key, days, dropOldest, signal: io.signal }),
  );
  const certificates = await writeBoth(sealed, target, certificateTarget, context);
  const dropped = dropOldest ? old.value.credentials[0]?.thumbprint : undefined;
  return {
    report: {
      json: { ...factsOf(sealed), ...(dropped === undefined ? {} : { dropped }), out: target.path, ...certificateOutOf(certificateTarget) },
      words: (paint) => [
        paint.good(`Added a certificate for tenant ${sealed.tenant} and replaced ${quotePath(file)}.`),
        ...(dropped === undefined ? [] : [`  dropped      ${dropped}: nothing signs in with it any more, the tenant can remove it.`]),
        ...certificates.map((certificate) => certificateLine(certificate)),
        ...registerLines(certificates, certificateOut),
        "Both stay registered until the descriptor names the new one; running processes take whichever is accepted.",
        `Next: byok verify --descriptor ${sealed.tenant}.keys.json ${keyFlags(options, file)} --wait 10m`,
      ],
    },
  };
}

/** The document first: a certificate without its key is worth nothing. */
async function writeBoth(
  sealed: SealedApplicationCredentials,
  target: Target,
  certificateTarget: Target | undefined,
  { io, terminal }: Context,
): Promise<ListedCredential[]> {
  const listed = listApplicationCredentials(sealed);
  await writeDocument(target, JSON.stringify(sealed), io.signal);
  noteUnremoved(target, terminal);
  const newest = listed.at(-1);
  if (certificateTarget !== undefined && newest !== undefined) {
    await writeCertificate(certificateTarget, newest, io.signal);
    noteUnremoved(certificateTarget, terminal);
  }
  return listed;
}

/** The same refusals as rotating has, in the words of this command line, and before a key is asked. */
function refuseBadDrop({ credentials, tenant }: SealedApplicationCredentials, dropOldest: boolean): void {
  const full = credentials.length > 1;
  if (full === dropOldest) return;
  throw new ByokError(
    "CONFIG_INVALID",
    full
      ? `There are two certificates already. Once the descriptors name the newer one, ${credentials[1]?.thumbprint ?? ""}, give --drop-oldest to drop ${credentials[0]?.thumbprint ?? ""}.`
      : "--drop-oldest, but there is one certificate only: without it nothing could sign in until the new one is registered. Leave --drop-oldest out, and give it at the next rotation.",
    { tenant },
  );
}

async function checkServiceKey(
  options: NewCertificateOptions,
  { io }: Context,
  given: { mayBeMissing: boolean },
): Promise<ReturnType<typeof chooseMode> & { serviceKey: ServiceKeyChoice }> {
  const serviceKey = await readServiceKey(options.serviceKey, given);
  return { serviceKey, ...chooseMode(options.mode, { env: io.env, serviceKey }) };
}

async function withServiceKey<T>(choice: ServiceKeyChoice, mode: ReturnType<typeof chooseMode>["mode"], work: (key: MasterKey) => Promise<T>): Promise<T> {
  const key = await openServiceKey(choice.key, { mode });
  try {
    return await work(key);
  } finally {
    await key.close();
  }
}

function parseDays(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= 730) return Number(text);
  throw new ByokError("CONFIG_INVALID", `--days ${JSON.stringify(text)} must be a number from 1 to 730.`);
}

function stateWords({ state, daysLeft }: ListedCredential, paint: Paint): string {
  switch (state) {
    case "expired":
      return paint.bad("EXPIRED: Entra refuses it. Rotate: byok credentials rotate");
    case "not-yet-valid":
      return paint.bad("not valid yet: is this machine's clock right?");
    case "valid":
      return daysLeft < SOON ? paint.bad(`expires in ${count(daysLeft, "day")}: rotate it now (byok credentials rotate)`) : paint.good(`valid for ${count(daysLeft, "day")}`);
  }
}

function factsOf(sealed: SealedApplicationCredentials): Record<string, unknown> {
  const listed = listApplicationCredentials(sealed);
  return {
    tenant: sealed.tenant,
    id: sealed.id,
    credentials: listed.map((credential, index) => {
      const { provider, keyId, keyVersion } = sealed.credentials[index]?.serviceKey ?? {};
      return { ...credential, serviceKey: { provider, keyId, ...(keyVersion === undefined ? {} : { keyVersion }) } };
    }),
  };
}

function certificateOutOf(target: Target | undefined): { certificateOut?: string } {
  return target === undefined ? {} : { certificateOut: target.path };
}

function keyFlags({ serviceKey, mode }: NewCertificateOptions, credentials: string): string {
  return `--service-key ${shellQuote(serviceKey)} --credentials ${shellQuote(credentials)}${mode === undefined ? "" : ` --mode ${mode}`}`;
}
