import { expect, it, test } from 'vitest';
import { diagnose, type RefusedMessage } from './diagnose.ts';

const MIB = 1024 * 1024;
const ERROR = 'BAD Command Argument Error. 11';
const SAYS =
  'Exchange says "Command Argument Error. 11" to a message too large, a mailbox too full and a line too long';
const message = (rest: Partial<RefusedMessage>): RefusedMessage => ({
  bytes: MIB,
  longestLine: 76,
  appendLimit: 35 * MIB,
  quota: { usedBytes: 0, limitBytes: 50 * MIB },
  ...rest,
});

test.each([
  ['the size', message({ bytes: 40 * MIB }), 'here: the message has 40.0 MiB, the server takes 35.0 MiB'],
  [
    'the size where no limit is stated',
    message({ bytes: 12 * MIB, appendLimit: null }),
    "here: the message has 12.0 MiB, the server states no limit and Exchange's own is 10 MiB",
  ],
  [
    'the quota',
    message({ bytes: 3 * MIB, quota: { usedBytes: 48 * MIB, limitBytes: 50 * MIB } }),
    'here: the mailbox has 2.0 MiB left, the message needs 3.0 MiB',
  ],
  ['the line', message({ longestLine: 12_000 }), 'here: a line has 12000 bytes, the server takes some 9900'],
  [
    'two of them',
    message({ longestLine: 12_000, quota: { usedBytes: 51, limitBytes: 50 } }),
    'here: the mailbox has 0 B left, the message needs 1.0 MiB, and a line has 12000 bytes, the server takes some 9900',
  ],
  [
    'none of them',
    message({}),
    'none of them shows here: 1.0 MiB (limit 35.0 MiB), 50.0 MiB left in the mailbox, longest line 76 bytes',
  ],
  [
    'what is not known',
    message({ appendLimit: null, quota: null }),
    'none of them shows here: 1.0 MiB (limit not stated), no quota known, longest line 76 bytes',
  ],
])('Error 11 is told apart: %s', (_, refused, expected) => {
  expect(diagnose(ERROR, refused)).toBe(`${SAYS}; ${expected}`);
});

it('leaves other words to themselves', () => {
  expect(diagnose('NO Message contains NUL characters', message({ longestLine: 12_000 }))).toBeNull();
  expect(diagnose('BAD Command Argument Error. 110', message({}))).toBeNull();
});
