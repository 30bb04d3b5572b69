import { ByokError } from "./errors.js";

/**
 * Loads a cloud SDK, which is an optional peer dependency: only the provider that is used is ever loaded.
 *
 * @throws {@link ByokError} CONFIG_INVALID naming the package to install, if it is missing.
 */
export async function loadPeer<T>(packageName: string, provider: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!isMissing(error, packageName)) throw error;
    throw new ByokError("CONFIG_INVALID", `Provider ${provider} needs ${packageName}: npm install ${packageName}`, {
      provider,
      cause: error,
    });
  }
}

function isMissing(error: unknown, packageName: string): boolean {
  return (
    typeof error === "object" &&
    error !== null &&
    "code" in error &&
    (error.code === "MODULE_NOT_FOUND" || error.code === "ERR_MODULE_NOT_FOUND") &&
    "message" in error &&
    typeof error.message === "string" &&
    error.message.includes(packageName)
  );
}
