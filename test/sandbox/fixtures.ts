/** What the sandbox's tests share: a sandbox in a temporary directory, and SDK clients for its identities. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { KMSClient } from "@aws-sdk/client-kms";

import { type Sandbox, type SandboxIdentity, type SandboxOptions, startSandbox } from "../../sandbox/index.js";

export const REGION = "eu-central-1";
export const TENANT = "111122223333";
export const SERVICE = "201720642051";

/** A directory that is removed by the returned function. */
export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "byok-sandbox-"));
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** A sandbox, its clients, and a clock to move. */
export interface Fixture {
  readonly sandbox: Sandbox;
  readonly directory: string;
  client(identity: SandboxIdentity, region?: string): KMSClient;
  /** Moves the sandbox's clock forward. */
  advance(days: number): void;
  close(): Promise<void>;
}

export async function sandboxFixture(options: Partial<SandboxOptions> = {}): Promise<Fixture> {
  const directory = temporaryDirectory();
  let now = Date.UTC(2026, 10, 24);
  const sandbox = await startSandbox({ directory: directory.path, clouds: ["aws"], clock: () => now, ...options });
  const clients: KMSClient[] = [];
  return {
    sandbox,
    directory: directory.path,
    client: (identity, region = REGION) => {
      const client = clientOf(sandbox, identity, region);
      clients.push(client);
      return client;
    },
    advance: (days) => {
      now += days * 86_400_000;
    },
    close: async () => {
      for (const client of clients) client.destroy();
      await sandbox.close();
      directory.remove();
    },
  };
}

/** The official SDK as an identity; one attempt, so that every refusal is seen. */
export function clientOf(sandbox: Sandbox, identity: SandboxIdentity, region = REGION): KMSClient {
  const { accessKeyId, secretAccessKey, sessionToken } = identity;
  return new KMSClient({
    region,
    endpoint: sandbox.endpoints["aws-kms"],
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
  });
}

/** Name, message and HTTP status of a refusal, as the SDK shows them. Throws if the call succeeds. */
export async function refusal(call: Promise<unknown>): Promise<{ name: string; message: string; status: number }> {
  try {
    await call;
  } catch (error) {
    const shown = error as { name: string; message: string; $metadata: { httpStatusCode: number } };
    return { name: shown.name, message: shown.message, status: shown.$metadata.httpStatusCode };
  }
  throw new Error("the call succeeded");
}

/** A key policy of the tenant that lets its own account administer, plus statements. */
export function keyPolicy(...statements: object[]): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Sid: "Admin", Effect: "Allow", Principal: { AWS: `arn:aws:iam::${TENANT}:root` }, Action: "kms:*", Resource: "*" },
      ...statements,
    ],
  });
}
