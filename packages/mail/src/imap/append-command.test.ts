import { describe, expect, it } from 'vitest';
import { appendItem, dateTime, quoted, readAppendUid, refusalReason, refusedOutcome } from './append-command.ts';

describe('dateTime', () => {
  it.each([
    ['2023-01-02T10:00:00Z', ' 2-Jan-2023 10:00:00 +0000'],
    ['2012-02-29T23:59:59Z', '29-Feb-2012 23:59:59 +0000'],
    ['1970-01-01T00:00:00Z', ' 1-Jan-1970 00:00:00 +0000'],
    ['0099-12-31T00:00:00Z', '31-Dec-0099 00:00:00 +0000'],
  ])('writes %s as RFC 9051 date-time', (date, text) => {
    expect(dateTime(Date.parse(date))).toBe(text);
  });
});

describe('appendItem', () => {
  const memory = (text: string) => ({ kind: 'memory' as const, bytes: Buffer.from(text) });

  it('counts bytes, not characters', () => {
    expect(
      appendItem(
        { flags: ['\\Seen', '$Junk'], internalDate: 0, key: '', body: memory('é') },
        'non-synchronising',
        false,
      ),
    ).toBe(' (\\Seen $Junk) " 1-Jan-1970 00:00:00 +0000" {2+}\r\n');
  });

  it('leaves the date out when the source gave none', () => {
    expect(appendItem({ flags: [], internalDate: null, key: '', body: memory('a') }, 'synchronising', false)).toBe(
      ' () {1}\r\n',
    );
  });

  it('sends NUL as literal8, where the server has BINARY', () => {
    const message = { flags: [], internalDate: null, key: '', body: memory('a\0b') };
    expect(appendItem(message, 'non-synchronising', true)).toBe(' () ~{3+}\r\n');
    expect(appendItem(message, 'non-synchronising', false)).toBe(' () {3+}\r\n');
  });
});

describe('readAppendUid', () => {
  it('reads the UIDs in the order of the messages', () => {
    expect(readAppendUid('[APPENDUID 38505 3955:3957] Append completed.', 3)).toEqual({
      uidValidity: 38505,
      uids: [3955, 3956, 3957],
    });
  });

  it.each([
    'Append completed.',
    '[APPENDUID 38505 3955] done',
    '[APPENDUID 1 1:4294967295] done',
    '[APPENDUID x y] done',
    '[APPENDUID 0 1:2] done',
    '[APPENDUID 7 0:1] done',
    '[APPENDUID 7 5,5] done',
    '[APPENDUID 7 6,5] done',
    '[APPENDUID 7 ,] done',
  ])('trusts nothing in "%s" for two messages', (text) => {
    expect(readAppendUid(text, 2)).toBeNull();
  });
});

it.each([
  ['[OVERQUOTA] Quota exceeded (mailbox for user is full)', 'quota'],
  ['[TOOBIG] Message too large', 'too-large'],
  ['[LIMIT] Too many messages', 'busy'],
  ["Can't save a zero byte message (0.001 secs)", 'zero-bytes'],
  ['[TRYCREATE] Mailbox does not exist', 'no-folder'],
  ['[APPENDLIMIT] no', 'too-large'],
  ['[ALERT] Message too large.', 'too-large'],
  ['[LIMIT] Message exceeds the maximum size', 'too-large'],
  ['Mailbox is full', 'quota'],
  ['[OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)', 'busy'],
  ['Request is throttled. Suggested Backoff Time: 299961 milliseconds', 'busy'],
  ['Server Unavailable. 15', 'busy'],
  ['[INUSE] Mailbox in use', 'busy'],
  ['[SERVERBUG] Internal error occurred.', 'busy'],
  ['Error in IMAP command APPEND: Invalid system flag \\FORWARDED (0.001 secs).', 'flags'],
  ['Error in IMAP command APPEND: Invalid keyword (0.001 secs).', 'flags'],
  ['Invalid flag in Append command', 'flags'],
  ['[LIMIT] Too many user flags in mailbox', 'flags'],
  ['Error in IMAP command APPEND: Invalid internal date. (0.001 secs).', 'date'],
  ['Invalid date-time in Append command', 'date'],
  ['Message contains invalid header', 'content'],
  ['Message contains NUL characters', 'content'],
  ['Message contains bare newlines', 'content'],
  ['Message contains non-ASCII characters in headers', 'content'],
  ['[CLIENTBUG] Additional arguments found', 'content'],
  ['Invalid Arguments: Unable to parse message', 'content'],
  ['Invalid character in literal', 'content'],
  ['Line too long', 'content'],
  ['Command Argument Error. 11', 'other'],
  ['[CANNOT] No.', 'other'],
])('takes "NO %s" for %s', (text, reason) => {
  expect(refusalReason(text)).toBe(reason);
});

it('tells what a busy server asks for, and nothing of the kind for other refusals', () => {
  expect(refusedOutcome({ status: 'NO', text: '[THROTTLED] Try again in 9 seconds' })).toEqual({
    kind: 'refused',
    reason: 'busy',
    response: 'NO [THROTTLED] Try again in 9 seconds',
    hint: { kind: 'pause', scope: 'login', pauseMs: 9000, words: '[THROTTLED] Try again in 9 seconds' },
  });
  expect(refusedOutcome({ status: 'BAD', text: 'Invalid keyword' })).toEqual({
    kind: 'refused',
    reason: 'flags',
    response: 'BAD Invalid keyword',
  });
});

it('escapes what a quoted string cannot hold', () => {
  expect(quoted('a "b" \\c')).toBe('"a \\"b\\" \\\\c"');
});
