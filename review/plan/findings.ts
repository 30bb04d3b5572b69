/**
 * What a reviewer should look at. Errors should never be deployed, warnings want a reason, infos are good to know.
 *
 * @module
 */
import { type DeclaredProgram, textInput } from "../declared-resource.js";
import { awsUses } from "./aws-access.js";
import { azureUses, parseCertificate } from "./azure-access.js";
import { cloudOf } from "./cloud-of.js";
import { type AccessRow, type Cloud, type Finding } from "./schema.js";

/** A certificate that expires within this time should have a successor by now: half of what people take for it. */
const EXPIRES_SOON_DAYS = 45;

const KEY = /^(aws:kms\/(key:Key|replicaKey:ReplicaKey)|gcp:kms\/cryptoKey:CryptoKey|azure-native:keyvault:Key)$/;

/** Findings about the access table. */
export function accessFindings(rows: readonly AccessRow[]): Finding[] {
  const allowed = rows.filter(({ effect }) => effect === "allow");
  return [
    ...allowed.flatMap((row): Finding[] =>
      row.whose === "public"
        ? [{ severity: "error", code: "wildcard-principal", ...resourceOf(row), message: `lets ${row.principal} (${row.kind}) ${row.operations.join(", ")}: name one identity` }]
        : [],
    ),
    ...allowed.flatMap((row): Finding[] =>
      row.kind === "whole account" && row.whose === "service" && !row.conditions.some((condition) => condition.startsWith("aws:PrincipalArn "))
        ? [{ severity: "info", code: "whole-account", ...resourceOf(row), message: `grants ${row.principal}, an account as a whole: its administrators choose the roles; awsRoleArn in byok:service is narrower` }]
        : [],
    ),
    ...mixed(allowed),
    ...allowed.flatMap((row): Finding[] =>
      row.whose === "tenant" && row.cloud === "aws" && row.power === "administer" && awsUses(row)
        ? [{ severity: "info", code: "tenant-may-use", ...resourceOf(row), message: `administrators of ${row.principal} may let themselves use the key too (${row.operations.join(", ")}), as AWS's default policy has it` }]
        : [],
    ),
    ...allowed.flatMap((row): Finding[] =>
      row.whose === "other" && (row.power === "use" || row.power === "administer")
        ? [{ severity: "warning", code: "unknown-principal", ...resourceOf(row), message: `lets ${row.principal} ${row.power} it, who is neither the service nor the tenant as configured` }]
        : [],
    ),
  ].filter(({ resource, code }, index, all) => all.findIndex((other) => other.code === code && other.resource === resource) === index);
}

/** Principals that may both administer and use: whoever uses a key must not be able to change it. */
function mixed(rows: readonly AccessRow[]): Finding[] {
  const outsiders = rows.filter(({ whose }) => whose === "service" || whose === "other");
  const principals = [...new Set(outsiders.map(({ principal }) => principal))];
  return principals.flatMap((principal): Finding[] => {
    const own = outsiders.filter((row) => row.principal === principal);
    const administers = own.find(({ power }) => power === "administer");
    if (administers === undefined || !own.some(uses)) return [];
    return [
      {
        severity: "warning",
        code: "administers-and-uses",
        ...resourceOf(administers),
        message: `lets ${principal} both administer and use the key (${administers.operations.join(", ")}): grant the use alone`,
      },
    ];
  });
}

function uses(row: AccessRow): boolean {
  if (row.power === "use") return true;
  if (row.power !== "administer") return false;
  if (row.cloud === "aws") return awsUses(row);
  return row.cloud === "azure" ? azureUses(row) : row.operations.some((operation) => operation.startsWith("everything,"));
}

function resourceOf({ through, on }: AccessRow): { resource: string } {
  return { resource: through ?? on };
}

/** Findings about what is declared: alarms, certificates, what is taken over, what the program says itself. */
export function programFindings({ resources, warnings }: DeclaredProgram, now: Date): Finding[] {
  const watched = new Set<Cloud>(resources.filter(({ type }) => ALARM.test(type)).flatMap((resource) => cloudOf(resource) ?? []));
  return [
    ...resources.flatMap((resource): Finding[] => {
      const cloud = cloudOf(resource);
      if (!KEY.test(resource.type) || cloud === undefined || watched.has(cloud)) return [];
      return [{ severity: "info", code: "no-alarms", resource: resource.name, message: "nobody is told when it is disabled or its deletion is scheduled: byok:alarms names whom to tell" }];
    }),
    ...resources.flatMap((resource): Finding[] => {
      const pem = resource.type.endsWith(":ApplicationCertificate") ? textInput(resource, "value") : undefined;
      const notAfter = parseCertificate(pem)?.notAfter;
      if (notAfter === undefined) return [];
      const days = Math.floor((notAfter.getTime() - now.getTime()) / 86_400_000);
      const others = resources.some(({ type, inputs }) => {
        const end = type === resource.type ? parseCertificate(typeof inputs["value"] === "string" ? inputs["value"] : undefined)?.notAfter : undefined;
        return end !== undefined && end > notAfter;
      });
      if (days >= EXPIRES_SOON_DAYS || others) return [];
      return [{ severity: "warning", code: "certificate-expires", resource: resource.name, message: `expires in ${days} days, at ${notAfter.toISOString().slice(0, 10)}, and then the service cannot sign in: byok credentials rotate` }];
    }),
    ...resources.flatMap((resource): Finding[] =>
      resource.kind === "adopted" ? [{ severity: "info", code: "adopted", resource: resource.name, message: `is there already (${resource.id ?? ""}): only looked at; whether it fits, \`pulumi preview\` checks with the cloud` }] : [],
    ),
    ...resources.flatMap((resource): Finding[] =>
      resource.type === "gcp:organizations/project:Project" ? [{ severity: "info", code: "deployer-owns-project", resource: resource.name, message: "whoever creates a project becomes its owner, who may use its keys as well: take that role off after `up`, if the deployer is not to" }] : [],
    ),
    // Residency has findings of its own, in the same words.
    ...warnings.filter((message) => !/residency/.test(message)).map((message): Finding => ({ severity: "warning", code: "program", message })),
  ];
}

const ALARM = /^(aws:cloudwatch\/(eventRule|eventTarget|metricAlarm)|gcp:monitoring\/alertPolicy|azure-native:(monitor|insights):(ActionGroup|ActivityLogAlert|ScheduledQueryRule|MetricAlert|EventSubscription))/;
