/**
 * Whether the engine runs hooks: functions of the program that it calls before it changes a resource, and when that failed.
 *
 * @module
 */
import * as pulumi from "@pulumi/pulumi";

/** What the SDK notes about the engine when the program starts. @pulumi/pulumi, runtime/settings.js, awaitFeatureSupport. */
interface EngineFeatures {
  readonly supportsResourceHooks?: boolean;
  readonly supportsErrorHooks?: boolean;
}

/** Kinds of hooks that can be registered now: none under mocks, fewer with an older CLI or SDK. */
export function engineHooks(): { readonly resource: boolean; readonly error: boolean } {
  const { asyncLocalStorage, globalStore } = globalThis as unknown as {
    readonly asyncLocalStorage?: { getStore(): EngineFeatures | undefined };
    readonly globalStore?: EngineFeatures;
  };
  const features = asyncLocalStorage?.getStore() ?? globalStore ?? {};
  // Mocks claim to support everything, and have no such calls.
  const monitor = (pulumi.runtime.getMonitor() ?? {}) as unknown as Readonly<Record<string, unknown>>;
  const sdk = pulumi as unknown as Readonly<Record<string, unknown>>;
  const has = (call: string, type: string): boolean => typeof monitor[call] === "function" && typeof sdk[type] === "function";
  return {
    resource: features.supportsResourceHooks === true && has("registerResourceHook", "ResourceHook"),
    error: features.supportsErrorHooks === true && has("registerErrorHook", "ErrorHook"),
  };
}
