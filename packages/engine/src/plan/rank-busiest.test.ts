import type { AssignRule } from '@mxodus/model';
import { expect, test } from 'vitest';
import { assign } from './assign.ts';
import { rankBusiest } from './rank-busiest.ts';

const RULES: AssignRule[] = [
  { match: 'sales-*', to: 'm365' },
  { top: 2, by: 'messages', to: 'm365' },
  { top: 1, by: 'bytes', to: 'big' },
  { match: '*', to: 'new' },
];

const survey = (address: string, messages: number, bytes = 0, to: string | null = null) => ({
  address,
  to,
  counts: new Map([
    [1, messages],
    [2, bytes],
  ]),
});

function placed(...surveys: ReturnType<typeof survey>[]): string[] {
  const busiest = rankBusiest(RULES, surveys);
  return surveys.map(({ address, to }) => `${address} ${assign(address, RULES, { to: to ?? undefined, busiest })?.to}`);
}

test.each([
  [
    'takes those that count most, and leaves the others to the next rules',
    [survey('ann', 5), survey('bob', 9), survey('carol', 7), survey('dave', 1, 50), survey('eve', 1, 40)],
    ['ann new', 'bob m365', 'carol m365', 'dave big', 'eve new'],
  ],
  [
    'does not count whom an earlier rule takes',
    [survey('sales-uk', 100), survey('ann', 5), survey('bob', 4), survey('carol', 3, 9)],
    ['sales-uk m365', 'ann m365', 'bob m365', 'carol big'],
  ],
  [
    'where two count the same, takes the first by address',
    [survey('carol', 5, 1), survey('bob', 5, 1), survey('ann', 5, 1)],
    ['carol big', 'bob m365', 'ann m365'],
  ],
  [
    'takes nobody whose list names another server, and takes those whose list names this one',
    [survey('ann', 9, 0, 'new'), survey('bob', 5, 0, 'm365'), survey('carol', 3), survey('dave', 2, 1)],
    ['ann new', 'bob m365', 'carol m365', 'dave big'],
  ],
  ['takes all where there are fewer', [survey('ann', 0)], ['ann m365']],
])('a top rule %s', (_name, surveys, expected) => {
  expect(placed(...surveys)).toEqual(expected);
});
