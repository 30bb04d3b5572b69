/** The facts of schemas.json: what the published providers say about the inputs of the resource types that the sandbox plays. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { type Property } from "../../../../sandbox/pulumi/schema.js";

/** One input property. What is false or absent is not written down. */
export interface PublishedInput {
  readonly type: Property["type"];
  readonly required?: true;
  /** Another value needs another resource. */
  readonly replaces?: true;
  /** Optional, and the cloud's where it is left out. */
  readonly computed?: true;
  readonly default?: string | number | boolean;
  readonly members?: PublishedInputs;
}

export type PublishedInputs = Readonly<Record<string, PublishedInput>>;

/** A resource type. */
export interface PublishedType {
  /** Where it is declared: files of the provider's repository, or of another one that is named. */
  readonly source: string;
  readonly inputs: PublishedInputs;
}

export interface Published {
  /** Repository and version by Pulumi package, and how its facts came here. */
  readonly sources: Readonly<Record<string, { readonly repository: string; readonly version: string; readonly read: string }>>;
  /** By token. */
  readonly types: Readonly<Record<string, PublishedType>>;
}

export const PUBLISHED_FILE = join(__dirname, "schemas.json");

export function readPublished(): Published {
  return JSON.parse(readFileSync(PUBLISHED_FILE, "utf8")) as Published;
}
