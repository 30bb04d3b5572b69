/**
 * From Pulumi's flat strings to the values of namespace `byok`: decoded, with everything refused that is not read, or
 * looks secret.
 *
 * @module
 */
import { ONLY_AWS } from "./config-schema.js";
import { suggestion } from "./did-you-mean.js";
import { looksSecret } from "./looks-secret.js";

/** Every key that this release reads, with the members of those that are objects. */
export const KEYS: Readonly<Record<string, readonly string[]>> = {
  tenant: [],
  datacenter: [],
  clouds: [],
  service: ["awsAccountId", "awsRoleArn"],
  aws: ["accountId", "region"],
  allowCrossRegion: [],
};

/** Keys and members of design.md 4.6 that belong to the other clouds. */
const OTHER_CLOUDS: readonly string[] = ["gcp", "azure", "gcpServiceAccount"];

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

/** Sorts the stack's configuration by `all`'s namespaces; keys of any but `byok` and `aws` are not ours to judge. */
export function decodeConfig(all: Readonly<Record<string, string>>): ConfigValues {
  const byok = new Map<string, unknown>();
  const refused = new Set<string>();
  const problems: string[] = [];

  for (const [fullKey, text] of Object.entries(all)) {
    const [, namespace, key] = /^(byok|aws):(.*)$/s.exec(fullKey) ?? [];
    if (namespace === undefined || key === undefined) continue;

    const value = decodeValue(text);
    const problem =
      secretProblem(value) ?? (namespace === "aws" ? awsNamespaceProblem(key) : unknownKeyProblem(key, Object.keys(KEYS)));
    if (problem !== undefined) {
      problems.push(`${fullKey}: ${problem}`);
      if (namespace === "byok") refused.add(key);
    } else if (namespace === "byok") {
      byok.set(key, value);
    }
  }
  const awsRegion = all["aws:region"];
  return { byok, refused, problems, awsRegion: awsRegion === undefined || looksSecret(awsRegion) ? undefined : awsRegion };
}

/** Why a key (or member, by the last part of its name) that is not among `known` is refused; `undefined` if it is. */
export function unknownKeyProblem(key: string, known: readonly string[]): string | undefined {
  if (known.includes(key)) return undefined;
  if (OTHER_CLOUDS.includes(key)) return `${ONLY_AWS}; remove this key`;
  return `unknown key${suggestion(key, known)}; known here: ${known.join(", ")}`;
}

/** Pulumi hands objects and lists over as JSON. What only looks like JSON stays text, for the schema to refuse. */
function decodeValue(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function secretProblem(value: unknown): string | undefined {
  const found = looksSecret(value);
  if (found === undefined) return undefined;
  return (
    `looks like ${found}. This file is no place for secrets: remove it, and if it was committed or shared, replace it. ` +
    "Credentials come from the environment (AWS_PROFILE, single sign-on, a role)"
  );
}

/** The program builds its own provider, so Pulumi would silently ignore this whole namespace. */
function awsNamespaceProblem(key: string): string | undefined {
  if (key === "region") return undefined; // Judged with the other sources of a region.
  return (
    "is not read: the program makes its own AWS provider, from byok:datacenter and byok:aws. " +
    "Credentials come from the environment (AWS_PROFILE, single sign-on, a role)"
  );
}
