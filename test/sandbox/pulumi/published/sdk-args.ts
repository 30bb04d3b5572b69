/** Names of inputs, and which of them must be given, in the SDKs that are installed: what a program is compiled against. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const MODULES = join(__dirname, "../../../../node_modules/@pulumi");

/**
 * The arguments of a resource's class, by name: whether each is required.
 *
 * @param token - e.g. `aws:kms/keyPolicy:KeyPolicy`
 */
export function sdkArgs(token: string): ReadonlyMap<string, boolean> {
  const [sdk = "", module = "", name = ""] = token.split(":");
  // azure-native's tokens name the module alone, the others' the file too; `index` is the package's root.
  const file = module.includes("/") ? module.replace(/^index\//, "") : `${module}/${name.charAt(0).toLowerCase()}${name.slice(1)}`;
  const folder = join(MODULES, sdk, dirname(file));
  // Files of names that begin with several capitals are spelled in more than one way.
  const found = readdirSync(folder).find((one) => one.toLowerCase() === `${basename(file)}.d.ts`.toLowerCase());
  const text = found === undefined ? "" : readFileSync(join(folder, found), "utf8");
  const [, body] = new RegExp(`export interface ${name}Args \\{\\n(.*?)\\n\\}`, "s").exec(text) ?? [];
  if (body === undefined) throw new Error(`${file}.d.ts has no ${name}Args`);
  return new Map([...body.matchAll(/^ {4}(\w+)(\?)?: /gm)].map(([, argument = "", optional]) => [argument, optional === undefined]));
}
