/** Which stacks a release records, so that the releases after it can be tried over them: one of each kind. */
import { readStackConfig } from "../stacks/stack-file.js";

/** A stack that is recorded: an example's configuration, with these changes. */
export interface RecordedStack {
  readonly example: string;
  /** By key of the configuration: members that are set; undefined removes one. */
  readonly changes?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** How keys that exist are named; 0.1 said `existingKey: true`. By stack. */
const EXISTING = {
  "acme-gcp-existing": { "byok:gcp": { existing: { key: "byok-acme-eu" } } },
  "acme-azure-existing": { "byok:azure": { vaultName: undefined, existing: { vault: "acme-backup-keys-eu", key: "byok-acme-eu" } } },
} as const;

/** By the name of the stack, which is also the name of its file. */
export const RECORDED_STACKS: Readonly<Record<string, RecordedStack>> = {
  "acme-usa": { example: "acme-usa" },
  "acme-eu": { example: "acme-eu" },
  "acme-gcp-usa": { example: "acme-gcp-usa" },
  "acme-gcp-eu": { example: "acme-gcp-eu" },
  "acme-gcp-uk": { example: "acme-gcp-uk" },
  "acme-gcp-new": {
    example: "acme-gcp-eu",
    changes: {
      "byok:gcp": { project: undefined, createProject: { projectId: "acme-new-keys", billingAccount: "012345-6789AB-CDEF01" } },
    },
  },
  "acme-gcp-existing": { example: "acme-gcp-eu", changes: EXISTING["acme-gcp-existing"] },
  "acme-azure-usa": { example: "acme-azure-usa" },
  "acme-azure-eu": { example: "acme-azure-eu" },
  "acme-azure-uk": { example: "acme-azure-uk" },
  "acme-azure-existing": { example: "acme-azure-eu", changes: EXISTING["acme-azure-existing"] },
  "acme-all-eu": { example: "acme-all-eu" },
};

/** A stack's configuration, as programs get it. */
export async function recordedConfig({ example, changes = {} }: RecordedStack): Promise<Record<string, string>> {
  return changed(await readStackConfig(example), changes);
}

/** The configuration of an older release, with what is spelt differently by now: what docs/upgrading.md tells to change. */
export function respelled(stack: string, config: Readonly<Record<string, string>>): Record<string, string> {
  const [key, members] = Object.entries<Readonly<Record<string, unknown>>>(Object.entries(EXISTING).find(([name]) => name === stack)?.[1] ?? {})[0] ?? [];
  return key === undefined ? { ...config } : changed(config, { [key]: { ...members, existingKey: undefined } });
}

/** A configuration with other members in its objects. */
export function changed(
  config: Readonly<Record<string, string>>,
  changes: NonNullable<RecordedStack["changes"]>,
): Record<string, string> {
  const objects = Object.entries(changes).map(([key, members]): [string, string] => {
    const object = JSON.parse(config[key] ?? "{}") as object;
    return [key, JSON.stringify({ ...object, ...members })];
  });
  return { ...config, ...Object.fromEntries(objects) };
}
