/** What is not KMS, kept in the sandbox's store. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";

import { callStore } from "../../../sandbox/pulumi/aws/stored.js";
import { type Fixture, REGION, sandboxFixture } from "../fixtures.js";

let fixture: Fixture;
beforeAll(async () => {
  fixture = await sandboxFixture();
});
afterAll(() => fixture.close());

const POLICY = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "kms:Decrypt", Resource: "*" }] });

function store(operation: string, kind: string, id: string, properties?: object): Promise<object> {
  const { sandbox } = fixture;
  return callStore(sandbox.endpoints["aws-kms"], sandbox.aws.deployer(), REGION, operation, { kind, id, ...(properties === undefined ? {} : { properties }) });
}

test("a role has one policy, which may change; a second one is refused and takes nobody's place", async () => {
  await store("Put", "iam:role", "backup", {});
  await store("Put", "iam:role", "backup-other", {});
  await store("Put", "iam:role-policy", "backup:use", { policy: POLICY });
  await store("Put", "iam:role-policy", "backup-other:use", { policy: POLICY });
  await store("Put", "iam:role-policy", "backup:use", { policy: POLICY });
  await expect(store("Put", "iam:role-policy", "backup:more", { policy: POLICY })).rejects.toThrow(/roles with several policies/);
  expect(fixture.sandbox.aws.resources().map(({ id }) => id)).toEqual(["backup", "backup-other", "backup:use", "backup-other:use"]);
  await store("Delete", "iam:role-policy", "backup:use");
  await store("Put", "iam:role-policy", "backup:more", { policy: POLICY });
});
