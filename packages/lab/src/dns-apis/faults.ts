/**
 * What can go wrong with a call.
 *
 *   kind         what happens
 *   cut-before   the connection is cut, nothing was done
 *   cut-after    the change is made, then the connection is cut
 *   keep-old     it is answered as done, but the old records stay
 *   status       it is answered with this status, nothing was done
 */
export type ApiFault = {
  on: 'read' | 'write';
  /** How many calls of this kind go well before. */
  skip?: number;
  /** How many go wrong; default 1. */
  times?: number;
} & (
  | { kind: 'cut-before' | 'cut-after' | 'keep-old' }
  | { kind: 'status'; status: number; headers?: Readonly<Record<string, string>>; body?: string }
);

export class FaultQueue {
  #planned: { fault: ApiFault; skip: number; times: number }[] = [];

  add(fault: ApiFault): void {
    this.#planned.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 });
  }

  take(on: ApiFault['on']): ApiFault | null {
    const next = this.#planned.find(({ fault }) => fault.on === on);
    if (next === undefined) return null;
    if (next.skip > 0) {
      next.skip -= 1;
      return null;
    }
    next.times -= 1;
    if (next.times === 0) this.#planned = this.#planned.filter((planned) => planned !== next);
    return next.fault;
  }
}
