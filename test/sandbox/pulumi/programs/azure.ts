/** A program as a stack has it, with the SDKs of both Azure providers; deployed by the in-process tests. */
import { AccessPolicy, Key, Vault } from "@pulumi/azure-native/keyvault";
import { Provider } from "@pulumi/azure-native/provider";
import { ResourceGroup } from "@pulumi/azure-native/resources";
import { Application } from "@pulumi/azuread/application";
import { ApplicationCertificate } from "@pulumi/azuread/applicationCertificate";
import { Provider as EntraProvider } from "@pulumi/azuread/provider";
import { ServicePrincipal } from "@pulumi/azuread/servicePrincipal";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config("test");
const tenantId = config.require("directory");
const azure = { provider: new Provider("azure", { subscriptionId: config.require("subscription"), tenantId }) };
const entra = { provider: new EntraProvider("entra", { tenantId }) };

const application = new Application("application", { displayName: "byok" }, entra);
const principal = new ServicePrincipal("principal", { clientId: application.clientId }, entra);
const certificate = new ApplicationCertificate(
  "certificate",
  { applicationId: application.id, type: "AsymmetricX509Cert", value: config.require("certificate") },
  { ...entra, dependsOn: principal },
);
const group = new ResourceGroup("group", { resourceGroupName: "in-process", location: "West Europe" }, azure);
const vault = new Vault(
  "vault",
  { resourceGroupName: group.name, vaultName: config.require("vault"), properties: { tenantId, sku: { family: "A", name: "standard" } } },
  azure,
);
const key = new Key(
  "key",
  { resourceGroupName: group.name, vaultName: vault.name, keyName: "backup", properties: { kty: "RSA", attributes: { enabled: true } } },
  azure,
);
const policy = new AccessPolicy(
  "policy",
  {
    resourceGroupName: group.name,
    vaultName: vault.name,
    policy: { tenantId, objectId: principal.objectId, permissions: { keys: ["encrypt", "decrypt"] } },
  },
  azure,
);
const same = Key.get("same", key.id, azure);

export const keyUri = pulumi.all([key.keyUri, policy.id]).apply(([uri]) => uri);
export const grantedTo = principal.objectId;
export const sameKeyUri = same.keyUri;
export const vaultUri = vault.properties.vaultUri;
export const keyId = certificate.keyId;
