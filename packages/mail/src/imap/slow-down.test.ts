import { describe, expect, it } from 'vitest';
import { readSlowDown } from './slow-down.ts';

type Case = readonly [words: string, code: string, scope: string, kind: string, pauseMs: number | null];

describe('a server that asks for less', () => {
  it.each<Case>([
    ['Request is throttled. Suggested Backoff Time: 299961 milliseconds', '', 'login', 'pause', 299_961],
    ['[THROTTLED] Slow down', '', 'login', 'pause', null],
    ['Slow down', 'THROTTLED', 'login', 'pause', null],
    ['[THROTTLED] Try again in 30 seconds', '', 'login', 'pause', 30_000],
    ['[OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)', '', 'login', 'pause', null],
    ['Account exceeded command or bandwidth limits. (Failure)', 'OVERQUOTA', 'login', 'pause', null],
    ['[ALERT] Account exceeded bandwidth limits. Try again in 2 hours', '', 'login', 'pause', 7_200_000],
    ['[ALERT] Too many simultaneous connections. (Failure)', '', 'login', 'fewer-connections', null],
    [
      '[UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=4)',
      '',
      'login',
      'fewer-connections',
      null,
    ],
    [
      'Maximum number of connections from user+IP exceeded (mail_max_userip_connections=4)',
      'LIMIT',
      'login',
      'fewer-connections',
      null,
    ],
    ['Too many connections from your IP', '', 'host', 'fewer-connections', null],
    ['Too many open connections from host 192.0.2.1', '', 'host', 'fewer-connections', null],
    ['Maximum connection limit reached', '', 'login', 'fewer-connections', null],
    ['[UNAVAILABLE] Temporary authentication failure.', '', 'host', 'pause', null],
    ['[LIMIT] Rate limit hit', '', 'login', 'pause', null],
    ['[LIMIT] Too much of it', '', 'login', 'pause', null],
    ['[INUSE] Mailbox in use', '', 'login', 'pause', null],
    ['Server Unavailable. 15', '', 'login', 'pause', null],
    ['User is authenticated but not connected.', '', 'login', 'pause', null],
    ['Too many failed login attempts, wait 5 minutes', '', 'login', 'pause', 300_000],
    ['Temporary System Error', '', 'login', 'pause', null],
  ])('%s %s', (words, code, scope, kind, pauseMs) => {
    expect(readSlowDown(words, code)).toEqual({
      scope,
      kind,
      pauseMs,
      words: code === '' ? words : `[${code}] ${words}`,
    });
  });
});

it.each([
  ['[OVERQUOTA] Quota exceeded (mailbox for user is full)', ''],
  ['Quota exceeded', 'OVERQUOTA'],
  ['[TRYCREATE] Mailbox does not exist', ''],
  ['[TOOBIG] Message too large', ''],
  ['Command Argument Error. 11', ''],
  ['Too many invalid IMAP commands.', ''],
  ['Invalid system flag \\FORWARDED', ''],
  ['[AUTHENTICATIONFAILED] Authentication failed.', ''],
  ['Logging out', ''],
  ['Server shutting down.', ''],
])('asks for nothing with "%s"', (words, code) => {
  expect(readSlowDown(words, code)).toBeNull();
});
