/** @jest-environment ./test/runtime/one-realm-environment.ts */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { type GcpKmsDescriptor } from "../../../runtime/master-key/descriptor.js";
import { impersonatable } from "../../../runtime/master-key/gcp-impersonation.js";
import { openMasterKey } from "../../../runtime/master-key/open-master-key.js";
import { createKey, enableCloudKms, type GcpFixture, gcpFixture, SERVICE_ACCOUNT, TENANT_PROJECT } from "../../sandbox/gcp/fixtures.js";
import { refusal } from "../support.js";

const SERVICE_PROJECT = "afi-production";
const OWNER = `deployer-${SERVICE_PROJECT}`;
const email = (tenant: string): string => `byok-${tenant}-eu@${SERVICE_PROJECT}.iam.gserviceaccount.com`;

let fixture: GcpFixture;
const keys = new Map<string, GcpKmsDescriptor>();
const keyOf = (tenant: string): GcpKmsDescriptor => keys.get(tenant) ?? (() => { throw new Error(`no key of ${tenant}`); })();

beforeAll(async () => {
  fixture = await gcpFixture();
  await enableCloudKms(fixture, TENANT_PROJECT);
  const post = async (path: string, body?: object): Promise<void> => {
    const { status } = await fixture.rest(OWNER, "POST", path, body);
    if (status !== 200) throw new Error(`${path} answered ${status}`);
  };
  for (const api of ["iam", "iamcredentials"]) await post(`/v1/projects/${SERVICE_PROJECT}/services/${api}.googleapis.com:enable`);
  for (const tenant of ["acme", "globex", "closed"]) {
    await post(`/v1/projects/${SERVICE_PROJECT}/serviceAccounts`, { accountId: `byok-${tenant}-eu` });
    if (tenant !== "closed") {
      const bindings = [{ role: "roles/iam.serviceAccountTokenCreator", members: [`serviceAccount:${SERVICE_ACCOUNT}`] }];
      await post(`/v1/projects/${SERVICE_PROJECT}/serviceAccounts/${email(tenant)}:setIamPolicy`, { policy: { bindings } });
    }
    const grantedTo = `serviceAccount:${email(tenant)}`;
    const keyName = await createKey(fixture, tenant, { grant: [grantedTo] });
    keys.set(tenant, { schema: 1, tenant, datacenter: "eu", provider: "gcp-kms", grantedTo, keyName });
  }
});
afterAll(() => fixture.close());

/** Wraps and unwraps as the service, which becomes whoever the descriptor says; who that was, or why not. */
async function use(descriptor: GcpKmsDescriptor, options: { impersonateGrantee?: boolean; role?: "tenant" | "service" } = {}): Promise<string> {
  const { impersonateGrantee = true, role = "tenant" } = options;
  const { gcp, tls } = fixture;
  const key = await openMasterKey(descriptor, {
    mode: "development",
    role,
    endpoints: { "gcp-kms": gcp.endpoint, certificateAuthority: tls.certificateAuthority },
    credentials: { "gcp-kms": { keyFile: gcp.sandbox.service().keyFile, impersonateGrantee } },
  });
  const context = { tenant: descriptor.tenant, secret: "s", generation: 1, purpose: "share" } as const;
  gcp.sandbox.clearCalls();
  try {
    const wrapped = await key.wrap(new Uint8Array(32).fill(7), context);
    await key.unwrap(wrapped, context);
    return gcp.sandbox.calls().map(({ method, principal }) => `${method} ${principal ?? ""}`).join(", ");
  } catch (error) {
    return (await refusal(Promise.reject(error instanceof Error ? error : new Error(String(error))))).code;
  } finally {
    await key.close();
  }
}

describe("impersonation", () => {
  test("a tenant's key is used as the tenant's account, with one token for several calls", async () => {
    expect(await use(keyOf("acme"))).toBe(`GenerateAccessToken ${SERVICE_ACCOUNT}, Encrypt ${email("acme")}, Decrypt ${email("acme")}`);
  });

  test("one tenant's account opens no other tenant's key, and the service by itself none", async () => {
    expect(await use({ ...keyOf("globex"), grantedTo: keyOf("acme").grantedTo })).toBe("ACCESS_DENIED");
    expect(await use({ ...keyOf("acme"), grantedTo: keyOf("globex").grantedTo })).toBe("ACCESS_DENIED");
    expect(await use(keyOf("acme"), { impersonateGrantee: false })).toBe("ACCESS_DENIED");
  });

  test("what IAM refuses is the service's own affair, never the tenant's revocation", async () => {
    expect(await use(keyOf("closed"))).toBe("SERVICE_CREDENTIALS");
    fixture.gcp.sandbox.injectFault({ operation: "GenerateAccessToken", error: "UNAVAILABLE" });
    expect(await use(keyOf("acme"))).toBe("UNAVAILABLE");
    fixture.gcp.sandbox.clearFaults();
  });

  test("the service key is used as the service itself", async () => {
    expect(await use(keyOf("acme"), { role: "service" })).toBe("ACCESS_DENIED");
  });

  test("whoever is no service account cannot be become", async () => {
    await expect(use({ ...keyOf("acme"), grantedTo: "group:backup@example.com" })).rejects.toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining("cannot be impersonated") });
  });

  test.each([
    ["serviceAccount:a@p.iam.gserviceaccount.com", "a@p.iam.gserviceaccount.com"],
    ["a@p.iam.gserviceaccount.com", "a@p.iam.gserviceaccount.com"],
    ["user:a@example.com", undefined],
    ["allUsers", undefined],
  ])("%s", (grantedTo, account) => {
    expect(impersonatable(grantedTo)).toBe(account);
  });
});
