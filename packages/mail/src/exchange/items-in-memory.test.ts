import { expect, it } from 'vitest';
import { itemBookInMemory } from './items-in-memory.ts';

it('gives each item of a folder the next number when it is first seen, for good', async () => {
  const book = itemBookInMemory();
  const { id, uidNext } = await book.folder('exchange ann', 'F');
  expect(uidNext).toBe(1);
  expect(await book.uidsFor(id, ['a', 'b', 'a'])).toEqual([1, 2, 1]);
  expect(await book.uidsFor(id, ['c', 'b'])).toEqual([3, 2]);
  expect(await book.folder('exchange ann', 'F')).toEqual({ id, uidValidity: expect.any(Number), uidNext: 4 });
  expect(await book.itemIds(id, [3, 1, 9])).toEqual(
    new Map([
      [3, 'c'],
      [1, 'a'],
    ]),
  );
});

it('tells ids apart that differ only in case, and at their ends', async () => {
  const book = itemBookInMemory();
  const { id } = await book.folder('exchange ann', 'F');
  const long = 'A'.repeat(600);
  expect(await book.uidsFor(id, ['AAa=', 'AAA=', `${long}b`, `${long}B`])).toEqual([1, 2, 3, 4]);
});

it('has another UIDVALIDITY for another folder, and for the folder of another account', async () => {
  const book = itemBookInMemory();
  const folders = [
    await book.folder('exchange ann', 'F'),
    await book.folder('exchange ann', 'f'),
    await book.folder('exchange ben', 'F'),
  ];
  expect(new Set(folders.map(({ uidValidity }) => uidValidity)).size).toBe(3);
});
