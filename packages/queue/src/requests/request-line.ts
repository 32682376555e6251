import type { Login, RequestLimits, TrafficBook, WaitOptions } from '@mxodus/model';
import type { ByteRate } from '../governor/byte-rate.ts';
import { DailyBudget } from '../governor/daily-budget.ts';
import type { Moment } from '../governor/gate.ts';
import { budgetWords, rateWords } from '../governor/wait-words.ts';
import { type Block, lastToEnd, Waiter } from '../governor/waiter.ts';
import { concurrencyWords, pauseWords, requestsWords, uploadWords } from './request-words.ts';
import { SlidingWindow } from './sliding-window.ts';

/** Never sleeps longer: the wall clock may be set, and the end of a wait with it. */
const LONGEST_SLEEP_MS = 30_000;

interface Entry {
  waiter: Waiter<() => void>;
  bytes: number;
  requests: number;
  /** When the rate of the server lets its bytes cross; its place in that line is kept. null: it has none yet. */
  rateAt: number | null;
}

/**
 * The requests to one mailbox, in the order they came. What holds up all (a pause, requests under way, their number) holds up those
 * behind as well; what holds up bytes (the upload window, the rate, the day's budget) lets requests without a body pass.
 */
export class RequestLine {
  readonly #login: Login;
  readonly #limits: RequestLimits;
  readonly #now: () => Moment;
  readonly #rate: ByteRate | null;
  readonly #budget: DailyBudget | null;
  readonly #requests: SlidingWindow;
  readonly #upload: SlidingWindow;
  #queue: Entry[] = [];
  #underWay = 0;
  #pause = { until: Number.NEGATIVE_INFINITY, words: '' };
  #timer: NodeJS.Timeout | undefined;

  constructor(
    login: Login,
    limits: RequestLimits,
    { book, rate, now }: { book: TrafficBook | null; rate: ByteRate | null; now: () => Moment },
  ) {
    this.#login = { server: login.server, user: login.user };
    this.#limits = limits;
    this.#now = now;
    this.#rate = rate;
    this.#requests = new SlidingWindow(limits.requests.most, limits.requests.inMs);
    this.#upload = new SlidingWindow(limits.upload.mostBytes, limits.upload.inMs);
    const onKnown = (): void => this.#look();
    this.#budget =
      limits.bytesPerDay === null ? null : new DailyBudget(limits.bytesPerDay, { login: this.#login, book, onKnown });
  }

  enter(bytes: number, requests: number, wait: WaitOptions): Promise<() => void> {
    const onAbort = (): void => this.#look();
    const waiter = new Waiter<() => void>(wait, { at: this.#now().at, onAbort });
    this.#queue.push({ waiter, bytes, requests, rateAt: null });
    this.#look();
    return waiter.promise;
  }

  pause(ms: number, words: string): void {
    const until = this.#now().at + Math.max(0, ms);
    if (until > this.#pause.until) this.#pause = { until, words };
    this.#look();
  }

  /** Nobody waits any more, and what crossed is booked. */
  async close(error: unknown): Promise<void> {
    clearTimeout(this.#timer);
    const waiting = this.#queue;
    this.#queue = [];
    for (const { waiter } of waiting) waiter.reject(error);
    await this.#budget?.flush();
  }

  #look(): void {
    clearTimeout(this.#timer);
    const now = this.#now();
    const waiting: Entry[] = [];
    let again = Number.POSITIVE_INFINITY;
    let all: Block | null = null;
    let bytes: Block | null = null;
    for (const entry of this.#queue) {
      if (entry.waiter.isOver) {
        this.#giveUpRate(entry, now);
        continue;
      }
      try {
        all ??= lastToEnd(this.#blocks(entry, now));
        if (entry.bytes > 0) bytes ??= lastToEnd(this.#byteBlocks(entry, now, all === null));
      } catch (error) {
        entry.waiter.reject(error);
        continue;
      }
      const block = lastToEnd([all, entry.bytes > 0 ? bytes : null].filter((one) => one !== null));
      if (block === null) {
        this.#grant(entry, now);
        continue;
      }
      waiting.push(entry);
      again = Math.min(again, entry.waiter.tell(block, now).again);
    }
    this.#queue = waiting;
    if (again === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#look(), Math.min(LONGEST_SLEEP_MS, Math.max(1, Math.ceil(again - now.at))));
  }

  /** What keeps any request from being sent. */
  #blocks({ requests }: Entry, { at }: Moment): Block[] {
    const blocks: Block[] = [];
    const { until, words } = this.#pause;
    if (at < until) blocks.push({ until, why: pauseWords(this.#login, words) });
    const { concurrent } = this.#limits;
    if (this.#underWay > 0 && this.#underWay + this.#atOnce(requests) > concurrent) {
      blocks.push({ until: null, why: concurrencyWords(this.#login, concurrent) });
    }
    const freeAt = this.#requests.freeAt(at, requests);
    if (freeAt !== null)
      blocks.push({ until: knownEnd(freeAt), why: requestsWords(this.#login, this.#limits.requests) });
    return blocks;
  }

  /**
   * What keeps its bytes from crossing.
   *
   * @param next nothing else holds it up: it may take its place in the line of all mailboxes
   */
  #byteBlocks(entry: Entry, { at, wall }: Moment, next: boolean): Block[] {
    const blocks: Block[] = [];
    const freeAt = this.#upload.freeAt(at, entry.bytes);
    if (freeAt !== null) blocks.push({ until: knownEnd(freeAt), why: uploadWords(this.#login, this.#limits.upload) });
    const budget = this.#budget;
    const free = budget?.freeAt(wall, entry.bytes) ?? null;
    if (budget !== null && free !== null) {
      const until = Number.isFinite(free) ? at + free - wall : null;
      blocks.push({ until, why: budgetWords(this.#login, budget.limit) });
    }
    const { bytesPerSecond } = this.#limits;
    if (this.#rate === null || bytesPerSecond === null) return blocks;
    if (next && blocks.length === 0 && entry.rateAt === null) {
      entry.rateAt = this.#rate.freeAt(at, entry.bytes);
      this.#rate.take(at, entry.bytes);
    }
    if (entry.rateAt !== null && entry.rateAt > at) {
      blocks.push({ until: entry.rateAt, why: rateWords({ ...this.#login, user: null }, bytesPerSecond) });
    }
    return blocks;
  }

  #grant({ waiter, bytes, requests }: Entry, { wall }: Moment): void {
    const atOnce = this.#atOnce(requests);
    this.#underWay += atOnce;
    this.#requests.sent(requests);
    this.#upload.sent(bytes);
    if (bytes > 0) this.#budget?.take(wall, bytes);
    let answered = false;
    waiter.grant(() => {
      if (answered) return;
      answered = true;
      const { at } = this.#now();
      this.#underWay -= atOnce;
      this.#requests.wasAnswered(at, requests);
      this.#upload.wasAnswered(at, bytes);
      this.#look();
    });
  }

  #giveUpRate(entry: Entry, { at }: Moment): void {
    if (entry.rateAt !== null) this.#rate?.take(at, -entry.bytes);
  }

  #atOnce(requests: number): number {
    return Math.min(requests, this.#limits.concurrent);
  }
}

const knownEnd = (at: number): number | null => (Number.isFinite(at) ? at : null);
