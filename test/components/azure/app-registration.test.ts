import { beforeAll, describe, expect, test } from "@jest/globals";
import { X509Certificate } from "node:crypto";

import { resolveAppRegistrationArgs } from "../../../components/azure/app-registration-args.js";
import { type AzureAppRegistrationArgs } from "../../../components/azure/index.js";
import { InvalidArgsError } from "../../../components/errors.js";
import { Datacenter } from "../../../components/regions.js";
import { type Calls, deploy } from "../recorded-deployment.js";
import { selfSigned } from "./self-signed.js";

/** Pulumi's mark of a secret value: sdk/go/common/resource, SigKey and SecretSig. */
const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

let older: string;
let newer: string;
let privateKey: string;

// The component asks the machine's clock: valid by any.
beforeAll(async () => {
  ({ certificate: older, privateKey } = await selfSigned({ notBefore: "2020-01-01T00:00:00Z", notAfter: "2120-01-01T00:00:00Z" }));
  ({ certificate: newer } = await selfSigned({ notBefore: "2020-01-01T00:00:00Z", notAfter: "2121-01-01T00:00:00Z" }));
});

const thumbprint = (pem: string) => new X509Certificate(pem).fingerprint.replaceAll(":", "");
const shortName = (pem: string) => `a-certificate-${thumbprint(pem).slice(0, 8).toLowerCase()}`;
const args = (...certificates: string[]): AzureAppRegistrationArgs => ({
  tenant: "acme",
  datacenter: Datacenter.Eu,
  certificates,
});

function deployApp(args: AzureAppRegistrationArgs, opts: object = {}, calls?: Calls) {
  return deploy(async () => {
    const { Provider } = await import("@pulumi/azuread/provider.js");
    const { AzureAppRegistration } = await import("../../../components/azure/index.js");
    const provider = new Provider("tenant", { tenantId: "6f3c1a52-8d0e-4b7a-9c41-2f5d7e8a9b10" });
    const app = new AzureAppRegistration("a", args, { provider, ...opts });
    const { clientId, servicePrincipalId, certificateThumbprint, certificateNotAfter } = app;
    return { clientId, servicePrincipalId, certificateThumbprint, certificateNotAfter };
  }, calls === undefined ? {} : { calls });
}

describe("AzureAppRegistration", () => {
  test("registers exactly application, principal and certificates, each with its own protection", async () => {
    const { registrations } = await deployApp(args(older, newer));
    const common = { custom: true, parent: "a", provider: "tenant", replaceOnChanges: [], retainOnDelete: false };
    const certificate = (pem: string, endDate: string) => ({
      ...common,
      type: "azuread:index/applicationCertificate:ApplicationCertificate",
      name: shortName(pem),
      protect: false,
      ignoreChanges: [],
      inputs: {
        applicationId: "a-application_id",
        type: "AsymmetricX509Cert",
        encoding: "pem",
        // The SDK marks every credential's value, public ones too.
        value: secret(new X509Certificate(pem).toString()),
        endDate,
      },
    });

    expect(registrations.slice(0, 3).map(({ type, name }) => `${type} ${name}`)).toEqual([
      "pulumi:pulumi:Stack byok-stack",
      "pulumi:providers:azuread tenant",
      "pulumi-byok:index:AzureAppRegistration a",
    ]);
    expect(registrations.slice(3)).toEqual([
      {
        ...common,
        type: "azuread:index/application:Application",
        name: "a-application",
        protect: true,
        ignoreChanges: [],
        inputs: { displayName: "byok-acme-eu", signInAudience: "AzureADMyOrg" },
      },
      {
        ...common,
        type: "azuread:index/servicePrincipal:ServicePrincipal",
        name: "a-principal",
        protect: true,
        ignoreChanges: ["accountEnabled"],
        inputs: { clientId: "a11ca710-0000-4000-8000-000000000001" },
      },
      certificate(newer, "2121-01-01T00:00:00Z"),
      certificate(older, "2120-01-01T00:00:00Z"),
    ]);
  });

  test("children keep their own protection whatever the component is given", async () => {
    const { registrations } = await deployApp(args(older), { protect: true, retainOnDelete: true });
    expect(registrations.slice(3).map(({ name, protect, retainOnDelete }) => [name, protect, retainOnDelete])).toEqual([
      ["a-application", true, false],
      ["a-principal", true, false],
      [shortName(older), false, false],
    ]);
  });

  test("registers its outputs once, last: the certificate valid longest, and nothing secret", async () => {
    const { outputs, secretOutputs, awaited } = await deployApp(args(older, newer));
    const expected = {
      clientId: "a11ca710-0000-4000-8000-000000000001",
      servicePrincipalId: "0b1ec710-0000-4000-8000-000000000002",
      certificateThumbprint: thumbprint(newer),
      certificateNotAfter: "2121-01-01T00:00:00Z",
    };
    expect(outputs).toEqual([
      ["a", expected],
      ["byok-stack", expected],
    ]);
    expect(secretOutputs).toEqual([]);
    // Not before it can sign in.
    expect(awaited["certificateThumbprint"]).toContain("azuread:index/applicationCertificate:ApplicationCertificate");
  });

  test("a certificate keeps its resource while others come and go", async () => {
    const names = async (...certificates: string[]) =>
      (await deployApp(args(...certificates))).registrations.slice(5).map(({ name }) => name);
    expect(await names(older)).toEqual([shortName(older)]);
    expect(await names(newer, older)).toEqual([shortName(newer), shortName(older)]);
    expect(await names(newer)).toEqual([shortName(newer)]);
  });

  test("one that exists is looked up by its client id, and nothing is made: certificates are the tenant's to register", async () => {
    const clientId = "A11CA710-0000-4000-8000-000000000001";
    const asked: unknown[] = [];
    const { registrations, outputs } = await deployApp({ ...args(older, newer), existing: clientId }, {}, (token, given) => {
      asked.push([token, given]);
      return { signInAudience: "AzureADMyOrg", accountEnabled: true, objectId: "0b1ec710-0000-4000-8000-000000000002" };
    });
    expect(asked.sort()).toEqual([
      ["azuread:index/getApplication:getApplication", { clientId: clientId.toLowerCase() }],
      ["azuread:index/getServicePrincipal:getServicePrincipal", { clientId: clientId.toLowerCase() }],
    ]);
    expect(registrations.map(({ type }) => type)).toEqual(["pulumi:pulumi:Stack", "pulumi:providers:azuread", "pulumi-byok:index:AzureAppRegistration"]);
    expect(outputs[0]).toEqual([
      "a",
      {
        clientId: clientId.toLowerCase(),
        servicePrincipalId: "0b1ec710-0000-4000-8000-000000000002",
        certificateThumbprint: thumbprint(newer),
        certificateNotAfter: "2121-01-01T00:00:00Z",
      },
    ]);
  });

  test("the display name can be given", async () => {
    const { registrations } = await deployApp({ ...args(older), displayName: "Afi Backup" });
    expect(registrations[3]?.inputs).toMatchObject({ displayName: "Afi Backup" });
  });
});

describe("AzureAppRegistration refuses", () => {
  const NOW = new Date("2027-01-01T00:00:00Z");
  const LIST = "certificates: must be a list of 1 or 2 certificates in PEM";
  const plain = (value: unknown) => value as AzureAppRegistrationArgs;

  const rows: [what: string, args: () => AzureAppRegistrationArgs, problems: string[]][] = [
    ["an upper-case tenant", () => ({ ...args(older), tenant: "Acme" }), ["tenant: must be 3 to 32 characters of a-z, 0-9 and -"]],
    [
      "an unknown datacenter",
      () => plain({ ...args(older), datacenter: "mars" }),
      ["datacenter: must be one of usa, eu, uk, au, ca"],
    ],
    ["no certificates", () => plain({ ...args(), certificates: undefined }), [LIST]],
    ["an empty list", () => args(), [LIST]],
    ["a certificate that is not in a list", () => plain({ ...args(), certificates: older }), [LIST]],
    [
      "three certificates",
      () => args(older, newer, older),
      [LIST, "certificates[2]: is the same certificate as certificates[0]; an overlap takes two different ones"],
    ],
    [
      "a private key",
      () => args(older, privateKey),
      ["certificates[1]: holds a private key, which belongs to the service alone; give the certificate, and replace that key"],
    ],
    [
      "what is no certificate",
      () => args("MIIB"),
      ["certificates[0]: is no X.509 certificate in PEM (-----BEGIN CERTIFICATE-----)"],
    ],
    ["a name for one that exists", () => ({ ...args(older), existing: "Backup" }), ["existing: must be the client id of an application, a GUID"]],
    [
      "how to create one that exists",
      () => ({ ...args(older), existing: "a11ca710-0000-4000-8000-000000000001", displayName: "Backup" }),
      ["displayName: says how to create an application; existing creates none"],
    ],
    ["an empty name", () => ({ ...args(older), displayName: " " }), ["displayName: must be 1 to 256 characters"]],
    ["a long name", () => ({ ...args(older), displayName: "x".repeat(257) }), ["displayName: must be 1 to 256 characters"]],
  ];

  test.each(rows)("%s", (_what, args, problems) => {
    expect(() => resolveAppRegistrationArgs("a", args(), NOW)).toThrow(
      new InvalidArgsError("AzureAppRegistration", "a", problems),
    );
  });

  test("what expired, by the clock that it is given", () => {
    const after = new Date("2120-06-01T00:00:00Z");
    expect(() => resolveAppRegistrationArgs("a", args(older), after)).toThrow(
      new InvalidArgsError("AzureAppRegistration", "a", [
        "certificates[0]: expired at 2120-01-01T00:00:00Z; remove it, or give its successor (byok credentials rotate)",
      ]),
    );
    expect(resolveAppRegistrationArgs("a", args(newer), after).newest.thumbprint).toBe(thumbprint(newer));
  });

  test("before it registers anything", async () => {
    const { registrations } = await deploy(async () => {
      const { AzureAppRegistration, InvalidArgsError } = await import("../../../components/azure/index.js");
      expect(() => new AzureAppRegistration("a", args())).toThrow(InvalidArgsError);
      return {};
    });
    expect(registrations.map(({ type }) => type)).toEqual(["pulumi:pulumi:Stack"]);
  });
});
