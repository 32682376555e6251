import { DailyBudget } from '../governor/daily-budget.ts';
import type { Budget, BudgetOptions } from '../governor/gate.ts';
import { dayOf, nextMidnight } from '../governor/utc-day.ts';
import { type FleetRedis, numberAt } from './fleet-redis.ts';
import { isAway } from './is-away.ts';
import { loginHash } from './server-channel.ts';

/** Beyond what the next message needs, so much is taken at once; not more than a hundredth of the budget. */
const CHUNK_BYTES = 1024 * 1024;
/** What was taken and not used for so long is given back. */
const KEEP_MS = 2000;
/** Another worker may have given something back since the budget was used up. */
const ASK_AGAIN_MS = 5000;
/** Redis was away; the book is what is known until it is asked again. */
const WITHOUT_MS = 5000;
/** Longer than a day, wherever its clocks stand. */
const REMEMBERED_MS = 50 * 3_600_000;

/**
 * The bytes of one login on one day. KEYS: counter. ARGV: bytes that crossed and were not taken before (less than 0: given back), bytes
 * needed, bytes wished for, the limit, what the book says (empty: it was not asked), ms to remember.
 * -> { bytes taken }; { -1 }: nobody has told what the book says
 */
const SPEND = `
local owed, needed, wished, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
if ARGV[5] ~= '' then redis.call('SET', KEYS[1], ARGV[5], 'NX') end
local spent = redis.call('GET', KEYS[1])
if not spent then return { -1 } end
spent = math.max(0, tonumber(spent) + owed)
local taken = 0
if spent + needed <= limit then taken = math.max(needed, math.min(wished, limit - spent)) end
redis.call('SET', KEYS[1], string.format('%d', spent + taken), 'PX', ARGV[6])
return { taken }
`;

/**
 * The bytes one login may use today (UTC), over all workers: counted in Redis, which is told by the first comer what the book says, also
 * after it lost its memory. Taken in chunks, so messages that fit in the budget never exceed it, whoever sends them; a worker that is
 * killed takes a chunk with it. The book is written as by `DailyBudget`. While Redis is away the book, read anew, is what counts:
 * other workers are seen with what they have booked, which is all but their last 4 MiB or two seconds.
 */
export class FleetBudget implements Budget {
  readonly limit: number;
  readonly #options: BudgetOptions;
  readonly #fleet: FleetRedis;
  readonly #serverKey: string;
  readonly #books: DailyBudget;
  #day = '';
  /** Taken in Redis and not crossed; below 0: crossed and not taken. */
  #credit = 0;
  #asking: Promise<void> | null = null;
  /** So much was refused. */
  #refused: { bytes: number; until: number } | null = null;
  #withoutUntil = Number.NEGATIVE_INFINITY;
  #failure: { error: unknown } | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(limit: number, options: BudgetOptions & { fleet: FleetRedis; serverKey: string }) {
    this.limit = limit;
    this.#options = options;
    this.#fleet = options.fleet;
    this.#serverKey = options.serverKey;
    this.#books = new DailyBudget(limit, options);
  }

  get failed(): boolean {
    return this.#failure !== null || this.#books.failed;
  }

  freeAt(wall: number, bytes: number): number | null {
    this.#turnTo(dayOf(wall));
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#books.failed || wall < this.#withoutUntil) return this.#books.freeAt(wall, bytes);
    const needed = Math.min(bytes, this.limit);
    if (this.#credit >= needed) return null;
    if (this.#refused !== null && needed - this.#credit >= this.#refused.bytes && wall < this.#refused.until) {
      return nextMidnight(wall);
    }
    this.#ask(wall, needed);
    return Number.POSITIVE_INFINITY;
  }

  take(wall: number, bytes: number): void {
    this.#turnTo(dayOf(wall));
    this.#books.take(wall, bytes);
    this.#credit -= bytes;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(wall + KEEP_MS, 0), KEEP_MS).unref();
    if (this.#credit < 0 && wall >= this.#withoutUntil) this.#ask(wall, 0);
  }

  book(): void {
    this.#books.book();
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#asking;
    this.#ask(Date.now(), 0);
    await this.#asking;
    clearTimeout(this.#timer);
    await this.#books.flush();
    if (this.#failure !== null) throw this.#failure.error;
  }

  #turnTo(day: string): void {
    if (day === this.#day) return;
    this.#day = day;
    this.#credit = 0;
    this.#refused = null;
  }

  /** One question at a time. `needed` 0: what is here is given back, or what crossed is told. */
  #ask(wall: number, needed: number): void {
    if (this.#asking !== null || (needed === 0 && this.#credit === 0)) return;
    this.#asking = this.#settle(wall, needed)
      .catch((error: unknown) => {
        if (!isAway(error)) this.#failure ??= { error };
        this.#withoutUntil = wall + WITHOUT_MS;
        this.#books.refresh();
      })
      .finally(() => {
        this.#asking = null;
        this.#options.onKnown();
      });
  }

  /** What is here goes back, and what is needed is taken, in one step. */
  async #settle(wall: number, needed: number): Promise<void> {
    const day = this.#day;
    const owed = -this.#credit;
    this.#credit = 0;
    let taken: number | null;
    try {
      taken = (await this.#spend(day, { owed, needed, said: '' })) ?? (await this.#spendAfterTelling(day, needed));
    } catch (error) {
      if (this.#day === day) this.#credit -= owed;
      throw error;
    }
    if (this.#day !== day) return;
    this.#credit += taken;
    this.#refused = taken < needed ? { bytes: needed, until: wall + ASK_AGAIN_MS } : null;
  }

  /** Redis does not know the day: the book does, with all that crossed here so far. */
  async #spendAfterTelling(day: string, needed: number): Promise<number> {
    const { book, login } = this.#options;
    const crossed = this.#credit;
    await this.#books.flush();
    const said = book === null ? 0 : await book.spent(login, day);
    if (this.#day === day) this.#credit -= crossed;
    return (await this.#spend(day, { owed: 0, needed, said: String(said) })) ?? 0;
  }

  /** Returns what was taken; null: Redis does not know the day. */
  async #spend(day: string, ask: { owed: number; needed: number; said: string }): Promise<number | null> {
    const { owed, needed, said } = ask;
    const wished = needed === 0 ? 0 : needed + Math.min(CHUNK_BYTES, Math.floor(this.limit / 100));
    const key = this.#fleet.key(
      'governor',
      'day',
      this.#serverKey,
      loginHash(this.#serverKey, this.#options.login),
      day,
    );
    const args = [owed, needed, wished, this.limit, said, REMEMBERED_MS];
    const taken = numberAt(await this.#fleet.run(SPEND, [key], args), 0);
    return taken < 0 ? null : taken;
  }
}
