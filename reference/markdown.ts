/**
 * Markdown, as far as the reference needs it.
 *
 * @module
 */

/** Every generated file begins with this: nobody should edit one by hand. */
export const GENERATED = "<!-- Written by `npm run docs` from the sources. Change those, not this file. -->";

/** A table; cells are Markdown on one line. Columns that are empty in every row are left out. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const kept = head.map((_, column) => rows.some((row) => (row[column] ?? "") !== ""));
  const line = (cells: readonly string[]): string => `| ${cells.filter((_, column) => kept[column] === true).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map((row) => line(row.map(cell)))].join("\n");
}

/** Text on one line that cannot end a table's cell. */
function cell(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|").trim();
}

/** Code within a sentence. */
export function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}

/** A block of code. */
export function block(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

/** The anchor that readers of Markdown make of a heading of plain words. */
export function anchor(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^\w\- ]/g, "").replaceAll(" ", "-");
}

/** Paragraphs, one empty line apart, and one at the end. */
export function page(...paragraphs: readonly string[]): string {
  return `${paragraphs.filter((paragraph) => paragraph !== "").join("\n\n")}\n`;
}
