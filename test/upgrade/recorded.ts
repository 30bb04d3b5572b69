/**
 * What a release's program registers for one stack: types, names, parents, options and inputs, with what one resource takes
 * from another kept as a reference. From that the stack can be deployed as the release deployed it, long after its code is
 * gone.
 */
import { type Properties } from "../../sandbox/pulumi/values.js";

/** One resource, as it was registered or read. */
export interface RecordedResource {
  readonly type: string;
  /** No two resources of a stack have the same. */
  readonly name: string;
  readonly custom: boolean;
  /** Name of the parent; none for the stack itself. */
  readonly parent?: string;
  /** Name of its explicit provider. */
  readonly provider?: string;
  /** Of the SDK that registered it. */
  readonly version?: string;
  /** Only of a resource that is read, and not managed. */
  readonly id?: string;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  /** URNs, or names and types, that it had before; without the aliases of a type, which SDKs bring. */
  readonly aliases: readonly string[];
  /** Names of the resources that must be there before it. */
  readonly dependsOn: readonly string[];
  /** Inputs; see {@link reference}. */
  readonly inputs: Properties;
  /** Names of the inputs that are secret. */
  readonly secrets: readonly string[];
  /** Of a component and of the stack. */
  readonly outputs?: Properties;
}

/** One stack of one release. */
export interface Recording {
  readonly release: string;
  readonly stack: string;
  readonly config: Readonly<Record<string, string>>;
  readonly resources: readonly RecordedResource[];
}

/** Where references point to: a domain that cannot exist (RFC 2606), in a form that programs can take apart as a URL. */
const ORIGIN = "https://reference.invalid";
/** A reference anywhere in a text. Groups: name of the resource, name of the output. */
export const REFERENCE = /https:\/\/reference\.invalid\/([\w-]+)\/(\w+)/g;

/** What stands for an output that only the cloud knows. */
export function reference(name: string, output: string): string {
  return `${ORIGIN}/${name}/${output}`;
}
