/** What the engine says it does, step by step. */

/** One step of a preview or an update. */
export interface Step {
  readonly op: string;
  readonly urn: string;
  readonly replaceReasons?: readonly string[];
}

/** The steps of `pulumi preview --json`. */
export function previewSteps(stdout: string): readonly Step[] {
  return (JSON.parse(stdout) as { steps: Step[] }).steps;
}

/** The steps of `pulumi up --json`, which prints an event per line. */
export function updateSteps(stdout: string): readonly Step[] {
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .flatMap((line) => {
      const { resourcePreEvent: event } = JSON.parse(line) as { resourcePreEvent?: { metadata: Step } };
      return event === undefined ? [] : [event.metadata];
    });
}

/** The name that a URN ends with. */
export function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}

/** The type of a URN's resource, without those of its parents. */
export function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}
