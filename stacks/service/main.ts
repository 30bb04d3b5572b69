/**
 * The program as a project of its own: Pulumi runs only what is in the project's folder.
 *
 * @module
 */
export * from "../service.js";
