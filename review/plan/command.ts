/**
 * `byok plan`: what a stack will create, and who will be able to do what, before anything is created.
 *
 * @module
 */
import { type Context, type Outcome } from "../../runtime/cli/context.js";
import { ReviewFindingsError } from "../../runtime/cli/review-findings.js";
import { type PlanOptions } from "../../runtime/cli/program/review.js";
import { type StackConfig } from "../../stacks/config.js";
import { readProject } from "../project.js";
import { recordProgram } from "../record/run-program.js";
import { parseDeployer } from "./deployers.js";
import { planOf } from "./plan.js";
import { type Finding } from "./schema.js";
import { planWords } from "./words.js";

/**
 * Reviews a stack. Contacts nothing.
 *
 * @throws ByokError CONFIG_INVALID if project, configuration or program do not make sense
 */
export async function plan(stack: string, options: PlanOptions, { io }: Context): Promise<Outcome> {
  const deployers = (options.deployer ?? []).map(parseDeployer);
  const project = await readProject({ cwd: options.cwd ?? process.cwd(), stack, program: options.program });
  const program = await recordProgram(project, io.signal);
  const config = await parsedConfig(project.config);
  const made = planOf({ project, program, config, deployers, now: new Date() });
  const failing = made.findings.filter(({ severity }) => severity === "error" || (options.strict === true && severity === "warning"));
  return {
    report: { json: made, words: (paint) => planWords(made, paint) },
    ...(failing.length === 0 ? {} : { failure: new ReviewFindingsError(failureMessage(stack, failing)) }),
  };
}

function failureMessage(stack: string, failing: readonly Finding[]): string {
  const errors = failing.filter(({ severity }) => severity === "error").length;
  const counts = [
    ...(errors === 0 ? [] : [`${errors} ${errors === 1 ? "error" : "errors"}`]),
    ...(errors === failing.length ? [] : [`${failing.length - errors} ${failing.length - errors === 1 ? "warning" : "warnings"}`]),
  ];
  return `The plan of ${stack} has ${counts.join(" and ")}, see Findings.`;
}

/** The configuration as this package's own program reads it; undefined if the program is of another shape. */
async function parsedConfig(all: Readonly<Record<string, string>>): Promise<StackConfig | undefined> {
  if (all["byok:tenant"] === undefined) return undefined;
  const { parseStackConfig, StackConfigError } = await import("../../stacks/config.js");
  try {
    return parseStackConfig(all);
  } catch (error) {
    // This package's program would have refused it: it is another one's.
    if (error instanceof StackConfigError) return undefined;
    throw error;
  }
}
