/**
 * ISO 8601 durations in years, months and days, as rotation policies have them (`P90D`, `P1Y6M`).
 *
 * @module
 */

interface Duration {
  readonly years: number;
  readonly months: number;
  readonly days: number;
}

const DURATION = /^P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})D)?$/;

/** True for a duration that policies can have. */
export function isDuration(text: string): boolean {
  return DURATION.test(text);
}

/** A point in time moved forward; epoch milliseconds. Months end where the calendar ends them. */
export function addDuration(time: number, duration: string): number {
  return move(time, parse(duration), 1);
}

/** A point in time moved back. */
export function subtractDuration(time: number, duration: string): number {
  return move(time, parse(duration), -1);
}

function parse(text: string): Duration {
  const match = DURATION.exec(text);
  if (match === null) throw new Error(`"${text}" is not a duration`);
  return { years: Number(match[1] ?? 0), months: Number(match[2] ?? 0), days: Number(match[3] ?? 0) };
}

function move(time: number, { years, months, days }: Duration, sign: 1 | -1): number {
  const date = new Date(time);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + sign * (years * 12 + months));
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  date.setUTCDate(date.getUTCDate() + sign * days);
  return date.getTime();
}
