/**
 * Reference of the command line: the help of every command, as the program prints it.
 *
 * @module
 */
import { type Command } from "commander";

import { buildProgram } from "../runtime/cli/program.js";
import { sandboxCommand } from "../sandbox/cli/index.js";
import { anchor, block, GENERATED, page } from "./markdown.js";

/** The width that the program sets for itself; the sandbox's command asks the terminal. */
const WIDTH = 110;

/** The page. */
export async function commandsPage(): Promise<string> {
  const program = await buildProgram({
    // Nothing is run.
    perform: () => Promise.resolve(),
    elsewhere: { sandbox: () => Promise.resolve(sandboxCommand()), review: () => import("../review/index.js") },
    args: ["sandbox"],
  });
  const commands = withChildren(program, []);
  return page(
    GENERATED,
    "# The command `byok`",
    "`byok` is `npx --no-install byok`. What each command prints with `--help`:",
    commands.map(({ name, command }) => `- [${name}](#${anchor(name)}): ${command.description()}`).join("\n"),
    ...commands.flatMap(({ name, command }) => [`## ${name}`, block("text", helpOf(command))]),
  );
}

interface Named {
  readonly name: string;
  readonly command: Command;
}

function withChildren(command: Command, parents: readonly string[]): Named[] {
  const path = [...parents, command.name()];
  return [{ name: path.join(" "), command }, ...command.commands.flatMap((child) => withChildren(child, path))];
}

function helpOf(command: Command): string {
  let text = "";
  command.configureHelp({ helpWidth: WIDTH }).configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => WIDTH, getOutHasColors: () => false });
  command.outputHelp();
  return text.replaceAll(/[ \t]+$/gm, "").trim();
}
