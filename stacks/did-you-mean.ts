/**
 * "Did you mean ...?" for misspelt configuration.
 *
 * @module
 */

/** Farther than this is another word, not a typing error. */
const MAX_DISTANCE = 2;

/**
 * The candidate nearest to what was typed, ignoring case; `undefined` if none is within two edits, or if no letter would
 * survive them.
 */
export function nearest(typed: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(typed.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= MAX_DISTANCE && distance < Math.min(typed.length, candidate.length))
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

/** ` (did you mean "x"?)`, or nothing. */
export function suggestion(typed: string, candidates: readonly string[]): string {
  const candidate = nearest(typed, candidates);
  return candidate === undefined ? "" : ` (did you mean "${candidate}"?)`;
}

/** Levenshtein distance: the fewest insertions, deletions and replacements of one character that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, fromA] of a.split("").entries()) {
    const current = [row + 1];
    for (const [column, fromB] of b.split("").entries()) {
      const replace = (previous[column] ?? 0) + (fromA === fromB ? 0 : 1);
      current.push(Math.min(replace, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}
