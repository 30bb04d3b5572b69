/**
 * `byok recover-state`: the state of a stack is lost, and what it described is still in the clouds.
 *
 * @module
 */
import { dirname, isAbsolute, join } from "node:path";

import { type Context, type Outcome } from "../../runtime/cli/context.js";
import { quotePath } from "../../runtime/cli/file-error.js";
import { Target } from "../../runtime/cli/folder/target.js";
import { readDescriptors } from "../../runtime/cli/inputs.js";
import { type RecoverStateOptions } from "../../runtime/cli/program/review.js";
import { shellQuote } from "../../runtime/cli/shell-quote.js";
import { writeDocument } from "../../runtime/cli/streams.js";
import { type MasterKeyDescriptor } from "../../runtime/index.js";
import { ByokError } from "../../runtime/master-key/errors.js";
import { descriptorsOf } from "../descriptors.js";
import { type DeclaredProgram } from "../declared-resource.js";
import { readProject, type StackOfProject } from "../project.js";
import { recordProgram } from "../record/run-program.js";
import { type Facts, factsOfDescriptors, findingCommand, parseGivenId } from "./facts.js";
import { recoveryOf } from "./import-file.js";

/**
 * Writes the import file of a stack. Contacts nothing.
 *
 * @throws ByokError CONFIG_INVALID if project, configuration or program do not make sense, or if an id that only a cloud
 *   knows was given by neither descriptor nor flag: then with the command that finds it, for every one at once
 */
export async function recoverState(stack: string, options: RecoverStateOptions, { io }: Context): Promise<Outcome> {
  const descriptors = options.descriptor === undefined ? [] : await readDescriptors(options.descriptor);
  const project = await readProject({ cwd: options.cwd ?? process.cwd(), stack, program: options.program });
  const out = options.out ?? join(options.cwd ?? "", `Pulumi.${project.stack}.import.json`);
  const inputs = [options.descriptor, project.stackFile].filter((path) => path !== undefined);
  const target = await Target.check(out, { force: options.force === true, inputs });

  const program = await recordProgram(project, io.signal);
  checkDescriptors(program, descriptors);
  const given = (options.id ?? []).map((text) => parseGivenId(text, program.resources));
  const facts: Facts = new Map([...factsOfDescriptors(program.resources, descriptors), ...given]);
  const recovery = recoveryOf(program, facts);
  if (recovery.missing.length > 0) throw missingIds(stack, recovery.missing, program, facts);

  await writeDocument(target, JSON.stringify({ resources: recovery.entries }, undefined, 2), io.signal);
  const commands = commandsFor(project, out);
  const expected = [...recovery.left, ...recovery.updated];
  return {
    report: {
      json: {
        schema: 1,
        stack: project.stack,
        out,
        imported: recovery.entries.flatMap(({ name, type, id }) => (id === undefined ? [] : [{ name, type, id }])),
        left: recovery.left,
        updated: recovery.updated,
        commands,
      },
      words: (paint) => [
        `${quotePath(out)} has what stack ${project.stack} was: ${recovery.entries.filter(({ id }) => id !== undefined).length} resources in the clouds, their components and providers.`,
        "",
        paint.bold("Run, as who deploys the stack:"),
        ...commands.map((command) => `  ${command}`),
        "",
        "Until that `pulumi up` every imported resource is protected, the grants too, and none is retained: do not destroy in between.",
        `The preview ${expected.length === 0 ? "must show no change but that of the outputs." : "may show this, the outputs, and nothing else:"}`,
        ...recovery.left.map(({ name, words }) => `  create ${name}: ${words}`),
        ...recovery.updated.map(({ name, words }) => `  update ${name}: ${words}`),
        "Anything else, above all a replacement or a deletion: stop, the configuration is not the one that was deployed.",
      ],
    },
  };
}

function commandsFor({ stack, directory }: StackOfProject, out: string): string[] {
  const file = isAbsolute(out) || dirname(out) !== "." ? out : `./${out}`;
  const folder = directory === process.cwd() ? "" : ` --cwd ${shellQuote(directory)}`;
  const inStack = `--stack ${shellQuote(stack)}${folder}`;
  return [
    `pulumi stack init ${shellQuote(stack)}${folder}   # unless it is there, empty; with the same --secrets-provider as before`,
    `pulumi import --file ${shellQuote(file)} --generate-code=false --yes ${inStack}`,
    `pulumi preview --diff ${inStack}`,
    `pulumi up ${inStack}`,
  ];
}

/** A descriptor of somebody else would import somebody else's key. */
function checkDescriptors(program: DeclaredProgram, descriptors: readonly MasterKeyDescriptor[]): void {
  const own = descriptorsOf(program);
  for (const { tenant, datacenter, provider } of descriptors) {
    if (own.length === 0 || own.some((one) => one["tenant"] === tenant && one["datacenter"] === datacenter && one["provider"] === provider)) continue;
    throw new ByokError("CONFIG_INVALID", `--descriptor has a key in ${provider} of tenant ${tenant}, datacenter ${datacenter}, which this stack does not make: name the descriptors of this stack.`, { tenant });
  }
}

function missingIds(stack: string, missing: readonly string[], { resources }: DeclaredProgram, facts: Facts): ByokError {
  const lines = missing.map((words) => {
    const name = words.slice(words.indexOf(" of ") + " of ".length);
    const command = findingCommand(words, resources, facts);
    return `\n  --id ${name}=ID   the ${words.slice(0, words.indexOf(" of "))}${command === undefined ? "; the cloud's console shows it" : `, from: ${command}`}`;
  });
  return new ByokError(
    "CONFIG_INVALID",
    `Only the clouds know these ids of stack ${stack}; give them, or the service's descriptors (--descriptor), which have most:${lines.join("")}`,
  );
}
