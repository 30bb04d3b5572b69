import { expect, test } from "@jest/globals";

import { addDuration, isDuration, subtractDuration } from "../../../sandbox/azure/duration.js";

test.each([
  ["2026-11-24T10:00:00.000Z", "P90D", "2027-02-22T10:00:00.000Z"],
  ["2026-11-24T10:00:00.000Z", "P1Y6M", "2028-05-24T10:00:00.000Z"],
  ["2027-01-31T00:00:00.000Z", "P1M", "2027-02-28T00:00:00.000Z"],
  ["2028-02-29T00:00:00.000Z", "P1Y", "2029-02-28T00:00:00.000Z"],
  ["2027-01-31T00:00:00.000Z", "P1M1D", "2027-03-01T00:00:00.000Z"],
])("%s and %s is %s", (from, duration, to) => {
  expect(new Date(addDuration(Date.parse(from), duration)).toISOString()).toBe(to);
});

test("back again, by the calendar", () => {
  expect(new Date(subtractDuration(Date.parse("2027-02-22T00:00:00Z"), "P90D")).toISOString()).toBe("2026-11-24T00:00:00.000Z");
  expect(new Date(subtractDuration(Date.parse("2027-03-31T00:00:00Z"), "P1M")).toISOString()).toBe("2027-02-28T00:00:00.000Z");
});

test.each(["P", "", "90D", "P1H", "PT1H", "P-1D", "P1D1M", "P1.5D"])("%j is none", (text) => {
  expect(isDuration(text)).toBe(false);
  expect(() => addDuration(0, text)).toThrow(`"${text}" is not a duration`);
});
