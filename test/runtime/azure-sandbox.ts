/** The sandbox's Azure with keys in it, for tests of the runtime against Key Vault and Entra. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type AzureCertificate } from "../../runtime/master-key/azure-certificate.js";
import { type AzureKeyVaultDescriptor } from "../../runtime/master-key/descriptor.js";
import { type Endpoints } from "../../runtime/master-key/endpoints.js";
import { AZURE_HOSTS, type AzureSandbox, startAzure } from "../../sandbox/azure/index.js";
import { issueServerTls, type ServerTls } from "../../sandbox/certificate-authority.js";
import { selfSigned } from "./certificates.js";

type AuditEntry = ReturnType<AzureSandbox["calls"]>[number];

/** What differs between keys. */
export interface TestKeyOptions {
  readonly operation?: "encrypt" | "wrap";
  /** Permissions of the service in the vault, instead of the two that the operation needs. */
  readonly permissions?: readonly string[];
  /** ISO 8601. */
  readonly expires?: string;
  /** Certificates of the application: thumbprint of the first goes into the descriptor. */
  readonly certificates?: readonly AzureCertificate[];
}

/** A running sandbox, and the service's way into it. */
export interface TestAzureSandbox {
  readonly azure: AzureSandbox;
  readonly endpoints: Endpoints;
  /** The service's certificate, which every application made here is registered with unless told otherwise. */
  readonly certificate: AzureCertificate;
  readonly credentials: { readonly "azure-key-vault": readonly AzureCertificate[] };
  /** Makes a key in a vault of its own in the tenant's subscription, which the service may use. */
  createKey(tenant: string, options?: TestKeyOptions): Promise<AzureKeyVaultDescriptor>;
  /** Another key in the same vault. */
  createKeyBeside(descriptor: AzureKeyVaultDescriptor): Promise<AzureKeyVaultDescriptor>;
  /** Calls of the data plane so far. */
  vaultCalls(): readonly AuditEntry[];
  close(): Promise<void>;
}

/** `tls`: a certificate for these hosts that another cloud of the test's has as well; one of its own where left out. */
export async function startTestAzureSandbox(
  folder: string,
  options: { readonly now?: () => number; readonly tls?: ServerTls } = {},
): Promise<TestAzureSandbox> {
  const tls = options.tls ?? (await issueServerTls({ dns: ["localhost", ...AZURE_HOSTS], ip: ["127.0.0.1"] }));
  const running = await startAzure({ directory: join(folder, `azure-${randomUUID()}`), tls, clock: options.now });
  const azure = running.sandbox;
  const certificate = await selfSigned({ name: "backup service", algorithm: "rsa" });
  return {
    azure,
    endpoints: { "azure-key-vault": running.endpoint, entra: running.entra, certificateAuthority: running.certificateAuthority },
    certificate,
    credentials: { "azure-key-vault": [certificate] },
    async createKey(tenant, { operation = "encrypt", permissions, expires, certificates = [certificate] } = {}) {
      const vault = `v-${randomUUID().slice(0, 8)}`;
      azure.createVault({ name: vault });
      const application = azure.registerApplication({ displayName: vault, certificates: certificates.map((pair) => pair.certificate) });
      const objectId = application.servicePrincipalId;
      const needed = operation === "encrypt" ? ["encrypt", "decrypt"] : ["wrapKey", "unwrapKey"];
      azure.setAccessPolicy({ vault, objectId, permissions: permissions ?? needed });
      const { keyUri } = azure.createKey({ vault, name: "backup", ...(expires === undefined ? {} : { expires }) });
      const [registered] = azure.status().applications.find(({ clientId }) => clientId === application.clientId)?.certificates ?? [];
      if (registered === undefined) throw new Error("the application has no certificate");
      return {
        schema: 1,
        tenant,
        datacenter: "eu",
        grantedTo: objectId,
        provider: "azure-key-vault",
        keyUri,
        entraTenantId: application.entraTenantId,
        clientId: application.clientId,
        certificateThumbprint: registered.thumbprint,
        certificateNotAfter: "2027-01-31T00:00:00Z",
        operation,
      };
    },
    async createKeyBeside(descriptor) {
      const vault = new URL(descriptor.keyUri).hostname.split(".")[0] ?? "";
      return { ...descriptor, keyUri: azure.createKey({ vault, name: `k-${randomUUID().slice(0, 8)}` }).keyUri };
    },
    vaultCalls: () => azure.calls().filter(({ plane }) => plane === "vault"),
    close: () => running.close(),
  };
}
