/**
 * `azuread:index/applicationCertificate:ApplicationCertificate`. Source: terraform-provider-azuread,
 * internal/services/applications/application_certificate_resource.go, internal/helpers/credentials/credentials.go;
 * @pulumi/azuread/applicationCertificate.d.ts.
 *
 * There is nothing to update: every property makes another certificate. The application's certificates are one list, so that
 * adding one writes all of them.
 *
 * @module
 */
import { randomUUID } from "node:crypto";

import { type Deployed, type ResourceType } from "../resource-type.js";
import { type Property } from "../schema.js";
import { type Properties, shown, textOf } from "../values.js";
import { named } from "./application.js";
import { alreadyExists, ask, type AzureadContext, objectIdOf, oneByOne, oneOf, resourceIdProblem, uuidProblem } from "./context.js";

/** RFC 3339 date and time, as Go's time.RFC3339 reads it. */
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function date(name: string): Property {
  return {
    type: "string",
    replaces: true,
    computed: true,
    problem: (value) => {
      const text = shown(value);
      return RFC3339.test(text) && !Number.isNaN(Date.parse(text)) ? undefined : `expected "${name}" to be a valid RFC3339 date, got "${text}"`;
    },
  };
}

/** A certificate that the application signs in with. */
export const applicationCertificateType: ResourceType<AzureadContext> = {
  token: "azuread:index/applicationCertificate:ApplicationCertificate",
  inputs: {
    applicationId: { type: "string", required: true, replaces: true, problem: resourceIdProblem("applications") },
    encoding: { type: "string", byDefault: "pem", replaces: true, problem: oneOf("encoding", ["base64", "hex", "pem"]) },
    endDate: date("endDate"),
    keyId: { type: "string", replaces: true, computed: true, problem: uuidProblem("keyId") },
    startDate: date("startDate"),
    // Symmetric keys are not played.
    type: { type: "string", replaces: true, only: "AsymmetricX509Cert" },
    value: { type: "string", required: true, replaces: true },
  },
  computed: ["endDate", "keyId", "startDate"],
  stable: ["keyId"],

  async create(context, inputs) {
    const applicationId = textOf(inputs, "applicationId") ?? "";
    const keyId = textOf(inputs, "keyId") ?? randomUUID();
    const id = `${objectIdOf(applicationId)}/certificate/${keyId}`;
    const credential = keyCredential(keyId, inputs);
    await oneByOne(context, applicationId, async () => {
      const before = await credentialsOf(context, applicationId);
      if (before.some((one) => isCalled(one, keyId))) throw alreadyExists("azuread_application_certificate", id);
      await ask(context, `Adding certificate for ${named(applicationId)}`, "PATCH", applicationId, { keyCredentials: [...before, credential] });
    });
    const made = await read(context, id, inputs);
    if (made === undefined) throw new Error(`Waiting for certificate credential for ${named(applicationId)}: certificate credential not found in application manifest`);
    return made;
  },

  read,

  update: () => Promise.reject(new Error("azuread:index/applicationCertificate:ApplicationCertificate cannot be updated")),

  async delete(context, id) {
    const { applicationId, keyId } = parse(id);
    const doing = `Removing certificate credential "${keyId}" from application with object ID "${objectIdOf(applicationId)}"`;
    await oneByOne(context, applicationId, async () => {
      const kept = (await credentialsOf(context, applicationId)).filter((one) => !isCalled(one, keyId));
      await ask(context, doing, "PATCH", applicationId, { keyCredentials: kept });
    });
  },
};

/** Gone is a certificate that its application does not have; without the application, reading fails, as the provider's does. */
async function read(context: AzureadContext, id: string, known: Properties): Promise<Deployed | undefined> {
  const { applicationId, keyId } = parse(id);
  const found = (await credentialsOf(context, applicationId)).find((one) => isCalled(one, keyId));
  if (found === undefined) return undefined;
  const { encoding, value } = known;
  return {
    id,
    state: {
      applicationId,
      endDate: found["endDateTime"] ?? "",
      keyId,
      startDate: found["startDateTime"] ?? "",
      type: found["type"] ?? "",
      // Graph shows neither: they stay what the program said.
      ...(encoding === undefined ? {} : { encoding }),
      ...(value === undefined ? {} : { value }),
    },
  };
}

function parse(id: string): { readonly applicationId: string; readonly keyId: string } {
  const [, objectId, keyId] = /^([^/]+)\/certificate\/([^/]+)$/.exec(id) ?? [];
  if (objectId === undefined || keyId === undefined) {
    throw new Error(`Parsing certificate credential with ID "${id}": unable to parse Certificate ID: it is not {objectId}/certificate/{keyId}`);
  }
  return { applicationId: `/applications/${objectId}`, keyId };
}

async function credentialsOf(context: AzureadContext, applicationId: string): Promise<readonly Properties[]> {
  const { keyCredentials } = await ask(context, `Retrieving ${named(applicationId)}`, "GET", applicationId);
  return Array.isArray(keyCredentials) ? (keyCredentials as readonly Properties[]) : [];
}

function isCalled(credential: Properties, keyId: string): boolean {
  return textOf(credential, "keyId")?.toLowerCase() === keyId.toLowerCase();
}

/** KeyCredentialForResource. */
function keyCredential(keyId: string, inputs: Properties): Properties {
  const dates = [
    ["startDateTime", textOf(inputs, "startDate")],
    ["endDateTime", textOf(inputs, "endDate")],
  ] as const;
  return {
    keyId,
    type: textOf(inputs, "type") ?? "",
    usage: "Verify",
    key: encodedCertificate(inputs),
    ...Object.fromEntries(dates.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
  };
}

/** What Graph is sent is the PEM, in base64, whichever the encoding. */
function encodedCertificate(inputs: Properties): string {
  const value = textOf(inputs, "value") ?? "";
  const encoding = textOf(inputs, "encoding");
  if (encoding === "pem") return Buffer.from(value).toString("base64");
  const der = Buffer.from(value.trim(), encoding === "hex" ? "hex" : "base64");
  if (der.length === 0) throw new Error(`Generating certificate credentials: failed to decode ${encoding === "hex" ? "hexadecimal" : "base64"} certificate data`);
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return Buffer.from(`-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`).toString("base64");
}
