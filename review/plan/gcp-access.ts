/**
 * Access in Google Cloud: IAM members, bindings, and who administers the project anyway.
 *
 * Source: IAM documentation, "Cloud KMS roles" (roles and their permissions) and "Principal identifiers".
 *
 * @module
 */
import { type DeclaredResource, objectIn, textInput } from "../declared-resource.js";
import { type Declared, type DerivedAccess, targetOf } from "./access-table.js";
import { type AccessRow, type Finding } from "./schema.js";

/** What a role lets its members do, as far as keys are concerned. */
const ROLES: Readonly<Record<string, { readonly power: AccessRow["power"]; readonly operations: readonly string[] }>> = {
  "roles/cloudkms.cryptoKeyEncrypterDecrypter": { power: "use", operations: ["encrypt", "decrypt"] },
  "roles/cloudkms.cryptoKeyEncrypter": { power: "use", operations: ["encrypt"] },
  "roles/cloudkms.cryptoKeyDecrypter": { power: "use", operations: ["decrypt"] },
  "roles/cloudkms.cryptoOperator": { power: "use", operations: ["every cryptographic operation"] },
  "roles/cloudkms.viewer": { power: "read", operations: ["see the key and its versions"] },
  "roles/cloudkms.admin": { power: "administer", operations: ["everything but encrypt and decrypt"] },
  "roles/owner": { power: "administer", operations: ["everything, encrypt and decrypt included"] },
  "roles/editor": { power: "administer", operations: ["change the key"] },
};

const IAM_TYPE = /IAM(Member|Binding)$/;

/** Rows of everything in Google Cloud. */
export function gcpAccess(declared: Declared): DerivedAccess {
  const rows: AccessRow[] = [];
  const findings: Finding[] = [];
  const projects = tenantProjects(declared);
  for (const resource of declared.resources.filter(({ type, kind }) => type.startsWith("gcp:") && kind === "created")) {
    if (IAM_TYPE.test(resource.type)) rows.push(...memberRows(declared, resource, projects));
    if (/IAMPolicy$/.test(resource.type)) {
      findings.push({
        severity: "warning",
        code: "unreadable-policy",
        resource: resource.name,
        message: "sets a whole IAM policy, which takes from others what they hold, and which the access table lacks: use members",
      });
    }
    if (resource.type === "gcp:monitoring/notificationChannel:NotificationChannel") rows.push(...channelRows(resource));
  }
  for (const project of projects) {
    rows.push({
      cloud: "gcp",
      principal: `owners and Cloud KMS administrators of project ${project}`,
      kind: "IAM of the project, its folder and organization",
      whose: "tenant",
      effect: "allow",
      power: "administer",
      operations: ["create, disable, destroy keys", "change who may use them"],
      on: `project ${project}`,
      conditions: ["as IAM there says; not made here"],
    });
  }
  return { rows, findings };
}

/** Projects that hold keys, from the ids of rings and keys. */
function tenantProjects({ resources }: Declared): string[] {
  const ids = resources.filter(({ type }) => /^gcp:kms\/(keyRing:KeyRing|cryptoKey:CryptoKey)$/.test(type)).map(({ id }) => id ?? "");
  return [...new Set(ids.flatMap((id) => /^projects\/([^/]+)\//.exec(id)?.[1] ?? []))];
}

function memberRows(declared: Declared, resource: DeclaredResource, projects: readonly string[]): AccessRow[] {
  const role = textInput(resource, "role") ?? "<role known after up>";
  const members = [resource.inputs["member"], resource.inputs["members"]].flat().filter((member): member is string => typeof member === "string");
  const { power, operations } = ROLES[role] ?? { power: "administer" as const, operations: [] };
  const on = ["cryptoKeyId", "keyRingId", "serviceAccountId", "project", "topic", "bucket"].map((input) => targetOf(declared, resource, input)).find((found) => found !== undefined);
  const condition = objectIn(resource.inputs, "condition");
  return members.map((member) => ({
    cloud: "gcp",
    principal: member,
    kind: kindOf(member),
    whose: whoseIs(declared, member, projects),
    effect: "allow",
    power,
    operations: operations.length === 0 ? [role] : [...operations],
    on: on?.name ?? textInput(resource, "cryptoKeyId") ?? textInput(resource, "project") ?? resource.name,
    conditions: typeof condition["expression"] === "string" ? [condition["expression"]] : [],
    through: resource.name,
  }));
}

const KINDS: Readonly<Record<string, string>> = {
  allUsers: "anybody",
  allAuthenticatedUsers: "anybody with a Google account",
  serviceAccount: "service account",
  user: "person",
  group: "group",
  domain: "everybody of a domain",
};

function kindOf(member: string): string {
  const [prefix = ""] = member.split(":");
  return KINDS[prefix] ?? prefix;
}

function whoseIs({ service }: Declared, member: string, projects: readonly string[]): AccessRow["whose"] {
  if (/^(allUsers|allAuthenticatedUsers)$/.test(member)) return "public";
  if (service.has(member)) return "service";
  const project = projectOf(member);
  if (project === undefined) return "other";
  // Agents that Google runs for a project: service-NUMBER@gcp-sa-SERVICE. IAM documentation, "Service agents".
  if (/^(gcp-sa-|cloud-|gs-project-)|^(cloudservices|developer)$/.test(project)) return "cloud";
  if (projects.includes(project)) return "tenant";
  return [...service].some((granted) => projectOf(granted) === project) ? "service" : "other";
}

/** Project of a service account's member or e-mail. */
export function projectOf(member: string): string | undefined {
  return /@([a-z0-9-]+)(?:\.[a-z0-9.-]+)?\.gserviceaccount\.com$/.exec(member)?.[1];
}

function channelRows(channel: DeclaredResource): AccessRow[] {
  const email = objectIn(channel.inputs, "labels")["email_address"];
  return typeof email === "string"
    ? [
        {
          cloud: "gcp",
          principal: email,
          kind: "email",
          whose: "tenant",
          effect: "allow",
          power: "notify",
          operations: ["receives alarms"],
          on: channel.name,
          conditions: [],
          through: channel.name,
        },
      ]
    : [];
}
