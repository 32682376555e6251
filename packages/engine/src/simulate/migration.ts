import { invariant } from '@mxodus/model';
import { courseOf } from './course.ts';
import { LimitBook } from './limit.ts';
import { Line } from './line.ts';
import { MailboxRun, type Phase } from './mailbox-run.ts';
import { type Resources, resourcesOf } from './resources.ts';
import { shareOut } from './share-out.ts';
import { WaitingTime } from './waiting-time.ts';
import type { World } from './world.ts';

const PLACED: ReadonlySet<Phase> = new Set(['opening', 'copying', 'held']);

/**
 * Lets the mailboxes of a world be moved, as a flow and not message by message: between two moments nothing changes, and a moment is
 * where a mailbox begins or ends, or where its slice or a window is used up.
 */
export class Migration {
  readonly limits = new LimitBook();
  readonly runs: readonly MailboxRun[];
  readonly #grain: number;
  readonly #slice: number;
  readonly #opening: number;
  readonly #resources: Resources;
  readonly #line: Line;
  readonly #waiting: WaitingTime;
  #placed: MailboxRun[] = [];
  readonly #asleep = new Set<MailboxRun>();
  readonly #copying = new Set<MailboxRun>();
  /** Those that copy and have no rate yet. */
  #joined: MailboxRun[] = [];
  /** Somebody left its place, or woke up; somebody began or ceased to copy. */
  #isRoomNew = true;
  #isLoadNew = false;
  #isCrowded = false;
  #nextWake = Number.POSITIVE_INFINITY;
  now = 0;
  moments = 0;
  /** Seconds of mailboxes at a place. */
  placedSeconds = 0;

  /** @param grain moments so close together, in seconds, are looked at as one */
  constructor(world: World, grain: number) {
    this.#grain = grain;
    const { fleet, servers, mailboxes } = world;
    this.#slice = fleet.slice;
    this.#opening = this.limits.number('opening');
    this.#resources = resourcesOf(world, this.limits);
    const ground = { fleet, resources: this.#resources, limits: this.limits };
    this.runs = mailboxes.map(
      (mailbox, index) => new MailboxRun(index, { mailbox, course: courseOf(mailbox, ground) }),
    );
    this.#line = new Line(this.runs, servers, fleet);
    this.#waiting = new WaitingTime(this.runs, { line: this.#line, resources: this.#resources, limits: this.limits });
  }

  /** To the end. */
  run(): void {
    let open = this.runs.length;
    while (open > 0) {
      const hasChanged = this.#isRoomNew || this.#isLoadNew;
      if (this.#isRoomNew) this.#line.start((run, worker) => this.#place(run, worker));
      if (this.#isLoadNew) this.#giveRates();
      if (hasChanged) this.#waiting.look();
      this.#isRoomNew = false;
      this.#isLoadNew = false;
      this.#pass();
      for (const run of this.#placed) {
        if (run.due > this.now) continue;
        this.#step(run);
        if (run.phase === 'done') open -= 1;
      }
      if (this.#isRoomNew) this.#placed = this.#placed.filter(({ phase }) => PLACED.has(phase));
      if (this.#nextWake <= this.now) this.#wake();
    }
  }

  #place(run: MailboxRun, number: number): void {
    const worker = this.#resources.workers[number];
    invariant(worker !== undefined, 'a place is at one of the workers');
    this.#waiting.end(run);
    this.#placed.push(run);
    run.open(this.now, { worker: { ...worker, number }, slice: this.#slice, opening: this.#opening });
  }

  #pass(): void {
    let next = this.#nextWake;
    for (const { due } of this.#placed) if (due < next) next = due;
    invariant(next < Number.POSITIVE_INFINITY, 'somebody is on the way while not all are done');
    const atOnce = next + this.#grain;
    for (const { due } of this.#placed) if (due > next && due <= atOnce) next = due;
    const seconds = next - this.now;
    this.#waiting.pass(seconds);
    this.placedSeconds += seconds * this.#placed.length;
    this.now = next;
    this.moments += 1;
  }

  #step(run: MailboxRun): void {
    run.settle(this.now);
    if (run.phase === 'opening') this.#join(run);
    else if (run.phase === 'copying' && run.isMoved) this.#leave(run, 'done');
    else if (run.sliceEnds <= this.now) this.#leave(run, 'waiting');
    else if (run.phase === 'held') this.#join(run);
    else if (run.hold(this.now)) this.#holdUp(run);
    // A window that was used up and over within one grain.
    else run.goAt(this.now);
  }

  #holdUp(run: MailboxRun): void {
    this.#quit(run);
    if (run.until - this.now >= this.#slice) this.#leave(run, 'asleep');
  }

  #leave(run: MailboxRun, phase: 'waiting' | 'asleep' | 'done'): void {
    this.#quit(run);
    this.#isRoomNew = true;
    run.leave(this.now, phase);
    this.#line.leave(run, phase === 'waiting' ? 'waits' : 'is out');
    if (phase === 'waiting') this.#waiting.begin(run);
    if (phase !== 'asleep') return;
    this.#asleep.add(run);
    this.#nextWake = Math.min(this.#nextWake, run.until);
  }

  #wake(): void {
    this.#nextWake = Number.POSITIVE_INFINITY;
    for (const run of this.#asleep) {
      if (run.until > this.now) {
        this.#nextWake = Math.min(this.#nextWake, run.until);
        continue;
      }
      this.#asleep.delete(run);
      this.#isRoomNew = true;
      run.leave(this.now, 'waiting');
      this.#line.comeBack(run);
      this.#waiting.begin(run);
    }
  }

  #join(run: MailboxRun): void {
    run.copy(this.now);
    // With nothing scarce it goes at its own pace.
    run.rate = run.pace;
    run.heldBy = null;
    this.#copying.add(run);
    this.#joined.push(run);
    this.#isLoadNew = true;
    for (const { resource, perMessage } of run.needs) resource.wanted += run.pace * perMessage;
  }

  #quit(run: MailboxRun): void {
    if (!this.#copying.delete(run)) return;
    this.#isLoadNew = true;
    for (const { resource, perMessage } of run.needs) resource.wanted -= run.pace * perMessage;
  }

  /** While nothing is scarce, nobody's rate depends on the others. */
  #giveRates(): void {
    const wasCrowded = this.#isCrowded;
    for (const resource of this.#resources.all) resource.isScarce = false;
    const overbooked = this.#resources.all.filter((resource) => resource.isOverbooked);
    this.#isCrowded = overbooked.length > 0;
    if (this.#isCrowded || wasCrowded) {
      shareOut(this.#copying, overbooked);
      for (const run of this.#copying) run.goAt(this.now);
    } else {
      for (const run of this.#joined) if (this.#copying.has(run)) run.goAt(this.now);
    }
    this.#joined = [];
  }
}
