/**
 * From configuration to open keys: what {@link createSecret} and {@link Encryptor.open} have in common.
 *
 * @module
 */
import { openApplicationCredentials } from "./application-credentials/application-credentials.js";
import { parseApplicationCredentials, type SealedApplicationCredentials } from "./application-credentials/sealed-credentials.js";
import { homeOf, type MasterKeyDescriptor, placeOf } from "./master-key/descriptor.js";
import { type Endpoints, type Mode } from "./master-key/endpoints.js";
import { ByokError } from "./master-key/errors.js";
import { type MasterKey } from "./master-key/master-key.js";
import {
  type Credentials,
  openMasterKey,
  openServiceKey,
  parseMasterKeyDescriptors,
  type ServiceKey,
} from "./master-key/open-master-key.js";

/** Where keys are, and who may be asked. */
export interface KeyAccess {
  /** Descriptors straight from `pulumi stack output masterKeys --json`. */
  readonly masterKeys: readonly MasterKeyDescriptor[];
  /** The service's own key. `{ file }` is for development. */
  readonly serviceKey: ServiceKey;
  /**
   * The service's own cloud identities; the SDKs' default chains where left out. Its `azure-key-vault` is for the service
   * key alone where `applicationCredentials` are given.
   */
  readonly credentials?: Credentials;
  /**
   * With what to sign in to the tenant's Azure directory, sealed: what {@link createApplicationCredentials} returned. As a
   * function it is asked before each sign-in, so that a rotated document is picked up without a restart.
   */
  readonly applicationCredentials?: ApplicationCredentials;
  /** `production` by default; `development` allows local keys and the sandbox. */
  readonly mode?: Mode;
  /** Loopback endpoints by provider, development only; `BYOK_SANDBOX` is read where left out. */
  readonly endpoints?: Endpoints;
}

/** Documents of one tenant, or where to find them at the moment. */
export type ApplicationCredentials =
  | readonly SealedApplicationCredentials[]
  | (() => readonly SealedApplicationCredentials[] | Promise<readonly SealedApplicationCredentials[]>);

/** Open keys; whoever opened them closes them. */
export interface OpenAccess {
  /** The tenant's master keys by id. */
  readonly masterKeys: ReadonlyMap<string, MasterKey>;
  readonly serviceKey: MasterKey;
  close(): Promise<void>;
}

/**
 * Opens all keys, or none. Contacts nothing but, for local keys, their files.
 *
 * @throws {@link ByokError} CONFIG_INVALID, also if the service key lives with a tenant's; or what reading a local key file
 * says.
 */
export async function openAccess(options: KeyAccess): Promise<OpenAccess> {
  const descriptors = parseMasterKeyDescriptors(options.masterKeys);
  for (const descriptor of descriptors) assertKeptApart(options.serviceKey, descriptor);
  const how = { mode: options.mode ?? "production", endpoints: options.endpoints, credentials: options.credentials };
  const opened: MasterKey[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((key) => key.close()));
  };
  try {
    const serviceKey = await openServiceKey(options.serviceKey, how);
    opened.push(serviceKey);
    const masterKeys = new Map<string, MasterKey>();
    for (const descriptor of descriptors) {
      const credentials = tenantCredentials(options, serviceKey, descriptor.tenant);
      const key = await openMasterKey(descriptor, { ...how, credentials, role: "tenant" });
      opened.push(key);
      // Two files may hold one local key; the descriptors alone do not tell.
      if (masterKeys.has(key.id)) {
        throw new ByokError("CONFIG_INVALID", `Two descriptors name the same master key, ${key.id}: give each key once.`, {
          provider: key.provider,
          keyId: key.id,
          tenant: key.tenant,
        });
      }
      masterKeys.set(key.id, key);
    }
    if (masterKeys.has(serviceKey.id)) {
      throw new ByokError("CONFIG_INVALID", "The service key is one of the tenant's master keys: they must differ.", {
        keyId: serviceKey.id,
      });
    }
    return { masterKeys, serviceKey, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * The identities to open a tenant's master keys with: application credentials are unsealed with the service key, which is
 * borrowed, at each sign-in.
 *
 * @throws {@link ByokError} CONFIG_INVALID or TENANT_MISMATCH for documents that are no good; those of a function say so
 * when they are asked for.
 */
export function tenantCredentials(
  { credentials, applicationCredentials }: Pick<KeyAccess, "credentials" | "applicationCredentials">,
  serviceKey: MasterKey,
  tenant: string,
): Credentials | undefined {
  if (applicationCredentials === undefined) return credentials;
  if (typeof applicationCredentials !== "function") assertTenants(applicationCredentials, tenant);
  return {
    ...credentials,
    "azure-key-vault": async () => {
      const documents = typeof applicationCredentials === "function" ? await applicationCredentials() : applicationCredentials;
      assertTenants(documents, tenant);
      return (await Promise.all(documents.map((document) => openApplicationCredentials(document, serviceKey)))).flat();
    },
  };
}

function assertTenants(documents: readonly SealedApplicationCredentials[], tenant: string): void {
  for (const document of documents) {
    const found = parseApplicationCredentials(document).tenant;
    if (found === tenant) continue;
    throw new ByokError("TENANT_MISMATCH", `The application credentials belong to tenant ${found}, the keys to ${tenant}.`, { tenant });
  }
}

/** Whoever owns both keys needs nobody else to open a Secret: the service key lives with no tenant's. */
function assertKeptApart(serviceKey: ServiceKey, tenants: MasterKeyDescriptor): void {
  if (!("provider" in serviceKey)) return;
  const [service, tenant] = [homeOf(serviceKey), homeOf(tenants)];
  if (service === undefined || service.kind !== tenant?.kind || service.id !== tenant.id) return;
  throw new ByokError(
    "CONFIG_INVALID",
    `The service key ${placeOf(serviceKey)} lives in the tenant's ${service.kind} (${service.id}): it belongs in the service's own.`,
    { provider: serviceKey.provider, keyId: placeOf(serviceKey), tenant: tenants.tenant },
  );
}
