/**
 * What the Google Cloud resource types work with, and what they share.
 *
 * @module
 */
import { type CheckFailure, type Property } from "../schema.js";
import { type Properties, shown, textMapOf, textOf, type Value } from "../values.js";
import { type GoogleClient } from "./client.js";

/** The deployer's clients, and what the provider's settings lend to resources. */
export interface GcpContext {
  readonly google: GoogleClient;
  /** The provider's project; undefined if it has none. */
  readonly project: string | undefined;
  /** True unless the provider's `addPulumiAttributionLabel` is false. */
  readonly attributes: boolean;
}

/** An error in the provider's words: what it was doing, and Google's answer. */
export function failed(doing: string, error: unknown): Error {
  return new Error(`${doing}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}

/**
 * The project of a resource: its own, or the provider's (tpgresource.GetProject).
 *
 * @throws Error in the provider's words.
 */
export function projectOf(context: GcpContext, properties: Properties): string {
  const project = textOf(properties, "project") ?? context.project;
  if (project === undefined || project === "") throw new Error("project: required field is not set");
  return project;
}

/** Pulumi makes up a name for a resource that has none (auto-naming); the sandbox does not play that. */
export function requireNamed(inputs: Properties, property: string): readonly CheckFailure[] {
  const value = inputs[property];
  if (value !== undefined && value !== "") return [];
  return [{ property, reason: `the sandbox needs "${property}": it does not play Pulumi's auto-naming` }];
}

/** validation.StringInSlice's words. */
export const oneOf =
  (property: string, allowed: readonly string[]) =>
  (value: Value): string | undefined =>
    allowed.includes(shown(value)) ? undefined : `expected ${property} to be one of [${allowed.map((one) => `"${one}"`).join(" ")}], got ${shown(value)}`;

const DELETION_POLICIES = ["DELETE", "ABANDON", "PREVENT"];

/** `deletionPolicy` of resources that have it: computed, `DELETE` unless given (@pulumi/gcp/kms/cryptoKey.d.ts). */
export const deletionPolicy: Property = { type: "string", computed: true, problem: oneOf("deletion_policy", DELETION_POLICIES) };

/** The policy in force. */
export function deletionPolicyOf(properties: Properties): string {
  return textOf(properties, "deletionPolicy") ?? "DELETE";
}

/**
 * Whether a deletion shall do anything.
 *
 * @param resource name of the type in the provider's message.
 * @throws Error in the provider's words if the policy is PREVENT.
 */
export function mayDelete(deployed: Properties, resource: string): boolean {
  const policy = deletionPolicyOf(deployed);
  if (policy === "PREVENT") throw new Error(`cannot destroy ${resource} without setting deletion_policy="DELETE" and running \`pulumi up\``);
  return policy !== "ABANDON";
}

/** The label that marks what Pulumi made, since @pulumi/gcp 8 (its README, "Default label"). */
const ATTRIBUTION = { "goog-pulumi-provisioned": "true" };

/** Labels of a resource, in the three views that the provider has of them (tpgresource.SetLabelsDiff). */
export interface Labels {
  /** The program's. */
  readonly labels: Record<string, string>;
  /** The program's and the provider's. */
  readonly pulumiLabels: Record<string, string>;
  /** All that are on the resource. */
  readonly effectiveLabels: Record<string, string>;
}

/** Labels that a new resource gets. */
export function newLabels(context: GcpContext, inputs: Properties): Record<string, string> {
  return { ...textMapOf(inputs, "labels"), ...(context.attributes ? ATTRIBUTION : {}) };
}

/** Labels after an update: the provider's old ones go, its new ones come, everybody else's stay. */
export function changedLabels(deployed: Properties, inputs: Properties): Record<string, string> {
  const old = textMapOf(deployed, "pulumiLabels");
  const others = Object.entries(textMapOf(deployed, "effectiveLabels")).filter(([name]) => !(name in old));
  // Who was marked when it was made stays marked; nobody is marked later (pulumiAttributionLabelAdditionStrategy CREATION_ONLY).
  const mark = Object.keys(ATTRIBUTION).every((name) => name in old) ? ATTRIBUTION : {};
  return { ...Object.fromEntries(others), ...textMapOf(inputs, "labels"), ...mark };
}

/** The three views of what is on a resource, told apart by what was known before. */
export function labelViews(effectiveLabels: Record<string, string>, known: Properties): Labels {
  const pick = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.flatMap((name) => (effectiveLabels[name] === undefined ? [] : [[name, effectiveLabels[name]]])));
  const labels = Object.keys(textMapOf(known, "labels"));
  return { labels: pick(labels), pulumiLabels: pick([...labels, ...Object.keys(ATTRIBUTION)]), effectiveLabels };
}
