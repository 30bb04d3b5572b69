/**
 * Reviews of what a stack's program declares: `byok plan` and `byok recover-state`.
 *
 * @module
 */
export { plan } from "./plan/command.js";
export { recoverState } from "./recover/command.js";
