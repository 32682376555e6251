import type { JobState, Run, RunTask } from '@mxodus/model';

export interface FeedTask
  extends Pick<RunTask, 'id' | 'runId' | 'messages' | 'wave' | 'firstAt' | 'notBefore' | 'ended'> {
  /** Tasks of one line wait for the same connections: those of another need not wait behind them. Of one project each. */
  line: string;
}

/** What projects have left of their turns, in messages; the first one's turn it is. */
export type FeedCredit = readonly { project: string; messages: number }[];

export interface FeedState {
  runs: readonly Pick<Run, 'id' | 'project' | 'state'>[];
  tasks: readonly FeedTask[];
  /** Tasks that have a job in the queue. */
  inQueue: ReadonlyMap<number, JobState>;
  /** Jobs the fleet does at once. */
  places: number;
  now: Date;
  /** What the last call returned; empty at first. */
  credit: FeedCredit;
}

/** Of one turn of a project. A mailbox with more messages is paid for in several. */
const QUANTUM = 1000;
const SMALLEST_WINDOW = 4;

/**
 * Which tasks go into the queue now, in this order. The queue is kept short, so that what comes later need not wait behind what was there
 * first:
 *
 *   asked for "this one first"     at once, those asked for first before others
 *   lower waves                    before higher ones
 *   projects                       by turns, for as many messages each (deficit round-robin)
 *   mailboxes of a project         small before large
 *
 * Each line has its part of the window for itself, however slow the others are; what it does not use is the others'.
 */
export function nextToFeed(state: FeedState): { add: number[]; credit: FeedCredit } {
  const feed = new Feed(state);
  for (let task = feed.next(); task !== null; task = feed.next()) feed.take(task);
  return feed.result;
}

interface Waiting extends FeedTask {
  project: string;
}

/** In the order they are fed; those before `at` are. */
interface Line {
  tasks: readonly Waiting[];
  at: number;
}

class Feed {
  readonly #window: number;
  readonly #lines: ReadonlyMap<string, Line>;
  readonly #inLine = new Map<string, number>();
  readonly #share: number;
  readonly #add: number[] = [];
  #inWindow = 0;
  #turns: { project: string; messages: number }[];

  constructor({ runs, tasks, inQueue, places, now, credit }: FeedState) {
    this.#window = Math.max(SMALLEST_WINDOW, 2 * places);
    const projects = new Map(runs.map((run) => [run.id, run]));
    const waiting: Waiting[] = [];
    for (const task of tasks) {
      const run = projects.get(task.runId);
      if (run === undefined || task.ended) continue;
      const isPutOff = task.notBefore !== null && new Date(task.notBefore) > now;
      const state = inQueue.get(task.id);
      if (state !== undefined && state !== 'after' && !isPutOff) this.#count(task.line);
      if (state !== undefined || isPutOff || run.state !== 'running') continue;
      waiting.push({ ...task, project: run.project });
    }
    waiting.sort(byTurn);
    for (const task of waiting) if (task.firstAt !== null) this.#put(task);
    const inTurn = waiting.filter(({ firstAt }) => firstAt === null);
    const byLine = Map.groupBy(inTurn, ({ line }) => line);
    this.#lines = new Map([...byLine].map(([line, tasksOfLine]) => [line, { tasks: tasksOfLine, at: 0 }]));
    const known = new Set(inTurn.map(({ project }) => project));
    const before = credit.filter(({ project }) => known.has(project));
    for (const { project } of before) known.delete(project);
    this.#turns = [
      ...before.map((one) => ({ ...one })),
      ...[...known].map((project) => ({ project, messages: QUANTUM })),
    ];
    this.#share = Math.ceil(this.#window / Math.max(1, new Set([...this.#lines.keys(), ...this.#inLine.keys()]).size));
  }

  get result(): { add: number[]; credit: FeedCredit } {
    return { add: this.#add, credit: this.#turns };
  }

  /** null: the window is full, or nothing waits. */
  next(): Waiting | null {
    const heads = new Map<string, Waiting>();
    for (const [line, { tasks, at }] of this.#lines) {
      const task = tasks[at];
      if (task === undefined || !this.#hasRoom(line)) continue;
      const other = heads.get(task.project);
      if (other === undefined || byTurn(task, other) < 0) heads.set(task.project, task);
    }
    if (heads.size === 0) return null;
    const wave = Math.min(...[...heads.values()].map((task) => task.wave));
    for (;;) {
      const turn = this.#turns.find(({ project }) => heads.get(project)?.wave === wave);
      const task = turn === undefined ? undefined : heads.get(turn.project);
      if (turn === undefined || task === undefined) return null;
      if (costOf(task) <= turn.messages) return task;
      turn.messages += QUANTUM;
      this.#turns = [...this.#turns.filter((one) => one !== turn), turn];
    }
  }

  take(task: Waiting): void {
    this.#put(task);
    const line = this.#lines.get(task.line);
    if (line !== undefined) line.at += 1;
    for (const turn of this.#turns) if (turn.project === task.project) turn.messages -= costOf(task);
    const projects = new Set([...this.#lines.values()].flatMap(({ tasks, at }) => tasks[at]?.project ?? []));
    // Nobody saves up turns while there is nothing to do.
    this.#turns = this.#turns.filter(({ project }) => projects.has(project));
  }

  #put(task: Waiting): void {
    this.#add.push(task.id);
    this.#count(task.line);
  }

  #count(line: string): void {
    this.#inWindow += 1;
    this.#inLine.set(line, (this.#inLine.get(line) ?? 0) + 1);
  }

  #hasRoom(line: string): boolean {
    return this.#inWindow < this.#window || (this.#inLine.get(line) ?? 0) < this.#share;
  }
}

const costOf = ({ messages }: { messages: number }): number => Math.max(1, messages);

const byTurn = (a: Waiting, b: Waiting): number =>
  compare(a.firstAt ?? LAST, b.firstAt ?? LAST) || a.wave - b.wave || a.messages - b.messages || a.id - b.id;

/** After every date. */
const LAST = '~';

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
