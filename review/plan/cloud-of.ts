/**
 * Which cloud a resource type belongs to, and what the cloud calls the resource.
 *
 * @module
 */
import { type DeclaredResource, packageOf, textInput } from "../declared-resource.js";
import { type Cloud } from "./schema.js";

const CLOUD_OF_PACKAGE: Readonly<Record<string, Cloud>> = { aws: "aws", gcp: "gcp", "azure-native": "azure", azuread: "azure" };

/** Components of this package, by type. */
const CLOUD_OF_COMPONENT = /^pulumi-byok:index:(Aws|Gcp|Azure)/;

/** The cloud of a resource; undefined for components of several. */
export function cloudOf({ type }: Pick<DeclaredResource, "type">): Cloud | undefined {
  const [, component] = CLOUD_OF_COMPONENT.exec(type) ?? [];
  return component === undefined ? CLOUD_OF_PACKAGE[packageOf(type)] : (component.toLowerCase() as Cloud);
}

/** Inputs that hold a resource's own name in its cloud, most telling first. */
const NAMES = ["keyName", "vaultName", "resourceGroupName", "projectId", "displayName", "service", "name", "accountId"] as const;

/** Types whose name is that of something else: a policy on a vault names the vault. */
const NAMELESS = /:(AccessPolicy|KeyPolicy|CryptoKeyIAM\w+|KeyRingIAM\w+|ApplicationCertificate|ServicePrincipal|Grant)$/;

/** What the cloud calls a resource; undefined if it has no name of its own, or none that is known yet. */
export function cloudNameOf(resource: DeclaredResource): string | undefined {
  if (resource.kind === "component" || resource.kind === "provider" || NAMELESS.test(resource.type)) return undefined;
  if (resource.kind === "adopted") return resource.id;
  return NAMES.map((name) => textInput(resource, name)).find((name) => name !== undefined && !name.includes("<"));
}

/** `Key`, `KeyRing`: the last part of a type. */
export function shortType(type: string): string {
  return type.slice(type.lastIndexOf(":") + 1);
}
