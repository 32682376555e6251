import { type EventOf, EXIT, noMessages } from '@mxodus/model';
import { describe, expect, it } from 'vitest';
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

  it('says why it waits and how long, and goes on after', () => {
    const view = open(false);
    view.on(started(), at(0));
    const why = 'destination asked for a pause';
    view.on({ type: 'waiting', mailbox: ANN, why, until: at(41).toISOString() }, at(0));
    expect(view.block(at(0), 100)[0]).toBe(`  ${ANN}  waiting 41 s: ${why}`);
    view.on(progress(10), at(42));
    expect(view.block(at(42), 100)[0]).toContain('INBOX/Projects');
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

  it('says at once that it waits', () => {
    const view = open(true);
    view.on(started(), at(0));
    expect(
      view.on({ type: 'waiting', mailbox: ANN, why: 'throttled: 429', until: at(60).toISOString() }, at(1)),
    ).toEqual([
      `2026-11-22T12:00:01Z sync ${ANN} 0/52127 0% state=waiting until=2026-11-22T12:01:00Z reason="throttled: 429"`,
    ]);
  });
});
