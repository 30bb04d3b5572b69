/**
 * One explicit provider per cloud in use, bound to the tenant's own account, project, subscription and directory: the key of
 * one tenant cannot land in the account of another. Credentials come from the environment.
 *
 * @module
 */
/* eslint-disable @typescript-eslint/no-require-imports -- loads the SDKs of the clouds in the configuration, and no others */
import type * as Aws from "@pulumi/aws/provider";
import type * as AzureNative from "@pulumi/azure-native/provider";
import type * as Azuread from "@pulumi/azuread/provider";
import type * as Gcp from "@pulumi/gcp/provider";
import { type ProviderResource } from "@pulumi/pulumi";

import { requirePeer } from "../components/require-peer.js";
import { type StackConfig } from "./config.js";

/** The providers of the clouds in use. */
export interface TenantProviders {
  readonly aws?: ProviderResource;
  readonly gcp?: ProviderResource;
  readonly azureNative?: ProviderResource;
  readonly azuread?: ProviderResource;
}

/** @throws MissingPeerError if the SDK of a cloud in use is not installed */
export function tenantProviders({ aws, gcp, azure }: StackConfig): TenantProviders {
  return {
    ...(aws === undefined ? {} : { aws: awsProvider(aws) }),
    ...(gcp === undefined ? {} : { gcp: gcpProvider(gcp) }),
    ...(azure === undefined ? {} : { azureNative: azureProvider(azure), azuread: entraProvider(azure) }),
  };
}

/** Refuses any account but this one before it creates anything. */
export function awsProvider({ accountId, region }: Pick<NonNullable<StackConfig["aws"]>, "accountId" | "region">): ProviderResource {
  requirePeer("@pulumi/aws");
  const { Provider } = require("@pulumi/aws/provider") as typeof Aws;
  return new Provider("aws", { region, allowedAccountIds: [accountId] });
}

/** Every resource names its project too. */
export function gcpProvider({ project, createProject }: Pick<NonNullable<StackConfig["gcp"]>, "project" | "createProject">): ProviderResource {
  requirePeer("@pulumi/gcp");
  const { Provider } = require("@pulumi/gcp/provider") as typeof Gcp;
  const id = project ?? createProject?.projectId;
  return new Provider("gcp", id === undefined ? {} : { project: id });
}

function azureProvider({ subscriptionId, entraTenantId }: NonNullable<StackConfig["azure"]>): ProviderResource {
  requirePeer("@pulumi/azure-native");
  const { Provider } = require("@pulumi/azure-native/provider") as typeof AzureNative;
  return new Provider("azure-native", { subscriptionId, tenantId: entraTenantId });
}

function entraProvider({ entraTenantId }: NonNullable<StackConfig["azure"]>): ProviderResource {
  requirePeer("@pulumi/azuread");
  const { Provider } = require("@pulumi/azuread/provider") as typeof Azuread;
  return new Provider("azuread", { tenantId: entraTenantId });
}
