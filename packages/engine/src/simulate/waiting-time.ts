import type { LimitBook } from './limit.ts';
import type { Line } from './line.ts';
import type { MailboxRun } from './mailbox-run.ts';
import type { Resources } from './resources.ts';
import type { Resource } from './share-out.ts';

/** Mailboxes with the same two servers wait for the same thing. */
interface Route {
  /** The server that lets in fewer of them first, of equal ones the destination. */
  servers: readonly { name: string; count: number }[];
  path: readonly Resource[];
  waiting: number;
  /** Number of the limit, since somebody last came, left or changed its rate. */
  because: number;
  /** Seconds since the start by limit, of whoever waits all the time. */
  readonly seconds: number[];
}

/** What those who wait are waiting for. */
export class WaitingTime {
  readonly #line: Line;
  readonly #resources: Resources;
  readonly #limits: LimitBook;
  readonly #routes = new Map<string, Route>();
  readonly #routeOf = new Map<MailboxRun, Route>();
  /** What the seconds of the route were when it began to wait. */
  readonly #before = new Map<MailboxRun, readonly number[]>();

  constructor(
    runs: readonly MailboxRun[],
    { line, resources, limits }: { line: Line; resources: Resources; limits: LimitBook },
  ) {
    this.#line = line;
    this.#resources = resources;
    this.#limits = limits;
    for (const run of runs) {
      this.#routeOf.set(run, this.#routeFor(run));
      this.begin(run);
    }
  }

  begin(run: MailboxRun): void {
    const route = this.#routeOf.get(run);
    if (route === undefined) return;
    route.waiting += 1;
    this.#before.set(run, [...route.seconds]);
  }

  end(run: MailboxRun): void {
    const route = this.#routeOf.get(run);
    if (route === undefined) return;
    route.waiting -= 1;
    const before = this.#before.get(run) ?? [];
    route.seconds.forEach((seconds, limit) => {
      const waited = seconds - (before[limit] ?? 0);
      if (waited > 0) run.heldUp[limit] = (run.heldUp[limit] ?? 0) + waited;
    });
  }

  pass(seconds: number): void {
    for (const route of this.#routes.values()) {
      if (route.waiting === 0) continue;
      route.seconds[route.because] = (route.seconds[route.because] ?? 0) + seconds;
    }
  }

  /** Something has changed. */
  look(): void {
    for (const route of this.#routes.values()) route.because = this.#because(route);
  }

  /** Where something they would share is scarce already, more of them at once would gain nothing. */
  #because({ path, servers }: Route): number {
    const scarce = path.find((resource) => resource.isScarce);
    if (scarce !== undefined) return scarce.limit;
    const { workers } = this.#resources;
    for (const kind of ['cpu', 'memory'] as const) {
      if (workers.every((worker) => worker[kind].isScarce)) return this.#limits.number(kind);
    }
    const full = servers.find(({ name, count }) => this.#line.lacks(name, count));
    if (full !== undefined) return this.#limits.number('connections', full.name);
    return this.#limits.number('places');
  }

  #routeFor({ mailbox: { source, destination }, course }: MailboxRun): Route {
    const key = JSON.stringify([source, destination]);
    const known = this.#routes.get(key);
    if (known !== undefined) return known;
    const servers = course.connections
      .toReversed()
      .map(([name, count]) => ({
        name,
        count,
        room: (this.#resources.servers.get(name)?.server.connections ?? 0) / count,
      }))
      .toSorted((a, b) => a.room - b.room);
    const ends = [source, destination].map((name) => this.#resources.servers.get(name));
    const path = [
      ...ends.flatMap((end) => [end?.bytes, end?.work]),
      ends[1]?.requests,
      this.#resources.ledger,
      this.#resources.machine,
    ];
    const found = path.filter((one) => one !== null && one !== undefined);
    const route: Route = { servers, path: found, waiting: 0, because: 0, seconds: [] };
    this.#routes.set(key, route);
    return route;
  }
}
