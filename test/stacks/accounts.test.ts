/** Whoever deploys must be at home in the tenant's accounts. That nothing is created otherwise: two-tenants.test.ts. */
import { describe, expect, test } from "@jest/globals";

import { deploy } from "../components/recorded-deployment.js";
import { accountAnswers } from "./account-answers.js";
import { readStackConfig, THREE_CLOUDS_EXAMPLE_STACK } from "./stack-file.js";

const AWS = "aws:index/getCallerIdentity:getCallerIdentity";
const GCP = "gcp:organizations/getProject:getProject";
const GCP_BILLING = "gcp:organizations/getBillingAccount:getBillingAccount";
const GCP_USER = "gcp:organizations/getClientOpenIdUserInfo:getClientOpenIdUserInfo";
const AZURE = "azure-native:authorization:getClientConfig";
const AZURE_GROUP = "azure-native:resources:getResourceGroup";
const ENTRA = "azuread:index/getClientConfig:getClientConfig";

/** An answer, or the words of a refusal. */
type Answers = Readonly<Record<string, Record<string, unknown> | string>>;

const NEW_PROJECT = {
  "byok:clouds": '["gcp"]',
  "byok:service": "afi",
  "byok:gcp": '{"createProject":{"projectId":"acme-new-keys","billingAccount":"012345-6789AB-CDEF01"}}',
};

/** Proves the accounts of a stack where the clouds answer so; all other answers are those of the tenant's own administrator. */
async function prove(answers: Answers, changes: Readonly<Record<string, string>>) {
  const example = await readStackConfig(THREE_CLOUDS_EXAMPLE_STACK);
  const clouds = ["byok:aws", "byok:gcp", "byok:azure"];
  const kept = Object.entries(example).filter(([key]) => Object.keys(changes).length === 0 || !clouds.includes(key));
  const config = { ...Object.fromEntries(kept), ...changes };
  const own = accountAnswers(config);
  let refusal: unknown;
  await deploy(
    async () => {
      const { RunError } = await import("@pulumi/pulumi");
      const { parseStackConfig } = await import("../../stacks/config.js");
      const { proveAccounts } = await import("../../stacks/accounts.js");
      const { tenantProviders } = await import("../../stacks/providers.js");
      const stack = parseStackConfig(config);
      await proveAccounts(stack, tenantProviders(stack)).catch((error: unknown) => {
        refusal = { shownWithoutStack: RunError.isInstance(error), problems: (error as { problems?: unknown }).problems };
      });
      return {};
    },
    {
      config,
      calls: (token) => {
        const answer = answers[token] ?? own(token);
        // As gRPC has it.
        if (typeof answer === "string") throw Object.assign(new Error(answer), { details: `invocation of ${token} returned an error: ${answer}` });
        return answer;
      },
    },
  );
  return refusal;
}

describe("credentials", () => {
  test.each<[what: string, answers: Answers, problems: string[], changes: Record<string, string>]>([
    [
      "of another AWS account, which the provider refuses",
      { [AWS]: "AWS account ID not allowed: 444455556666" },
      ["byok:aws.accountId: is 111122223333, but the AWS credentials do not open it: AWS account ID not allowed: 444455556666"],
      {},
    ],
    [
      "of another AWS account, should the provider let it pass",
      { [AWS]: { accountId: "444455556666" } },
      ["byok:aws.accountId: is 111122223333, but the AWS credentials are of the account 444455556666"],
      {},
    ],
    [
      "of another Google account",
      { [GCP]: "Error 403: denied", [GCP_USER]: { email: "deployer@globex.iam.gserviceaccount.com" } },
      ["byok:gcp.project: is acme-backup-keys, which deployer@globex.iam.gserviceaccount.com cannot read: Error 403: denied"],
      {},
    ],
    [
      "of a Google account that may not ask who it is",
      { [GCP]: "Error 403: denied", [GCP_USER]: "insufficient scopes" },
      ["byok:gcp.project: is acme-backup-keys, which whoever is signed in cannot read: Error 403: denied"],
      {},
    ],
    [
      "of another Google account, for a new project",
      { [GCP]: "Error 403: denied", [GCP_BILLING]: "Error 403: no billing", [GCP_USER]: { email: "deployer@globex.iam.gserviceaccount.com" } },
      ["byok:gcp.createProject.billingAccount: is 012345-6789AB-CDEF01, which deployer@globex.iam.gserviceaccount.com cannot read: Error 403: no billing"],
      NEW_PROJECT,
    ],
    [
      "for another directory",
      { [AZURE]: { tenantId: "00000000-0000-4000-8000-000000000001" } },
      ["byok:azure.entraTenantId: is 6f3c1a52-8d0e-4b7a-9c41-2f5d7e8a9b10, but the Azure credentials are of the directory 00000000-0000-4000-8000-000000000001"],
      {},
    ],
    [
      "that Entra gives no token",
      { [ENTRA]: "AADSTS50020: no such user" },
      ["byok:azure.entraTenantId: is 6f3c1a52-8d0e-4b7a-9c41-2f5d7e8a9b10, but the Azure credentials do not open it: AADSTS50020: no such user"],
      {},
    ],
    [
      "for another subscription of the directory",
      { [AZURE_GROUP]: "ERROR CODE: AuthorizationFailed" },
      ["byok:azure.subscriptionId: is 0d9b4e37-5a1c-4c86-b2f4-93e6a7c8d201, whose resource group byok-acme-all-eu cannot be read: ERROR CODE: AuthorizationFailed"],
      {},
    ],
    [
      "of strangers everywhere: all of it at once",
      { [AWS]: "not allowed", [GCP]: "denied", [GCP_USER]: "denied", [AZURE]: "no token" },
      [
        "byok:aws.accountId: is 111122223333, but the AWS credentials do not open it: not allowed",
        "byok:gcp.project: is acme-backup-keys, which whoever is signed in cannot read: denied",
        "byok:azure.entraTenantId: is 6f3c1a52-8d0e-4b7a-9c41-2f5d7e8a9b10, but the Azure credentials do not open it: no token",
      ],
      {},
    ],
  ])("%s are refused", async (_what, answers, problems, changes) => {
    expect(await prove(answers, changes)).toEqual({ shownWithoutStack: true, problems });
  });

  test.each<[what: string, answers: Answers, changes: Record<string, string>]>([
    ["a resource group that is not there yet", { [AZURE_GROUP]: "RESPONSE 404\nERROR CODE: ResourceGroupNotFound" }, {}],
    ["a directory spelt in upper case", { [ENTRA]: { tenantId: "6F3C1A52-8D0E-4B7A-9C41-2F5D7E8A9B10" } }, {}],
    ["a project that is not there yet", { [GCP]: "Error 403: denied", [GCP_BILLING]: { name: "billingAccounts/012345-6789AB-CDEF01" } }, NEW_PROJECT],
  ])("%s is no reason to refuse", async (_what, answers, changes) => {
    expect(await prove(answers, changes)).toBeUndefined();
  });
});
