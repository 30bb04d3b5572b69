import { createHash, generateKeyPairSync, X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { type AzureCertificate, checkCertificate } from "../../../runtime/master-key/azure-certificate.js";
import { selfSigned } from "../certificates.js";
import { shown, thrownBy } from "../support.js";

const DETAILS = { provider: "azure-key-vault", keyId: "https://acme.vault.azure.net/keys/backup", tenant: "acme" };
const NOT_BEFORE = new Date("2026-01-01T00:00:00Z");
const NOT_AFTER = new Date("2027-01-01T00:00:00Z");
const NOW = Date.parse("2026-06-01T00:00:00Z");

let pair: AzureCertificate;
let other: AzureCertificate;
let elliptic: AzureCertificate;
let thumbprint: string;

beforeAll(async () => {
  pair = await selfSigned({ notBefore: NOT_BEFORE, notAfter: NOT_AFTER, algorithm: "rsa" });
  other = await selfSigned({ notBefore: NOT_BEFORE, notAfter: NOT_AFTER, algorithm: "rsa" });
  elliptic = await selfSigned({ notBefore: NOT_BEFORE, notAfter: NOT_AFTER, algorithm: "ec" });
  thumbprint = createHash("sha1").update(new X509Certificate(pair.certificate).raw).digest("hex").toUpperCase();
});

function nameOf({ certificate }: AzureCertificate): string {
  return createHash("sha1").update(new X509Certificate(certificate).raw).digest("hex").toUpperCase();
}

describe("checkCertificate", () => {
  test("a certificate with its key: thumbprint as the portal shows it, and one PEM of both", () => {
    const checked = checkCertificate(pair, NOW, DETAILS);
    expect(checked).toMatchObject({ thumbprint, notAfter: NOT_AFTER.getTime() });
    expect(checked.pem.match(/-----BEGIN [A-Z ]+-----/g)).toEqual(["-----BEGIN PRIVATE KEY-----", "-----BEGIN CERTIFICATE-----"]);
  });

  test.each<[string, () => AzureCertificate, number, () => string]>([
    ["no certificate", () => ({ ...pair, certificate: "" }), NOW, () => "A certificate for signing in to Entra is not one PEM block CERTIFICATE: read it again from where `byok credentials` keeps it."],
    ["a certificate that is none", () => ({ ...pair, certificate: pair.certificate.replace(/^M/m, "x") }), NOW, () => "A certificate for signing in to Entra is not one PEM block CERTIFICATE: read it again from where `byok credentials` keeps it."],
    ["two certificates in one", () => ({ ...pair, certificate: pair.certificate + other.certificate }), NOW, () => "A certificate for signing in to Entra is not one PEM block CERTIFICATE: read it again from where `byok credentials` keeps it."],
    ["no key", () => ({ ...pair, privateKey: "" }), NOW, () => `The certificate ${thumbprint} comes without its private key (one PEM block PRIVATE KEY): Entra takes no certificate alone. Give both.`],
    ["the certificate instead of the key", () => ({ ...pair, privateKey: pair.certificate }), NOW, () => `The certificate ${thumbprint} comes without its private key (one PEM block PRIVATE KEY): Entra takes no certificate alone. Give both.`],
    ["a damaged key", () => ({ ...pair, privateKey: pair.privateKey.replace(/\n.{20}/, "\n") }), NOW, () => `The certificate ${thumbprint} comes without its private key (one PEM block PRIVATE KEY): Entra takes no certificate alone. Give both.`],
    ["another certificate's key", () => ({ ...pair, privateKey: other.privateKey }), NOW, () => `The certificate ${thumbprint} and the private key given with it do not belong together: give the key that it was made with.`],
    ["an elliptic curve", () => elliptic, NOW, () => `The certificate ${nameOf(elliptic)} has a key of type ec: Entra takes RSA. Make another with \`byok credentials rotate\`.`],
    ["a certificate that expired", () => pair, NOT_AFTER.getTime(), () => `The certificate ${thumbprint} expired on 2027-01-01T00:00:00.000Z: make another with \`byok credentials rotate\`, and have the tenant upload it.`],
    ["a certificate of tomorrow", () => pair, NOT_BEFORE.getTime() - 1, () => `The certificate ${thumbprint} is valid from 2026-01-01T00:00:00.000Z on, which is not yet: check the clock of this machine.`],
  ])("refuses %s: the service's own fault, never a revocation", (_name, given, now, message) => {
    const error = thrownBy(() => checkCertificate(given(), now, DETAILS));
    expect(error).toMatchObject({ code: "SERVICE_CREDENTIALS", revocation: false, message: message(), ...DETAILS });
    const [, secret = "?"] = pair.privateKey.split("\n");
    expect(shown(error)).not.toContain(secret);
  });

  test("an RSA key that is not PKCS #8 is told by its block", () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const pkcs1 = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
    expect(thrownBy(() => checkCertificate({ ...pair, privateKey: pkcs1 }, NOW, DETAILS)).message).toContain("one PEM block PRIVATE KEY");
  });
});
