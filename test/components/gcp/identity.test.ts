import { describe, expect, test } from "@jest/globals";

import {
  GCP_BILLING_ACCOUNT_PATTERN,
  GCP_PROJECT_ID_PATTERN,
  GCP_RESOURCE_NUMBER_PATTERN,
  projectOfServiceAccount,
  serviceAccountMember,
} from "../../../components/gcp/identity.js";
import { GCP_KEY_NAME } from "../../../runtime/master-key/descriptor.js";

describe("project ids", () => {
  test.each([
    ["acme-backup-keys", true],
    ["a23456", true],
    ["example.com:acme-keys", true],
    ["a2345", false],
    ["1cme-keys", false],
    ["acme-keys-", false],
    ["Acme-keys", false],
    ["a".repeat(31), false],
    ["123456789012", false],
    ["acme-keys\n", false],
    ["projects/acme-keys", false],
  ])("%j: %s, as in the descriptor", (id, valid) => {
    expect(GCP_PROJECT_ID_PATTERN.test(id)).toBe(valid);
    expect(GCP_KEY_NAME.test(`projects/${id}/locations/global/keyRings/r/cryptoKeys/k`)).toBe(valid);
  });
});

describe("service accounts", () => {
  test.each([
    ["storage-byok@afi-production.iam.gserviceaccount.com", "afi-production"],
    ["storage-byok@afi-production.example.com.iam.gserviceaccount.com", "example.com:afi-production"],
  ])("%s is of project %s", (email, project) => {
    expect(projectOfServiceAccount(email)).toBe(project);
    expect(serviceAccountMember(email)).toBe(`serviceAccount:${email}`);
  });

  test.each([
    "",
    "afi-production",
    "serviceAccount:storage-byok@afi-production.iam.gserviceaccount.com",
    "123456789012-compute@developer.gserviceaccount.com",
    "service-123456789012@gcp-sa-cloudkms.iam.gserviceaccount.com.example.com",
    "acme-keys@appspot.gserviceaccount.com",
    "storage-byok@afi-production.iam.gserviceaccount.com\n",
    "Storage-byok@afi-production.iam.gserviceaccount.com",
    "alice@example.com",
  ])("%j is none", (email) => {
    expect(projectOfServiceAccount(email)).toBeUndefined();
  });
});

test.each([
  ["012345-6789AB-CDEF01", true],
  ["012345-6789ab-cdef01", false],
  ["billingAccounts/012345-6789AB-CDEF01", false],
])("billing account %j: %s", (id, valid) => {
  expect(GCP_BILLING_ACCOUNT_PATTERN.test(id)).toBe(valid);
});

test.each([
  ["123456789012", true],
  ["folders/123456789012", false],
  ["", false],
])("organization or folder %j: %s", (id, valid) => {
  expect(GCP_RESOURCE_NUMBER_PATTERN.test(id)).toBe(valid);
});
