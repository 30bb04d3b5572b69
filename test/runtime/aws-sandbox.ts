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
  createKey(tenant: string, options?: { readonly describe?: boolean }): Promise<AwsKmsDescriptor>;
  /** The service's own calls so far. */
  serviceCalls(): readonly AuditEntry[];
  close(): Promise<void>;
}

export async function startTestSandbox(folder: string): Promise<TestSandbox> {
  const sandbox = await startSandbox({ directory: join(folder, `sandbox-${randomUUID()}`) });
  const { aws, endpoints } = sandbox;
  const service = aws.service();
  const deployer = aws.deployer();
  const client = new KMSClient({ region: REGION, endpoint: endpoints["aws-kms"], credentials: keysOf(deployer) });
  return {
    sandbox,
    endpoints,
    credentials: { "aws-kms": keysOf(service) },
    async createKey(tenant, { describe = true } = {}) {
      const policy = keyPolicy(deployer.account, service.principalArn, describe);
      const { KeyMetadata } = await client.send(new CreateKeyCommand({ Policy: policy }));
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
    },
    serviceCalls: () => aws.calls().filter(({ principal }) => principal === service.arn),
    async close() {
      client.destroy();
      await sandbox.close();
    },
  };
}

function keysOf(identity: SandboxIdentity): { accessKeyId: string; secretAccessKey: string; sessionToken?: string } {
  const { accessKeyId, secretAccessKey, sessionToken } = identity;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

function keyPolicy(account: string, service: string, describe: boolean): string {
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
      allow(service, ["kms:Encrypt", "kms:Decrypt", ...(describe ? ["kms:DescribeKey"] : [])]),
    ],
  });
}
