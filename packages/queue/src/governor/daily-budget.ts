import type { Login, TrafficBook } from '@mxodus/model';
import type { Budget, BudgetOptions } from './gate.ts';
import { dayOf, nextMidnight } from './utc-day.ts';

/** What crossed is booked when it is this much, or this old: a crash loses no more than that. */
const BOOK_EVERY_BYTES = 4 * 1024 * 1024;
const BOOK_EVERY_MS = 2000;

/**
 * The bytes one login may still use today (UTC). What was spent is read from the book when the day begins, and booked again at most
 * every 4 MiB or two seconds: a crash loses what crossed since, and what it was just writing. Times are the wall clock's.
 */
export class DailyBudget implements Budget {
  readonly limit: number;
  readonly #login: Login;
  readonly #book: TrafficBook | null;
  readonly #onKnown: () => void;
  #day = '';
  /** The book is being read again. */
  #stale = false;
  /** In the book by now; null: not read yet. */
  #booked: number | null = null;
  /** Crossed, and not in the book. */
  #unbooked = 0;
  /** Of these, what is being written. */
  #writing = 0;
  #work: Promise<void> = Promise.resolve();
  #failure: { error: unknown } | null = null;
  #timer: NodeJS.Timeout | undefined;

  /** @param options.onKnown called when the day's sum was read, or could not be */
  constructor(limit: number, options: BudgetOptions) {
    this.limit = limit;
    this.#login = options.login;
    this.#book = options.book;
    this.#onKnown = options.onKnown;
  }

  get failed(): boolean {
    return this.#failure !== null;
  }

  /**
   * When so many bytes may cross: null: now; Infinity: not known before the book was read. Half a message is of no use: what does not
   * fit waits for the next day, and one that is larger than the whole budget for a day that has not begun. Throws what the book threw.
   */
  freeAt(wall: number, bytes: number): number | null {
    this.#turnTo(dayOf(wall));
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#booked === null || this.#stale) return Number.POSITIVE_INFINITY;
    const spent = this.#booked + this.#unbooked;
    return spent + Math.min(bytes, this.limit) <= this.limit ? null : nextMidnight(wall);
  }

  take(wall: number, bytes: number): void {
    this.#turnTo(dayOf(wall));
    this.#unbooked += bytes;
    if (this.#unbooked - this.#writing >= BOOK_EVERY_BYTES) this.book();
    else this.#timer ??= setTimeout(() => this.book(), BOOK_EVERY_MS).unref();
  }

  /** Books what crossed so far. Throws what the book threw. */
  async flush(): Promise<void> {
    this.book();
    await this.#work;
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Others write in the book too: what they did is read before anything else crosses. */
  refresh(): void {
    const [day, book] = [this.#day, this.#book];
    if (this.#stale || book === null || day === '') return;
    this.#stale = true;
    this.book();
    this.#then(async () => {
      const spent = await book.spent(this.#login, day);
      if (this.#day === day) this.#booked = spent;
      this.#stale = false;
    });
  }

  #turnTo(day: string): void {
    if (day === this.#day) return;
    this.book();
    this.#day = day;
    this.#booked = this.#book === null ? 0 : null;
    this.#unbooked = 0;
    this.#writing = 0;
    const book = this.#book;
    if (book === null) return;
    this.#then(async () => {
      const spent = await book.spent(this.#login, day);
      if (this.#day === day) this.#booked = spent;
    });
  }

  /** Books what crossed so far, without waiting for it. */
  book(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [day, bytes, book] = [this.#day, this.#unbooked - this.#writing, this.#book];
    if (bytes <= 0 || book === null) return;
    this.#writing += bytes;
    this.#then(async () => {
      await book.add(this.#login, day, bytes);
      if (this.#day !== day) return;
      this.#booked = (this.#booked ?? 0) + bytes;
      this.#unbooked -= bytes;
      this.#writing -= bytes;
    });
  }

  /** The book is read and written in order; what it throws is thrown by the next call. */
  #then(step: () => Promise<void>): void {
    this.#work = this.#work.then(step).then(this.#onKnown, (error: unknown) => {
      this.#failure ??= { error };
      this.#onKnown();
    });
  }
}
