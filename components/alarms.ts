/**
 * Who is told when somebody disables the key, or schedules its deletion.
 *
 * @module
 */
import { type ArgumentProblem, listProblems } from "./argument-problem.js";

/** Recipients of alarms. */
export interface AlarmsArgs {
  /** 1 to 10 e-mail addresses, of people of the tenant; the cloud asks each of them once to confirm, where it does so. */
  emails: string[];
}

/** As many as every cloud takes: the fewest, Azure's action groups take 1,000; ten people are a mailing list. */
const MAX_EMAILS = 10;

/** Good enough to find typing errors: one @, a dot in the domain, no blanks. RFC 5321 section 4.5.3.1.3 for the length. */
const EMAIL = /^[^\s@]{1,64}@[^\s@]+\.[^\s@.]{2,}$/;
const MAX_EMAIL = 254;

/** Problems of alarms, by paths that begin with `emails`. */
export function alarmsProblems({ emails }: AlarmsArgs): ArgumentProblem[] {
  return listProblems(["emails"], emails, MAX_EMAILS, `must be a list of 1 to ${MAX_EMAILS} e-mail addresses`, (email) =>
    typeof email === "string" && email.length <= MAX_EMAIL && EMAIL.test(email) ? undefined : "must be an e-mail address such as security@example.com",
  );
}
