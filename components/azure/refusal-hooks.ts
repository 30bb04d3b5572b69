/**
 * Hooks that the engine calls when Azure has refused something.
 *
 * @module
 */
import * as pulumi from "@pulumi/pulumi";

import { engineHooks } from "./engine-hooks.js";

/** Resource options with what is done about a refusal; none where the engine runs no such hooks. */
export interface RefusalOptions {
  readonly hooks?: pulumi.ResourceHookBinding;
}

/**
 * Explains refusals that people can do something about.
 *
 * @param hookName - unique in the program
 * @param advice - what to do about a refusal; `undefined` where Azure's own words must do
 * @param retry - whether to try again instead, given all refusals so far, the newest first
 */
export function explained(
  parent: pulumi.Resource,
  hookName: string,
  advice: (refusal: string) => string | undefined,
  retry: (refusals: readonly string[]) => Promise<boolean> = () => Promise.resolve(false),
): RefusalOptions {
  if (!engineHooks().error) return {};
  const hook = new pulumi.ErrorHook(hookName, async ({ errors }) => {
    if (await retry(errors)) return true;
    const text = advice(errors[0] ?? "");
    if (text !== undefined) await pulumi.log.error(text, parent);
    return false;
  });
  return { hooks: { onError: [hook] } };
}
