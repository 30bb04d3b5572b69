/**
 * Plain text in columns.
 *
 * @module
 */

/** A column: its head, and about how wide it may get. Words are never broken: one that is longer makes its column wider. */
export interface Column {
  readonly head: string;
  readonly width: number;
}

/** Rows under a head. Cells that are longer than their column go on in the next line; nothing comes after the last column. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return ["  none"];
  const wrapped = [columns.map(({ head }) => head), ...rows].map((row) => row.map((cell, index) => wrap(cell, columns[index]?.width ?? 0)));
  const widths = columns.map((_, index) => Math.max(...wrapped.flatMap((row) => (row[index] ?? []).map(({ length }) => length))));
  return wrapped.flatMap((row) => {
    const height = Math.max(...row.map(({ length }) => length));
    return Array.from({ length: height }, (_, line) =>
      `  ${row.map((cell, index) => (cell[line] ?? "").padEnd(widths[index] ?? 0)).join("  ")}`.trimEnd(),
    );
  });
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
