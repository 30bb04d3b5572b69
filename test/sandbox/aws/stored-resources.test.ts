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

function store(operation: string, kind: string, id: string, properties?: object, by = fixture.sandbox.aws.deployer()): Promise<object> {
  const { sandbox } = fixture;
  return callStore(sandbox.endpoints["aws-kms"], by, REGION, operation, { kind, id, ...(properties === undefined ? {} : { properties }) });
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

test("identity policies name the real actions of each service", async () => {
  const policy = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["sns:CreateTopic", "iam:Get*"], Resource: "*" }] };
  const alarmist = fixture.sandbox.aws.addIdentity({ name: "alarmist", arn: "arn:aws:iam::111122223333:user/alarmist", policy });
  await store("Put", "sns:topic", "t", {}, alarmist);
  await store("Get", "iam:role", "backup", undefined, alarmist);
  for (const [operation, kind, action] of [
    ["Delete", "sns:topic", "sns:DeleteTopic"],
    ["Put", "sns:subscription", "sns:Subscribe"],
    ["Put", "iam:role", "iam:CreateRole"],
    ["Put", "events:target", "events:PutTargets"],
  ] as const) {
    await expect(store(operation, kind, "t", {}, alarmist)).rejects.toThrow(`is not authorized to perform: ${action}`);
  }
  await expect(store("Put", "sns:queue", "t", {})).rejects.toThrow("no operation Put of sns:queue");
});
