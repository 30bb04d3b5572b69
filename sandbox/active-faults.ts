/**
 * Injected faults in force, whatever a cloud's faults look like.
 *
 * @module
 */

/** What every cloud's faults have. */
interface Timed {
  /** Milliseconds that a call is held up. */
  readonly latencyMs?: number | undefined;
  /** How many calls it strikes; all until it is cleared if absent. */
  readonly times?: number | undefined;
}

/** The faults in force. */
export class ActiveFaults<Fault extends Timed> {
  #active: { readonly fault: Fault; left: number }[] = [];

  /** Adds a fault behind those in force; the first that matches a call strikes. */
  inject(fault: Fault): void {
    this.#active.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  /** Ends all of them. */
  clear(): void {
    this.#active = [];
  }

  /** Uses up the first fault that matches a call, and holds the call up as long as it says; undefined if none matches. */
  protected async next(matches: (fault: Fault) => boolean): Promise<Fault | undefined> {
    const hit = this.#active.find(({ fault }) => matches(fault));
    if (hit === undefined) return undefined;
    hit.left -= 1;
    if (hit.left <= 0) this.#active = this.#active.filter((entry) => entry !== hit);
    const { latencyMs } = hit.fault;
    if (latencyMs !== undefined && latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
    return hit.fault;
  }
}
