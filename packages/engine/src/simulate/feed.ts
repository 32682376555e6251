import { nextToFeed } from '../fleet/next-to-feed.ts';
import type { SimMailbox } from './world.ts';

interface InLine {
  waiting: { place: number; index: number }[];
  next: number;
  /** Of those fed, how many have not ended. */
  fed: number;
}

const SMALLEST_WINDOW = 4;

/**
 * Mailboxes in the order the fleet feeds them, a few more than can be worked on at once. Mailboxes with the same two servers wait for the
 * same connections: each such line has its part of the window for itself.
 */
export class Feed {
  readonly #lines = new Map<string, InLine>();
  readonly #lineOf: readonly InLine[];
  readonly #window: number;
  #fed = 0;

  constructor(mailboxes: readonly SimMailbox[], places: number) {
    this.#window = Math.max(SMALLEST_WINDOW, 2 * places);
    this.#lineOf = mailboxes.map((mailbox) => {
      const line = this.#lines.get(keyOf(mailbox)) ?? { waiting: [], next: 0, fed: 0 };
      this.#lines.set(keyOf(mailbox), line);
      return line;
    });
    for (const [place, index] of feedingOrder(mailboxes).entries()) this.#lineOf[index]?.waiting.push({ place, index });
  }

  /** The index of the mailbox that is fed now; null: the window is full, or none is left. */
  next(): number | null {
    const share = Math.ceil(this.#window / Math.max(1, this.#lines.size));
    let best: { line: InLine; place: number; index: number } | null = null;
    for (const line of this.#lines.values()) {
      const head = line.waiting[line.next];
      const hasRoom = this.#fed < this.#window || line.fed < share;
      if (head !== undefined && hasRoom && (best === null || head.place < best.place)) best = { line, ...head };
    }
    if (best === null) return null;
    best.line.next += 1;
    this.#count(best.line, 1);
    return best.index;
  }

  /** It is out of the queue: over, or put off. */
  left(index: number): void {
    const line = this.#lineOf[index];
    if (line !== undefined) this.#count(line, -1);
  }

  cameBack(index: number): void {
    const line = this.#lineOf[index];
    if (line !== undefined) this.#count(line, 1);
  }

  #count(line: InLine, by: number): void {
    line.fed += by;
    this.#fed += by;
  }
}

const keyOf = ({ project, source, destination }: SimMailbox): string => JSON.stringify([project, source, destination]);

/** What the fleet would feed if it had room for all of them; indexes. */
function feedingOrder(mailboxes: readonly SimMailbox[]): number[] {
  const projects = [...new Set(mailboxes.map(({ project }) => project))];
  return nextToFeed({
    runs: projects.map((project, id) => ({ id, project, state: 'running' })),
    tasks: mailboxes.map(({ project, wave, messages }, id) => ({
      ...{ id, runId: projects.indexOf(project), wave, messages },
      ...{ line: project, firstAt: null, notBefore: null, ended: false },
    })),
    inQueue: new Map(),
    places: mailboxes.length,
    now: new Date(0),
    credit: [],
  }).add;
}
