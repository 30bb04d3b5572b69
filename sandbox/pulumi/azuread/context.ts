/**
 * What the azuread resource types work with, and their requests to Microsoft Graph. Source: terraform-provider-azuread, and
 * hashicorp/go-azure-sdk for the words of its errors.
 *
 * @module
 */
import { STATUS_CODES } from "node:http";

import { GRAPH_HOST, GUID } from "../../azure/names.js";
import { type AzureAnswer, type AzureClient, errorOf } from "../azure/client.js";
import { type Property } from "../schema.js";
import { type Properties, shown, type Value } from "../values.js";

/** The deployer's connection. */
export interface AzureadContext {
  readonly client: AzureClient;
  /** What is being written, by application: see {@link oneByOne}. */
  readonly writing: Map<string, Promise<unknown>>;
}

/** Runs what reads and writes all certificates of an application after what does so already (the provider's LockByName). */
export async function oneByOne<Result>({ writing }: AzureadContext, application: string, work: () => Promise<Result>): Promise<Result> {
  const before = writing.get(application) ?? Promise.resolve();
  const mine = before.then(work, work);
  writing.set(application, mine);
  try {
    return await mine;
  } finally {
    if (writing.get(application) === mine) writing.delete(application);
  }
}

/**
 * A request to Graph.
 *
 * @throws Error with `doing` and Graph's words, for any answer but a good one.
 */
export async function ask(context: AzureadContext, doing: string, method: string, path: string, body?: Properties): Promise<Properties> {
  const answer = await context.client.send(method, GRAPH_HOST, `/v1.0${path}`, body);
  if (!isGood(answer)) throw failed(doing, unexpected(answer));
  return answer.body;
}

/**
 * An object of the directory; undefined if there is none.
 *
 * @throws Error with `doing` and Graph's words.
 */
export async function find(context: AzureadContext, doing: string, path: string): Promise<Properties | undefined> {
  const answer = await context.client.send("GET", GRAPH_HOST, `/v1.0${path}`);
  if (answer.status === 404) return undefined;
  if (!isGood(answer)) throw failed(doing, unexpected(answer));
  return answer.body;
}

function isGood({ status }: AzureAnswer): boolean {
  return status >= 200 && status < 300;
}

/** go-azure-sdk, sdk/client/client.go. */
function unexpected(answer: AzureAnswer): string {
  const { code, message } = errorOf(answer);
  const status = `${answer.status} (${answer.status} ${STATUS_CODES[answer.status] ?? ""})`;
  if (code === undefined || message === undefined) return `unexpected status ${status} with response: ${answer.text}`;
  return `unexpected status ${status} with error: ${code}: ${message}`;
}

/** A diagnostic of Terraform in one line, as the bridge prints it: summary and detail. */
function failed(doing: string, detail: string): Error {
  return new Error(`${doing}: ${detail}`);
}

/** ImportAsExistsDiag of the provider. */
export function alreadyExists(type: string, id: string): Error {
  return failed(
    `A resource with the ID "${id}" already exists`,
    `To be managed via Terraform, this resource needs to be imported into the State. Please see the resource documentation for "${type}" for more information.`,
  );
}

/** The GUID at the end of a resource id such as `/applications/GUID`. */
export function objectIdOf(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}

/** Says what is wrong with an id of the form `/COLLECTION/GUID`; in our own words. */
export function resourceIdProblem(collection: string): NonNullable<Property["problem"]> {
  return (value) => {
    const id = shown(value);
    const isOne = id.startsWith(`/${collection}/`) && GUID.test(id.slice(collection.length + 2));
    return isOne ? undefined : `parsing "${id}": expected the id of the resource, /${collection}/GUID`;
  };
}

/** validation.IsUUID. */
export function uuidProblem(name: string): NonNullable<Property["problem"]> {
  return (value) => (GUID.test(shown(value)) ? undefined : `expected "${name}" to be a valid UUID, got ${shown(value)}`);
}

/** validation.StringInSlice. */
export function oneOf(name: string, allowed: readonly string[]): NonNullable<Property["problem"]> {
  const list = allowed.map((one) => JSON.stringify(one)).join(" ");
  return (value) => (allowed.includes(shown(value)) ? undefined : `expected ${name} to be one of [${list}], got ${shown(value)}`);
}

/** validation.StringIsNotEmpty. */
export function notEmpty(name: string): NonNullable<Property["problem"]> {
  return (value) => (value === "" ? `expected "${name}" to not be an empty string, got ` : undefined);
}

/** validation.StringLenBetween. */
export function upTo(name: string, length: number): NonNullable<Property["problem"]> {
  return (value) => (shown(value).length > length ? `expected length of ${name} to be in the range (0 - ${length}), got ${shown(value)}` : undefined);
}

/** A list in which order does not matter: TypeSet. */
export function setOfStrings(more: Partial<Property> = {}): Property {
  return { type: "list", items: { type: "string" }, same: (a, b) => sorted(a) === sorted(b), ...more };
}

function sorted(value: Value): string {
  return JSON.stringify(Array.isArray(value) ? [...(value as readonly Value[])].map(shown).sort() : value);
}

/** A text for Graph, in which an empty one is none (nullable.NoZero). */
export function textOrNull(value: Value | undefined): Value {
  return typeof value === "string" && value !== "" ? value : null;
}

/** Texts of an answer that are there and not empty, by the same names. */
export function texts(from: Properties, ...names: readonly string[]): Properties {
  return Object.fromEntries(
    names.flatMap((name): [string, Value][] => {
      const value = from[name];
      return typeof value === "string" && value !== "" ? [[name, value]] : [];
    }),
  );
}
