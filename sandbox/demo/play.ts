import { join } from "node:path";

import { placeOf } from "../../runtime/master-key/descriptor.js";
import { type Encryptor } from "../../runtime/index.js";
import { startSandbox } from "../index.js";
import { Workspace } from "./byok.js";
import { EVERY_CLOUD, ONE_CLOUD, type Role } from "./cast.js";
import { chooseDeployer, type Deployer } from "./deploy.js";
import { type Narrator } from "./narrator.js";
import { playRevocation, ROUTES } from "./revocation.js";
import { playRotation } from "./rotation.js";
import { playDeletedWrap, playOneRevoked, playOutage } from "./several-clouds.js";
import { EXIT_REFUSED, TenantPlay } from "./tenant-play.js";

/** What a run needs. */
export interface PlayOptions {
  readonly narrator: Narrator;
  /** What a tenant backs up. */
  readonly inputOf: (role: Role) => string;
  readonly workspace: string;
  readonly packageRoot: string;
  /** Stops the run, and the program that is running in it. */
  readonly signal: AbortSignal;
}

/** Plays everything, in a sandbox of its own. Throws at the first step that does not hold, and the signal's reason. */
export async function play({ narrator, inputOf, workspace, packageRoot, signal }: PlayOptions): Promise<void> {
  const sandbox = await startSandbox({ directory: join(workspace, "sandbox"), pulumi: true, clouds: ["aws", "gcp", "azure"] });
  try {
    const at = new Workspace({ folder: workspace, sandbox, narrator, signal, packageRoot });
    const deployer = await chooseDeployer({ packageRoot, workspace, sandbox, narrator, signal });
    narrator.say(`Deploying ${deployer.how}.`);
    const tenants = [...ONE_CLOUD, EVERY_CLOUD].map((role) => new TenantPlay(role, at, inputOf(role)));
    for (const tenant of tenants) await provision(tenant, deployer, narrator);
    for (const tenant of tenants) await backUp(tenant, narrator);
    await revokeInEveryCloud(tenants.filter(({ role }) => role.clouds.length === 1), at);
    await severalClouds(tenants.filter(({ role }) => role.clouds.length > 1), at);
    for (const tenant of tenants) await rotateAndRestore(tenant, at);
    narrator.summary();
    next(narrator);
  } finally {
    await sandbox.close();
  }
}

async function provision(tenant: TenantPlay, deployer: Deployer, narrator: Narrator): Promise<void> {
  const { stack, where } = tenant.role;
  await narrator.step(`${stack}: somebody else's credentials are refused`, async () => {
    await tenant.createCredentials();
    return tenant.deployAsStranger(deployer);
  });
  await narrator.step(`${stack}: the tenant's key and grant in ${where}`, () => tenant.deploy(deployer));
}

async function backUp(tenant: TenantPlay, narrator: Narrator): Promise<void> {
  const { tenant: name, where } = tenant.role;
  await narrator.step(`${name} (${where}): the service checks access, makes a Secret`, () => tenant.makeSecret());
  await narrator.step(`${name} (${where}): encrypt the folder`, () => tenant.backUp());
}

/** One tenant per cloud, all at the same time: each waits for its own bound. */
async function revokeInEveryCloud(tenants: readonly TenantPlay[], at: Workspace): Promise<void> {
  const { narrator, sandbox, signal } = at;
  const services = await Promise.all(
    tenants.map(async (tenant) => {
      const [descriptor] = await tenant.descriptors();
      return { tenant, key: descriptor === undefined ? "" : placeOf(descriptor), encryptor: await tenant.openEncryptor() };
    }),
  );
  try {
    narrator.say(`\nA service opens the Secrets. ${statedBounds(services.map(({ encryptor }) => encryptor))}`);
    for (const route of ROUTES) {
      await narrator.step(`Revoke in every cloud: ${route.words}`, async () => {
        const outcomes = await Promise.all(
          services.map(async ({ tenant, key, encryptor }) => {
            const { details, result } = await playRevocation(route, {
              encryptor,
              signal,
              revoke: () => sandbox.tenants.revoke({ key, by: route.by }),
              restore: () => sandbox.tenants.restore({ key }),
            });
            return { where: tenant.role.where, details, result };
          }),
        );
        for (const { where, details } of outcomes) for (const line of [`${where}:`, ...details]) narrator.detail(line);
        return `${outcomes.map(({ where, result }) => `${where} ${result}`).join("; ")}; running backups finished`;
      });
    }
    await narrator.step("While revoked, nothing can be restored", async () => {
      for (const { tenant, key } of services) {
        sandbox.tenants.revoke({ key, by: "disable" });
        await tenant.refuseRestore();
        sandbox.tenants.restore({ key });
      }
      return `byok decrypt: exit code ${EXIT_REFUSED} in every cloud, nothing written; the tenants enable their keys again`;
    });
  } finally {
    for (const { encryptor } of services) await encryptor.close();
  }
}

/** Each bound once, in the words of the clouds that it holds for. */
function statedBounds(encryptors: readonly Encryptor[]): string {
  return [...new Set(encryptors.map(({ statedBound }) => statedBound))].join("\n");
}

async function severalClouds(tenants: readonly TenantPlay[], at: Workspace): Promise<void> {
  const { narrator } = at;
  for (const tenant of tenants) {
    const { tenant: name } = tenant.role;
    const encryptor = await tenant.openEncryptor();
    try {
      await narrator.step(`${name}: one cloud cannot be reached`, () => playOutage(at, encryptor));
      await narrator.step(`${name}: one key revoked closes the Secret`, () => playOneRevoked(tenant, at, encryptor));
    } finally {
      await encryptor.close();
    }
    await narrator.step(`${name}: a wrap cut out of the Secret is noticed`, () => playDeletedWrap(tenant, at));
  }
}

async function rotateAndRestore(tenant: TenantPlay, at: Workspace): Promise<void> {
  const { tenant: name, where } = tenant.role;
  await at.narrator.step(`${name} (${where}): the key is rotated`, () => playRotation(tenant, at));
  await at.narrator.step(`${name} (${where}): restore, and compare every file`, () => tenant.restore());
  await at.narrator.step(`${name} (${where}): a damaged object is refused`, () => tenant.refuseDamage());
}

function next(narrator: Narrator): void {
  narrator.say("\nNext, with a real cloud (docs/guides/ has every step for each):");
  narrator.say("  1. The tenant, signed in to its own account: fill in a copy of an example in stacks/, then");
  narrator.say("     `pulumi stack init <stack> && pulumi up`");
  narrator.say("  2. pulumi stack output masterKeys --json > acme.keys.json      (public: send it to the service)");
  narrator.say("  3. The service, with its own identity: `npx --no-install byok verify --descriptor acme.keys.json --wait 10m`");
}
