import { describe, expect, test } from "@jest/globals";

import { problemsOf } from "./config-problems.js";

const PROJECT = { project: "acme-backup-keys" };
const NEW = { createProject: { projectId: "acme-new-keys", billingAccount: "012345-6789AB-CDEF01" } };

const config = (gcp: Readonly<Record<string, unknown>>): Record<string, string> => ({
  "byok:tenant": "acme",
  "byok:datacenter": "eu",
  "byok:clouds": '["gcp"]',
  "byok:service": "afi",
  "byok:gcp": JSON.stringify(gcp),
});

describe("byok:gcp", () => {
  const RING_IS_THERE = "says how to create a key ring; existing names one that is there";
  const KEY_IS_THERE = "says how to create a key; existing names one that is there";
  const NAME = "must be 1 to 63 characters of A-Z, a-z, 0-9, _ and -";
  const LABEL = "keys and values of labels are up to 63 characters of a-z, 0-9, _ and -; keys begin with a letter";
  const ROTATION = "must be a whole number of days from 1 to 36500";
  const DELAY = "must be a whole number of days from 1 to 120";

  test.each<[what: string, gcp: Readonly<Record<string, unknown>>, problems: string[]]>([
    ["existingKey of 0.1", { ...PROJECT, existingKey: true }, ['byok:gcp.existingKey: was replaced by existing, which names what is there: existing: { key: "NAME" }']],
    ["existingKey of 0.1, unset", { ...PROJECT, existingKey: false }, ['byok:gcp.existingKey: was replaced by existing, which names what is there: existing: { key: "NAME" }']],
    ["existing as text", { ...PROJECT, existing: "old" }, ["byok:gcp.existing: must be an object with keyRing, key or both"]],
    ["existing of nothing", { ...PROJECT, existing: {} }, ["byok:gcp.existing: must name keyRing, key or both"]],
    ["existing of something else", { ...PROJECT, existing: { keyring: "a" } }, ['byok:gcp.existing.keyring: unknown key (did you mean "keyRing"?); known here: keyRing, key', "byok:gcp.existing: must name keyRing, key or both"]],
    ["an existing key that is no text", { ...PROJECT, existing: { key: 7 } }, ["byok:gcp.existing.key: must be text"]],
    ["resource names of what exists", { ...PROJECT, existing: { keyRing: "a/b", key: "c/d" } }, [`byok:gcp.existing.keyRing: ${NAME}`, `byok:gcp.existing.key: ${NAME}`]],
    [
      "how to create the ring that exists",
      { ...NEW, existing: { keyRing: "a" }, keyRingName: "b" },
      [`byok:gcp.createProject: ${RING_IS_THERE}`, `byok:gcp.keyRingName: ${RING_IS_THERE}`],
    ],
    [
      "how to create the key that exists",
      { ...PROJECT, existing: { key: "a" }, keyName: "b", protectionLevel: "hsm", rotationPeriodInDays: 90, destroyDelayInDays: 30, labels: {} },
      ["keyName", "protectionLevel", "rotationPeriodInDays", "destroyDelayInDays", "labels"].map((member) => `byok:gcp.${member}: ${KEY_IS_THERE}`),
    ],
    ["names with slashes", { ...PROJECT, keyRingName: "a/b", keyName: "" }, [`byok:gcp.keyRingName: ${NAME}`, `byok:gcp.keyName: ${NAME}`]],
    ["names that are no text", { ...PROJECT, keyRingName: 1, keyName: true }, ["byok:gcp.keyRingName: must be text", "byok:gcp.keyName: must be text"]],
    ["rotation too often", { ...PROJECT, rotationPeriodInDays: 0.5 }, [`byok:gcp.rotationPeriodInDays: ${ROTATION}`]],
    ["rotation as text", { ...PROJECT, rotationPeriodInDays: "90d" }, ["byok:gcp.rotationPeriodInDays: must be a number of days"]],
    ["destruction too late", { ...PROJECT, destroyDelayInDays: 121 }, [`byok:gcp.destroyDelayInDays: ${DELAY}`]],
    ["destruction as text", { ...PROJECT, destroyDelayInDays: "30" }, ["byok:gcp.destroyDelayInDays: must be a number of days"]],
    ["labels as a list", { ...PROJECT, labels: ["a"] }, ["byok:gcp.labels: must be an object, such as { team: backup }"]],
    ["a label that is no text", { ...PROJECT, labels: { a: true } }, ["byok:gcp.labels.a: must be text"]],
    ["an upper-case label", { ...PROJECT, labels: { Team: "backup" } }, [`byok:gcp.labels.Team: ${LABEL}`]],
    [
      "a misspelt member",
      { ...PROJECT, locaton: "europe-west9" },
      [
        'byok:gcp.locaton: unknown key (did you mean "location"?); known here: project, createProject, location, protectionLevel, keyRingName, keyName, rotationPeriodInDays, destroyDelayInDays, labels, existing',
      ],
    ],
  ])("%s is refused", (_what, gcp, problems) => {
    expect(problemsOf(config(gcp))).toEqual(problems);
  });
});
