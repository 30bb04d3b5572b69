/**
 * Writes the facts of schemas.json anew that can be read by a program. Needs no network: it takes clones.
 *
 *     npx tsx test/sandbox/pulumi/published/extract.ts google-beta=PATH@v7.45.0 azuread=PATH@v3.8.0
 *
 * Each is a git directory of hashicorp/terraform-provider-NAME, and a tag or commit of it. Which of them @pulumi/NAME is made
 * of, its own repository says (provider/go.mod, the submodule `upstream`): azuread 6.9.1 is v3.8.0; gcp 9.35 is v7.45.0, the
 * newest that could be had when this was written.
 * The other facts were read by hand, from the files named beside them: their repositories are too large to be cloned here.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";

import { type Published, PUBLISHED_FILE, type PublishedInput, type PublishedType, readPublished } from "./published.js";
import { type Elsewhere, readTerraformSchema } from "./terraform-schema.js";

/** A clone at a version. */
interface Clone {
  readonly version: string;
  read(file: string): string;
}

/** Where the schema of a type is. */
interface Declared {
  /** Files, and the variable in it where it is not the first `Schema`. */
  readonly parts: readonly (readonly [file: string, variable?: string])[];
  /** What the bridge makes optional, since it makes up a name where there is none. */
  readonly named?: readonly string[];
}

const KMS = "google-beta/services/kms";
const PROJECTS = "google-beta/services/resourcemanager";
const MONITORING = "google-beta/services/monitoring";
const IAM_MEMBER = ["google-beta/tpgiamresource/resource_iam_member.go", "IamMemberBaseSchema"] as const;
const APPLICATIONS = "internal/services/applications";

/** By clone: Pulumi's package, and its types. */
const PROVIDERS: Readonly<Record<string, { readonly package: string; readonly types: Readonly<Record<string, Declared>> }>> = {
  "google-beta": {
    package: "gcp",
    types: {
      "gcp:kms/keyRing:KeyRing": { parts: [[`${KMS}/resource_kms_key_ring.go`]], named: ["name"] },
      "gcp:kms/cryptoKey:CryptoKey": { parts: [[`${KMS}/resource_kms_crypto_key.go`]], named: ["name"] },
      "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": { parts: [IAM_MEMBER, [`${KMS}/iam_kms_crypto_key.go`, "IamKmsCryptoKeySchema"]] },
      "gcp:monitoring/alertPolicy:AlertPolicy": { parts: [[`${MONITORING}/resource_monitoring_alert_policy.go`]] },
      "gcp:monitoring/notificationChannel:NotificationChannel": { parts: [[`${MONITORING}/resource_monitoring_notification_channel.go`]] },
      "gcp:organizations/project:Project": { parts: [[`${PROJECTS}/resource_google_project.go`]], named: ["name", "projectId"] },
      "gcp:projects/iAMAuditConfig:IAMAuditConfig": {
        parts: [["google-beta/tpgiamresource/resource_iam_audit_config.go", "iamAuditConfigSchema"], [`${PROJECTS}/iam_project.go`, "IamProjectSchema"]],
      },
      "gcp:serviceaccount/account:Account": { parts: [[`${PROJECTS}/resource_google_service_account.go`]], named: ["accountId"] },
      "gcp:serviceaccount/iAMMember:IAMMember": { parts: [IAM_MEMBER, [`${PROJECTS}/iam_service_account.go`, "IamServiceAccountSchema"]] },
      "gcp:projects/service:Service": { parts: [[`${PROJECTS}/resource_google_project_service.go`]] },
    },
  },
  azuread: {
    package: "azuread",
    types: {
      "azuread:index/application:Application": { parts: [[`${APPLICATIONS}/application_resource.go`]] },
      "azuread:index/servicePrincipal:ServicePrincipal": { parts: [["internal/services/serviceprincipals/service_principal_resource.go"]] },
      "azuread:index/applicationCertificate:ApplicationCertificate": { parts: [[`${APPLICATIONS}/application_certificate_resource.go`]] },
    },
  },
};

const ELSEWHERE: Elsewhere = {
  calls: {
    // tpgresource.DeletionPolicySchemaEntry: the default is applied elsewhere.
    'tpgresource.DeletionPolicySchemaEntry("DELETE")': { Type: "schema.TypeString", Optional: "true", Computed: "true" },
    "schemaOptionalClaims()": { Type: "pluginsdk.TypeList", Optional: "true" },
    "schemaAppRolesComputed()": { Type: "pluginsdk.TypeList", Computed: "true" },
    "schemaOauth2PermissionScopesComputed()": { Type: "pluginsdk.TypeList", Computed: "true" },
  },
  constants: { SignInAudienceAzureADMyOrg: '"AzureADMyOrg"' },
};

function publishedType(clone: Clone, { parts, named = [] }: Declared): PublishedType {
  const inputs = parts.flatMap(([file, variable]) => Object.entries(readTerraformSchema(clone.read(file), variable, ELSEWHERE)));
  const withNames = inputs.map(([name, input]): [string, PublishedInput] => {
    const { required, ...rest } = input;
    return required === true && named.includes(name) ? [name, { ...rest, computed: true }] : [name, input];
  });
  return { source: parts.map(([file]) => file).join(", "), inputs: Object.fromEntries(withNames) };
}

function openClone(argument: string | undefined): Clone {
  const [, folder, version] = /^(.+)@([^@]+)$/.exec(argument ?? "") ?? [];
  if (folder === undefined || version === undefined) throw new Error("give each clone as NAME=PATH@VERSION");
  return {
    version,
    read: (file) => execFileSync("git", ["-C", folder, "show", `${version}:${file}`], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }),
  };
}

function main(): void {
  const clones = new Map(process.argv.slice(2).map((argument) => [argument.slice(0, argument.indexOf("=")), argument.slice(argument.indexOf("=") + 1)]));
  const published = readPublished();
  const types = new Map(Object.entries(published.types));
  const sources = new Map(Object.entries(published.sources));
  for (const [name, provider] of Object.entries(PROVIDERS)) {
    const clone = openClone(clones.get(name));
    sources.set(provider.package, { repository: `hashicorp/terraform-provider-${name}`, version: clone.version, read: "by extract.ts" });
    for (const [token, declared] of Object.entries(provider.types)) types.set(token, publishedType(clone, declared));
  }
  const sorted = <T>(map: ReadonlyMap<string, T>): Record<string, T> => Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(PUBLISHED_FILE, format({ sources: sorted(sources), types: sorted(types) }));
}

/** JSON with a line per input. */
function format({ sources, types }: Published): string {
  const lines = (members: object, indent: string): string =>
    Object.entries(members).map(([name, value]) => `${indent}${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(",\n");
  const blocks = Object.entries(types).map(
    ([token, { source, inputs }]) =>
      `    ${JSON.stringify(token)}: {\n      "source": ${JSON.stringify(source)},\n      "inputs": {\n${lines(inputs, "        ")}\n      }\n    }`,
  );
  return `{\n  "sources": {\n${lines(sources, "    ")}\n  },\n  "types": {\n${blocks.join(",\n")}\n  }\n}\n`;
}

main();
