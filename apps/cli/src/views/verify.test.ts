import { type EventOf, EXIT, type ExitCode } from '@mxodus/model';
import { expect, it } from 'vitest';
import { makeStyle } from '../output/style.ts';
import { Differences, verifyVerdict } from './verify.ts';

const WORDS = { config: [], plan: ['acme.plan.json'], filtered: ['acme.plan.json', '--mailbox', 'ann*'] };

function verdict(
  exitCode: ExitCode,
  level: 'counts' | 'headers' | 'bytes',
  found: EventOf<'difference'>[] = [],
): string[] {
  const differences = new Differences();
  for (const difference of found) differences.add(difference);
  const result = { exitCode, compared: 2310, differences: found.length, onlyAtDestination: 3 };
  return verifyVerdict({ result, differences, level, mailboxes: 1, keyed: 0, words: WORDS }, makeStyle(false)).split(
    '\n',
  );
}

const difference = (uid: number, kind: EventOf<'difference'>['kind']): EventOf<'difference'> => ({
  type: 'difference',
  mailbox: 'ann@example.com',
  folder: 'INBOX',
  uid,
  destination_folder: 'INBOX',
  destination_uid: null,
  kind,
  detail: 'not there',
});

it('says that both ends are equal, what was compared, and what comes next', () => {
  expect(verdict(EXIT.done, 'headers')).toEqual([
    'EQUAL: 2,310 messages of 1 mailbox compared (headers, flags and dates): 0 differences. 3 messages only at the destination, left alone.',
    "Next:  mxodus verify acme.plan.json --mailbox 'ann*' --level bytes",
  ]);
  expect(verdict(EXIT.done, 'bytes').at(-1)).toBe('Next:  mxodus report acme.plan.json --html report.html');
});

it('shows differences with a symbol for each kind, the first three of a folder', () => {
  const missing = [1, 2, 3, 4, 5].map((uid) => difference(uid, 'missing'));
  expect(verdict(EXIT.notAllMoved, 'bytes', [...missing, difference(9, 'internal_date')])).toEqual([
    'DIFFERENT: 2,310 messages of 1 mailbox compared (every byte, flags and dates): 6 differences. 3 messages only at the destination, left alone.',
    '  + ann@example.com  INBOX  uid 1  missing: not there',
    '  + ann@example.com  INBOX  uid 2  missing: not there',
    '  + ann@example.com  INBOX  uid 3  missing: not there',
    '    and 2 more in this folder',
    '  * ann@example.com  INBOX  uid 9  internal date: not there',
    "Next:  mxodus sync acme.plan.json --mailbox 'ann*'     then     mxodus verify acme.plan.json --mailbox 'ann*' --level bytes",
  ]);
});

it.each([
  [EXIT.interrupted, 'STOPPED:'],
  [EXIT.temporary, 'NOT COMPLETE:'],
])('that ended early with %d is no verdict on the rest', (code, head) => {
  const lines = verdict(code, 'headers');
  expect(lines[0]?.startsWith(head)).toBe(true);
  expect(lines.at(-1)).toBe("Next:  mxodus verify acme.plan.json --mailbox 'ann*'");
});
