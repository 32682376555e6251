import { eventSchema, noMessages, type Run } from '@mxodus/model';
import { expect, it } from 'vitest';
import { clockTime } from '../output/figures.ts';
import { makeStyle } from '../output/style.ts';
import type { MailboxStanding } from './mailbox-standing.ts';
import { statusEvent, statusText } from './status.ts';

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
  waiting: null,
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

const now = new Date('2026-11-22T12:10:00Z');

const text = (width: number, standings = [ann, bob]): string[] => {
  const words = ['acme.plan.json'];
  const view = { project: 'acme', standings, holder, run: null, words, cutover: 'ARMED', now, width };
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

const cat: MailboxStanding = {
  ...bob,
  mailbox: 'catherine.with-a-long-name@department.example.com',
  error: null,
  running_since: '2026-11-22T12:00:00Z',
  waiting: {
    why: 'new asked cat for a pause: "NO [THROTTLED] Suggested Backoff Time: 299961 milliseconds, see the page of limits"',
    until: '2026-11-22T14:32:00Z',
  },
};
const until = clockTime(new Date('2026-11-22T14:32:00Z'), now);

it('says below a mailbox until when it waits and why', () => {
  expect(text(160, [ann, cat]).slice(-2)).toEqual([
    '  catherine.with-a-lon…artment.example.com  syncing    100 / 2,310    2,200          0        10  running for 10 min 00 s',
    `    waiting until ${until}, because ${cat.waiting?.why}`,
  ]);
});

it('has shorter words and cut names in 80 columns, and the remarks below', () => {
  const lines = text(80, [ann, bob, cat]).slice(5);
  expect(lines.slice(0, 6)).toEqual([
    '  mailbox              phase    moved/total  to come  unmoved  doubt  last pass',
    '  ann@example.com      in step  2,300/2,310        0       10      0  5 min ago',
    '    needs you',
    '  bob@example.com      syncing    100/2,310    2,200        0     10  never',
    '    waiting: CONNECTION_LOST',
    '  catherine…ample.com  syncing    100/2,310    2,200        0     10  running',
  ]);
  expect(
    lines
      .slice(6)
      .map((line) => line.trim())
      .join(' '),
  ).toBe(`waiting until ${until}, because ${cat.waiting?.why}`);
});

it('says of a run of the fleet where to look for more, instead of which worker has a part of it', () => {
  const run: Run = {
    ...{ id: 7, project: 'acme', planSha256: '', onlyFailed: false, appendOnly: false, state: 'paused', endedAt: null },
    orderedAt: '2026-11-22T12:00:00Z',
  };
  const words = ['acme.plan.json'];
  const view = { project: 'acme', standings: [ann], holder, run, words, cutover: null, now, width: 80 };
  expect(statusText(view, makeStyle(false)).split('\n')).toEqual(
    expect.arrayContaining([
      '  fleet     run 7 is paused, ordered 2026-11-22 12:00 UTC',
      '            mxodus fleet status acme.plan.json',
    ]),
  );
});

it.each([60, 80, 100, 110, 120, 140])('fits %d columns', (width) => {
  const command = `mxodus sync ${'a-long-folder/'.repeat(12)}acme.plan.json`;
  const view = {
    project: 'acme',
    standings: [ann, bob, cat],
    holder: { ...holder, command },
    run: null,
    words: [],
    cutover: null,
    now,
    width,
  };
  const lines = statusText(view, makeStyle(false)).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(Math.max(width, 74));
});

it('has a line of JSON that says what is waited for', () => {
  expect(statusEvent(cat)).toMatchObject({ type: 'mailbox_status', health: 'waiting', waiting: cat.waiting });
  expect(eventSchema.safeParse(statusEvent(cat)).success).toBe(true);
});
