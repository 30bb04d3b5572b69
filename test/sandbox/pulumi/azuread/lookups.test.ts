import { afterAll, beforeAll, expect, test } from "@jest/globals";

import { azureadProvider } from "../../../../sandbox/pulumi/azuread/provider.js";
import { type ConfiguredProvider } from "../../../../sandbox/pulumi/provider.js";
import { type Fixture, sandboxFixture } from "../../fixtures.js";

const APPLICATION = "azuread:index/getApplication:getApplication";
const PRINCIPAL = "azuread:index/getServicePrincipal:getServicePrincipal";
const UNKNOWN = "99999999-9999-4999-8999-999999999999";

let fixture: Fixture;
let provider: ConfiguredProvider;
beforeAll(async () => {
  fixture = await sandboxFixture({ clouds: ["aws", "azure"] });
  const { aws, azure } = fixture.sandbox;
  provider = azureadProvider.configure({}, { endpoints: fixture.sandbox.endpoints, deployers: { aws: aws.deployer(), azure: azure.deployer() } });
});
afterAll(async () => {
  provider.close();
  await fixture.close();
});

test("an application and its service principal are found by the client id", async () => {
  const { clientId, applicationId, servicePrincipalId } = fixture.sandbox.azure.registerApplication({
    displayName: "by hand", certificates: [], signInAudience: "AzureADMultipleOrgs", accountEnabled: false,
  });
  await expect(provider.invoke(APPLICATION, { clientId })).resolves.toMatchObject({
    id: `/applications/${applicationId}`, clientId, objectId: applicationId, displayName: "by hand", signInAudience: "AzureADMultipleOrgs",
  });
  await expect(provider.invoke(PRINCIPAL, { clientId })).resolves.toMatchObject({
    id: `/servicePrincipals/${servicePrincipalId}`, clientId, objectId: servicePrincipalId, accountEnabled: false,
  });
});

test.each([
  [APPLICATION, { clientId: UNKNOWN }, `Application not found: No application found matching filter: "appId eq '${UNKNOWN}'"`],
  [PRINCIPAL, { clientId: UNKNOWN }, `No service principal found for application ID: "${UNKNOWN}"`],
  [PRINCIPAL, { displayName: "x" }, "the sandbox looks up by clientId only"],
  ["azuread:index/getUser:getUser", {}, "the sandbox does not implement the function azuread:index/getUser:getUser"],
])("%s of %j is refused", async (token, args, message) => {
  await expect(provider.invoke(token, args)).rejects.toThrow(message);
});
