/**
 * From configuration to open keys: what {@link createSecret} and {@link Encryptor.open} have in common.
 *
 * @module
 */
import { awsAccountOf, type MasterKeyDescriptor } from "./master-key/descriptor.js";
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
  /** The service's own cloud identities; the SDKs' default chains where left out. */
  readonly credentials?: Credentials;
  /** `production` by default; `development` allows local keys and the sandbox. */
  readonly mode?: Mode;
  /** Loopback endpoints by provider, development only; `BYOK_SANDBOX` is read where left out. */
  readonly endpoints?: Endpoints;
}

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
      const key = await openMasterKey(descriptor, { ...how, role: "tenant" });
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

/** Whoever owns both accounts' keys needs nobody else to open a Secret: the service key is in no tenant's account. */
function assertKeptApart(serviceKey: ServiceKey, tenants: MasterKeyDescriptor): void {
  if (!("provider" in serviceKey) || serviceKey.provider !== "aws-kms" || tenants.provider !== "aws-kms") return;
  const account = awsAccountOf(tenants.keyArn);
  if (awsAccountOf(serviceKey.keyArn) !== account) return;
  throw new ByokError(
    "CONFIG_INVALID",
    `The service key ${serviceKey.keyArn} lives in the tenant's AWS account (${account}): it belongs in the service's own.`,
    { provider: serviceKey.provider, keyId: serviceKey.keyArn, tenant: tenants.tenant },
  );
}
