import { type EventOf, EXIT, noMessages } from '@mxodus/model';
import { describe, expect, it } from 'vitest';
import { clockTime } from '../output/figures.ts';
import { makeStyle } from '../output/style.ts';
import { SyncProgress } from './sync-progress.ts';

const NOON = Date.parse('2026-11-22T12:00:00Z');
const at = (seconds: number): Date => new Date(NOON + seconds * 1000);
const ANN = 'ann@example.com';

const open = (log: boolean) => new SyncProgress({ mailboxes: 40, style: makeStyle(false), log });

const started = (known = 0, inDoubt = 0): EventOf<'mailbox_started'> => ({
  type: 'mailbox_started',
  mailbox: ANN,
  source_messages: 52_127,
  known,
  in_doubt: inDoubt,
  append_only: false,
});
const progress = (done: number): EventOf<'progress'> => ({
  type: 'progress',
  mailbox: ANN,
  folder: 'INBOX/Projects',
  done,
  source_messages: 52_127,
  bytes: done * 1000,
});
const waits = (why: string, until: number | null): EventOf<'waiting'> => ({
  type: 'waiting',
  mailbox: ANN,
  why,
  until: until === null ? null : at(until).toISOString(),
  over: false,
});
const over: EventOf<'waiting'> = { type: 'waiting', mailbox: ANN, why: '', until: null, over: true };
const finished = (exitCode: number, some = {}): EventOf<'mailbox_finished'> => ({
  type: 'mailbox_finished',
  mailbox: ANN,
  source_messages: 52_127,
  buckets: { ...noMessages(), moved_before: 52_127, ...some },
  flags_changed: 0,
  destination_writes: 0,
  bytes: 5_000_000,
  exit_code: exitCode,
});

describe('on a terminal', () => {
  it('shows a line for each mailbox in flight and one for all; rate and time to go once they are known', () => {
    const view = open(false);
    view.on(started(), at(0));
    expect(view.block(at(0), 100)).toEqual([
      `  ${ANN}  looking at 52,127 messages`,
      '  1 of 40 mailboxes active, 0 done, 39 queued, 0 with trouble          Ctrl-C stops safely',
    ]);
    view.on(progress(1000), at(1));
    expect(view.block(at(1), 100)[0]).toBe(
      `  ${ANN}     1,000/52,127   1%    977 KiB                               INBOX/Projects`,
    );
    for (let second = 2; second <= 5; second += 1) view.on(progress(1000 * second), at(second));
    expect(view.block(at(5), 100)[0]).toBe(
      `  ${ANN}     5,000/52,127   9%    4.8 MiB  1,000 msg/s  ETA 48 s        INBOX/Projects`,
    );
  });

  it('says until when it waits and why, and goes on when it is over', () => {
    const view = open(false);
    view.on(started(), at(0));
    view.on(progress(10), at(1));
    expect(view.on(waits('new asked ann for a pause', 3600), at(1))).toEqual([]);
    const until = clockTime(at(3600), at(1));
    expect(view.block(at(1), 100)[0]).toBe(`  ${ANN}  waiting until ${until}, because new asked ann for a pause`);
    view.on(over, at(3600));
    expect(view.block(at(3600), 100)[0]).toContain('INBOX/Projects');
  });

  it('goes on when a part of the mailbox does, and waits again when that is still too', () => {
    const view = open(false);
    view.on(started(), at(0));
    view.on(waits('new asked ann for a pause', 3600), at(1));
    view.on(progress(10), at(2));
    expect(view.block(at(4), 100)[0]).toContain('INBOX/Projects');
    expect(view.block(at(5), 100)[0]).toContain('waiting until');
  });

  it('is not hidden by short waits while it progresses', () => {
    const view = open(false);
    view.on(started(), at(0));
    view.on(progress(10), at(1));
    view.on(waits('the limit of 8 MB a second for new is reached', 3), at(1));
    expect(view.block(at(2), 100)[0]).toContain('INBOX/Projects');
    view.on(waits('new asked ann for a pause', 60), at(2));
    expect(view.block(at(2), 100)[0]).toContain('new asked ann for a pause');
  });

  it('says so too when it does not know the end, and before it could look at the mailbox', () => {
    const view = open(false);
    view.on(waits('all 20 connections to old are in use', null), at(0));
    expect(view.block(at(0), 100)).toEqual([
      `  ${ANN}  waiting, because all 20 connections to old are in use`,
      '  1 of 40 mailboxes active, 0 done, 39 queued, 0 with trouble          Ctrl-C stops safely',
    ]);
    view.on(over, at(1));
    expect(view.block(at(1), 100)[0]).toContain('0 of 40 mailboxes active');
  });

  it('shows the reason on up to three lines, and fits 80 columns', () => {
    const view = open(false);
    const mailbox = 'somebody.with.a.long.name@department.example.com';
    view.on({ ...started(), mailbox }, at(0));
    const words = 'NO [THROTTLED] Request is throttled. Suggested Backoff Time: 299961 milliseconds. '.repeat(3);
    view.on({ ...waits(`new asked ${mailbox} for a pause: "${words}"`, 3600), mailbox }, at(0));
    view.on({ ...started(), mailbox: 'bob@example.com' }, at(0));
    for (let second = 1; second <= 5; second += 1) {
      view.on({ ...progress(1000 * second), mailbox: 'bob@example.com', folder: 'INBOX' }, at(second));
    }
    const lines = view.block(at(5), 80);
    expect(lines.length).toBe(5);
    expect(lines[0]).toMatch(/^ {2}somebod.*….*\.com {2}waiting until \d\d:\d\d \S+, because new asked$/);
    expect(lines[2]).toMatch(/^ {20}\S.*…$/);
    expect(lines[3]).toContain('ETA 48 s');
    expect(lines[4]).toBe('  2 of 40 mailboxes active, 0 done, 38 queued, 0 with trouble');
    // A terminal of 80 columns shows 79 of a line that is redrawn, and a folder's name may be cut.
    expect(lines.slice(0, 3).every((line) => line.length < 80)).toBe(true);
  });

  it.each([
    ['a first pass', 0, 0, []],
    ['a pass with nothing new', 52_127, 0, []],
    ['a resumed pass', 41_200, 0, [`Resuming ${ANN}: 41,200 of 52,127 done before.`]],
    [
      'a pass after a crash',
      41_200,
      3,
      [`Resuming ${ANN}: 41,200 of 52,127 done before, 3 in doubt (looking for those first).`],
    ],
  ])('says what was done before at the start of %s', (_, known, inDoubt, lines) => {
    expect(open(false).on(started(known, inDoubt), at(0))).toEqual(lines);
  });

  it.each([
    ['nothing new', finished(EXIT.done), []],
    [
      'something moved',
      finished(EXIT.done, { moved_before: 52_000, moved_now: 127 }),
      [`  done  ${ANN}  52,127 messages, 127 moved now (4.8 MiB)`],
    ],
    [
      'something refused',
      finished(EXIT.notAllMoved, { moved_before: 52_110, cannot: 12, failed: 5 }),
      [`  incomplete  ${ANN}  52,127 messages, 0 moved now (4.8 MiB), 17 not moved`],
    ],
  ])('keeps a line of a mailbox that ended with %s', (_, event, lines) => {
    const view = open(false);
    view.on(started(), at(0));
    expect(view.on(event, at(9))).toEqual(lines);
  });
});

describe('in a log', () => {
  it('has a line at the start and the end, and one now and then, less often as time goes by', () => {
    const view = open(true);
    expect(view.on(started(41_200, 3), at(0))).toEqual([
      `2026-11-22T12:00:00Z sync ${ANN} 0/52127 state=started known=41200 in_doubt=3`,
    ]);
    expect(view.due(at(4))).toEqual([]);
    view.on(progress(44_870), at(5));
    expect(view.due(at(5))).toEqual([
      `2026-11-22T12:00:05Z sync ${ANN} 44870/52127 86% state=copying eta=unknown not_moved=0`,
    ]);
    const lines = (from: number, to: number): number =>
      Array.from({ length: to - from }, (_, index) => view.due(at(from + index)).length).reduce((a, b) => a + b, 0);
    expect(lines(6, 60)).toBe(10);
    expect(lines(600, 720)).toBe(4);
    expect(view.on(finished(EXIT.done, { moved_before: 41_200, moved_now: 10_927 }), at(730))).toEqual([
      `2026-11-22T12:12:10Z sync ${ANN} 52127/52127 100% state=done moved_now=10927 cannot=0 failed=0 in_doubt=0`,
    ]);
  });

  it('says at once that it waits, whatever for, and the same again only now and then', () => {
    const view = open(true);
    view.on(started(), at(0));
    expect(view.on(waits('throttled: 429', 60), at(1))).toEqual([
      `2026-11-22T12:00:01Z sync ${ANN} 0/52127 0% state=waiting until=2026-11-22T12:01:00Z reason="throttled: 429"`,
    ]);
    expect(view.on(over, at(2))).toEqual([]);
    expect(view.on(waits('throttled: 430', 60), at(3))).toEqual([]);
    expect(view.on(waits('the daily budget is used up', null), at(4))).toEqual([
      `2026-11-22T12:00:04Z sync ${ANN} 0/52127 0% state=waiting reason="the daily budget is used up"`,
    ]);
    expect(view.due(at(9))).toEqual([
      `2026-11-22T12:00:09Z sync ${ANN} 0/52127 0% state=waiting reason="the daily budget is used up"`,
    ]);
    view.on(over, at(10));
    expect(view.due(at(15))).toEqual([
      `2026-11-22T12:00:15Z sync ${ANN} 0/52127 0% state=looking eta=unknown not_moved=0`,
    ]);
  });

  it('says that it waits before it could look at the mailbox', () => {
    const view = open(true);
    expect(view.on(waits('all 20 connections to old are in use', null), at(1))).toEqual([
      `2026-11-22T12:00:01Z sync ${ANN} state=waiting reason="all 20 connections to old are in use"`,
    ]);
  });
});

describe('of a fleet', () => {
  const follow = (log: boolean) => new SyncProgress({ mailboxes: 40, style: makeStyle(false), log, inFleet: true });

  it('says that it waits for workers, and once there is one who has the mailbox', () => {
    const view = follow(false);
    expect(view.block(at(0), 100)).toEqual([
      '  0 of 40 mailboxes active, 0 done, 40 queued, 0 with trouble       Ctrl-C leaves it going',
    ]);
    view.endedBefore(finished(EXIT.notAllMoved));
    view.on(started(), at(1));
    view.on({ ...progress(1000), folder: '', worker: 'vm1-3fa2' }, at(2));
    const [ann = '', total] = view.block(at(3), 120);
    expect(ann).toMatch(/1,000\/52,127 .* on vm1-3fa2$/);
    expect(total).toContain('1 of 40 mailboxes active, 1 done, 38 queued, 1 with trouble');
  });

  it('has a line in a log now and then while nothing is under way', () => {
    const view = follow(true);
    expect([0, 2, 5, 6, 10].map((second) => view.due(at(second)))).toEqual([
      ...[[], [], ['2026-11-22T12:00:05Z sync state=queued done=0 queued=40'], []],
      ['2026-11-22T12:00:10Z sync state=queued done=0 queued=40'],
    ]);
  });
});
