import { expect, it } from 'vitest';
import { pairKeyless } from './pair-keyed.ts';

const DATE = Date.parse('2020-01-02T03:04:05.678Z');
const wanted = (
  uid: number,
  fields: Partial<Parameters<typeof pairKeyless>[0][number]['fields']> = {},
  date = DATE,
) => ({
  uid,
  internalDate: date,
  fields: { messageId: '<a@x>', date: null, from: 'bob <bob@x.test>', subject: 'Hello', ...fields },
});
const present = (uid: number, differs: Partial<Parameters<typeof pairKeyless>[1][number]> = {}) => ({
  uid,
  internalDate: Math.floor(DATE / 1000) * 1000,
  messageId: '<a@x>',
  subject: 'Hello',
  from: 'bob@x.test',
  ...differs,
});

it.each([
  ['equal Message-ID and second', [wanted(1)], [present(9)], [[1, 9]]],
  ['another second', [wanted(1)], [present(9, { internalDate: 1000 })], []],
  ['another Message-ID', [wanted(1)], [present(9, { messageId: '<b@x>' })], []],
  ['two messages and one copy', [wanted(1), wanted(2)], [present(9)], [[1, 9]]],
  [
    'two messages and two copies',
    [wanted(1), wanted(2)],
    [present(9), present(8)],
    [
      [1, 9],
      [2, 8],
    ],
  ],
  [
    'no Message-ID, equal sender and subject',
    [wanted(1, { messageId: null })],
    [present(9, { messageId: '<made@up>' })],
    [[1, 9]],
  ],
  ['no Message-ID, another subject', [wanted(1, { messageId: null })], [present(9, { subject: 'Hello!' })], []],
  ['no Message-ID, another sender', [wanted(1, { messageId: null })], [present(9, { from: 'ann@x.test' })], []],
  [
    'no Message-ID, a subject that is not plain',
    [wanted(1, { messageId: null, subject: '=?utf-8?q?H?=' })],
    [present(9, { subject: 'H' })],
    [],
  ],
  [
    'no Message-ID at either end is no proof',
    [wanted(1, { messageId: null, subject: 'a' })],
    [present(9, { messageId: null, subject: 'b' })],
    [],
  ],
  ['no date at the source', [{ ...wanted(1), internalDate: null }], [present(9)], []],
])('%s', (_what, mine, theirs, expected) => {
  expect(pairKeyless(mine, theirs).map((pair) => [pair.wanted, pair.present])).toEqual(expected);
});

const ODD = { subject: '=?utf-8?q?H?=' };
const later = (uid: number, differs = {}) => present(uid, { internalDate: 1000, ...differs });

it.each([
  ['another date', [wanted(1)], [later(9)], [[1, 9]]],
  ['two messages and one copy', [wanted(1), wanted(2)], [later(9)], [[1, 9]]],
  ['another subject', [wanted(1)], [later(9, { subject: 'Hello!' })], []],
  ['another sender', [wanted(1, ODD)], [later(9, { from: 'ann@x.test' })], []],
  ['a subject that cannot be compared', [wanted(1, ODD)], [later(9, { subject: 'H' })], [[1, 9]]],
  ['no Message-ID', [wanted(1, { messageId: null })], [later(9, { messageId: null })], []],
])('dated by the mail system itself: %s', (_what, mine, theirs, expected) => {
  const pairs = pairKeyless(mine, theirs, { dates: false });
  expect(pairs.map((pair) => [pair.wanted, pair.present])).toEqual(expected);
});
