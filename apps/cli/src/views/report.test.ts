import { noMessages } from '@mxodus/model';
import { describe, expect, it } from 'vitest';
import { clockTime } from '../output/figures.ts';
import { makeStyle } from '../output/style.ts';
import type { MailboxStanding } from './mailbox-standing.ts';
import { type Report, reportText } from './report.ts';
import { reportPage } from './report-page/report-page.ts';
import { planOf } from './sample-plan.ts';

const ANN = 'ann@example.com';

const standing: MailboxStanding = {
  mailbox: ANN,
  phase: 'in step',
  health: 'needs you',
  moved: 2300,
  source_messages: 2310,
  lag: 0,
  not_moved: 8,
  in_doubt: 2,
  last_complete_pass: '2026-11-22T12:05:00Z',
  running_since: null,
  error: null,
  waiting: null,
  excluded: 40,
  buckets: { ...noMessages(), already_there: 100, moved_now: 2200, failed: 8, in_doubt: 2, excluded: 40 },
};

const report: Report = {
  plan: planOf([ANN], 2310),
  standings: [standing],
  folders: [
    {
      id: 1,
      address: ANN,
      source: 'R&D <plans>',
      uidValidity: 1,
      destination: 'R&D _plans_',
      destinationUidValidity: 1,
      destinationFinished: null,
      finished: { messages: 2350, uidNext: 3000, uidValidity: 1, highestModseq: null, bytes: null },
      buckets: standing.buckets,
    },
  ],
  alterations: [{ address: ANN, folder: 'INBOX', uid: 4, what: 'keyword $Label dropped', why: 'not permitted there' }],
  notMoved: Array.from({ length: 8 }, (_, index) => ({
    address: ANN,
    folder: 'INBOX',
    uid: 100 + index,
    state: 'failed' as const,
    bytes: 1024,
    reason: 'NO <script>alert(1)</script>',
  })),
  cutover: { state: 'DRAINING', entries: [{ time: '2026-11-22T12:00:00Z', text: 'SWITCHED: switch change accepted' }] },
  now: new Date('2026-11-22T13:00:00Z'),
};

it('tells in text what moved, what did not and why, and what was altered', () => {
  expect(reportText(report, 120, makeStyle(false)).split('\n')).toEqual([
    'NOT COMPLETE: 2,300 of 2,310 messages of 1 mailbox are at the destination: 8 not moved, 2 in doubt.',
    '  cutover   DRAINING',
    '',
    '  mailbox          source  moved       to come  not moved  in doubt  excluded  last complete pass',
    '  ann@example.com   2,350  2,300  99%        0          8         2        40  2026-11-22 12:05 UTC',
    '',
    'Not moved',
    '  failed    8 of 8.0 KiB: NO <script>alert(1)</script>',
    '            ann@example.com  INBOX  uid 100',
    '            ann@example.com  INBOX  uid 101',
    '            ann@example.com  INBOX  uid 102',
    '            and 5 more, same cause',
    '',
    'Altered',
    '  1  keyword $Label dropped: not permitted there',
    '            ann@example.com  INBOX  uid 4',
  ]);
});

const waiting = {
  ...report,
  standings: [
    {
      ...standing,
      health: 'waiting' as const,
      waiting: { why: 'old <asked> for a pause', until: '2026-11-22T14:32:00Z' },
    },
  ],
};
const untilThen = clockTime(new Date('2026-11-22T14:32:00Z'), report.now);

it('says who waits, until when and why, in text and on the page', () => {
  expect(reportText(waiting, 120, makeStyle(false))).toContain(
    `\n\nWaiting\n  ${ANN} is waiting until ${untilThen}, because old <asked> for a pause\n`,
  );
  expect(reportPage(waiting).replaceAll('&lt;', '<').replaceAll('&gt;', '>')).toContain(
    `<td class="wide"><span class="tag waiting">waiting</span><small>waiting until ${untilThen}, because old <asked> for a pause</small>`,
  );
});

it('fits 80 columns', () => {
  const mailbox = 'a.very.long.name.of.somebody@department.example.com';
  const standings = [
    { ...standing, mailbox },
    { ...standing, moved: 1_234_567, source_messages: 1_234_577 },
  ];
  const lines = reportText({ ...waiting, standings: [...waiting.standings, ...standings] }, 80, makeStyle(false));
  const table = lines.split('\n').slice(3, 12);
  expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(table[0]).toMatch(/^ {2}mailbox +source +moved +to come +unmoved +doubt +excl\. +last pass$/);
  expect(table[2]).toMatch(/^ {2}a\.very.*….*\.com +2,350 +2,300 +0 +8 +2 +40 +55 min ago$/);
});

describe('the page', () => {
  const page = reportPage(report);

  it('says the verdict, the numbers, and how they add up', () => {
    expect(page).toContain('<b>NOT COMPLETE</b>2,300 of 2,310 messages of 1 mailbox are at the destination');
    for (const part of ['2,200 moved', '100 already there', '8 failed', '2 in doubt', '40 excluded by the config']) {
      expect(page).toContain(`</i>${part}</li>`);
    }
    expect(page).toContain('= 2,350 messages at the source');
    expect(page).toContain('Cutover: DRAINING');
  });

  it('needs nothing else and runs nothing', () => {
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|https?:/i);
    expect(page).toContain("default-src 'none'");
  });

  it('shows what servers said as text', () => {
    expect(page).toContain('NO &lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).toContain('R&amp;D &lt;plans&gt;');
  });
});

it('says that all is there, and that nothing has begun', () => {
  const complete = { ...standing, moved: 2310, not_moved: 0, in_doubt: 0, health: 'ok' as const };
  const text = (one: MailboxStanding): string =>
    reportText({ ...report, standings: [one], notMoved: [], alterations: [] }, 120, makeStyle(false));
  expect(text(complete)).toContain('COMPLETE: all 2,310 messages of 1 mailbox are at the destination.\n');
  const planned = { ...standing, phase: 'planned' as const, moved: 0, lag: 2310, not_moved: 0, in_doubt: 0 };
  expect(text(planned)).toContain('NOT BEGUN: 2,310 messages of 1 mailbox are planned; none was moved yet.\n');
});
