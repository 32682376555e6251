import { expect, it } from 'vitest';
import { MessageTable } from './message-table.ts';

const message = (uid: number, more: object = {}) => ({
  uid,
  flags: ['\\Seen'],
  internalDate: uid * 1000,
  bytes: uid * 10,
  ...more,
});

it('gives back what was put in, also beyond its first size', () => {
  const table = new MessageTable();
  const all = Array.from({ length: 500 }, (_, index) => message(index + 1, { flags: [`$k${index % 7}`] }));
  for (const one of all) table.add(one);
  expect(table.length).toBe(500);
  expect([...table]).toEqual(all);
});

it('keeps a date that cannot be read apart from every other, and what only some servers tell', () => {
  const table = new MessageTable();
  const odd = [
    message(1, { internalDate: null }),
    message(2, { internalDate: 0 }),
    message(3, { emailId: 'M1', labels: ['\\Inbox', 'Work'] }),
    message(4, { bytes: 2 ** 40 }),
  ];
  for (const one of odd) table.add(one);
  expect([...table]).toEqual(odd);
});

it('orders by UID, whatever order they came in', () => {
  const table = new MessageTable();
  for (const uid of [5, 1, 4_000_000_000, 3]) table.add(message(uid));
  expect([...table.inOrder(true)].map(({ uid }) => uid)).toEqual([4_000_000_000, 5, 3, 1]);
  expect([...table.inOrder(false)].map(({ uid }) => uid)).toEqual([1, 3, 5, 4_000_000_000]);
});

it('leaves out what is asked to be left out', () => {
  const table = new MessageTable();
  for (const uid of [1, 2, 3]) table.add(message(uid));
  expect([...table.without(new Set([2]))]).toEqual([message(1), message(3)]);
});
