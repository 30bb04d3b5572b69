import { readdir } from "node:fs/promises";

/**
 * What a refused command left of its target in `folder`: the target itself, or what it was building beside it
 * (`TARGET.partial-*`).
 */
export async function leftBehind(folder: string, target: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith(target));
}
