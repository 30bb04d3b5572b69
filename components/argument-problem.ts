/**
 * What is wrong with arguments, as data: components say it by the argument's name, a stack's configuration by its key.
 *
 * @module
 */

/** Path of the member from the arguments down, and what is wrong with it. Paths begin with a name. */
export type ArgumentProblem = readonly [path: readonly (string | number)[], rule: string];

/** A path as it is written in TypeScript: `existing.key`, `replicaRegions[1]`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.map((part, index) => (typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`)).join("");
}

/** `existing.key: what is wrong with it`. */
export function problemText([path, rule]: ArgumentProblem): string {
  return `${pathText(path)}: ${rule}`;
}

/**
 * Problems of a list with 1 to `max` entries, none of them twice.
 *
 * @param listRule - what the list must be, in words
 * @param problemOf - what is wrong with an entry; `undefined` if nothing is
 */
export function listProblems(
  path: readonly string[],
  given: unknown,
  max: number,
  listRule: string,
  problemOf: (entry: unknown) => string | undefined,
): ArgumentProblem[] {
  if (!Array.isArray(given) || given.length < 1 || given.length > max) return [[path, listRule]];
  const list: readonly unknown[] = given;
  return list.flatMap((entry, index): ArgumentProblem[] => {
    const problem = problemOf(entry) ?? (list.indexOf(entry) === index ? undefined : "is there twice");
    return problem === undefined ? [] : [[[...path, index], problem]];
  });
}
