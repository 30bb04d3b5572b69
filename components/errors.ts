/**
 * The error of bad component arguments.
 *
 * @module
 */
import { RunError } from "@pulumi/pulumi";

/**
 * Arguments were refused, before any resource was registered. A `RunError`, which Pulumi prints as its message alone,
 * without a stack trace: the message says where and what.
 */
export class InvalidArgsError extends RunError {
  override readonly name = "InvalidArgsError";
  /** One entry per problem, each beginning with the argument's name. */
  readonly problems: readonly string[];

  constructor(component: string, resourceName: string, problems: readonly string[]) {
    super(`${component} ${resourceName}:${problems.map((problem) => `\n  ${problem}`).join("")}`);
    this.problems = problems;
  }
}
