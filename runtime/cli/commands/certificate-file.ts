/**
 * `--certificate-out`, and how to register what is in it.
 *
 * @module
 */
import { extname } from "node:path";
import { ByokError, type CertificateFacts } from "../../index.js";
import { quotePath } from "../file-error.js";
import { Target } from "../folder/target.js";
import { writePublicFile } from "../streams.js";

/** Bytes of a certificate by the ending of the file: PEM as it is, or its DER, which Windows and Azure call CER. */
const FORMATS: ReadonlyMap<string, (pem: string) => Uint8Array> = new Map([
  [".pem", (pem) => Buffer.from(pem)],
  [".cer", derOf],
  [".der", derOf],
]);

/** A checked `--certificate-out`; undefined where it was not given. */
export async function checkCertificateOut(path: string | undefined, options: { force: boolean; inputs: readonly string[] }): Promise<Target | undefined> {
  if (path === undefined) return undefined;
  if (!FORMATS.has(extname(path).toLowerCase())) {
    throw new ByokError("CONFIG_INVALID", `--certificate-out ${quotePath(path)} must end in .pem (text), or .cer or .der (binary).`);
  }
  return Target.check(path, { ...options, flag: "--certificate-out" });
}

/** Writes a certificate in the format that the file's name asks for. */
export async function writeCertificate(target: Target, { certificate }: CertificateFacts, signal: AbortSignal): Promise<void> {
  const encode = FORMATS.get(extname(target.path).toLowerCase());
  await writePublicFile(target, encode === undefined ? Buffer.from(certificate) : encode(certificate), signal);
}

/** One line about a certificate. */
export function certificateLine({ thumbprint, notBefore, notAfter }: CertificateFacts): string {
  return `  certificate  ${thumbprint}, valid from ${notBefore} to ${notAfter}`;
}

/** How the tenant registers certificates: into the stack's configuration, or by hand. */
export function registerLines(certificates: readonly CertificateFacts[], file: string | undefined): string[] {
  return [
    "The tenant registers what follows (it is public). In the stack's configuration, then `pulumi up`:",
    "  byok:azure:",
    "    certificates:",
    ...certificates.flatMap(({ certificate }) => ["      - |", ...certificate.trimEnd().split("\n").map((line) => `        ${line}`)]),
    `By hand: Microsoft Entra admin center, App registrations, the application, Certificates & secrets, Certificates, Upload${file === undefined ? "; --certificate-out writes a file for that" : ` ${quotePath(file)}`}.`,
  ];
}

function derOf(pem: string): Uint8Array {
  return Buffer.from(pem.replaceAll(/-----[A-Z ]+-----|\n/g, ""), "base64");
}
