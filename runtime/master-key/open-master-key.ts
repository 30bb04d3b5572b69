/**
 * From descriptors to open master keys; what may be opened at all is decided here.
 *
 * @module
 */
import { z } from "zod";
import { type AwsCredentials } from "./aws-credentials.js";
import { openAwsKmsKey } from "./aws-kms.js";
import { type AzureCertificates } from "./azure-certificate.js";
import {
  awsAccountOf,
  type GcpKmsDescriptor,
  homeOf,
  type MasterKeyDescriptor,
  masterKeyDescriptorSchema,
  masterKeyDescriptorsSchema,
  placeOf,
} from "./descriptor.js";
import { openAzureKeyVaultKey } from "./azure-key-vault.js";
import { impersonatable } from "./gcp-impersonation.js";
import { type GcpCredentials, openGcpKmsKey } from "./gcp-kms.js";
import { type Endpoints, type Mode, resolveEndpoints } from "./endpoints.js";
import { ByokError } from "./errors.js";
import { openLocalKey } from "./local.js";
import { type MasterKey } from "./master-key.js";

/**
 * Reads descriptors: the stack output `masterKeys` (an array), or a single one.
 *
 * @throws {@link ByokError} CONFIG_INVALID naming every member that is wrong, a key named twice, descriptors of several
 * tenants, or a key that lives in the account or project it was granted to (the tenant would not own it).
 */
export function parseMasterKeyDescriptors(json: unknown): MasterKeyDescriptor[] {
  const parsed = masterKeyDescriptorsSchema.safeParse(Array.isArray(json) ? json : [json]);
  if (!parsed.success) {
    throw new ByokError("CONFIG_INVALID", `Not a master key descriptor:\n${z.prettifyError(parsed.error)}`);
  }
  const descriptors = parsed.data;
  const tenants = new Set(descriptors.map((descriptor) => descriptor.tenant));
  if (tenants.size > 1) {
    throw new ByokError("CONFIG_INVALID", `The descriptors belong to several tenants: ${[...tenants].join(", ")}.`);
  }
  const places = new Set<string>();
  for (const descriptor of descriptors) {
    const place = placeOf(descriptor);
    // Azure does not tell names of keys apart by case; the others do.
    const key = descriptor.provider === "azure-key-vault" ? place.toLowerCase() : place;
    if (places.has(key)) throw new ByokError("CONFIG_INVALID", `The key ${place} is named twice.`);
    places.add(key);
    assertTenantOwnsKey(descriptor);
  }
  return descriptors;
}

/** Whose key is opened, and how. */
export interface OpenKeyOptions {
  readonly mode: Mode;
  /** A tenant's master key, or the service's own. Only their refusals differ. */
  readonly role: "tenant" | "service";
  readonly endpoints?: Endpoints | undefined;
  readonly credentials?: Credentials | undefined;
}

/**
 * The service's own identities by provider. Left out, each SDK's default credential chain decides, which is right for
 * most deployments (workload identity, instance roles).
 */
export interface Credentials {
  readonly "aws-kms"?: AwsCredentials;
  readonly "gcp-kms"?: GcpCredentials;
  /** Certificates of the applications that tenants registered; there is no default chain for them. */
  readonly "azure-key-vault"?: AzureCertificates;
}

/** Opens one descriptor's key. Contacts nothing but, for `local`, the file. */
export async function openMasterKey(descriptor: MasterKeyDescriptor, options: OpenKeyOptions): Promise<MasterKey> {
  const endpoints = resolveEndpoints(options.mode, options.endpoints);
  switch (descriptor.provider) {
    case "aws-kms":
      return openAwsKmsKey(descriptor, {
        endpoint: endpoints["aws-kms"],
        credentials: options.credentials?.["aws-kms"],
      });
    case "gcp-kms":
      return openGcpKmsKey(descriptor, {
        endpoint: endpoints["gcp-kms"],
        certificateAuthority: endpoints.certificateAuthority,
        credentials: options.credentials?.["gcp-kms"],
        impersonate: granteeToBecome(descriptor, options),
      });
    case "azure-key-vault":
      return openAzureKeyVaultKey(descriptor, {
        endpoints,
        certificates: options.credentials?.["azure-key-vault"],
      });
    case "local":
      assertLocalAllowed(options);
      return openLocalKey(descriptor);
  }
}

/** The account that a tenant's key is used as, if the service asked for that; its own key it uses as itself. */
function granteeToBecome({ grantedTo, keyName, tenant }: GcpKmsDescriptor, { role, credentials }: OpenKeyOptions): string | undefined {
  if (role !== "tenant" || credentials?.["gcp-kms"]?.impersonateGrantee !== true) return undefined;
  const account = impersonatable(grantedTo);
  if (account !== undefined) return account;
  throw new ByokError("CONFIG_INVALID", `The key ${keyName} was granted to ${grantedTo}, which is no service account: it cannot be impersonated.`, {
    provider: "gcp-kms",
    keyId: keyName,
    tenant,
  });
}

/** The service key: a local file (development only), or a key in any KMS. */
export type ServiceKey = { readonly file: string } | MasterKeyDescriptor;

/**
 * Opens the service key. Contacts nothing but, for a local one, the file.
 *
 * @throws {@link ByokError} CONFIG_INVALID if it is neither, or a local file in production mode; as
 * {@link readLocalKeyFile} does for the file.
 */
export async function openServiceKey(
  serviceKey: ServiceKey,
  options: Omit<OpenKeyOptions, "role">,
): Promise<MasterKey> {
  const descriptor = "file" in serviceKey ? localServiceKey(serviceKey.file) : serviceKey;
  const parsed = masterKeyDescriptorSchema.safeParse(descriptor);
  if (!parsed.success) {
    throw new ByokError("CONFIG_INVALID", `Not a service key:\n${z.prettifyError(parsed.error)}`);
  }
  return openMasterKey(parsed.data, { ...options, role: "service" });
}

/** The service's own key belongs to no tenant; the descriptor's other members mean nothing for it. */
function localServiceKey(path: string): MasterKeyDescriptor {
  return { schema: 1, provider: "local", tenant: "service", datacenter: "usa", grantedTo: "service", path };
}

function assertTenantOwnsKey(descriptor: MasterKeyDescriptor): void {
  const home = homeOf(descriptor);
  if (home === undefined || granteeHome(descriptor) !== home.id) return;
  throw new ByokError(
    "CONFIG_INVALID",
    `The key ${placeOf(descriptor)} lives in the ${home.kind} it was granted to (${home.id}): a tenant's key belongs in the tenant's own ${home.kind}.`,
    { provider: descriptor.provider, keyId: placeOf(descriptor), tenant: descriptor.tenant },
  );
}

/** Account or project of whoever was granted a key; undefined where the name does not tell. */
function granteeHome({ provider, grantedTo }: MasterKeyDescriptor): string | undefined {
  switch (provider) {
    case "aws-kms":
      return grantedTo.startsWith("arn:") ? awsAccountOf(grantedTo) : grantedTo;
    case "gcp-kms": {
      const [, application] = /^(?:serviceAccount:)?([a-z0-9-]+)@appspot\.gserviceaccount\.com$/.exec(grantedTo) ?? [];
      if (application !== undefined) return application;
      // NAME@PROJECT.iam.gserviceaccount.com; of a project in a domain (example.com:acme) NAME@acme.example.com.iam...
      const [project, ...domain] = /@([a-z0-9.-]+)\.iam\.gserviceaccount\.com$/.exec(grantedTo)?.[1]?.split(".") ?? [];
      return domain.length === 0 ? project : `${domain.join(".")}:${project ?? ""}`;
    }
    case "azure-key-vault":
    case "local":
      return undefined;
  }
}

function assertLocalAllowed(options: OpenKeyOptions): void {
  if (options.mode === "development") return;
  throw new ByokError(
    "CONFIG_INVALID",
    options.role === "tenant"
      ? 'A local file is not a tenant\'s master key: production mode refuses it. For development, ask for mode "development".'
      : 'Production mode refuses a single local service key: losing the file loses every backup. Use a KMS key as service key, or ask for mode "development".',
    { provider: "local" },
  );
}
