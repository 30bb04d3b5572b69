/**
 * The options that every cloud's key has, under the same names.
 *
 * @module
 */
import { Access } from "./access.js";
import { type AlarmsArgs, alarmsProblems } from "./alarms.js";
import { problemText } from "./argument-problem.js";
import { isOneOf, oneOfRule } from "./one-of.js";

/** Options of a tenant's key, whatever cloud it is in. */
export interface KeyOptionsArgs {
  /** Whether the service may use the key; `suspended` withdraws its grant and nothing else. Default: `granted`. */
  access?: Access;
  /** Lets the service read what is known about the key beside using it. The default depends on the cloud. */
  keyMetadata?: boolean;
  /** Records every use of the key in the tenant's own audit log. The default depends on the cloud. */
  auditLog?: boolean;
  /** Tells people when somebody disables the key, or schedules its deletion. Default: nobody is told. */
  alarms?: AlarmsArgs;
}

/** Problems of the options, whatever a program in plain JavaScript has put there. */
export function keyOptionsProblems({ access, keyMetadata, auditLog, alarms }: KeyOptionsArgs): string[] {
  const problems: string[] = [];
  if (access !== undefined && !isOneOf(Access, access)) problems.push(`access: ${oneOfRule(Access)}`);
  for (const [name, value] of Object.entries({ keyMetadata, auditLog })) {
    if (value !== undefined && typeof value !== "boolean") problems.push(`${name}: must be true or false`);
  }
  for (const [path, rule] of alarms === undefined ? [] : alarmsProblems(alarms)) problems.push(problemText([["alarms", ...path], rule]));
  return problems;
}

/** The options that are given, out of arguments with more in them. */
export function keyOptionsOf({ access, keyMetadata, auditLog, alarms }: KeyOptionsArgs): KeyOptionsArgs {
  return {
    ...(access === undefined ? {} : { access }),
    ...(keyMetadata === undefined ? {} : { keyMetadata }),
    ...(auditLog === undefined ? {} : { auditLog }),
    ...(alarms === undefined ? {} : { alarms }),
  };
}
