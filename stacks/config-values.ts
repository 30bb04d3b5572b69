/**
 * The stack's configuration as it stands in the file, values of namespace `byok` decoded, with everything refused that is
 * not read, or looks secret.
 *
 * @module
 */
import { AWS_EXISTING_MEMBERS, AWS_MEMBERS } from "./config-aws.js";
import { AZURE_EXISTING_MEMBERS, AZURE_MEMBERS } from "./config-azure.js";
import { GCP_EXISTING_MEMBERS, GCP_MEMBERS, GCP_NEW_PROJECT_MEMBERS } from "./config-gcp.js";
import { suggestion } from "./did-you-mean.js";
import { looksSecret } from "./looks-secret.js";

/** Every key that this release reads; see {@link MEMBERS} for what is in those that are objects. */
export const KEYS = [
  "tenant",
  "datacenter",
  "clouds",
  "service",
  "aws",
  "gcp",
  "azure",
  "allowCrossRegion",
  "access",
  "keyMetadata",
  "auditLog",
  "alarms",
] as const;

/** Members of objects, by the name of the object after `byok:`. */
export const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  service: ["awsAccountId", "awsRoleArn", "gcpServiceAccount"],
  alarms: ["emails"],
  aws: AWS_MEMBERS,
  "aws.existing": AWS_EXISTING_MEMBERS,
  gcp: GCP_MEMBERS,
  "gcp.existing": GCP_EXISTING_MEMBERS,
  "gcp.createProject": GCP_NEW_PROJECT_MEMBERS,
  azure: AZURE_MEMBERS,
  "azure.existing": AZURE_EXISTING_MEMBERS,
};

/** What the program makes itself instead of reading a provider's namespace, and where credentials come from then. */
interface ForeignNamespace {
  readonly made: string;
  readonly credentials: string;
  /** Keys that people set to what this program takes from elsewhere. */
  readonly instead: Readonly<Record<string, string>>;
}

const AZURE = {
  made: "Azure providers, from byok:datacenter and byok:azure",
  credentials: "az login, a service principal, a managed identity",
};

/** Namespaces of the providers, which Pulumi would silently ignore: the program builds its own. */
const FOREIGN_NAMESPACES: Readonly<Record<string, ForeignNamespace>> = {
  aws: {
    made: "AWS provider, from byok:datacenter and byok:aws",
    credentials: "AWS_PROFILE, single sign-on, a role",
    instead: {},
  },
  gcp: {
    made: "Google Cloud provider, from byok:datacenter and byok:gcp",
    credentials: "gcloud auth application-default login, a service account, workload identity",
    instead: { project: "byok:gcp.project", region: "byok:gcp.location", zone: "byok:gcp.location" },
  },
  "azure-native": {
    ...AZURE,
    instead: {
      location: "byok:azure.location",
      subscriptionId: "byok:azure.subscriptionId",
      tenantId: "byok:azure.entraTenantId",
    },
  },
  azuread: { ...AZURE, instead: { tenantId: "byok:azure.entraTenantId" } },
};

/** What the stack's configuration holds, as far as this program is concerned. */
export interface ConfigValues {
  /** Values of namespace `byok` by key, without those refused below. */
  readonly byok: ReadonlyMap<string, unknown>;
  /** `aws:region`, if set. */
  readonly awsRegion: string | undefined;
  /** Keys of `byok` whose value was refused here: reported once, and never quoted again. */
  readonly refused: ReadonlySet<string>;
  /** One entry per problem. */
  readonly problems: readonly string[];
}

/** Sorts the stack's configuration by `all`'s namespaces; keys of namespaces not named above are not ours to judge. */
export function decodeConfig(all: Readonly<Record<string, string>>): ConfigValues {
  const byok = new Map<string, unknown>();
  const refused = new Set<string>();
  const problems: string[] = [];

  for (const [fullKey, text] of Object.entries(all)) {
    const [, namespace, key] = /^([^:]+):(.*)$/s.exec(fullKey) ?? [];
    if (namespace === undefined || key === undefined) continue;
    const foreign = Object.hasOwn(FOREIGN_NAMESPACES, namespace) ? FOREIGN_NAMESPACES[namespace] : undefined;
    if (namespace !== "byok" && foreign === undefined) continue;

    const value = decodeValue(text);
    const problem =
      secretProblem(fullKey, value) ??
      (foreign === undefined ? unknownKeyProblem(fullKey, key, KEYS) : foreignKeyProblem(fullKey, key, foreign));
    if (problem !== undefined) {
      problems.push(problem);
      if (namespace === "byok") refused.add(key);
    } else if (namespace === "byok") {
      byok.set(key, value);
    }
  }
  const awsRegion = all["aws:region"];
  const readable = awsRegion !== undefined && looksSecret(awsRegion) === undefined;
  return { byok, refused, problems, awsRegion: readable ? awsRegion : undefined };
}

/**
 * The problem of a key that is not among `known`; `undefined` if it is.
 *
 * @param fullKey - as it is reported
 * @param key - as it is spelled among its siblings
 */
export function unknownKeyProblem(fullKey: string, key: string, known: readonly string[]): string | undefined {
  if (known.includes(key)) return undefined;
  return `${fullKey}: unknown key${suggestion(key, known)}; known here: ${known.join(", ")}`;
}

/** Pulumi hands objects and lists over as JSON. What only looks like JSON stays text, for the schema to refuse. */
export function decodeValue(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The problem of a value that looks secret, without the value; `undefined` of others. */
export function secretProblem(fullKey: string, value: unknown): string | undefined {
  const found = looksSecret(value);
  if (found === undefined) return undefined;
  return (
    `${fullKey}${found.path}: looks like ${found.what}. This file is no place for secrets: remove it, and if it was ` +
    "committed or shared, replace it. Credentials of the clouds come from the environment"
  );
}

function foreignKeyProblem(fullKey: string, key: string, { made, credentials, instead }: ForeignNamespace): string | undefined {
  if (fullKey === "aws:region") return undefined; // Judged with the other sources of a region.
  const alternative = Object.hasOwn(instead, key) ? instead[key] : undefined;
  const reason = `${fullKey}: is not read: the program makes its own ${made}`;
  return alternative === undefined
    ? `${reason}. Credentials come from the environment (${credentials})`
    : `${reason}; remove this key, see ${alternative}`;
}
