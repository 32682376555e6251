import { invariant, type Job } from '@mxodus/model';

/** Connections of servers in one process: which are free, and which of those are kept for jobs that came first. */
export class Connections {
  readonly #limits: Readonly<Record<string, number>>;
  readonly #free: Map<string, number>;

  constructor(limits: Readonly<Record<string, number>>) {
    this.#limits = limits;
    this.#free = new Map(Object.entries(limits));
  }

  check({ id, connections }: Job): void {
    for (const server of Object.keys(connections)) {
      invariant((this.#limits[server] ?? 0) >= 1, `job ${id} wants server ${server}, which has no limit`);
    }
  }

  take(job: Job): void {
    for (const [server, count] of this.#needsOf(job)) add(this.#free, server, -count);
  }

  giveBack(job: Job): void {
    for (const [server, count] of this.#needsOf(job)) add(this.#free, server, count);
  }

  /** For one look along the line: what is left for each job after those before it. */
  beginLook(): { keep: (job: Job) => boolean } {
    const left = new Map(this.#free);
    return {
      /** Whether it fits. What it needs is kept for it in either case. */
      keep: (job) => {
        const needs = this.#needsOf(job);
        const fits = needs.every(([server, count]) => count <= (left.get(server) ?? 0));
        for (const [server, count] of needs) add(left, server, -count);
        return fits;
      },
    };
  }

  #needsOf({ connections }: Job): [string, number][] {
    return Object.entries(connections).map(([server, count]) => [server, Math.min(count, this.#limits[server] ?? 0)]);
  }
}

function add(counts: Map<string, number>, server: string, by: number): void {
  counts.set(server, (counts.get(server) ?? 0) + by);
}
