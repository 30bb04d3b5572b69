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

/** Options of `recover-state`, as they stand on the command line. */
export interface RecoverStateOptions {
  readonly cwd?: string;
  readonly program?: string;
  readonly descriptor?: string;
  readonly id?: readonly string[];
  readonly out?: string;
  readonly force?: boolean;
}

const STACK = "name of the stack; its configuration is Pulumi.STACK.yaml, where the project keeps them";
const CWD = "folder of the Pulumi project (default: this one, or the next above with a Pulumi.yaml)";
const PROGRAM = "another program than the project's, .js or (with tsx installed) .ts";

/** Adds the commands. */
export function addReviewCommands(program: Command, perform: Perform, loadReview: Elsewhere["review"]): void {
  common(program.command("plan"), { mode: false })
    .description("show what a stack will create, who will be able to do what, and where, before anything is created; contacts nothing")
    .argument("<stack>", STACK)
    .option("--cwd <folder>", CWD)
    .option("--program <file>", PROGRAM)
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

  common(program.command("recover-state"), { mode: false })
    .description("lost Pulumi state: write the import file that gives a stack its resources back; contacts nothing")
    .argument("<stack>", STACK)
    .option("--descriptor <file>", "master key descriptors that the service has; they tell ids that the clouds chose")
    .option("--id <name=id>", "id of a resource, by its name in the stack; may be given several times", collect)
    .option("--out <file>", "where the import file goes (default: Pulumi.STACK.import.json in the project's folder)")
    .option("--force", "replace --out if it exists")
    .option("--cwd <folder>", CWD)
    .option("--program <file>", PROGRAM)
    .addHelpText(
      "after",
      `
The keys are where they were; only Pulumi no longer knows them. A plain pulumi up would try to make them again: in AWS a second
key, elsewhere an error, since their names are taken. This writes a file for pulumi import and prints the commands to run, with
the stack's configuration as it was deployed. Ids in Google Cloud and Azure follow from it; a key's id in AWS and the object ids
in Entra are in the service's descriptors, and where they are not, the command that finds them is printed.

  $ byok recover-state acme-eu --descriptor acme.keys.json
  $ pulumi stack init acme-eu
  $ pulumi import --file Pulumi.acme-eu.import.json --generate-code=false --yes --stack acme-eu
  $ pulumi preview --diff --stack acme-eu && pulumi up --stack acme-eu

Nothing in a cloud changes by that. Importing protects everything and retains nothing; the next pulumi up puts both right.`,
    )
    .action(async (stack: string, options: RecoverStateOptions & CommonOptions) => {
      await perform(options.json === true, async (context) => (await loadReview()).recoverState(stack, options, context));
    });
}
