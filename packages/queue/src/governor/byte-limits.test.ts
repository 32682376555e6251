import type { Login, TrafficBook } from '@mxodus/model';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ANN, BOB, clocked, EVENING, listener, MB, open, pause, quiet } from './evening.test.support.ts';

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'], now: EVENING });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('bytes a second', () => {
  it('hold for all logins together, a large message after its debt is paid for', async () => {
    const governor = open({ bytesPerSecond: MB });
    const sizes = [600_000, 400_000, 10 * MB, 1, 600_000];
    const sent = sizes.map((bytes, index) => clocked(governor.admit(index % 2 === 0 ? ANN : BOB, bytes, quiet)));
    await pass(60_000);
    expect(sent.map(({ at }) => at)).toEqual([0, 0, 1000, 10_001, 10_601]);
  });

  it('do not hold up commands without bytes', async () => {
    const governor = open({ bytesPerSecond: MB });
    await governor.admit(ANN, 10 * MB, quiet);
    const held = clocked(governor.admit(ANN, 1, quiet));
    const status = clocked(governor.admit(ANN, 0, quiet));
    await pass(0);
    expect([held.at, status.at]).toEqual([null, 0]);
  });

  it('are waited for by who reads, after what crossed, and in order with who writes', async () => {
    const governor = open({ bytesPerSecond: MB });
    governor.crossed(ANN, 3 * MB);
    const writer = clocked(governor.admit(BOB, MB, quiet));
    const reader = clocked(governor.caughtUp(ANN, quiet));
    await pass(2999);
    expect([writer.at, reader.at]).toEqual([null, null]);
    await pass(10_000);
    expect([writer.at, reader.at]).toEqual([3000, 3000]);
  });

  it('that one login cannot use now are for the others', async () => {
    const governor = open({ bytesPerSecond: MB });
    await governor.admit(ANN, MB, quiet);
    governor.slowDown(ANN, pause(60_000));
    const ann = clocked(governor.admit(ANN, MB, quiet));
    const bob = clocked(governor.admit(BOB, MB, quiet));
    await pass(100_000);
    expect([ann.at, bob.at]).toEqual([60_000, 1000]);
  });
});

describe('bytes a day', () => {
  /** A day's sums, as a ledger keeps them. */
  function bookOf(spent: number): TrafficBook & { added: number } {
    const book = {
      added: 0,
      spent: async (): Promise<number> => spent + book.added,
      add: async (_: Login, __: string, bytes: number): Promise<void> => {
        book.added += bytes;
      },
    };
    return book;
  }

  it('are waited for until midnight UTC, also when they were spent before a restart; the small commands go on', async () => {
    const book = bookOf(499 * MB);
    const governor = open({ bytesPerDay: 500 * MB }, book);
    const ear = listener();
    const first = clocked(governor.admit(ANN, MB, ear));
    const held = clocked(governor.admit(ANN, 1, ear));
    const status = clocked(governor.admit(ANN, 0, ear));
    await pass(3_599_999);
    expect([first.at, held.at, status.at]).toEqual([0, null, 0]);
    expect(ear.heard).toEqual([
      { why: 'the daily budget of 500 MB for ann at old is used up', until: '2026-11-23T00:00:00.000Z' },
    ]);
    expect(book.added).toBe(MB);
    book.added = -499 * MB;
    await pass(1);
    expect(held.at).toBe(3_600_000);
    expect(ear.heard.at(-1)).toBeNull();
  });

  it('count what crossed, are booked before a wait is told, and at the end', async () => {
    const book = bookOf(0);
    const governor = open({ bytesPerDay: 2 * MB }, book);
    await governor.admit(ANN, 1, quiet);
    governor.crossed(ANN, 2 * MB);
    const held = clocked(governor.admit(ANN, 1, quiet));
    await pass(0);
    expect([held.at, book.added]).toEqual([null, 2 * MB + 1]);
    governor.crossed(ANN, 5);
    await governor.close();
    expect(book.added).toBe(2 * MB + 6);
    await pass(0);
    expect(held.error).toMatchObject({ code: 'INTERRUPTED' });
  });

  it('are used in the order of the messages: a small one does not pass one that has to wait', async () => {
    const governor = open({ bytesPerDay: 10 * MB }, bookOf(5 * MB));
    const large = clocked(governor.admit(ANN, 8 * MB, quiet));
    const small = clocked(governor.admit(ANN, MB, quiet));
    await pass(1000);
    expect([large.at, small.at]).toEqual([null, null]);
  });

  it('are another login’s own', async () => {
    const governor = open({ bytesPerDay: MB }, bookOf(0));
    await governor.admit(ANN, MB, quiet);
    const bob = clocked(governor.admit(BOB, MB, quiet));
    await pass(0);
    expect(bob.at).toBe(0);
  });

  it('cannot be known when the book cannot be read: the error is the command’s', async () => {
    const broken: TrafficBook = { spent: () => Promise.reject(new Error('disk')), add: () => Promise.resolve() };
    const governor = open({ bytesPerDay: MB }, broken);
    const first = clocked(governor.admit(ANN, 1, quiet));
    await pass(0);
    expect(first.error).toMatchObject({ message: 'disk' });
    await expect(governor.admit(ANN, 1, quiet)).rejects.toThrow('disk');
  });
});
