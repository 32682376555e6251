/** A right that one process holds; it ends with the process, however that dies. */
export interface Lease {
  release(): Promise<void>;
}

export interface Leases {
  /** Throws BUSY when another process holds it. */
  acquire(name: string): Promise<Lease>;
}

/**
 * A lease that ends by itself when its holder does not renew it, and a number that grows with every holder (a fencing token): what is
 * written under an earlier epoch is refused. The holder renews it by itself until it is released or lost. A lease that was lost stays
 * lost.
 */
export interface FencedLease extends Lease {
  readonly name: string;
  /** Grows with each acquisition, over all names. */
  readonly epoch: number;
  /**
   * For how many milliseconds from now nobody else can have it, by this process's own clocks (both the monotonic one and the wall
   * clock: one of them stands still while a machine is suspended). 0: it is lost, or may be.
   */
  heldForMs(): number;
  /** Aborts with LEASE_LOST when it is lost. */
  readonly lost: AbortSignal;
}

/**
 * Names are paths: `acme` holds everything below it. A lease is refused while another one equal, above or below it is held, so a cutover
 * that holds the project shuts out the workers on its mailboxes, and the other way round. Whoever gets a lease ends what expired below it.
 */
export interface FencedLeases extends Leases {
  /** Throws BUSY when another process holds it, or one above or below it. */
  acquire(name: string): Promise<FencedLease>;
  /** Who holds it, or one above or below it, for people to read; null: nobody. */
  holder(name: string): Promise<string | null>;
}
