import { describe, expect, it } from 'vitest';
import { ByteBudget } from './byte-budget.ts';

/** Takes in order; `started` lists the names of those that have their share. */
function queue(limit: number) {
  const budget = new ByteBudget(limit);
  const started: string[] = [];
  const take = (name: string, bytes: number, signal = new AbortController().signal): Promise<() => void> =>
    budget.take(bytes, signal).then((giveBack) => {
      started.push(name);
      return giveBack;
    });
  return { started, take };
}

/** Lets every promise that can settle do so. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the byte budget', () => {
  it('serves those that come first, though a later one would fit', async () => {
    const { started, take } = queue(10);
    const giveBack = await take('first', 6);
    const large = take('large', 8);
    const small = take('small', 2);
    await settled();
    expect(started).toEqual(['first']);
    giveBack();
    await Promise.all([large, small]);
    expect(started).toEqual(['first', 'large', 'small']);
  });

  it('lets what is larger than all of it wait until it is alone', async () => {
    const { started, take } = queue(10);
    const giveBack = await take('one byte', 1);
    const huge = take('huge', 1000);
    const next = take('next', 1);
    await settled();
    expect(started).toEqual(['one byte']);
    giveBack();
    const giveHugeBack = await huge;
    await settled();
    expect(started).toEqual(['one byte', 'huge']);
    giveHugeBack();
    await next;
    expect(started).toEqual(['one byte', 'huge', 'next']);
  });

  it('gets a share back once, however often it is given back', async () => {
    const { started, take } = queue(10);
    const giveBack = await take('first', 5);
    await take('second', 5);
    giveBack();
    giveBack();
    await take('third', 5);
    void take('fourth', 5);
    await settled();
    expect(started).toEqual(['first', 'second', 'third']);
  });

  it('ends the wait of one that is aborted, which takes no share and keeps no place', async () => {
    const { started, take } = queue(10);
    const giveBack = await take('first', 10);
    const abort = new AbortController();
    const aborted = take('aborted', 10, abort.signal);
    const next = take('next', 10);
    abort.abort(new Error('stopped'));
    await expect(aborted).rejects.toThrow('stopped');
    giveBack();
    await next;
    expect(started).toEqual(['first', 'next']);
  });

  it('keeps the share of one that is aborted after it got it', async () => {
    const { started, take } = queue(10);
    const giveBack = await take('first', 10);
    const abort = new AbortController();
    const second = take('second', 10, abort.signal);
    giveBack();
    const giveSecondBack = await second;
    abort.abort();
    const third = take('third', 10);
    await settled();
    expect(started).toEqual(['first', 'second']);
    giveSecondBack();
    await third;
  });
});
