/**
 * Arguments as they can be pasted into a shell.
 *
 * @module
 */
import { quotePath } from "./file-error.js";

/**
 * A path, or a word with a path in it, as one argument for a POSIX shell: quoted only if it has to be, `./` before a dash
 * that would make it a flag, and $'...' (bash, zsh, ksh, POSIX.1-2024) for characters that would steer the terminal.
 */
export function shellQuote(argument: string): string {
  const word = argument.startsWith("-") && argument !== "-" ? `./${argument}` : argument;
  // Not `=` first: zsh would look for a command of that name.
  if (/^[\w@%+:,./][\w@%+=:,./-]*$/.test(word)) return word;
  // A double quote is all that quotePath marks and a shell's single quotes still keep harmless.
  if (quotePath(word.replaceAll('"', "")) === word.replaceAll('"', "")) return `'${word.replaceAll("'", "'\\''")}'`;
  return `$'${Array.from(word, escaped).join("")}'`;
}

function escaped(character: string): string {
  if (/^[\w@%+=:,./ -]$/.test(character)) return character;
  return Array.from(Buffer.from(character, "utf8"), (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}
