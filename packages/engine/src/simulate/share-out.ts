/** Something that several mailboxes share, and how much of it there is a second. */
export class Resource {
  /** Number of the limit it stands for. */
  readonly limit: number;
  readonly capacity: number;
  /** What those who use it now would take at their own pace. */
  wanted = 0;
  /** There is less than is wanted, and it is what holds somebody up. */
  isScarce = false;
  /** While it is shared out, and can run out yet: who wants it, what is left of it for those not served yet, and what they want. */
  isOpen = false;
  readonly sharers: Sharer[] = [];
  free = 0;
  open = 0;

  constructor(limit: number, capacity: number) {
    this.limit = limit;
    this.capacity = capacity;
  }

  get isOverbooked(): boolean {
    return this.wanted > this.capacity * (1 + ROUNDING);
  }
}

const ROUNDING = 1e-9;

export interface Need {
  resource: Resource;
  perMessage: number;
}

export interface Sharer {
  /** Messages a second at its own pace. */
  readonly pace: number;
  readonly needs: readonly Need[];
  /** Messages a second that it gets, and what holds it below its own pace (null: nothing). */
  rate: number;
  heldBy: Resource | null;
}

/**
 * Everybody gets the same part of its own pace until something runs out; who needs that stays there, the others go on (max-min fairness,
 * weighted by pace).
 *
 * @param overbooked those of which more is wanted than there is: only they can run out
 */
export function shareOut(sharers: Iterable<Sharer>, overbooked: readonly Resource[]): void {
  for (const resource of overbooked) {
    resource.isOpen = true;
    resource.sharers.length = 0;
    resource.open = 0;
    resource.free = resource.capacity;
  }
  for (const sharer of sharers) {
    sharer.rate = sharer.pace;
    sharer.heldBy = null;
    for (const { resource, perMessage } of sharer.needs) {
      if (!resource.isOpen) continue;
      resource.open += sharer.pace * perMessage;
      resource.sharers.push(sharer);
    }
  }
  for (let scarce = scarcest(overbooked); scarce !== null; scarce = scarcest(overbooked)) {
    scarce.isScarce = true;
    scarce.isOpen = false;
    serve(scarce);
  }
  for (const resource of overbooked) resource.isOpen = false;
}

/** Gives those who want it their part, and takes what they need otherwise from the rest. */
function serve(scarce: Resource): void {
  const part = Math.max(0, scarce.free / scarce.open);
  for (const sharer of scarce.sharers) {
    if (sharer.heldBy !== null) continue;
    sharer.rate = part * sharer.pace;
    sharer.heldBy = scarce;
    for (const { resource, perMessage } of sharer.needs) {
      if (!resource.isOpen) continue;
      resource.free -= sharer.rate * perMessage;
      resource.open -= sharer.pace * perMessage;
    }
  }
}

/** The one that runs out first; null: none does. */
function scarcest(overbooked: readonly Resource[]): Resource | null {
  let scarce: Resource | null = null;
  let part = 1 - ROUNDING;
  for (const resource of overbooked) {
    const { isOpen, open, free, capacity } = resource;
    if (!isOpen || open <= capacity * ROUNDING || free >= open * part) continue;
    scarce = resource;
    part = free / open;
  }
  return scarce;
}
