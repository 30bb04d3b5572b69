/**
 * The command line of the sandbox.
 *
 * @module
 */
export { sandboxCommand } from "./command.js";
