/**
 * `byok descriptor create`: for a key that the tenant made by hand. Checked live, then the same descriptor comes out as a
 * stack's output has.
 *
 * @module
 */
import { ByokError, DATACENTERS, type MasterKeyDescriptor, parseMasterKeyDescriptors, type SealedApplicationCredentials } from "../../index.js";
import { AZURE_GUID } from "../../master-key/descriptor.js";
import { type Context, type Outcome } from "../context.js";
import { regionWarning } from "../datacenter-regions.js";
import { quotePath } from "../file-error.js";
import { Target } from "../folder/target.js";
import { checkTenant, chooseMode, readCredentials, readServiceKey } from "../inputs.js";
import { checkCredentials, serviceKeyPath } from "../keys.js";
import { writeDocument } from "../streams.js";
import { parseWait } from "../wait.js";
import { type CloudProvider, providerOf } from "./key-id.js";
import { noteLeftovers, noteUnremoved } from "./open.js";
import { reportLines, secretCreateCommand, verifyKeys, withCauses } from "./verify.js";

/** Options of the command, as they stand on the command line. */
export interface DescriptorCreateOptions {
  readonly tenant: string;
  readonly datacenter: string;
  readonly grantedTo: string;
  readonly out: string;
  readonly alias?: string;
  readonly entraTenant?: string;
  readonly clientId?: string;
  readonly operation?: string;
  readonly serviceKey?: string;
  readonly credentials?: string;
  readonly wait?: string;
  readonly mode?: string;
  readonly force?: boolean;
}

type CloudFlag = "alias" | "entraTenant" | "clientId" | "operation" | "credentials" | "serviceKey";

/** How {@link CloudFlag}s are spelled. */
const SPELLING: Readonly<Record<CloudFlag, string>> = {
  alias: "--alias",
  entraTenant: "--entra-tenant",
  clientId: "--client-id",
  operation: "--operation",
  credentials: "--credentials",
  serviceKey: "--service-key",
};

/** What each cloud's descriptor takes beside the key's id: needed, and allowed. */
const FLAGS: Readonly<Record<CloudProvider, { readonly needed: readonly CloudFlag[]; readonly allowed: readonly CloudFlag[] }>> = {
  "gcp-kms": { needed: [], allowed: [] },
  "aws-kms": { needed: ["alias"], allowed: [] },
  "azure-key-vault": { needed: ["entraTenant", "clientId", "credentials", "serviceKey"], allowed: ["operation"] },
};

/** An account, or the ARN of a principal in one. IAM User Guide, "IAM identifiers". */
const AWS_PRINCIPAL = /^(?:\d{12}|arn:(?:aws|aws-us-gov|aws-cn):iam::\d{12}:(?:root|(?:role|user)\/[\w+=,.@/-]+))$/;
/** IAM documentation, "Principal identifiers"; the address as in "Create service accounts". */
const SERVICE_ACCOUNT = /^(?:serviceAccount:)?([a-z0-9.-]+@[a-z0-9.-]+\.gserviceaccount\.com)$/;

/** Checks a key that was made by hand, and writes its descriptor; nothing is written unless the key works. */
export async function descriptorCreate(keyId: string, options: DescriptorCreateOptions, context: Context): Promise<Outcome> {
  const { io, terminal } = context;
  const { tenant, out } = options;
  const provider = providerOf(keyId);
  checkTenant(tenant);
  checkFlags(provider, options);
  const waitMs = options.wait === undefined ? 0 : parseWait(options.wait);
  const serviceKey = options.serviceKey === undefined ? undefined : await readServiceKey(options.serviceKey, { mayBeMissing: false });
  const { mode, banner } = chooseMode(options.mode, { env: io.env, serviceKey });
  const credentials = options.credentials === undefined ? undefined : await readCredentials(options.credentials);
  const descriptor = describe(keyId, provider, options, credentials);
  if (options.credentials !== undefined) await checkCredentials({ descriptor: "the command line", credentials: options.credentials }, [descriptor]);
  const inputs = [...(options.serviceKey === undefined ? [] : [serviceKeyPath(options.serviceKey)]), ...(options.credentials === undefined ? [] : [options.credentials])];
  const target = await Target.check(out, { force: options.force === true, inputs });
  noteLeftovers(target, terminal);
  if (banner !== undefined) terminal.note(banner);
  const warning = regionWarning(descriptor);
  if (warning !== undefined) terminal.note(`byok: warning: ${warning}`);

  const { reports, failure } = await verifyKeys([descriptor], { mode, serviceKey, credentials: options.credentials, waitMs }, context);
  const json = { ok: failure === undefined, descriptor, keys: withCauses(reports, context), warnings: warning === undefined ? [] : [warning] };
  if (failure !== undefined) {
    return {
      failure,
      report: { json, words: (paint) => [...reports.flatMap((report) => reportLines(report, paint)), "No descriptor was written."] },
    };
  }
  await writeDocument(target, JSON.stringify([descriptor], undefined, 2), io.signal);
  noteUnremoved(target, terminal);
  return {
    report: {
      json: { ...json, out: target.path },
      words: (paint) => [
        ...reports.flatMap((report) => reportLines(report, paint)),
        paint.good(`The key works, and its descriptor is in ${quotePath(out)}.`),
        secretCreateCommand(tenant, { ...options, descriptor: out }),
      ],
    },
  };
}

/** Which flags belong to which cloud, said by name. */
function checkFlags(provider: CloudProvider, options: DescriptorCreateOptions): void {
  const { needed, allowed } = FLAGS[provider];
  const missing = needed.filter((flag) => options[flag] === undefined).map((flag) => SPELLING[flag]);
  if (missing.length > 0) {
    throw new ByokError("CONFIG_INVALID", `A key of ${provider} needs ${missing.join(", ")} as well: see byok descriptor create --help.`);
  }
  // A service key asks for development mode, which is of use with any cloud.
  const foreign = (Object.keys(SPELLING) as CloudFlag[]).find(
    (flag) => options[flag] !== undefined && flag !== "serviceKey" && !needed.includes(flag) && !allowed.includes(flag),
  );
  if (foreign !== undefined) throw new ByokError("CONFIG_INVALID", `${SPELLING[foreign]} means nothing for a key of ${provider}: leave it out.`);
}

function describe(
  keyId: string,
  provider: CloudProvider,
  options: DescriptorCreateOptions,
  credentials: SealedApplicationCredentials | undefined,
): MasterKeyDescriptor {
  const datacenter = DATACENTERS.find((each) => each === options.datacenter);
  if (datacenter === undefined) {
    throw new ByokError("CONFIG_INVALID", `--datacenter ${JSON.stringify(options.datacenter)} must be one of ${DATACENTERS.join(", ")}.`);
  }
  const common = { schema: 1, tenant: options.tenant, datacenter, grantedTo: grantee(provider, keyId, options.grantedTo) };
  const [descriptor] = parseMasterKeyDescriptors(
    {
      "gcp-kms": () => ({ ...common, provider, keyName: keyId }),
      "aws-kms": () => ({ ...common, provider, keyArn: keyId, aliasName: checkAlias(options.alias) }),
      "azure-key-vault": () => {
        const newest = credentials?.credentials.at(-1);
        return {
          ...common,
          provider,
          keyUri: keyId,
          entraTenantId: checkGuid("--entra-tenant", options.entraTenant),
          clientId: checkGuid("--client-id", options.clientId),
          certificateThumbprint: newest?.thumbprint,
          certificateNotAfter: newest?.notAfter,
          operation: checkOperation(options.operation ?? "encrypt"),
        };
      },
    }[provider](),
  );
  if (descriptor === undefined) throw new ByokError("CONFIG_INVALID", "No descriptor came out: report this.");
  return descriptor;
}

/** Who was granted the key, as a stack's descriptor names them. */
function grantee(provider: CloudProvider, keyId: string, given: string): string {
  const invalid = (rule: string): ByokError => new ByokError("CONFIG_INVALID", `--granted-to ${JSON.stringify(given)} ${rule}`);
  switch (provider) {
    case "aws-kms": {
      if (!AWS_PRINCIPAL.test(given)) throw invalid("must be an AWS account id of 12 digits, or the ARN of a role or user, that the key policy names.");
      const partition = keyId.split(":")[1] ?? "aws";
      return given.startsWith("arn:") ? given : `arn:${partition}:iam::${given}:root`;
    }
    case "gcp-kms": {
      const address = SERVICE_ACCOUNT.exec(given)?.[1];
      if (address === undefined) throw invalid("must be the address of a service account, NAME@PROJECT.iam.gserviceaccount.com.");
      return `serviceAccount:${address}`;
    }
    case "azure-key-vault":
      if (!AZURE_GUID.test(given.toLowerCase())) {
        throw invalid("must be the object id of the application's service principal (Enterprise applications, not App registrations), a GUID.");
      }
      return given.toLowerCase();
  }
}

function checkAlias(alias: string | undefined): string {
  if (alias !== undefined && /^alias\/[A-Za-z0-9/_-]{1,250}$/.test(alias)) return alias;
  throw new ByokError("CONFIG_INVALID", `--alias ${JSON.stringify(alias)} must look like alias/NAME.`);
}

function checkGuid(flag: string, value = ""): string {
  if (AZURE_GUID.test(value.toLowerCase())) return value.toLowerCase();
  throw new ByokError("CONFIG_INVALID", `${flag} ${JSON.stringify(value)} must be a GUID, as the application's overview shows it.`);
}

function checkOperation(operation: string): string {
  if (operation === "encrypt" || operation === "wrap") return operation;
  throw new ByokError("CONFIG_INVALID", `--operation ${JSON.stringify(operation)} must be encrypt (key permissions Encrypt and Decrypt) or wrap (Wrap Key and Unwrap Key).`);
}
