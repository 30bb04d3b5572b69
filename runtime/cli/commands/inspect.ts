/**
 * `byok inspect`: what an object tells without any key. Nothing is contacted, and nothing it says is authenticated.
 *
 * @module
 */
import { ByokError, inspectObject } from "../../index.js";
import { type Context, type Outcome } from "../context.js";
import { quotePath } from "../file-error.js";
import { INDEX_NAME } from "../folder/index-format.js";
import { statInput } from "../inputs.js";
import { openSource, STANDARD_STREAM } from "../streams.js";

/** Shows the public facts of the object in `input`, a file or `-`. */
export async function inspect(input: string, { io }: Context): Promise<Outcome> {
  if (input !== STANDARD_STREAM && (await statInput("The input", input)).isDirectory()) {
    throw new ByokError("CONFIG_INVALID", `${quotePath(input)} is a folder: name one object in it, for example its ${INDEX_NAME}.`);
  }
  const source = await openSource(input, io);
  try {
    const inspection = await inspectObject(source.read());
    const facts = toFacts(inspection);
    return {
      report: {
        json: facts,
        words: (paint) => [
          ...indented(facts, "", paint.bold),
          "Nothing here is proven: only decrypting with the tenant's key and the service key does that.",
        ],
      },
    };
  } finally {
    await source.close();
  }
}

/** As JSON has it, bytes as hex. */
function toFacts(value: object): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(value, (_key, member: unknown) => (member instanceof Uint8Array ? Buffer.from(member).toString("hex") : member)),
  ) as Record<string, unknown>;
}

function indented(value: unknown, indent: string, bold: (text: string) => string): string[] {
  if (typeof value !== "object" || value === null) return [`${indent}${printable(value)}`];
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) =>
    typeof member === "object" && member !== null
      ? [`${indent}${bold(name)}`, ...indented(member, `${indent}  `, bold)]
      : [`${indent}${name}: ${printable(member)}`],
  );
}

/** The object may be hostile: its strings are quoted wherever they could steer a terminal. */
function printable(value: unknown): string {
  return typeof value === "string" ? quotePath(value) : JSON.stringify(value);
}
