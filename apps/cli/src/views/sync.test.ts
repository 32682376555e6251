import {
  type Buckets,
  EXIT,
  type ExitCode,
  MxodusError,
  type NotMovedRow,
  noMessages,
  sumOfBuckets,
} from '@mxodus/model';
import type { SyncResult } from '@mxodus/runner';
import { describe, expect, it } from 'vitest';
import { makeStyle } from '../output/style.ts';
import { syncVerdict } from './sync.ts';

const ANN = 'ann@example.com';
const WORDS = {
  config: ['-c', 'a.yaml'],
  plan: ['my plan.json', '-c', 'a.yaml'],
  filtered: ['my plan.json', '-c', 'a.yaml', '--mailbox', 'ann*'],
};

function result(exitCode: ExitCode, some: Partial<Buckets>, error: MxodusError | null = null): SyncResult {
  const buckets = { ...noMessages(), ...some };
  const mailbox = {
    address: ANN,
    exitCode,
    sourceMessages: sumOfBuckets(buckets),
    buckets,
    destinationWrites: buckets.moved_now > 0 ? 110 : 0,
    bytes: buckets.moved_now * 1000,
    flagsChanged: 0,
    error,
  };
  const { sourceMessages, destinationWrites, bytes } = mailbox;
  return { exitCode, sourceMessages, buckets, destinationWrites, bytes, durationMs: 51_000, mailboxes: [mailbox] };
}

function verdict(of: SyncResult, options: { dryRun?: boolean; notMoved?: NotMovedRow[] } = {}): string[] {
  const { dryRun = false, notMoved = [] } = options;
  const view = { result: of, notMoved, words: WORDS, dryRun };
  return syncVerdict(view, makeStyle(false)).split('\n');
}

const trouble = (code: 'AUTH_FAILED' | 'CONNECTION_LOST' | 'PLAN_STALE' | 'INTERRUPTED'): MxodusError =>
  new MxodusError(code, { what: 'the server said no', why: 'because', advice: 'do something' });

const SYNC = "mxodus sync 'my plan.json' -c a.yaml --mailbox 'ann*'";
const CHECK = 'mxodus check -c a.yaml';

describe('the end of a sync', () => {
  it('says that all is there, how much it was, and what comes next', () => {
    expect(verdict(result(EXIT.done, { already_there: 171, moved_before: 41_203, moved_now: 10_936 }))).toEqual([
      'COMPLETE: all 52,310 messages of ann@example.com are at the destination. 0 unaccounted for.',
      '  there 171 | moved before 41,203 | moved now 10,936 | cannot 0 | failed 0 | in doubt 0',
      '  10,936 messages, 10.4 MiB in 51 s, 214 msg/s; 110 commands changed the destination.',
      "Next:  mxodus verify 'my plan.json' -c a.yaml --mailbox 'ann*' --level bytes",
    ]);
  });

  it('says that nothing was new, and does not count what the config excludes as missing', () => {
    expect(verdict(result(EXIT.done, { moved_before: 5, excluded: 2 })).slice(0, 3)).toEqual([
      'COMPLETE: all 5 messages of ann@example.com are at the destination. 0 unaccounted for.',
      '  there 0 | moved before 5 | moved now 0 | cannot 0 | failed 0 | in doubt 0 | excluded 2',
      '  Nothing was new: no change was sent to the destination. 51 s.',
    ]);
  });

  it('groups what did not move by cause: the first three and how many', () => {
    const row = { address: ANN, folder: 'INBOX/2019', state: 'failed' as const, bytes: 1024 };
    const notMoved = [1, 2, 3, 4, 5].map((uid) => ({ ...row, uid, reason: `malformed header (0.00${uid} s)` }));
    expect(verdict(result(EXIT.notAllMoved, { moved_now: 100, failed: 5 }), { notMoved })).toEqual([
      'NOT COMPLETE: 100 of 105 messages of ann@example.com are at the destination. 0 unaccounted for.',
      '  there 0 | moved before 0 | moved now 100 | cannot 0 | failed 5 | in doubt 0',
      '  100 messages, 97.7 KiB in 51 s, 2 msg/s; 110 commands changed the destination.',
      '  failed    5 of 5.0 KiB: malformed header (0.001 s)',
      '            ann@example.com  INBOX/2019  uid 1',
      '            ann@example.com  INBOX/2019  uid 2',
      '            ann@example.com  INBOX/2019  uid 3',
      '            and 2 more, same cause',
      `Next:  mxodus report 'my plan.json' -c a.yaml     then     ${SYNC} --only-failed`,
    ]);
  });

  it.each([
    ['in doubt', result(EXIT.notAllMoved, { in_doubt: 2 }), 'NOT COMPLETE:', SYNC],
    [
      'refused for good',
      result(EXIT.notAllMoved, { cannot: 2 }),
      'NOT COMPLETE:',
      "mxodus report 'my plan.json' -c a.yaml",
    ],
    ['interrupted', result(EXIT.interrupted, { failed: 2 }, trouble('INTERRUPTED')), 'STOPPED:', SYNC],
    [
      'a wrong password',
      result(EXIT.signIn, {}, trouble('AUTH_FAILED')),
      'NOT COMPLETE:',
      `${CHECK}     then     ${SYNC}`,
    ],
    ['a lost connection', result(EXIT.temporary, { failed: 9 }, trouble('CONNECTION_LOST')), 'NOT COMPLETE:', SYNC],
    [
      'a stale plan',
      result(EXIT.gate, {}, trouble('PLAN_STALE')),
      'NOT COMPLETE:',
      `mxodus plan -c a.yaml     then     ${SYNC}`,
    ],
  ])('after %s says what to run', (_, of, head, next) => {
    const lines = verdict(of);
    expect(lines[0]?.startsWith(head)).toBe(true);
    expect(lines.at(-1)).toBe(`Next:  ${next}`);
  });

  it('repeats what ended a mailbox early, and does not call failed what was not reached', () => {
    const lines = verdict(result(EXIT.temporary, { moved_now: 1, failed: 9 }, trouble('CONNECTION_LOST')));
    expect(lines[0]).toContain('1 mailbox ended early.');
    expect(lines[1]).toContain('| failed or not reached 9 |');
    expect(lines.slice(3, 5)).toEqual(['  error     CONNECTION_LOST: the server said no', `            ${ANN}`]);
  });

  it('of a dry run says what would be done', () => {
    expect(verdict(result(EXIT.done, { moved_now: 7 }), { dryRun: true })).toEqual([
      'DRY RUN: 7 messages of ann@example.com would be moved; nothing was changed. 0 unaccounted for.',
      '  there 0 | moved before 0 | moved now 7 | cannot 0 | failed 0 | in doubt 0',
      `Next:  ${SYNC}`,
    ]);
  });
});
