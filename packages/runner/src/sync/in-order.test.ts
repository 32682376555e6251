import { expect, it } from 'vitest';
import { inOrder } from './in-order.ts';

it('gives results in the order of the items, with no more than `ahead` at work', async () => {
  let atWork = 0;
  let most = 0;
  const results: number[] = [];
  const work = async (item: number): Promise<number> => {
    atWork += 1;
    most = Math.max(most, atWork);
    // The later ones are done first.
    for (let turn = item; turn < 6; turn += 1) await Promise.resolve();
    atWork -= 1;
    return item;
  };
  for await (const result of inOrder([1, 2, 3, 4, 5], 3, work)) results.push(result);
  expect(results).toEqual([1, 2, 3, 4, 5]);
  expect(most).toBe(3);
});

it('throws what an item threw, in its turn', async () => {
  const results: number[] = [];
  const run = async (): Promise<void> => {
    const work = async (item: number): Promise<number> => {
      if (item === 2) throw new Error('two');
      return item;
    };
    for await (const result of inOrder([1, 2, 3], 3, work)) results.push(result);
  };
  await expect(run()).rejects.toThrow('two');
  expect(results).toEqual([1]);
});
