import { beforeAll, describe, expect, test } from "@jest/globals";

import { type DeclaredResource } from "../../../review/declared-resource.js";
import { programFindings } from "../../../review/plan/findings.js";
import { selfSigned } from "../../components/azure/self-signed.js";
import { declared, program } from "../declared.js";

const NOW = new Date("2026-06-01T00:00:00Z");

let certificate: (name: string, notAfter: string) => DeclaredResource;

beforeAll(async () => {
  const ends = ["2026-07-15T00:00:00Z", "2026-07-16T00:00:00Z", "2027-01-01T00:00:00Z"];
  const pems = new Map(await Promise.all(ends.map(async (notAfter) => [notAfter, (await selfSigned({ notAfter })).certificate] as const)));
  certificate = (name, notAfter) => declared("azuread:index/applicationCertificate:ApplicationCertificate", name, { value: pems.get(notAfter) });
});

function codes(...resources: DeclaredResource[]): string[] {
  return programFindings(program(resources), NOW).map(({ severity, code, resource = "" }) => `${severity} ${code} ${resource}`);
}

describe("findings about a program", () => {
  test.each([
    ["aws:kms/key:Key", "aws:cloudwatch/eventRule:EventRule"],
    ["aws:kms/replicaKey:ReplicaKey", "aws:cloudwatch/metricAlarm:MetricAlarm"],
    ["gcp:kms/cryptoKey:CryptoKey", "gcp:monitoring/alertPolicy:AlertPolicy"],
    ["azure-native:keyvault:Key", "azure-native:monitor:ActionGroup"],
  ])("%s without an alarm is worth a word, with %s not", (key, alarm) => {
    expect(codes(declared(key, "k"))).toEqual(["info no-alarms k"]);
    expect(codes(declared(key, "k"), declared(alarm, "a"))).toEqual([]);
    // An alarm in another cloud watches nothing here.
    expect(codes(declared(key, "k"), declared(key.startsWith("gcp") ? "aws:cloudwatch/eventRule:EventRule" : "gcp:monitoring/alertPolicy:AlertPolicy", "a"))).toEqual(["info no-alarms k"]);
  });

  test("a certificate that expires within 45 days, unless its successor is there", () => {
    expect(codes(certificate("c", "2026-07-15T00:00:00Z"))).toEqual(["warning certificate-expires c"]);
    expect(codes(certificate("c", "2026-07-16T00:00:00Z"))).toEqual([]);
    expect(codes(certificate("c", "2026-07-15T00:00:00Z"), certificate("d", "2027-01-01T00:00:00Z"))).toEqual([]);
  });

  test("what is adopted, and who becomes an owner", () => {
    expect(codes(declared("gcp:kms/keyRing:KeyRing", "r", {}, { kind: "adopted", id: "projects/p" }))).toEqual(["info adopted r"]);
    expect(codes(declared("gcp:organizations/project:Project", "p"))).toEqual(["info deployer-owns-project p"]);
  });

  test("what the program warns of, once", () => {
    const warnings = ["k: the key is in us-east1, which is outside the residency of eu", "look out"];
    expect(programFindings({ resources: [], warnings }, NOW)).toEqual([{ severity: "warning", code: "program", message: "look out" }]);
  });
});
