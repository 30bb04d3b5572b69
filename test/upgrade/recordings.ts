/** What earlier releases registered, as they recorded it themselves. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { checkCertificates } from "../../components/azure/certificates.js";
import { type Recording } from "./recorded.js";

/** The oldest release whose stacks may be upgraded in one step; docs/upgrading.md. */
export const OLDEST_SUPPORTED = "0.1.0";

/** What a release registered for a stack. */
export async function readRecording(stack: string, release = OLDEST_SUPPORTED): Promise<Recording> {
  return JSON.parse(await readFile(join(__dirname, release, `${stack}.json`), "utf8")) as Recording;
}

/** The same, had the stack named another certificate: everything made of it is exchanged. */
export function withCertificate(recording: Recording, pem: string): Recording {
  const azure = JSON.parse(recording.config["byok:azure"] ?? "") as { readonly certificates: readonly string[] };
  const [old] = certificatesIn(azure.certificates);
  const [next] = certificatesIn([pem]);
  if (old === undefined || next === undefined) throw new Error(`${recording.stack} names no certificate`);
  const { stack, resources } = recording;
  const exchanged = JSON.stringify(resources)
    .replaceAll(inJson(old.pem), inJson(next.pem))
    .replaceAll(old.thumbprint, next.thumbprint)
    .replaceAll(`certificate-${shortOf(old.thumbprint)}`, `certificate-${shortOf(next.thumbprint)}`)
    .replaceAll(old.notAfter, next.notAfter);
  const config = { ...recording.config, "byok:azure": JSON.stringify({ ...azure, certificates: [pem] }) };
  return { release: recording.release, stack, config, resources: JSON.parse(exchanged) as Recording["resources"] };
}

function certificatesIn(pems: readonly string[]): readonly { readonly pem: string; readonly thumbprint: string; readonly notAfter: string }[] {
  return checkCertificates(pems, new Date()).certificates;
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** As resources are named: the first eight digits. */
function shortOf(thumbprint: string): string {
  return thumbprint.slice(0, 8).toLowerCase();
}
