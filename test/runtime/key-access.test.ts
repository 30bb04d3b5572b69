/** @jest-environment ./test/runtime/one-realm-environment.ts */
import { beforeAll, describe, expect, test } from "@jest/globals";
import {
  type AzureCertificate,
  createApplicationCredentials,
  type Credentials,
  type KeyAccess,
  rotateApplicationCredentials,
  type SealedApplicationCredentials,
} from "../../runtime/index.js";
import { openAccess, tenantCredentials } from "../../runtime/key-access.js";
import { type AzureKeyVaultDescriptor, type GcpKmsDescriptor, type MasterKeyDescriptor, placeOf } from "../../runtime/master-key/descriptor.js";
import { FakeMasterKey } from "./fake-master-key.js";
import { refusal, thrownBy } from "./support.js";

const service = new FakeMasterKey("service");
const own: AzureCertificate = { certificate: "the service's own", privateKey: "the service's own" };
let one: SealedApplicationCredentials;
let two: SealedApplicationCredentials;

beforeAll(async () => {
  one = await createApplicationCredentials({ tenant: "acme", serviceKey: service });
  two = await rotateApplicationCredentials({ sealed: one, serviceKey: service });
});

type Given = Pick<KeyAccess, "credentials" | "applicationCredentials">;
const credentialsOf = (given: Given): Credentials | undefined => tenantCredentials(given, service, "acme");

/** What Azure's provider gets when it signs in. */
async function signIn(credentials: Credentials | undefined): Promise<string[]> {
  const certificates = credentials?.["azure-key-vault"];
  const found = typeof certificates === "function" ? await certificates() : (certificates ?? []);
  return found.map(({ certificate }) => certificate);
}

const of = (sealed: SealedApplicationCredentials): string[] => sealed.credentials.map(({ certificate }) => certificate);

describe("a tenant's application credentials", () => {
  test("are opened with the service key at each sign-in, not before", async () => {
    service.calls.unwrap = 0;
    const credentials = credentialsOf({ applicationCredentials: [two] });
    expect(service.calls.unwrap).toBe(0);
    expect(await signIn(credentials)).toEqual(of(two));
    expect(service.calls.unwrap).toBe(2);
    await signIn(credentials);
    expect(service.calls.unwrap).toBe(4);
  });

  test("as a function they are asked at each sign-in: a rotated document is picked up", async () => {
    let current = [one];
    let asked = 0;
    const credentials = credentialsOf({
      applicationCredentials: async () => {
        asked += 1;
        return current;
      },
    });
    expect(asked).toBe(0);
    expect(await signIn(credentials)).toEqual(of(one));
    current = [two];
    expect(await signIn(credentials)).toEqual(of(two));
    expect(asked).toBe(2);
  });

  test("plain certificates are for who keeps them otherwise; beside sealed ones they never reach the tenant's directory", async () => {
    const plain: Credentials = { "azure-key-vault": [own], "gcp-kms": { keyFile: "/key.json" } };
    expect(credentialsOf({ credentials: plain })).toBe(plain);
    const both = credentialsOf({ credentials: plain, applicationCredentials: [one] });
    expect(await signIn(both)).toEqual(of(one));
    expect(both?.["gcp-kms"]).toBe(plain["gcp-kms"]);
    expect(credentialsOf({})).toBeUndefined();
  });

  test("another tenant's are refused: a list at once, a function's when it is asked; the service key is not", async () => {
    const theirs = { ...one, tenant: "umbrella" };
    const expected = { code: "TENANT_MISMATCH", message: "The application credentials belong to tenant umbrella, the keys to acme.", tenant: "acme" };
    service.calls.unwrap = 0;
    expect(thrownBy(() => credentialsOf({ applicationCredentials: [one, theirs] }))).toMatchObject(expected);
    expect(await refusal(signIn(credentialsOf({ applicationCredentials: () => [theirs] })))).toMatchObject(expected);
    expect(service.calls.unwrap).toBe(0);
  });

  test("what is no document is refused at once", () => {
    expect(thrownBy(() => credentialsOf({ applicationCredentials: [{ ...one, credentials: [] }] }))).toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/^Not application credentials:/) as unknown,
    });
  });
});

describe("the service key lives with no tenant's", () => {
  const guid = (last: number): string => `00000000-0000-4000-8000-00000000000${last}`;
  const common = { schema: 1, datacenter: "eu" } as const;
  const google = (tenant: string, project: string): GcpKmsDescriptor => ({
    ...common, tenant, grantedTo: "serviceAccount:x@elsewhere.iam.gserviceaccount.com", provider: "gcp-kms",
    keyName: `projects/${project}/locations/europe-west4/keyRings/ring/cryptoKeys/${tenant}`,
  });
  const azure = (tenant: string, directory: string): AzureKeyVaultDescriptor => ({
    ...common, tenant, grantedTo: guid(1), provider: "azure-key-vault", keyUri: `https://${tenant}-byok.vault.azure.net/keys/k`,
    entraTenantId: directory, clientId: guid(2), certificateThumbprint: "0".repeat(40), certificateNotAfter: "2027-01-31T00:00:00Z", operation: "encrypt",
  });
  const credentials = { "azure-key-vault": [own] };

  test.each<[string, MasterKeyDescriptor, MasterKeyDescriptor, string]>([
    ["project", google("service", "tenant-acme"), google("acme", "tenant-acme"), "Google Cloud project (tenant-acme)"],
    ["directory", azure("service", guid(3)), azure("acme", guid(3)), `Entra directory (${guid(3)})`],
  ])("in one %s: refused", async (_name, serviceKey, masterKey, where) => {
    expect(await refusal(openAccess({ masterKeys: [masterKey], serviceKey, credentials }))).toMatchObject({
      code: "CONFIG_INVALID",
      message: `The service key ${placeOf(serviceKey)} lives in the tenant's ${where}: it belongs in the service's own.`,
      keyId: placeOf(serviceKey),
      tenant: "acme",
    });
  });

  test.each<[string, MasterKeyDescriptor, MasterKeyDescriptor]>([
    ["projects", google("service", "service-keys"), google("acme", "tenant-acme")],
    ["directories", azure("service", guid(4)), azure("acme", guid(3))],
    ["clouds", google("service", "service-keys"), azure("acme", guid(3))],
  ])("in two %s: fine", async (_name, serviceKey, masterKey) => {
    const access = await openAccess({ masterKeys: [masterKey], serviceKey, credentials });
    expect([access.serviceKey.id, ...access.masterKeys.keys()]).toEqual([placeOf(serviceKey), placeOf(masterKey)]);
    await access.close();
  });
});
