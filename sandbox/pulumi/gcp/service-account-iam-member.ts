/**
 * `gcp:serviceaccount/iAMMember:IAMMember`: who may do what with a service account. Source: terraform-provider-google,
 * services/resourcemanager/iam_service_account.go; @pulumi/gcp/serviceaccount/iammember.d.ts.
 *
 * @module
 */
import { iamMemberType } from "./iam-member.js";

/** A grant on a service account. */
export const serviceAccountIamMemberType = iamMemberType({
  token: "gcp:serviceaccount/iAMMember:IAMMember",
  idProperty: "serviceAccountId",
  name: (_, id) => {
    // verify.ServiceAccountLinkRegex.
    if (!/^projects\/[^/]+\/serviceAccounts\/[^/]+$/.test(id)) throw new Error(`"service_account_id" ("${id}") doesn't match the form of a service account's name`);
    return id;
  },
  describe: (name) => `service account '${name}'`,
  getPolicy: async ({ google }, name) => (await google.rest("POST", `/v1/${name}:getIamPolicy`)),
  setPolicy: async ({ google }, name, policy) => {
    await google.rest("POST", `/v1/${name}:setIamPolicy`, { policy });
  },
});
