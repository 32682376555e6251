import { describe, expect, it } from 'vitest';
import { commandError, connectError, sendingEnded } from './imap-errors.ts';
import type { ImapAccountOptions } from './imap-options.ts';

const OPTIONS: ImapAccountOptions = {
  server: 'old',
  host: 'imap.example',
  port: 993,
  tls: 'implicit',
  user: 'ann',
  auth: { method: 'login', password: async () => 'pass' },
};

const failure = (fields: object): Error => Object.assign(new Error('Command failed'), fields);

describe('what a command under way meets', () => {
  it.each<[string, object, string, object | null]>([
    [
      'NO with a throttle',
      { responseStatus: 'NO', responseText: 'Slow down', serverResponseCode: 'THROTTLED' },
      'SERVER_BUSY',
      { kind: 'pause', words: '[THROTTLED] Slow down' },
    ],
    [
      'BAD with a throttle of Microsoft 365',
      {
        responseStatus: 'BAD',
        responseText: 'Request is throttled. Suggested Backoff Time: 92415 milliseconds',
        code: 'ETHROTTLE',
      },
      'SERVER_BUSY',
      { kind: 'pause', pauseMs: 92_415 },
    ],
    [
      'BYE with too many connections',
      { code: 'NoConnection', reason: 'Too many simultaneous connections' },
      'SERVER_BUSY',
      { kind: 'fewer-connections' },
    ],
    ['BYE without a wish', { code: 'NoConnection', reason: 'Server shutting down.' }, 'CONNECTION_LOST', null],
    ['a cut', { code: 'ECONNRESET' }, 'CONNECTION_LOST', null],
    ['silence', { code: 'ETIMEOUT' }, 'SERVER_TIMEOUT', null],
    ['a bug of the server', { responseStatus: 'NO', serverResponseCode: 'SERVERBUG' }, 'SERVER_BUSY', null],
    ['no permission', { responseStatus: 'NO', serverResponseCode: 'NOPERM' }, 'PERMISSION_DENIED', null],
    [
      'a full mailbox',
      { responseStatus: 'NO', responseText: 'Quota exceeded', serverResponseCode: 'OVERQUOTA' },
      'SERVER_ANSWER',
      null,
    ],
  ])('%s', (_, fields, code, hint) => {
    const error = commandError(failure(fields), OPTIONS, 'FETCH');
    expect(error).toMatchObject({ code, where: expect.stringContaining('FETCH') });
    if (hint === null) expect(error.hint).toBeUndefined();
    else expect(error.hint).toMatchObject(hint);
  });
});

it.each<[string, object, string, string | undefined]>([
  [
    'Exchange that throttles',
    { authenticationFailed: true, response: 'User is authenticated but not connected.' },
    'SERVER_BUSY',
    'pause',
  ],
  [
    'BYE in place of a greeting',
    { code: 'ClosedAfterConnectText', reason: 'Maximum number of connections from user+IP exceeded' },
    'SERVER_BUSY',
    'fewer-connections',
  ],
  [
    'a wrong password',
    { authenticationFailed: true, response: 'Authentication failed.', serverResponseCode: 'AUTHENTICATIONFAILED' },
    'AUTH_FAILED',
    undefined,
  ],
])('a sign-in that meets %s', (_, fields, code, kind) => {
  const error = connectError(failure(fields), OPTIONS);
  expect([error.code, error.hint?.kind]).toEqual([code, kind]);
});

it.each([
  [{ kind: 'closed', words: '[THROTTLED] Later', bye: true }, 'SERVER_BUSY'],
  [{ kind: 'closed', words: 'Too many connections, said we', bye: false }, 'CONNECTION_LOST'],
  [{ kind: 'silent', words: 'no answer for 120 s', bye: false }, 'SERVER_TIMEOUT'],
  [{ kind: 'garbled', words: 'endless line', bye: false }, 'CONNECTION_LOST'],
] as const)('a connection that sends and ends with %j', (ending, code) => {
  expect(sendingEnded(ending, OPTIONS)).toMatchObject({ code, what: expect.stringContaining(ending.words) });
});
