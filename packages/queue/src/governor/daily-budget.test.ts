import type { Login, TrafficBook } from '@mxodus/model';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DailyBudget } from './daily-budget.ts';

const MB = 1_000_000;
const ANN: Login = { server: 'old', user: 'ann' };
const NOON = Date.parse('2026-11-22T12:00:00Z');
const MIDNIGHT = Date.parse('2026-11-23T00:00:00Z');

/** What a ledger would keep, with every write to it. */
class Book implements TrafficBook {
  readonly days = new Map<string, number>();
  readonly writes: number[] = [];
  broken: Error | null = null;

  async spent(login: Login, day: string): Promise<number> {
    if (this.broken !== null) throw this.broken;
    return this.days.get(`${login.user} ${day}`) ?? 0;
  }

  async add(login: Login, day: string, bytes: number): Promise<void> {
    if (this.broken !== null) throw this.broken;
    this.writes.push(bytes);
    this.days.set(`${login.user} ${day}`, (this.days.get(`${login.user} ${day}`) ?? 0) + bytes);
  }
}

/** The sum of the day is read before it is asked. */
async function open(book: TrafficBook | null, limit = 500 * MB): Promise<DailyBudget> {
  const known = Promise.withResolvers<void>();
  const budget = new DailyBudget(limit, { login: ANN, book, onKnown: known.resolve });
  if (budget.freeAt(NOON, 1) === Number.POSITIVE_INFINITY) await known.promise;
  return budget;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a day', () => {
  it('ends at midnight UTC, and the next one has a budget of its own', async () => {
    const book = new Book();
    const budget = await open(book);
    budget.take(NOON, 500 * MB);
    expect(budget.freeAt(NOON, 1)).toBe(MIDNIGHT);
    expect(budget.freeAt(MIDNIGHT - 1, 1)).toBe(MIDNIGHT);
    budget.freeAt(MIDNIGHT, 1);
    await budget.flush();
    expect(budget.freeAt(MIDNIGHT, 1)).toBeNull();
    expect(book.days.get('ann 2026-11-22')).toBe(500 * MB);
  });

  it('begins with what was spent before the process did', async () => {
    const book = new Book();
    book.days.set('ann 2026-11-22', 499 * MB);
    const budget = await open(book);
    expect(budget.freeAt(NOON, MB)).toBeNull();
    expect(budget.freeAt(NOON, MB + 1)).toBe(MIDNIGHT);
  });

  it('is read again when the clock was set back', async () => {
    const book = new Book();
    const budget = await open(book);
    budget.take(NOON, 500 * MB);
    budget.freeAt(MIDNIGHT, 1);
    await budget.flush();
    budget.freeAt(NOON, 1);
    await budget.flush();
    expect(budget.freeAt(NOON, 1)).toBe(MIDNIGHT);
  });

  it('lets a message larger than the whole budget go when nothing was spent yet', async () => {
    const budget = await open(null);
    expect(budget.freeAt(NOON, 600 * MB)).toBeNull();
    budget.take(NOON, 1);
    expect(budget.freeAt(NOON, 600 * MB)).toBe(MIDNIGHT);
  });

  it('is never exceeded by messages that fit in it, whatever their sizes', async () => {
    const budget = await open(new Book(), 1000);
    let spent = 0;
    for (let n = 0, bytes = 1; n < 500; n += 1, bytes = (bytes * 48_271) % 997) {
      if (budget.freeAt(NOON, bytes) !== null) continue;
      budget.take(NOON, bytes);
      spent += bytes;
    }
    expect(spent).toBe(1000);
  });
});

describe('the book', () => {
  it('is written when two seconds or 4 MiB have passed, not for every message', async () => {
    const book = new Book();
    const budget = await open(book);
    for (let n = 0; n < 1000; n += 1) budget.take(NOON, 100);
    await vi.advanceTimersByTimeAsync(1999);
    expect(book.writes).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(book.writes).toEqual([100_000]);
    for (let n = 0; n < 9; n += 1) budget.take(NOON, MB);
    await vi.advanceTimersByTimeAsync(0);
    expect(book.writes).toEqual([100_000, 5 * MB]);
    await budget.flush();
    expect(book.writes).toEqual([100_000, 5 * MB, 4 * MB]);
    expect(book.days.get('ann 2026-11-22')).toBe(9_100_000);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(book.writes).toHaveLength(3);
  });

  it('has all that crossed while it was being read', async () => {
    const book = new Book();
    book.days.set('ann 2026-11-22', 400 * MB);
    const budget = new DailyBudget(500 * MB, { login: ANN, book, onKnown: () => undefined });
    budget.take(NOON, 60 * MB);
    budget.take(NOON, 40 * MB);
    await budget.flush();
    expect(budget.freeAt(NOON, 1)).toBe(MIDNIGHT);
    expect(book.days.get('ann 2026-11-22')).toBe(500 * MB);
  });

  it('that is slow at midnight does not count yesterday’s bytes for today', async () => {
    const book = new Book();
    const budget = await open(book, 1000);
    const slow = Promise.withResolvers<void>();
    const add = book.add.bind(book);
    book.add = async (...what) => {
      await slow.promise;
      await add(...what);
    };
    budget.take(NOON, 1000);
    budget.book();
    expect(budget.freeAt(MIDNIGHT, 1)).toBe(Number.POSITIVE_INFINITY);
    budget.take(MIDNIGHT, 400);
    slow.resolve();
    await budget.flush();
    expect([budget.freeAt(MIDNIGHT, 600), budget.freeAt(MIDNIGHT, 601)]).toEqual([null, MIDNIGHT + 86_400_000]);
    expect([...book.days]).toEqual([
      ['ann 2026-11-22', 1000],
      ['ann 2026-11-23', 400],
    ]);
  });

  it('that fails is not passed over', async () => {
    const book = new Book();
    const budget = await open(book);
    budget.take(NOON, 1);
    book.broken = new Error('disk full');
    await expect(budget.flush()).rejects.toThrow('disk full');
    expect(() => budget.freeAt(NOON, 1)).toThrow('disk full');
  });
});
