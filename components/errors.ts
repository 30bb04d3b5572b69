/**
 * Errors of components: bad arguments, and things that are there already and do not fit.
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

/**
 * What the arguments adopt is there, and does not fit. Thrown before anything is granted on it, and nothing about it was
 * changed. A `RunError`, like {@link InvalidArgsError}.
 */
export class UnfitResourceError extends RunError {
  override readonly name = "UnfitResourceError";
  /** One entry per thing that does not fit, each with what to do about it. */
  readonly misfits: readonly string[];

  /**
   * @param what - the resource, e.g. `key projects/...`
   */
  constructor(component: string, resourceName: string, what: string, misfits: readonly string[]) {
    super(`${component} ${resourceName}: ${what} cannot be adopted:${misfits.map((misfit) => `\n  ${misfit}`).join("")}`);
    this.misfits = misfits;
  }
}
