import type { Course } from './course.ts';
import type { WorkerResources } from './resources.ts';
import type { Need, Resource, Sharer } from './share-out.ts';
import { Window } from './window.ts';
import type { SimMailbox } from './world.ts';

/**
 *   phase    meaning                                             next
 *   waiting  in line, or not fed yet                             opening
 *   opening  has its place and connections; nothing moves        copying
 *   copying  moves at `rate`                                     held, waiting, asleep, done
 *   held     a window is used up; it keeps its place             copying, waiting
 *   asleep   the same for longer than a slice; it gives its      waiting
 *            place to others
 *   done     all messages are moved                              -
 */
export type Phase = 'waiting' | 'opening' | 'copying' | 'held' | 'asleep' | 'done';

/** Of a message: what is left of the last one by rounding. */
const SMALL_PART = 1e-3;

/** One mailbox on its way. */
export class MailboxRun implements Sharer {
  /** In the list of the world. */
  readonly index: number;
  readonly mailbox: SimMailbox;
  readonly course: Course;
  readonly #windows: readonly Window[];
  phase: Phase = 'waiting';
  left: number;
  moved = 0;
  readonly pace: number;
  /** Of its share; see Sharer. */
  rate: number;
  heldBy: Resource | null = null;
  /** What it goes at now. */
  #rate = 0;
  /** Of the worker that has it. */
  worker = -1;
  needs: readonly Need[];
  sliceEnds = Number.POSITIVE_INFINITY;
  /** When the phase ends by itself; and when something happens to it, which may be the end of its slice. */
  until = Number.POSITIVE_INFINITY;
  due = Number.POSITIVE_INFINITY;
  doneAt = Number.NaN;
  /** Seconds each limit held it up, by number. */
  readonly heldUp: number[] = [];
  #since = 0;
  #by: number;
  #hasBegun = false;

  constructor(index: number, { mailbox, course }: { mailbox: SimMailbox; course: Course }) {
    this.index = index;
    this.mailbox = mailbox;
    this.course = course;
    this.pace = course.pace;
    this.rate = course.pace;
    this.needs = course.needs;
    this.left = mailbox.messages;
    this.#by = course.paceBy;
    this.#windows = course.windows.map((rule) => new Window(rule));
  }

  /** @param opening number of the limit that stands for it */
  open(
    now: number,
    { worker, slice, opening }: { worker: WorkerResources & { number: number }; slice: number; opening: number },
  ): void {
    const { first, later } = this.course.opening;
    const seconds = this.#hasBegun ? later : first;
    this.#hasBegun = true;
    this.#since = now;
    this.#by = opening;
    this.phase = 'opening';
    this.until = now + seconds;
    this.due = this.until;
    // A slice that would end before anything moves would be for nothing.
    this.sliceEnds = now + Math.max(slice, 2 * seconds);
    this.worker = worker.number;
    this.needs = [...this.course.needs, ...needsOfWorker(this.course, worker)];
  }

  /** Its share is given afterwards. */
  copy(now: number): void {
    this.settle(now);
    this.phase = 'copying';
    this.#by = this.course.paceBy;
    this.#goOn(0, Number.POSITIVE_INFINITY);
  }

  /** At the rate of its share. */
  goAt(now: number): void {
    this.settle(now);
    const { rate, heldBy } = this;
    this.#by = heldBy === null ? this.course.paceBy : heldBy.limit;
    this.#goOn(rate, rate > 0 ? Math.min(now + this.left / rate, this.#usedUpAt(now, rate)) : Number.POSITIVE_INFINITY);
  }

  #goOn(rate: number, until: number): void {
    this.#rate = rate;
    this.until = until;
    this.due = Math.min(until, this.sliceEnds);
  }

  /** It gives its place away. */
  leave(now: number, phase: 'waiting' | 'asleep' | 'done'): void {
    this.settle(now);
    this.phase = phase;
    if (phase === 'done') this.doneAt = now;
  }

  /** Counts what happened since the last time. */
  settle(now: number): void {
    const seconds = now - this.#since;
    if (seconds <= 0) return;
    if (this.phase === 'copying' && this.#rate > 0) {
      const moved = Math.min(this.left, this.#rate * seconds);
      this.left -= moved;
      this.moved += moved;
      for (const window of this.#windows) {
        window.spend(this.#since, now, this.#rate);
        if (this.#by === this.course.paceBy) window.unhindered += seconds;
      }
    }
    this.#count(now);
  }

  get isMoved(): boolean {
    return this.left <= SMALL_PART;
  }

  /**
   * Begins to wait for the window that is used up for the longest, and returns false when none is. What went before it in that window was
   * held up by it as well.
   */
  hold(now: number): boolean {
    let last: Window | null = null;
    for (const window of this.#windows) {
      if (window.isUsedUp(now) && (last === null || window.endsAt > last.endsAt)) last = window;
    }
    if (last === null) return false;
    const { limit } = last.rule;
    const { paceBy } = this.course;
    const before = Math.min(last.unhindered, this.heldUp[paceBy] ?? 0);
    this.heldUp[paceBy] = (this.heldUp[paceBy] ?? 0) - before;
    this.heldUp[limit] = (this.heldUp[limit] ?? 0) + before;
    for (const window of this.#windows) window.unhindered = 0;
    this.#by = limit;
    this.phase = 'held';
    this.#goOn(0, last.endsAt);
    return true;
  }

  #usedUpAt(now: number, rate: number): number {
    let at = Number.POSITIVE_INFINITY;
    for (const window of this.#windows) at = Math.min(at, window.usedUpAt(now, rate));
    return at;
  }

  #count(now: number): void {
    const seconds = now - this.#since;
    this.#since = now;
    if (seconds > 0 && this.phase !== 'waiting' && this.phase !== 'done') {
      this.heldUp[this.#by] = (this.heldUp[this.#by] ?? 0) + seconds;
    }
  }
}

function needsOfWorker({ cpuPerMessage, bytesHeld }: Course, { cpu, memory, machine }: WorkerResources): Need[] {
  const needs: Need[] = [
    { resource: cpu, perMessage: cpuPerMessage },
    { resource: memory, perMessage: bytesHeld },
  ];
  if (machine !== null) needs.push({ resource: machine, perMessage: cpuPerMessage });
  return needs.filter(({ perMessage }) => perMessage > 0);
}
