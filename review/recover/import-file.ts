/**
 * The file for `pulumi import --file`: everything that a stack's program declares, each with the id it has in its cloud.
 * Format: Pulumi documentation, "Bulk import operations"; providers with their inputs as `pulumi preview --import-file` of
 * 3.260 writes them.
 *
 * @module
 */
import { type DeclaredProgram, type DeclaredResource, packageOf } from "../declared-resource.js";
import { type Facts, fillIn, missingIn } from "./facts.js";
import { importIdPattern } from "./import-ids.js";

/** One entry of the file. */
export interface ImportEntry {
  readonly type: string;
  /** Unique in the file; `parent` and `provider` refer to it. */
  readonly name: string;
  /** The resource's own name, where that is not unique. */
  readonly logicalName?: string;
  readonly id?: string;
  readonly parent?: string;
  readonly provider?: string;
  readonly version?: string;
  readonly component?: true;
  /** Of providers. */
  readonly inputs?: Readonly<Record<string, unknown>>;
}

/** A resource that is not imported, or not as it was, and what `pulumi up` does about it. */
export interface NotedResource {
  readonly name: string;
  readonly type: string;
  readonly words: string;
}

/** What can be recovered, and what is missing for it. */
export interface Recovery {
  readonly entries: readonly ImportEntry[];
  /** Not imported. */
  readonly left: readonly NotedResource[];
  /** Imported, and shown as to be updated: settings that only Pulumi keeps. */
  readonly updated: readonly NotedResource[];
  /** Words of what must be known first, see facts.ts. */
  readonly missing: readonly string[];
}

/** Types whose state no cloud gives back, and what happens instead. */
const LEFT: Readonly<Record<string, string>> = {
  // terraform-provider-azuread, application_certificate_resource.go: Read never sets `value`, whose change replaces.
  "azuread:index/applicationCertificate:ApplicationCertificate":
    "Entra does not give the certificate itself back, so that importing it would only replace it: `pulumi up` registers the same certificate once more, which signs in like the one that is there. Remove the older entry afterwards: az ad app credential list --id CLIENT_ID --cert",
};

/** Types that a preview after an import wants to update: what it puts back is in the state only, and no cloud is changed. */
const UPDATED: Readonly<Record<string, string>> = {
  // terraform-provider-aws, service/kms/key.go: what a deletion would be asked for.
  "aws:kms/key:Key": "deletionWindowInDays, which is not kept in AWS",
  // pulumi-azure-native, provider/pkg/provider/crud/crud.go, MaintainSubResourcePropertiesIfNotSet: copied from the vault.
  "azure-native:keyvault:Vault": "accessPolicies, which are resources of their own: the provider leaves those in the vault as they are",
  // terraform-provider-google, resource_google_project_service.go and resource_google_project.go: what a deletion does.
  "gcp:projects/service:Service": "disableOnDestroy, which is not kept in Google Cloud",
  "gcp:organizations/project:Project": "deletionPolicy, which is not kept in Google Cloud",
};

/** Types that the configuration decides alone, and that a second creation merely duplicates. */
const MADE_ANEW = "nothing here knows its id: give it with --id, or `pulumi up` makes it anew beside the one that is there";

/**
 * Sorts a program's resources by whether they can be imported. Whatever is adopted has never been in the state as the stack's
 * own: `pulumi up` reads it again.
 */
export function recoveryOf({ resources }: DeclaredProgram, facts: Facts): Recovery {
  const names = uniqueNames(resources);
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const entries: ImportEntry[] = [];
  const left: NotedResource[] = [];
  const updated: NotedResource[] = [];
  const missing = new Set<string>();
  for (const resource of resources) {
    if (resource.kind === "adopted") continue;
    const entry = entryOf(resource, names);
    if (resource.kind !== "created") {
      entries.push(entry);
      continue;
    }
    const given = facts.get(`id of ${resource.name}`);
    const pattern = importIdPattern(resource, byUrn.get(resource.provider ?? "")) ?? given;
    const words = LEFT[resource.type] ?? (pattern === undefined ? MADE_ANEW : undefined);
    if (words !== undefined || pattern === undefined) {
      left.push({ name: resource.name, type: resource.type, words: words ?? MADE_ANEW });
      continue;
    }
    const id = fillIn(pattern, facts);
    for (const lacking of missingIn(id)) missing.add(lacking);
    entries.push({ ...entry, id });
    const setting = UPDATED[resource.type];
    if (setting !== undefined) updated.push({ name: resource.name, type: resource.type, words: setting });
  }
  return { entries, left, updated, missing: [...missing] };
}

function entryOf(resource: DeclaredResource, names: ReadonlyMap<string, string>): ImportEntry {
  const name = names.get(resource.urn) ?? resource.name;
  const parent = names.get(resource.parent ?? "");
  const provider = names.get(resource.provider ?? "");
  return {
    type: resource.type,
    name,
    ...(name === resource.name ? {} : { logicalName: resource.name }),
    ...(parent === undefined ? {} : { parent }),
    ...(provider === undefined ? {} : { provider }),
    ...(resource.version === undefined || resource.kind === "component" ? {} : { version: resource.version }),
    ...(resource.kind === "component" ? { component: true as const } : {}),
    ...(resource.kind === "provider" ? { inputs: { ...resource.inputs, ...(resource.version === undefined ? {} : { version: resource.version }) } } : {}),
  };
}

/** Names by URN. A provider may be called like something else, and the file knows only one namespace. */
function uniqueNames(resources: readonly DeclaredResource[]): Map<string, string> {
  const taken = new Set<string>();
  return new Map(
    resources.map(({ urn, name, type }) => {
      let unique = taken.has(name) ? `${name}-${packageOf(type)}` : name;
      while (taken.has(unique)) unique = `${unique}-`;
      taken.add(unique);
      return [urn, unique];
    }),
  );
}
