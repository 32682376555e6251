import { Feed } from './feed.ts';
import type { MailboxRun } from './mailbox-run.ts';
import type { SimFleet, SimServer } from './world.ts';

/** Connections at one server; counted down while the line is gone through. */
export interface Room {
  free: number;
  /** What nobody has and nobody in line keeps; below zero: so many are missing. */
  unreserved: number;
}

/**
 * Who waits, and who may begin: first come first served, when a worker has a place and all servers have the connections. One that does
 * not fit yet keeps what it needs from those behind it. A mailbox whose slice is over goes to the end of the line.
 */
export class Line {
  readonly #runs: readonly MailboxRun[];
  readonly #feed: Feed;
  readonly #rooms: ReadonlyMap<string, Room>;
  readonly #running: number[];
  #waiting: MailboxRun[] = [];
  #freePlaces: number;

  constructor(runs: readonly MailboxRun[], servers: readonly SimServer[], { workers, places }: SimFleet) {
    this.#runs = runs;
    this.#feed = new Feed(
      runs.map(({ mailbox }) => mailbox),
      workers * places,
    );
    this.#rooms = new Map(servers.map(({ name, connections: free }) => [name, { free, unreserved: free }]));
    this.#running = Array.from({ length: workers }, () => 0);
    this.#freePlaces = workers * places;
  }

  /** @param begin called with each that begins now, and the number of its worker */
  start(begin: (run: MailboxRun, worker: number) => void): void {
    this.#topUp();
    for (const room of this.#rooms.values()) room.unreserved = room.free;
    const kept: MailboxRun[] = [];
    let index = 0;
    for (; index < this.#waiting.length && this.#freePlaces > 0 && this.#isRoomLeft(); index += 1) {
      const run = this.#waiting[index];
      if (run === undefined) break;
      if (this.#reserve(run)) {
        begin(run, this.#take(run));
        this.#topUp();
      } else kept.push(run);
    }
    if (index > 0)
      this.#waiting = kept.length === 0 ? this.#waiting.slice(index) : [...kept, ...this.#waiting.slice(index)];
  }

  /** It leaves its place: for the end of the line, or the queue. */
  leave(run: MailboxRun, then: 'waits' | 'is out'): void {
    this.#running[run.worker] = (this.#running[run.worker] ?? 0) - 1;
    this.#freePlaces += 1;
    for (const [server, count] of run.course.connections) this.#give(server, count);
    if (then === 'waits') this.#waiting.push(run);
    else this.#feed.left(run.index);
  }

  comeBack(run: MailboxRun): void {
    this.#feed.cameBack(run.index);
    this.#waiting.push(run);
  }

  get hasFreePlace(): boolean {
    return this.#freePlaces > 0;
  }

  /** The server has not so many connections for one more. */
  lacks(server: string, count: number): boolean {
    return (this.#rooms.get(server)?.unreserved ?? 0) < count;
  }

  #topUp(): void {
    for (let index = this.#feed.next(); index !== null; index = this.#feed.next()) {
      const run = this.#runs[index];
      if (run !== undefined) this.#waiting.push(run);
    }
  }

  /** Whether it fits; its connections are kept for it in any case. */
  #reserve(run: MailboxRun): boolean {
    let fits = true;
    for (const [server, count] of run.course.connections) {
      const room = this.#rooms.get(server);
      if (room === undefined) continue;
      fits &&= count <= room.unreserved;
      room.unreserved -= count;
    }
    return fits;
  }

  #isRoomLeft(): boolean {
    for (const { unreserved } of this.#rooms.values()) if (unreserved > 0) return true;
    return false;
  }

  #give(server: string, count: number): void {
    const room = this.#rooms.get(server);
    if (room !== undefined) room.free += count;
  }

  /** By the worker with the fewest. */
  #take(run: MailboxRun): number {
    let worker = 0;
    this.#running.forEach((running, index) => {
      if (running < (this.#running[worker] ?? 0)) worker = index;
    });
    this.#running[worker] = (this.#running[worker] ?? 0) + 1;
    this.#freePlaces -= 1;
    for (const [server, count] of run.course.connections) this.#give(server, -count);
    return worker;
  }
}
