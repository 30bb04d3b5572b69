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
import { openAccess, type OpenAccess, tenantCredentials } from "../../runtime/key-access.js";
import { type MasterKeyDescriptor, placeOf } from "../../runtime/master-key/descriptor.js";
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

describe("the service key is kept apart from the tenants'", () => {
  const common = { schema: 1, tenant: "acme", datacenter: "eu" } as const;
  const google = (project: string, key = "k"): MasterKeyDescriptor => ({
    ...common,
    provider: "gcp-kms",
    grantedTo: "serviceAccount:backup@service-prod.iam.gserviceaccount.com",
    keyName: `projects/${project}/locations/europe-west4/keyRings/r/cryptoKeys/${key}`,
  });
  const azure = (vault: string, key = "k"): MasterKeyDescriptor => ({
    ...common,
    provider: "azure-key-vault",
    grantedTo: "99999999-8888-7777-6666-555555555555",
    keyUri: `https://${vault}.vault.azure.net/keys/${key}`,
    entraTenantId: "11111111-2222-3333-4444-555555555555",
    clientId: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
    certificateThumbprint: "0".repeat(40),
    certificateNotAfter: "2027-01-31T00:00:00Z",
    operation: "encrypt",
  });
  const open = (masterKeys: MasterKeyDescriptor[], serviceKey: MasterKeyDescriptor): Promise<OpenAccess> =>
    openAccess({ masterKeys, serviceKey, credentials: { "azure-key-vault": [own] } });

  test.each<[string, MasterKeyDescriptor, MasterKeyDescriptor, string]>([
    ["project", google("acme-keys"), google("acme-keys", "service"), "Google Cloud project (acme-keys)"],
    ["vault", azure("acme-keys"), azure("acme-keys", "service"), "Azure vault (acme-keys)"],
  ])("in a tenant's %s it is refused", async (_what, tenants, services, where) => {
    const key = placeOf(services);
    expect(await refusal(open([google("acme-other"), tenants], services))).toMatchObject({
      code: "CONFIG_INVALID",
      message: `The service key ${key} lives in the tenant's ${where}: it belongs in the service's own.`,
      keyId: key,
      tenant: "acme",
    });
  });

  test("elsewhere it is taken, also under a name that is a tenant's in another cloud", async () => {
    const access = await open([google("acme-keys"), azure("acme-vault")], azure("acme-keys"));
    expect([access.serviceKey.id, ...access.masterKeys.keys()]).toEqual([azure("acme-keys"), google("acme-keys"), azure("acme-vault")].map(placeOf));
    await access.close();
  });
});
