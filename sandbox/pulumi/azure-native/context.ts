/**
 * What the azure-native resource types work with, and their requests to Azure Resource Manager. Source:
 * pulumi-azure-native, provider/pkg/azure/client_azcore.go.
 *
 * @module
 */
import { ARM_HOST } from "../../azure/names.js";
import { type AzureAnswer, type AzureClient, errorOf } from "../azure/client.js";
import { type Properties, type Value } from "../values.js";

/** The deployer's connection, and what the provider is set to. */
export interface AzureNativeContext {
  readonly client: AzureClient;
  readonly subscription: string;
  /** Location of resources that name none. */
  readonly location: string | undefined;
}

/** The versions of ARM's APIs that azure-native 3.28 uses for the types played here (their documentation in the SDK). */
export const API_VERSIONS = { resources: "2024-03-01", keyvault: "2024-11-01", authorization: "2022-04-01" } as const;

/** A request to ARM. */
export async function ask(context: AzureNativeContext, method: string, id: string, version: string, body?: Properties): Promise<AzureAnswer> {
  return context.client.send(method, ARM_HOST, `${id}?api-version=${version}`, body);
}

/**
 * A resource; undefined if it is gone.
 *
 * @throws Error with ARM's words.
 */
export async function get(context: AzureNativeContext, id: string, version: string): Promise<Properties | undefined> {
  const answer = await ask(context, "GET", id, version);
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw refused(answer);
  return answer.body;
}

/**
 * A resource that a function reads: it must be there.
 *
 * @throws Error with ARM's words.
 */
export async function mustGet(context: AzureNativeContext, id: string, version: string): Promise<Properties> {
  const answer = await ask(context, "GET", id, version);
  if (answer.status !== 200) throw refused(answer);
  return answer.body;
}

/**
 * Makes a resource, or changes it.
 *
 * @throws Error with ARM's words.
 */
export async function put(context: AzureNativeContext, id: string, version: string, body: Properties): Promise<Properties> {
  const answer = await ask(context, "PUT", id, version, body);
  if (answer.status !== 200 && answer.status !== 201) throw refused(answer);
  return answer.body;
}

/**
 * Deletes a resource; one that is not there is as good as deleted.
 *
 * @throws Error with ARM's words.
 */
export async function remove(context: AzureNativeContext, id: string, version: string): Promise<void> {
  const answer = await ask(context, "DELETE", id, version);
  if (![200, 202, 204, 404].includes(answer.status)) throw refused(answer);
}

/** CanCreate: a PUT would change what exists, and the program means to create. */
export async function requireAbsent(context: AzureNativeContext, id: string, version: string): Promise<void> {
  const { status, text } = await ask(context, "GET", id, version);
  if (status === 200) throw new Error(`cannot create already existing resource '${id}'`);
  if (status !== 404) throw new Error(`cannot check existence of resource '${id}': status code ${status}, ${text}`);
}

/** A refusal in the provider's short form (PulumiAzcoreResponseError). */
export function refused(answer: AzureAnswer): Error {
  const { code, message = answer.text } = errorOf(answer);
  return new Error(`Status=${answer.status}${code === undefined ? "" : ` Code="${code}"`} Message="${message}"`);
}

/** Those members that are there. */
export function pick(from: Properties, names: readonly string[]): Record<string, Value> {
  return Object.fromEntries(
    names.flatMap((name): [string, Value][] => {
      const value = from[name];
      return value === undefined || value === null ? [] : [[name, value]];
    }),
  );
}

/** A member that is an object; empty if it is none. */
export function objectOf(from: Properties, name: string): Properties {
  const value = from[name];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Properties) : {};
}
