/**
 * The tenant's administrator at a key, with each cloud's official SDK and the identity that deploys: disables it, enables
 * exactly what was disabled, and schedules its deletion.
 *
 * @module
 */
import { createRequire } from "node:module";

import type * as Kms from "@google-cloud/kms";
import type * as Gax from "google-gax";

import { type AwsKmsDescriptor, type AzureKeyVaultDescriptor, type GcpKmsDescriptor, type MasterKeyDescriptor } from "../runtime/index.js";
import { resolveEndpoints } from "../runtime/master-key/endpoints.js";
import { ByokError } from "../runtime/master-key/errors.js";

/** Administers one key. */
export interface Administrator {
  /** Disables the key: every version that is enabled, where versions are what is disabled. */
  disable(): Promise<void>;
  /** Enables what {@link disable} has disabled, all or a part of it, and nothing else. */
  enable(): Promise<void>;
  /** Schedules the deletion of the key, as soon as the cloud lets it be; answers how to take it back. */
  destroy(): Promise<string>;
}

/** The administrator of a key. Nothing is contacted yet. @throws ByokError CONFIG_INVALID for a key in no cloud */
export async function administratorOf(descriptor: MasterKeyDescriptor): Promise<Administrator> {
  switch (descriptor.provider) {
    case "aws-kms":
      return aws(descriptor);
    case "gcp-kms":
      return gcp(descriptor);
    case "azure-key-vault":
      return azure(descriptor);
    case "local":
      throw new ByokError("CONFIG_INVALID", "A local key has no cloud to revoke it in.");
  }
}

/** AWS KMS reference: DisableKey, EnableKey, ScheduleKeyDeletion (7 to 30 days). */
async function aws({ keyArn }: AwsKmsDescriptor): Promise<Administrator> {
  const { DisableKeyCommand, EnableKeyCommand, KMSClient, ScheduleKeyDeletionCommand } = await import("@aws-sdk/client-kms");
  const endpoint = sandboxEndpoints()["aws-kms"];
  const region = keyArn.split(":")[3] ?? "";
  const client = new KMSClient({ region, ...(endpoint === undefined ? {} : { endpoint }) });
  let disabled = false;
  return {
    async disable() {
      // Noted before it is done: an answer that got lost may have been a yes.
      disabled = true;
      await client.send(new DisableKeyCommand({ KeyId: keyArn }));
    },
    async enable() {
      if (disabled) await client.send(new EnableKeyCommand({ KeyId: keyArn }));
      disabled = false;
    },
    async destroy() {
      await client.send(new ScheduleKeyDeletionCommand({ KeyId: keyArn, PendingWindowInDays: 7 }));
      return `aws kms cancel-key-deletion --region ${region} --key-id ${keyArn}, within 7 days`;
    },
  };
}

/** Cloud KMS reference: ListCryptoKeyVersions, UpdateCryptoKeyVersion, DestroyCryptoKeyVersion. */
async function gcp({ keyName }: GcpKmsDescriptor): Promise<Administrator> {
  const { KeyManagementServiceClient } = await import("@google-cloud/kms");
  const client = new KeyManagementServiceClient(gcpRedirection());
  const enabled = async (): Promise<string[]> => {
    const [versions] = await client.listCryptoKeyVersions({ parent: keyName });
    return versions.flatMap(({ name, state }) => (state === "ENABLED" && typeof name === "string" ? [name] : []));
  };
  const set = async (name: string, state: "ENABLED" | "DISABLED"): Promise<void> => {
    await client.updateCryptoKeyVersion({ cryptoKeyVersion: { name, state }, updateMask: { paths: ["state"] } });
  };
  const disabled: string[] = [];
  return {
    async disable() {
      for (const name of await enabled()) {
        disabled.push(name);
        await set(name, "DISABLED");
      }
    },
    async enable() {
      for (const name of disabled.splice(0)) await set(name, "ENABLED");
    },
    async destroy() {
      for (const name of await enabled()) await client.destroyCryptoKeyVersion({ name });
      return `gcloud kms keys versions restore, each version of ${keyName}, within 30 days`;
    },
  };
}

/** Loopback instead of Google's host, with the gRPC package of the SDK itself. */
function gcpRedirection(): ConstructorParameters<typeof Kms.KeyManagementServiceClient>[0] {
  const { "gcp-kms": endpoint, certificateAuthority } = sandboxEndpoints();
  if (endpoint === undefined) return {};
  const gax = createRequire(require.resolve("@google-cloud/kms"))("google-gax") as typeof Gax;
  const { hostname, port } = new URL(endpoint);
  const channel = gax.grpc.credentials.createSsl(certificateAuthority === undefined ? null : Buffer.from(certificateAuthority));
  const auth = new gax.GoogleAuth({ scopes: "https://www.googleapis.com/auth/cloudkms" });
  auth.useJWTAccessWithScope = true;
  return {
    apiEndpoint: hostname,
    port: Number(port),
    sslCreds: gax.grpc.credentials.combineChannelCredentials(channel, gax.grpc.credentials.createFromGoogleCredential(bearer(auth))),
    auth,
    "grpc.ssl_target_name_override": "localhost",
    "grpc.enable_http_proxy": 0,
  };
}

/** Google's credentials as gRPC takes them. */
function bearer(auth: Gax.GoogleAuth): { getRequestHeaders(url?: string): Promise<Record<string, string>> } {
  return {
    async getRequestHeaders(url) {
      const headers = await auth.getRequestHeaders(url);
      return Object.fromEntries(headers.entries());
    },
  };
}

/** Key Vault: Update Key (attributes.enabled) for every version, Delete Key. */
async function azure({ keyUri }: AzureKeyVaultDescriptor): Promise<Administrator> {
  const { KeyClient } = await import("@azure/keyvault-keys");
  const { DefaultAzureCredential } = await import("@azure/identity");
  const { origin, pathname } = new URL(keyUri);
  const name = pathname.split("/")[2] ?? "";
  const client = new KeyClient(origin, new DefaultAzureCredential());
  const disabled: string[] = [];
  return {
    async disable() {
      for await (const { version, enabled } of client.listPropertiesOfKeyVersions(name)) {
        if (version === undefined || enabled !== true) continue;
        disabled.push(version);
        await client.updateKeyProperties(name, version, { enabled: false });
      }
    },
    async enable() {
      for (const version of disabled.splice(0)) await client.updateKeyProperties(name, version, { enabled: true });
    },
    async destroy() {
      await client.beginDeleteKey(name);
      return `az keyvault key recover --id ${keyUri}, within 90 days`;
    },
  };
}

/** The sandbox's endpoints if the deployer's environment names one. */
function sandboxEndpoints(): ReturnType<typeof resolveEndpoints> {
  return resolveEndpoints("development");
}
