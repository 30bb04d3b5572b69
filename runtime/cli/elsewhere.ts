/**
 * Commands that stand outside the runtime, which imports neither provisioning nor the sandbox: whoever starts `byok` hands
 * them over, and each is loaded only when it is asked for.
 *
 * @module
 */
import { type Command } from "commander";
import { type Context, type Outcome } from "./context.js";
import { type PlanOptions, type RecoverStateOptions } from "./program/review.js";

/** Reviews of what a stack's program declares. */
export interface Review {
  plan(stack: string, options: PlanOptions, context: Context): Promise<Outcome>;
  recoverState(stack: string, options: RecoverStateOptions, context: Context): Promise<Outcome>;
}

/** Loaders of what is elsewhere. */
export interface Elsewhere {
  /** The `sandbox` command. */
  sandbox(): Promise<Command>;
  /** What `plan` and `recover-state` do. */
  review(): Promise<Review>;
}
