import { expect, it } from 'vitest';
import { makeBatches } from './make-batches.ts';

const message = (uid: number, bytes = 10) => ({ uid, flags: [], internalDate: null, bytes });
const LIMITS = { messages: 3, bytes: 100, aloneFromBytes: 60 };
const shape = (batches: Iterable<{ kind: string; messages: { uid: number }[] }>) =>
  [...batches].map(({ kind, messages }) => `${kind} ${messages.map(({ uid }) => uid).join(',')}`);

it.each([
  ['by number', [message(1), message(2), message(3), message(4)], ['memory 1,2,3', 'memory 4']],
  ['by bytes', [message(1, 50), message(2, 50), message(3, 50)], ['memory 1,2', 'memory 3']],
  ['a large one alone, through the disk', [message(1), message(2, 60), message(3)], ['disk 2', 'memory 1,3']],
  ['nothing', [], []],
])('cuts %s', (_, messages, expected) => {
  expect(shape(makeBatches(messages, LIMITS))).toEqual(expected);
});

it('keeps the company of a message small, of those before it and of those after it', () => {
  const messages = [1, 2, 3, 4, 5, 6].map((uid) => message(uid));
  const company = (uid: number): number => (uid === 3 ? 1 : uid === 5 ? 2 : 3);
  expect(shape(makeBatches(messages, LIMITS, company))).toEqual(['memory 1,2', 'memory 3', 'memory 4,5', 'memory 6']);
});

it('makes a batch only when it is wanted', () => {
  let asked = 0;
  const endless = function* () {
    for (;;) {
      asked += 1;
      yield message(asked);
    }
  };
  makeBatches(endless(), LIMITS).next();
  expect(asked).toBe(4);
});
