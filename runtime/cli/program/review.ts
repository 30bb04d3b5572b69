/**
 * `byok plan` and `byok recover-state`: names, flags and help.
 *
 * @module
 */
import { type Command } from "commander";
import { type Elsewhere } from "../elsewhere.js";
import { collect, common, type CommonOptions, type Perform } from "./flags.js";

/** Options of `plan`, as they stand on the command line. */
export interface PlanOptions {
  readonly cwd?: string;
  readonly program?: string;
  readonly deployer?: readonly string[];
  readonly strict?: boolean;
}

const STACK = "name of the stack; its configuration is Pulumi.STACK.yaml, where the project keeps them";
const CWD = "folder of the Pulumi project (default: this one, or the next above with a Pulumi.yaml)";

/** Adds the commands. */
export function addReviewCommands(program: Command, perform: Perform, loadReview: Elsewhere["review"]): void {
  common(program.command("plan"), { mode: false })
    .description("show what a stack will create, who will be able to do what, and where, before anything is created; contacts nothing")
    .argument("<stack>", STACK)
    .option("--cwd <folder>", CWD)
    .option("--program <file>", "another program than the project's, .js or (with tsx installed) .ts")
    .option("--deployer <cloud=id>", "who runs pulumi up: aws=ARN, gcp=EMAIL, azure=OBJECT_ID or CLIENT_ID; may be given several times", collect)
    .option("--strict", "exit with 7 on warnings too")
    .addHelpText(
      "after",
      `
Runs the project's program without the Pulumi engine and without credentials, and reads off what it declares. The tables say
what will exist and what deletes it, who may do what on which resource and through which, where keys are and whether that
keeps the datacenter's residency, and how the key is taken away. What only the cloud knows (ids it chooses, whether something
adopted fits) is for pulumi preview.

Findings are errors (exit code 7: anybody at all would get in), warnings (7 with --strict) and infos.
For a pipeline:  byok plan acme-eu --strict --json --deployer aws=arn:aws:iam::111122223333:role/deploy`,
    )
    .action(async (stack: string, options: PlanOptions & CommonOptions) => {
      await perform(options.json === true, async (context) => (await loadReview()).plan(stack, options, context));
    });
}
