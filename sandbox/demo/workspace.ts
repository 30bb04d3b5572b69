import { chmod, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Removes the temporary copies. A restored folder may be read-only to its owner, who then cannot empty it either. */
export async function removeWorkspace(folder: string): Promise<void> {
  await openFolders(folder);
  await rm(folder, { recursive: true, force: true });
}

/** Before and not after a failed removal: that goes on in the background, and folders would vanish under this. */
async function openFolders(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await openFolders(join(folder, entry.name));
  }
}
