/**
 * The shape of a resource type. The implementations know nothing of gRPC, mocks or URNs.
 *
 * @module
 */
import type * as Sdk from "@aws-sdk/client-kms";

import { type PropertyTable } from "./schema.js";
import { type Properties } from "./values.js";

/** What an implementation works with: the deployer's account and the SDK's client for the resource's Region. */
export interface ResourceContext {
  readonly account: string;
  readonly region: string;
  readonly kms: Sdk.KMSClient;
  /** The SDK, loaded when the first resource needs it. */
  readonly sdk: typeof Sdk;
}

/** A resource that exists. */
export interface Deployed {
  readonly id: string;
  readonly state: Properties;
}

/** A resource type of the provider. */
export interface ResourceType {
  /** Type token, e.g. `aws:kms/key:Key`. */
  readonly token: string;
  readonly inputs: PropertyTable;
  /** Output properties that only the cloud knows before creation. */
  readonly computed: readonly string[];
  /** Output properties that an update never changes. */
  readonly stable: readonly string[];
  /** Rules that involve more than one property. */
  readonly check?: (inputs: Properties) => readonly { readonly property: string; readonly reason: string }[];
  create(context: ResourceContext, inputs: Properties): Promise<Deployed>;
  /** Undefined if the resource is gone. `known` is the last known state; empty when importing. */
  read(context: ResourceContext, id: string, known: Properties): Promise<Deployed | undefined>;
  update(context: ResourceContext, id: string, deployed: Properties, inputs: Properties): Promise<Deployed>;
  delete(context: ResourceContext, id: string, deployed: Properties): Promise<void>;
}

/** Creation made a resource and then failed: it exists and must not be forgotten. */
export class PartiallyCreated extends Error {
  constructor(
    readonly deployed: Deployed,
    cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** True for an error of the SDK with one of the names. */
export function isAwsError(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}

/** An error in the provider's style: what was being done, to what, and KMS's own words. */
export function failed(doing: string, error: unknown): Error {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new Error(`${doing}: ${said}`, { cause: error });
}
