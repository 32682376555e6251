import type { EventOf } from '@mxodus/model';
import { expect, it } from 'vitest';
import { clockTime } from '../output/figures.ts';
import { makeStyle } from '../output/style.ts';
import { ofSteps, StepProgress } from './step-progress.ts';

const NOON = new Date('2026-11-22T12:00:00Z');
const THEN = '2026-11-22T14:32:00Z';

const open = (log: boolean): StepProgress =>
  new StepProgress({
    verb: 'verify',
    steps: 40,
    text: ofSteps('mailboxes', 'compared'),
    describe: () => null,
    style: makeStyle(false),
    log,
  });

const waits = (mailbox: string, over = false): EventOf<'waiting'> => ({
  type: 'waiting',
  mailbox,
  why: 'old asked for a pause',
  until: THEN,
  over,
});

it('shows on a terminal which mailboxes wait, until when and why, as long as they do', () => {
  const view = open(false);
  const users = ['ann', 'bob', 'cat', 'dan', 'eve'].map((user) => `${user}@example.com`);
  for (const user of users) expect(view.on(waits(user), NOON)).toEqual([]);
  const because = `waiting until ${clockTime(new Date(THEN), NOON)}, because old asked for a pause`;
  expect(view.block(NOON, 100)).toEqual([
    `  ann@example.com is ${because}`,
    `  bob@example.com is ${because}`,
    `  cat@example.com is ${because}`,
    '  and 2 more wait',
    '  0 of 40 mailboxes compared, 0 ms',
  ]);
  expect(view.block(NOON, 60).every((line) => line.length < 60)).toBe(true);
  for (const user of users) view.on(waits(user, true), NOON);
  expect(view.block(NOON, 100)).toEqual(['  0 of 40 mailboxes compared, 0 ms']);
});

it('has a line of the log for a wait that begins', () => {
  const view = open(true);
  expect(view.on(waits('ann@example.com'), NOON)).toEqual([
    '2026-11-22T12:00:00Z verify ann@example.com state=waiting until=2026-11-22T14:32:00Z reason="old asked for a pause"',
  ]);
  expect(view.on(waits('ann@example.com', true), NOON)).toEqual([]);
});
