import type { Login, RequestLimits, TrafficBook, WaitOptions } from '@mxodus/model';
import type { Budget, BudgetOptions, Moment } from '../governor/gate.ts';
import { budgetWords, rateWords } from '../governor/wait-words.ts';
import { type Block, lastToEnd, Waiter } from '../governor/waiter.ts';
import type { ByteLine, Elsewhere, Verdict } from './elsewhere.ts';
import { Places } from './places.ts';
import { concurrencyWords, pauseWords, requestsWords, uploadWords } from './request-words.ts';
import { SlidingWindow } from './sliding-window.ts';

/** Never sleeps longer: the wall clock may be set, and the end of a wait with it. */
const LONGEST_SLEEP_MS = 30_000;

/** While all places are taken by others, it is asked again this often. */
const ASK_AGAIN_MS = 250;

interface Entry {
  waiter: Waiter<() => void>;
  bytes: number;
  requests: number;
  /** As it is counted among those under way. */
  atOnce: number;
  /** Its place in the line of all mailboxes, which it keeps; null: it has none yet. */
  place: { readonly at: number } | null;
}

export interface RequestLineOptions {
  book: TrafficBook | null;
  budget(bytesPerDay: number, options: BudgetOptions): Budget;
  bytes: ByteLine | null;
  /** null: nobody else works on the mailbox. */
  elsewhere: Elsewhere | null;
  now: () => Moment;
}

/**
 * The requests to one mailbox, in the order they came. What holds up all (a pause, requests under way, their number) holds up those
 * behind as well; what holds up bytes (the upload window, the rate, the day's budget) lets requests without a body pass. One that could
 * go here asks for room elsewhere, while the others wait: one after the other, so none overtakes.
 */
export class RequestLine {
  readonly #login: Login;
  readonly #limits: RequestLimits;
  readonly #now: () => Moment;
  readonly #bytes: ByteLine | null;
  readonly #elsewhere: Elsewhere | null;
  readonly #budget: Budget | null;
  readonly #requests: SlidingWindow;
  readonly #upload: SlidingWindow;
  #queue: Entry[] = [];
  readonly #places: Places;
  #underWay = 0;
  #pause = { until: Number.NEGATIVE_INFINITY, words: '' };
  /** Those elsewhere are asked for room for it. */
  #asking: Entry | null = null;
  /** They left none, for any or for those with bytes, and are asked again then. */
  #noRoom: { block: Block; again: number; forBytes: boolean } | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(login: Login, limits: RequestLimits, options: RequestLineOptions) {
    this.#login = { server: login.server, user: login.user };
    this.#limits = limits;
    this.#places = new Places(limits.concurrent);
    this.#now = options.now;
    this.#bytes = options.bytes;
    this.#elsewhere = options.elsewhere;
    this.#requests = new SlidingWindow(limits.requests.most, limits.requests.inMs);
    this.#upload = new SlidingWindow(limits.upload.mostBytes, limits.upload.inMs);
    const onKnown = (): void => this.#look();
    const { book } = options;
    this.#budget =
      limits.bytesPerDay === null ? null : options.budget(limits.bytesPerDay, { login: this.#login, book, onKnown });
  }

  enter(bytes: number, requests: number, wait: WaitOptions): Promise<() => void> {
    const onAbort = (): void => this.#look();
    const waiter = new Waiter<() => void>(wait, { at: this.#now().at, onAbort });
    this.#queue.push({ waiter, bytes, requests, atOnce: 0, place: null });
    this.#look();
    return waiter.promise;
  }

  pause(ms: number, words: string): void {
    const { at } = this.#now();
    const until = at + Math.max(0, ms);
    if (at >= this.#pause.until) this.#places.complained();
    if (until > this.#pause.until) this.#pause = { until, words };
    this.#elsewhere?.pause(ms, words);
    this.#look();
  }

  /** See RequestGovernor. */
  get reducedTo(): number | null {
    return this.#places.isReduced ? this.#places.now : null;
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
        if (entry.place !== null) this.#bytes?.leave(now.at, entry.bytes);
        continue;
      }
      if (this.#asking !== null) {
        waiting.push(entry);
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
        this.#count(entry, now);
        if (this.#elsewhere === null) this.#grant(entry, null);
        else {
          waiting.push(entry);
          this.#ask(entry, this.#elsewhere);
        }
        continue;
      }
      waiting.push(entry);
      again = Math.min(again, entry.waiter.tell(block, now).again, this.#noRoom?.again ?? again);
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
    blocks.push(...this.#elsewhereBlocks(at, false));
    if (this.#underWay > 0 && this.#underWay + this.#atOnce(requests) > this.#places.now) {
      blocks.push({ until: null, why: concurrencyWords(this.#login, this.#places.now) });
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
    const blocks = this.#elsewhereBlocks(at, true);
    const freeAt = this.#upload.freeAt(at, entry.bytes);
    if (freeAt !== null) blocks.push({ until: knownEnd(freeAt), why: uploadWords(this.#login, this.#limits.upload) });
    const budget = this.#budget;
    const free = budget?.freeAt(wall, entry.bytes) ?? null;
    if (budget !== null && free !== null) {
      const until = Number.isFinite(free) ? at + free - wall : null;
      blocks.push({ until, why: budgetWords(this.#login, budget.limit) });
    }
    const { bytesPerSecond } = this.#limits;
    if (this.#bytes === null || bytesPerSecond === null) return blocks;
    if (next && blocks.length === 0) entry.place ??= this.#bytes.enter(at, entry.bytes, () => this.#look());
    if (entry.place !== null && entry.place.at > at) {
      const until = knownEnd(entry.place.at);
      blocks.push({ until, why: rateWords({ ...this.#login, user: null }, bytesPerSecond) });
    }
    return blocks;
  }

  #elsewhereBlocks(at: number, forBytes: boolean): Block[] {
    const noRoom = this.#noRoom;
    return noRoom !== null && noRoom.forBytes === forBytes && at < noRoom.again ? [noRoom.block] : [];
  }

  #ask(entry: Entry, elsewhere: Elsewhere): void {
    this.#asking = entry;
    const { requests, atOnce, bytes } = entry;
    void elsewhere.enter({ requests, atOnce, bytes }).then((verdict) => {
      this.#asking = null;
      if (verdict.kind === 'room' && !entry.waiter.isOver) {
        this.#queue = this.#queue.filter((one) => one !== entry);
        this.#grant(entry, verdict.answered);
      } else {
        this.#uncount(entry);
        if (verdict.kind === 'room') verdict.answered();
        else this.#noteNoRoom(verdict);
      }
      this.#look();
    });
  }

  #noteNoRoom(verdict: Verdict & { kind: 'none' }): void {
    const { at } = this.#now();
    this.#noRoom = {
      block: { until: verdict.ms === null ? null : at + verdict.ms, why: this.#whyNoRoom(verdict) },
      again: at + Math.max(1, verdict.ms ?? ASK_AGAIN_MS),
      forBytes: verdict.because === 'upload',
    };
  }

  #whyNoRoom(verdict: Verdict & { kind: 'none' }): string {
    if (verdict.because === 'pause') return pauseWords(this.#login, verdict.words);
    if (verdict.because === 'concurrent') return concurrencyWords(this.#login, this.#limits.concurrent);
    if (verdict.because === 'upload') return uploadWords(this.#login, this.#limits.upload);
    return requestsWords(this.#login, this.#limits.requests);
  }

  #count(entry: Entry, { wall }: Moment): void {
    const { bytes, requests } = entry;
    entry.atOnce = this.#atOnce(requests);
    this.#underWay += entry.atOnce;
    this.#requests.sent(requests);
    this.#upload.sent(bytes);
    if (bytes > 0) this.#budget?.take(wall, bytes);
  }

  #uncount({ bytes, requests, atOnce }: Entry): void {
    this.#underWay -= atOnce;
    this.#requests.notSent(requests);
    this.#upload.notSent(bytes);
    if (bytes > 0) this.#budget?.take(this.#now().wall, -bytes);
  }

  #grant({ waiter, bytes, requests, atOnce }: Entry, answeredElsewhere: (() => void) | null): void {
    let answered = false;
    waiter.grant(() => {
      if (answered) return;
      answered = true;
      const { at } = this.#now();
      this.#underWay -= atOnce;
      this.#places.answered(requests);
      this.#requests.wasAnswered(at, requests);
      this.#upload.wasAnswered(at, bytes);
      answeredElsewhere?.();
      this.#look();
    });
  }

  #atOnce(requests: number): number {
    return Math.min(requests, this.#places.now);
  }
}

const knownEnd = (at: number): number | null => (Number.isFinite(at) ? at : null);
