/**
 * What the AWS resource types work with.
 *
 * @module
 */
import { type Properties } from "../values.js";
import type * as Sdk from "@aws-sdk/client-kms";

/** The deployer's account, and the SDK's client for the resource's Region. */
export interface AwsContext {
  readonly account: string;
  readonly region: string;
  readonly kms: Sdk.KMSClient;
  /** The client for another Region. */
  kmsIn(region: string): Sdk.KMSClient;
  /** One call to the store of what is not KMS. */
  store(operation: "Put" | "Get" | "Delete", members: object): Promise<{ properties?: Properties }>;
  /** The SDK, loaded when the first resource needs it. */
  readonly sdk: typeof Sdk;
}

/** True for an error of the SDK with one of the names. */
export function isAwsError(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}
