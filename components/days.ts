/**
 * Arguments that are numbers of days.
 *
 * @module
 */
import { type ArgumentProblem } from "./argument-problem.js";

/** The problem of `days` that are no whole number within the bounds, both allowed; `undefined` days are a default. */
export function daysProblems(argument: string, days: number | undefined, min: number, max: number): ArgumentProblem[] {
  if (days === undefined || (Number.isInteger(days) && days >= min && days <= max)) return [];
  return [[[argument], `must be a whole number of days from ${min} to ${max}`]];
}
