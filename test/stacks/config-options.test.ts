import { describe, expect, test } from "@jest/globals";

import { Access } from "../../components/access.js";
import { parseStackConfig } from "../../stacks/config.js";
import { problemsOf, VALID } from "./config-problems.js";

describe("options that every cloud has", () => {
  test("none of them is set unless the configuration says so", () => {
    const { access, keyMetadata, auditLog, alarms } = parseStackConfig(VALID);
    expect({ access, keyMetadata, auditLog, alarms }).toEqual({});
  });

  test("each reaches the components as it is written", () => {
    const changes = {
      "byok:access": "suspended",
      "byok:keyMetadata": "true",
      "byok:auditLog": "true",
      "byok:alarms": '{"emails":["security@example.com","ops@example.co.uk"]}',
    };
    expect(parseStackConfig({ ...VALID, ...changes })).toMatchObject({
      access: Access.Suspended,
      keyMetadata: true,
      auditLog: true,
      alarms: { emails: ["security@example.com", "ops@example.co.uk"] },
    });
  });

  const EMAIL_RULE = "must be an e-mail address such as security@example.com";
  const LIST_RULE = "must be a list of 1 to 10 e-mail addresses";
  test.each<[what: string, changes: Record<string, string>, problem: string]>([
    ["an access that is none", { "byok:access": "supended" }, 'byok:access: must be one of granted, suspended, not "supended" (did you mean "suspended"?)'],
    ["metadata neither true nor false", { "byok:keyMetadata": "yes" }, "byok:keyMetadata: must be true or false"],
    ["an audit log neither true nor false", { "byok:auditLog": "on" }, "byok:auditLog: must be true or false"],
    ["alarms that are a text", { "byok:alarms": "security@example.com" }, "byok:alarms: must be an object, such as { emails: [security@example.com] }"],
    ["alarms for nobody", { "byok:alarms": '{"emails":[]}' }, `byok:alarms.emails: ${LIST_RULE}`],
    ["alarms without recipients", { "byok:alarms": "{}" }, "byok:alarms.emails: is required"],
    ["alarms for a crowd", { "byok:alarms": JSON.stringify({ emails: Array.from({ length: 11 }, (_, index) => `a${index}@example.com`) }) }, `byok:alarms.emails: ${LIST_RULE}`],
    ["an address that is none", { "byok:alarms": '{"emails":["security@example.com","security"]}' }, `byok:alarms.emails[1]: ${EMAIL_RULE}`],
    ["an address that is no text", { "byok:alarms": '{"emails":[7]}' }, "byok:alarms.emails[0]: must be text"],
    ["an address twice", { "byok:alarms": '{"emails":["a@example.com","a@example.com"]}' }, "byok:alarms.emails[1]: is there twice"],
    ["another way to alarm", { "byok:alarms": '{"emails":["a@example.com"],"phone":"1"}' }, "byok:alarms.phone: unknown key; known here: emails"],
  ])("%s is refused", (_what, changes, problem) => {
    expect(problemsOf({ ...VALID, ...changes })).toEqual([problem]);
  });
});
