/** Resources as a recording has them, for tests of what is derived from them. */
import { type DeclaredProgram, type DeclaredResource } from "../../review/declared-resource.js";

/** A created resource; its URN is `urn:NAME`. */
export function declared(type: string, name: string, inputs: Record<string, unknown> = {}, more: Partial<DeclaredResource> = {}): DeclaredResource {
  return {
    kind: "created",
    type,
    name,
    urn: `urn:${name}`,
    version: undefined,
    parent: undefined,
    provider: undefined,
    id: undefined,
    protect: false,
    retainOnDelete: false,
    ignoreChanges: [],
    inputs,
    dependencies: {},
    outputs: {},
    ...more,
  };
}

/** A program of those resources, for a service that descriptors name. */
export function program(resources: readonly DeclaredResource[], grantedTo: readonly string[] = []): DeclaredProgram {
  const components = grantedTo.map((grantee, index) =>
    declared("pulumi-byok:index:AwsTenantKey", `component-${index}`, {}, { kind: "component", outputs: { descriptor: { tenant: "acme", datacenter: "eu", grantedTo: grantee } } }),
  );
  return { resources: [...components, ...resources], warnings: [] };
}

export const TENANT = "111122223333";
export const SERVICE = "201720642051";

/** A provider bound to the tenant's account. */
export const awsProvider = declared("pulumi:providers:aws", "aws", { allowedAccountIds: [TENANT], region: "eu-central-1" }, { kind: "provider" });
