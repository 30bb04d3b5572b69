/** A sandbox with keys in it, for tests of the runtime against KMS. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { type Credentials } from "../../runtime/index.js";
import { type AwsKmsDescriptor } from "../../runtime/master-key/descriptor.js";
import { type AuditEntry, type Sandbox, type SandboxIdentity, startSandbox } from "../../sandbox/index.js";

const REGION = "us-east-2";

/** A running sandbox, and the service's way into it. */
export interface TestSandbox {
  readonly sandbox: Sandbox;
  readonly endpoints: { readonly "aws-kms": string };
  readonly credentials: Credentials;
  /** Makes a key in the tenant's account that the service may encrypt and decrypt with. */
  createKey(tenant: string, options?: { readonly describe?: boolean; readonly leastFor?: string }): Promise<AwsKmsDescriptor>;
  /** Makes a key in the service's own account. */
  createServiceKey(): Promise<AwsKmsDescriptor>;
  /** The service's own calls so far. */
  serviceCalls(): readonly AuditEntry[];
  close(): Promise<void>;
}

export async function startTestSandbox(folder: string): Promise<TestSandbox> {
  const sandbox = await startSandbox({ directory: join(folder, `sandbox-${randomUUID()}`), clouds: ["aws"] });
  const { aws, endpoints } = sandbox;
  const service = aws.service();
  const deployer = aws.deployer();
  const administrator = (identity: SandboxIdentity): KMSClient =>
    new KMSClient({ region: REGION, endpoint: endpoints["aws-kms"], credentials: keysOf(identity) });
  const client = administrator(deployer);
  const own = aws.addAccount({ account: service.account });
  const ownClient = administrator(own);
  const create = async (by: KMSClient, tenant: string, policy: string): Promise<AwsKmsDescriptor> => {
    const { KeyMetadata } = await by.send(new CreateKeyCommand({ Policy: policy }));
    if (KeyMetadata?.Arn === undefined) throw new Error("the sandbox made no key");
    return {
      schema: 1,
      tenant,
      datacenter: "usa",
      grantedTo: service.principalArn,
      provider: "aws-kms",
      keyArn: KeyMetadata.Arn,
      aliasName: "alias/byok",
    };
  };
  return {
    sandbox,
    endpoints,
    credentials: { "aws-kms": keysOf(service) },
    createKey: (tenant, options = {}) => create(client, tenant, keyPolicy(deployer.account, service.principalArn, options)),
    createServiceKey: () => create(ownClient, "service", keyPolicy(service.account, service.principalArn)),
    serviceCalls: () => aws.calls().filter(({ principal }) => principal === service.arn),
    async close() {
      client.destroy();
      ownClient.destroy();
      await sandbox.close();
    },
  };
}

function keysOf(identity: SandboxIdentity): { accessKeyId: string; secretAccessKey: string; sessionToken?: string } {
  const { accessKeyId, secretAccessKey, sessionToken } = identity;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

function keyPolicy(account: string, service: string, options: { describe?: boolean; leastFor?: string } = {}): string {
  const { describe = true, leastFor } = options;
  const least = { Condition: { StringEquals: { "kms:EncryptionContext:byok:tenant": leastFor } } };
  const allow = (principal: string, action: string | string[]): object => ({
    Effect: "Allow",
    Principal: { AWS: principal },
    Action: action,
    Resource: "*",
  });
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      allow(`arn:aws:iam::${account}:root`, "kms:*"),
      { ...allow(service, ["kms:Encrypt", "kms:Decrypt"]), ...(leastFor === undefined ? {} : least) },
      ...(describe ? [allow(service, "kms:DescribeKey")] : []),
    ],
  });
}
