/** The sandbox's Google Cloud with keys in it, for tests of the runtime against Cloud KMS. */
import { type GcpKmsDescriptor } from "../../runtime/master-key/descriptor.js";
import { type GcpAuditEntry, type GcpSandbox } from "../../sandbox/gcp/index.js";
import { createKey, enableCloudKms, gcpFixture, SERVICE, SERVICE_ACCOUNT, setPolicy, TENANT_PROJECT, USE } from "../sandbox/gcp/fixtures.js";

/** A role that lets its member look at a key, but not use it. */
const VIEWER = "roles/cloudkms.viewer";

/** A running sandbox, and the service's way into it. */
export interface TestGcpSandbox {
  readonly google: GcpSandbox;
  readonly endpoints: { readonly "gcp-kms": string; readonly certificateAuthority: string };
  readonly credentials: { readonly "gcp-kms": { readonly keyFile: string } };
  /** Makes a key in the tenant's project that the service may encrypt and decrypt with. */
  createKey(tenant: string, options?: { readonly viewer?: boolean }): Promise<GcpKmsDescriptor>;
  /** The service's own calls so far. */
  serviceCalls(): readonly GcpAuditEntry[];
  close(): Promise<void>;
}

/** `tls`: as {@link gcpFixture} takes it. */
export async function startTestGcpSandbox(given: Parameters<typeof gcpFixture>[0] = {}): Promise<TestGcpSandbox> {
  const fixture = await gcpFixture(given);
  await enableCloudKms(fixture, TENANT_PROJECT);
  const google = fixture.gcp.sandbox;
  let made = 0;
  return {
    google,
    endpoints: { "gcp-kms": fixture.gcp.endpoint, certificateAuthority: fixture.tls.certificateAuthority },
    credentials: { "gcp-kms": { keyFile: google.service().keyFile } },
    async createKey(tenant, { viewer = false } = {}) {
      made += 1;
      const keyName = await createKey(fixture, `key-${made}`);
      const roles = viewer ? [USE, VIEWER] : [USE];
      await setPolicy(fixture.client(`deployer-${TENANT_PROJECT}`), keyName, { bindings: roles.map((role) => ({ role, members: [SERVICE] })) });
      return { schema: 1, tenant, datacenter: "eu", grantedTo: SERVICE, provider: "gcp-kms", keyName };
    },
    serviceCalls: () => google.calls().filter(({ principal }) => principal === SERVICE_ACCOUNT),
    close: () => fixture.close(),
  };
}
