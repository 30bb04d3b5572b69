/**
 * From the flags that name keys to a {@link KeyAccess}; everything is read and checked, nothing contacted.
 *
 * @module
 */
import { ByokError, type KeyAccess, type MasterKeyDescriptor } from "../index.js";
import { quotePath } from "./file-error.js";
import { type Context } from "./context.js";
import { chooseMode, readCredentials, readDescriptors, readServiceKey, type ServiceKeyChoice } from "./inputs.js";
import { shellQuote } from "./shell-quote.js";

/** The flags that name keys, as they stand on the command line. */
export interface KeyFlags {
  readonly descriptor: string;
  readonly serviceKey: string;
  readonly credentials?: string;
  readonly mode?: string;
}

/** Keys that were checked. */
export interface CheckedKeys {
  readonly access: KeyAccess;
  readonly serviceKey: ServiceKeyChoice;
  /** One line for standard error, in development mode. */
  readonly banner: string | undefined;
  /** Files that the flags name: no result may take their place. */
  readonly files: readonly string[];
}

/**
 * Reads and checks what the flags name.
 *
 * @param options.mayBeMissing the file of `--service-key file:PATH` need not exist yet.
 */
export async function checkKeys(flags: KeyFlags, { io }: Context, options: { mayBeMissing: boolean } = { mayBeMissing: false }): Promise<CheckedKeys> {
  const { descriptor, credentials } = flags;
  // A key that is still to be made has sealed no credentials.
  const serviceKey = await readServiceKey(flags.serviceKey, { mayBeMissing: options.mayBeMissing && credentials === undefined });
  const { mode, banner } = chooseMode(flags.mode, { env: io.env, serviceKey });
  const masterKeys = await readDescriptors(descriptor);
  await checkCredentials(flags, masterKeys);
  return {
    access: { masterKeys, serviceKey: serviceKey.key, mode, ...impersonation(io.env), ...applicationCredentials(credentials) },
    serviceKey,
    banner,
    files: [descriptor, serviceKeyPath(flags.serviceKey), ...(credentials === undefined ? [] : [credentials])],
  };
}

/**
 * Checks `--credentials` against the descriptors: keys in Azure need them, and they must be the tenant's.
 *
 * @throws {@link ByokError} CONFIG_INVALID, TENANT_MISMATCH.
 */
export async function checkCredentials(
  { descriptor, credentials }: Pick<KeyFlags, "descriptor" | "credentials">,
  masterKeys: readonly MasterKeyDescriptor[],
): Promise<void> {
  if (credentials === undefined) {
    if (!masterKeys.some(({ provider }) => provider === "azure-key-vault")) return;
    throw new ByokError(
      "CONFIG_INVALID",
      `${quotePath(descriptor)} names a key in Azure Key Vault: give --credentials FILE, which "byok credentials create" wrote, and the --service-key that seals it.`,
    );
  }
  const { tenant } = await readCredentials(credentials);
  const other = masterKeys.find((each) => each.tenant !== tenant);
  if (other === undefined) return;
  throw new ByokError("TENANT_MISMATCH", `${quotePath(credentials)} holds credentials of tenant ${tenant}, but ${quotePath(descriptor)} keys of tenant ${other.tenant}.`, { tenant });
}

/** `BYOK_GCP_IMPERSONATE=grantee`: keys in Google Cloud are used as the account that they were granted to. */
const GCP_IMPERSONATE = "BYOK_GCP_IMPERSONATE";

/**
 * Whether tenants' keys in Google Cloud are used as the accounts that they were granted to, one per tenant.
 *
 * @throws {@link ByokError} CONFIG_INVALID for another word than `grantee`.
 */
export function impersonation(env: Readonly<Record<string, string | undefined>>): Pick<KeyAccess, "credentials"> {
  const asked = env[GCP_IMPERSONATE];
  if (asked === undefined || asked === "") return {};
  if (asked === "grantee") return { credentials: { "gcp-kms": { impersonateGrantee: true } } };
  throw new ByokError("CONFIG_INVALID", `${GCP_IMPERSONATE} must be grantee, or unset, not ${JSON.stringify(asked)}.`);
}

/** The file is read again at each sign-in: rotating it takes effect in a command that runs on. */
export function applicationCredentials(path: string | undefined): Pick<KeyAccess, "applicationCredentials"> {
  return path === undefined ? {} : { applicationCredentials: async () => [await readCredentials(path)] };
}

/** The flags once more, to be pasted into a shell: for the next command that this one suggests. */
export function keyArguments({ secret, descriptor, serviceKey, credentials, mode }: KeyFlags & { readonly secret?: string }): string {
  const flags = {
    "--secret": secret,
    "--descriptor": descriptor,
    "--service-key": serviceKey,
    "--credentials": credentials,
    "--mode": mode,
  };
  return Object.entries(flags)
    .flatMap(([flag, value]) => (value === undefined ? [] : [`${flag} ${shellQuote(value)}`]))
    .join(" ");
}

/** Path in `file:PATH` or `descriptor:FILE`. */
export function serviceKeyPath(text: string): string {
  return text.slice(text.indexOf(":") + 1);
}
