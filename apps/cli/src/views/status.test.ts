import { noMessages } from '@mxodus/model';
import { expect, it } from 'vitest';
import { makeStyle } from '../output/style.ts';
import type { MailboxStanding } from './mailbox-standing.ts';
import { statusText } from './status.ts';

const ann: MailboxStanding = {
  mailbox: 'ann@example.com',
  phase: 'in step',
  health: 'needs you',
  moved: 2300,
  source_messages: 2310,
  lag: 0,
  not_moved: 10,
  in_doubt: 0,
  last_complete_pass: '2026-11-22T12:05:00Z',
  running_since: null,
  error: null,
  buckets: noMessages(),
  excluded: 0,
};
const bob: MailboxStanding = {
  ...ann,
  mailbox: 'bob@example.com',
  phase: 'syncing',
  health: 'waiting',
  moved: 100,
  lag: 2200,
  not_moved: 0,
  in_doubt: 10,
  last_complete_pass: null,
  error: 'CONNECTION_LOST',
};
const holder = { pid: 7, host: 'here', since: '2026-11-22T12:00:00Z', command: 'mxodus sync acme.plan.json' };

const text = (width: number): string[] => {
  const now = new Date('2026-11-22T12:10:00Z');
  const view = { project: 'acme', standings: [ann, bob], holder, cutover: 'ARMED', now, width };
  return statusText(view, makeStyle(false)).split('\n');
};

it('says how all and each mailbox stand, who works, and how far the cutover is', () => {
  expect(text(130)).toEqual([
    'acme: 2,400 of 4,620 messages of 2 mailboxes are at the destination (51%).',
    '  to come 2,200 | not moved 10 | in doubt 10',
    '  running   mxodus sync acme.plan.json (process 7, since 2026-11-22 12:00 UTC)',
    '  cutover   ARMED',
    '',
    '  mailbox          phase    moved / total  to come  not moved  in doubt  last complete pass',
    '  ann@example.com  in step  2,300 / 2,310        0         10         0  2026-11-22 12:05 UTC, 5 min 00 s ago  needs you',
    '  bob@example.com  syncing    100 / 2,310    2,200          0        10  never  waiting: CONNECTION_LOST',
  ]);
});

it('fits a narrow terminal', () => {
  expect(
    Math.max(
      ...text(110)
        .slice(5)
        .map((line) => line.length),
    ),
  ).toBeLessThan(110);
});
