/** A tenant's key that is deployed to a sandbox and changed there, and the runtime that uses it. */
import { type AwsTenantKeyArgs } from "../../../components/aws/index.js";
import { Encryptor, createSecret, type KeyAccess, type SealedSecret } from "../../../runtime/index.js";
import { type AwsKmsDescriptor } from "../../../runtime/master-key/descriptor.js";
import { type Sandbox, type SandboxIdentity } from "../../../sandbox/index.js";
import { awsProvider } from "../../../sandbox/pulumi/aws/provider.js";
import { FakeClock } from "../../runtime/support.js";
import { InProcessEngine, type Run } from "../in-process-engine.js";

/** A stack with one key. */
export interface DeployedKey {
  readonly engine: InProcessEngine;
  /** Runs the stack with these arguments; steps and descriptor. */
  up(args: AwsTenantKeyArgs): Promise<Run & { readonly descriptor: AwsKmsDescriptor }>;
  /** What holds a change back, by the inputs that the component would register; nothing is deployed. */
  wouldRefuse(args: AwsTenantKeyArgs): Promise<string | undefined>;
}

/** A stack of the administrator that is signed in. */
export function deployedKey(sandbox: Sandbox, account: string): DeployedKey {
  const { endpoints, aws } = sandbox;
  const config = { region: "us-east-1", allowedAccountIds: [account] };
  const engine = new InProcessEngine(awsProvider, awsProvider.configure(config, { endpoints, deployers: { aws: aws.deployer() } }));
  const program = (args: AwsTenantKeyArgs) => async () => {
    const { Provider } = await import("@pulumi/aws/provider.js");
    const { AwsTenantKey } = await import("../../../components/aws/index.js");
    const provider = new Provider("tenant", { region: "us-east-1" });
    return { descriptor: new AwsTenantKey("k", args, { provider }).descriptor };
  };
  return {
    engine,
    wouldRefuse: (args) => engine.held(program(args)),
    async up(args) {
      const run = await engine.up(program(args));
      return { ...run, descriptor: run.outputs["descriptor"] as AwsKmsDescriptor };
    },
  };
}

/** The runtime of the service, with a Secret under a key, and a clock to move. */
export interface Runtime {
  readonly encryptor: Encryptor;
  readonly clock: FakeClock;
  readonly sealedSecret: SealedSecret;
}

/** Cached for a minute, with no grace: what the tests of withdrawn access wait for. */
export const BOUND = 60_000;

/** Opens keys as an identity of the service. */
export function keyAccess(sandbox: Sandbox, descriptor: AwsKmsDescriptor, serviceKeyFile: string, identity: SandboxIdentity): KeyAccess {
  const { accessKeyId, secretAccessKey, sessionToken } = identity;
  return {
    mode: "development",
    masterKeys: [descriptor],
    serviceKey: { file: serviceKeyFile },
    endpoints: { "aws-kms": sandbox.endpoints["aws-kms"] },
    credentials: { "aws-kms": { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } },
  };
}

/** Makes a Secret under a key, and opens it. */
export async function startRuntime(access: KeyAccess, tenant: string): Promise<Runtime> {
  const clock = new FakeClock();
  const sealedSecret = await createSecret({ ...access, tenant });
  const encryptor = await Encryptor.open({ ...access, sealedSecret, clock, cache: { ttl: BOUND, outageGrace: 0 } });
  return { encryptor, clock, sealedSecret };
}
