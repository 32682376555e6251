import type { WaitOptions } from '@mxodus/model';
import type { HostGate, LoginGate, Moment } from './gate.ts';
import { budgetWords, rateWords } from './wait-words.ts';
import { type Block, lastToEnd, Waiter } from './waiter.ts';

/** `command`: pauses and the pace hold it back, and with bytes the rate and the budget too. `paying`: only the rate. */
interface Asked {
  kind: 'command' | 'paying';
  gate: LoginGate;
  bytes: number;
}

interface Waiting extends Asked {
  waiter: Waiter<void>;
}

/** Those that are held back and go first. */
interface Ahead {
  commands: number;
  bytes: number;
  /** By login, small commands and those with bytes apart: the last one held back, and how many there are. */
  logins: Map<string, { block: Block; count: number }>;
}

const nobody = (): Ahead => ({ commands: 0, bytes: 0, logins: new Map() });

/**
 * Commands on their way to one server. They go at once when nothing is in the way; else in the order they came, but
 *   - a login that has to wait lets the others pass,
 *   - a command without bytes passes one with bytes: a full budget or a spent rate is no reason not to ask for a folder's status,
 *   - after an abort nobody waits any more: what was begun is finished if nothing is in its way.
 */
export class CommandLine {
  readonly #host: HostGate;
  readonly #onChange: () => void;
  #waiting: Waiting[] = [];

  /** @param onChange called when one more or one less waits */
  constructor(host: HostGate, onChange: () => void) {
    this.#host = host;
    this.#onChange = onChange;
  }

  enter(asked: Asked, options: WaitOptions): Promise<void> {
    const now = this.#host.now();
    const { aborted, reason } = options.signal;
    if ((this.#waiting.length === 0 || aborted) && this.#mayGo(asked, now)) {
      this.#take(asked, now);
      return GONE;
    }
    if (aborted) return Promise.reject(reason);
    const waiter = new Waiter<void>(options, { at: now.at, onAbort: this.#onChange });
    this.#waiting.push({ ...asked, waiter });
    this.#onChange();
    return waiter.promise;
  }

  /** Lets go what may go. Returns when to look again. */
  look(): number {
    const now = this.#host.now();
    const ahead = nobody();
    let again = Number.POSITIVE_INFINITY;
    const waiting = this.#waiting.filter(({ waiter }) => !waiter.isOver);
    this.#waiting = [];
    for (const one of waiting) {
      try {
        const block = this.#blockOf(one, ahead, now);
        if (block === null) {
          this.#take(one, now);
          one.waiter.grant();
          continue;
        }
        this.#waiting.push(one);
        const told = one.waiter.tell(block, now);
        if (told.news) one.gate.budget?.book();
        again = Math.min(again, told.again);
      } catch (error) {
        // The book of the budgets cannot be read or written.
        one.waiter.reject(error);
      }
    }
    return again;
  }

  /** Nobody waits any more. */
  end(error: unknown): void {
    for (const { waiter } of this.#waiting.splice(0)) waiter.reject(error);
  }

  /** What goes wrong here is told by `look`. */
  #mayGo(asked: Asked, now: Moment): boolean {
    return asked.gate.budget?.failed !== true && this.#blockOf(asked, nobody(), now) === null;
  }

  #blockOf(asked: Asked, ahead: Ahead, now: Moment): Block | null {
    const blocks = asked.kind === 'command' ? this.#commandBlocks(asked, ahead, now) : [];
    const rate = this.#rateBlock(asked, ahead, now);
    if (rate !== null) {
      // What something else holds back as well does not hold up the others.
      if (blocks.length === 0) ahead.bytes += asked.bytes;
      blocks.push(rate);
    }
    const block = lastToEnd(blocks);
    if (block !== null && asked.kind === 'command') {
      const key = lineOf(asked);
      ahead.logins.set(key, { block, count: (ahead.logins.get(key)?.count ?? 0) + 1 });
    }
    return block;
  }

  #commandBlocks(asked: Asked, ahead: Ahead, now: Moment): Block[] {
    const { gate, bytes } = asked;
    const before = ahead.logins.get(lineOf(asked));
    const own = [
      before?.block ?? null,
      gate.scope.commandBlock(now.at, before?.count ?? 0),
      bytes > 0 ? this.#budgetBlock(gate, bytes, now) : null,
    ].filter((block) => block !== null);
    const host = this.#host.scope.commandBlock(now.at, ahead.commands);
    if (host === null) return own;
    if (own.length === 0) ahead.commands += 1;
    return [...own, host];
  }

  #budgetBlock({ budget, login }: LoginGate, bytes: number, { at, wall }: Moment): Block | null {
    if (budget === null) return null;
    const free = budget.freeAt(wall, bytes);
    if (free === null) return null;
    if (free === Number.POSITIVE_INFINITY) return { until: null, why: 'what was spent today is looked up' };
    return { until: at + free - wall, why: budgetWords(login, budget.limit) };
  }

  #rateBlock({ kind, bytes }: Asked, ahead: Ahead, { at }: Moment): Block | null {
    const { rate, burden, server } = this.#host;
    if (rate === null || burden.bytesPerSecond === null || (kind === 'command' && bytes === 0)) return null;
    const free = rate.freeAt(at, bytes, ahead.bytes);
    return free <= at ? null : { until: free, why: rateWords({ server, user: null }, burden.bytesPerSecond) };
  }

  #take({ kind, gate, bytes }: Asked, { at, wall }: Moment): void {
    if (kind === 'command') {
      gate.scope.takeCommand(at);
      this.#host.scope.takeCommand(at);
    }
    if (bytes === 0) return;
    this.#host.rate?.take(at, bytes);
    gate.budget?.take(wall, bytes);
  }
}

const GONE = Promise.resolve();

const lineOf = ({ gate, bytes }: Asked): string => `${bytes > 0} ${gate.login.user}`;
