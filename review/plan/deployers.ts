/**
 * Who runs `pulumi up`. It administers what it makes, so it must not be whoever uses the key.
 *
 * @module
 */
import { ByokError } from "../../runtime/master-key/errors.js";
import { type DeclaredResource } from "../declared-resource.js";
import { accountOf } from "./aws-access.js";
import { cloudOf } from "./cloud-of.js";
import { projectOf } from "./gcp-access.js";
import { type AccessRow, type Cloud, CLOUDS, type Finding } from "./schema.js";

/** An identity that deploys in one cloud. */
export interface Deployer {
  readonly cloud: Cloud;
  /** ARN, e-mail, or object or client id. */
  readonly id: string;
}

const FORMS: Readonly<Record<Cloud, readonly [pattern: RegExp, rule: string]>> = {
  aws: [/^arn:[a-z-]+:(iam|sts)::\d{12}:[^\s]+$/, "the ARN of a user or role, from: aws sts get-caller-identity"],
  gcp: [/^[^\s@:]+@[^\s@]+\.[^\s@]+$/, "an e-mail, from: gcloud config get-value account"],
  azure: [/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, "an object or client id, from: az ad signed-in-user show --query id"],
};

/**
 * Reads `CLOUD=ID`, as on the command line.
 *
 * @throws ByokError CONFIG_INVALID if it is none
 */
export function parseDeployer(text: string): Deployer {
  const [name, ...rest] = text.split("=");
  const id = rest.join("=");
  const cloud = CLOUDS.find((one) => one === name);
  if (cloud === undefined) throw new ByokError("CONFIG_INVALID", `--deployer "${text}": must be CLOUD=ID, CLOUD one of ${CLOUDS.join(", ")}.`);
  const [pattern, rule] = FORMS[cloud];
  if (!pattern.test(id)) throw new ByokError("CONFIG_INVALID", `--deployer "${text}": for ${cloud} it must be ${rule}.`);
  return { cloud, id };
}

/** What the deployer of each cloud in use can do: whatever the stack makes, it made. */
export function deployerRows(resources: readonly DeclaredResource[], deployers: readonly Deployer[]): AccessRow[] {
  const used = CLOUDS.filter((cloud) => resources.some((resource) => resource.kind !== "component" && cloudOf(resource) === cloud));
  return used.flatMap((cloud) => {
    const named = deployers.filter((deployer) => deployer.cloud === cloud).map(({ id }) => id);
    return (named.length === 0 ? [`whoever runs pulumi up in ${cloud}`] : named).map((principal): AccessRow => ({
      cloud,
      principal,
      kind: named.length === 0 ? `not named: --deployer ${cloud}=ID checks it` : "deployer",
      whose: "deployer",
      effect: "allow",
      power: "administer",
      operations: ["create and change what is in this plan"],
      on: "everything above",
      conditions: ["as its own roles allow; not made here"],
    }));
  });
}

/** What is wrong with who deploys, given who may use what. */
export function deployerFindings(rows: readonly AccessRow[], deployers: readonly Deployer[]): Finding[] {
  const users = rows.filter(({ whose, effect, power }) => whose !== "deployer" && effect === "allow" && power !== "notify" && power !== "sign-in");
  return deployers.flatMap(({ cloud, id }): Finding[] => {
    const runtime = users.filter((row) => row.cloud === cloud && row.whose !== "tenant");
    const same = runtime.filter(({ principal }) => isSame(cloud, id, principal));
    const covered = runtime.filter(({ principal, kind }) => cloud === "aws" && kind === "whole account" && accountOf(principal) === accountOf(id));
    if (same.length > 0 || covered.length > 0) {
      return [
        {
          severity: "warning",
          code: "deployer-is-runtime",
          ...throughOf([...same, ...covered]),
          message: `${id} deploys, and ${same.length > 0 ? "is" : "is in the account that is"} also granted the use of the key: whoever uses the key must not be able to change it. Deploy as the tenant's own administrator`,
        },
      ];
    }
    const home = cloud === "aws" ? accountOf : cloud === "gcp" ? projectOf : () => undefined;
    const owner = home(id);
    const service = owner === undefined ? undefined : runtime.find(({ principal, whose }) => whose === "service" && home(principal) === owner);
    return service === undefined
      ? []
      : [
          {
            severity: "warning",
            code: "deployer-of-the-service",
            message: `${id} deploys, and belongs to ${cloud === "aws" ? "account" : "project"} ${String(owner)} of the service: then the service administers the key. Deploy as the tenant's own administrator`,
          },
        ];
  });
}

function throughOf([row]: readonly AccessRow[]): { resource?: string } {
  return row?.through === undefined ? {} : { resource: row.through };
}

/** True if both are the same principal; of a session counts its role, whose path its ARN does not tell. */
function isSame(cloud: Cloud, deployer: string, principal: string): boolean {
  if (cloud === "aws") return roleOf(deployer) === roleOf(principal);
  const bare = cloud === "gcp" ? principal.replace(/^[a-zA-Z]+:/, "") : principal;
  return bare.toLowerCase() === deployer.toLowerCase();
}

/** `ACCOUNT:role/NAME` of a role or a session of it (IAM User Guide, "IAM identifiers"); anything else as it is. */
function roleOf(arn: string): string {
  const role = /^arn:[^:]+:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(arn) ?? /^arn:[^:]+:sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn);
  return role === null ? arn : `${role[1] ?? ""}:role/${role[2] ?? ""}`;
}
