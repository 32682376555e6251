import { expect, it } from 'vitest';
import { windows } from './windows.ts';

it.each([
  [{ uidNext: 1, messages: 0 }, [{ from: 1, to: 1 }]],
  [{ uidNext: 11, messages: 10 }, [{ from: 1, to: 10 }]],
  [
    { uidNext: 50_001, messages: 50_000 },
    [
      { from: 30_001, to: 50_000 },
      { from: 10_001, to: 30_000 },
      { from: 1, to: 10_000 },
    ],
  ],
  // Few messages over many UIDs are one window all the same.
  [{ uidNext: 4_000_001, messages: 100 }, [{ from: 1, to: 4_000_000 }]],
])('%o is looked at as %o', (folder, expected) => {
  expect([...windows(folder)]).toEqual(expected);
});

it('leaves the newest window open for what arrives in between', () => {
  expect([...windows({ uidNext: 25_001, messages: 25_000 }, 'to the end')]).toEqual([
    { from: 5_001 },
    { from: 1, to: 5_000 },
  ]);
});
