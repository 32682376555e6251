import { MxodusError } from '@mxodus/model';
import { describe, expect, it } from 'vitest';
import { GraphDoubt, GraphRefusal } from './graph.ts';
import { doubtToError, refusalToError } from './refusal-to-error.ts';

const CONTEXT = { server: 'new', user: 'ann@example.com', doing: 'list the folders' };
const refusal = (status: number, code: string, message = 'words') =>
  new GraphRefusal({ status, code, message, requestId: 'r-1' });

describe('a refusal', () => {
  it.each<[number, string, string, RegExp]>([
    [404, 'MailboxNotEnabledForRESTAPI', 'PERMISSION_DENIED', /licence with Exchange Online.*24 hours/],
    [404, 'ErrorNonExistentMailbox', 'PERMISSION_DENIED', /licence with Exchange Online/],
    [404, 'ErrorInvalidUser', 'PERMISSION_DENIED', /licence with Exchange Online/],
    [404, 'ResourceNotFound', 'PERMISSION_DENIED', /licence with Exchange Online/],
    [404, 'Request_ResourceNotFound', 'PERMISSION_DENIED', /create ann@example.com in the tenant/],
    [
      403,
      'Authorization_RequestDenied',
      'PERMISSION_DENIED',
      /Application permissions > Mail.ReadWrite, then "Grant admin consent"/,
    ],
    [
      403,
      'ErrorAccessDenied',
      'PERMISSION_DENIED',
      /Test-ServicePrincipalAuthorization -Identity APP -Resource ann@example.com/,
    ],
    [403, '', 'PERMISSION_DENIED', /Mail.ReadWrite/],
    [403, 'ErrorMailboxLogonFailed', 'PERMISSION_DENIED', /admin center/],
    [401, 'InvalidAuthenticationToken', 'AUTH_FAILED', /Enterprise applications/],
    [400, 'ErrorQuotaExceeded', 'QUOTA_EXCEEDED', /free some space/],
    [507, 'QuotaExceededException', 'QUOTA_EXCEEDED', /free some space/],
    [400, 'ErrorMessageSizeExceeded', 'MESSAGE_TOO_LARGE', /Set-Mailbox -MaxReceiveSize/],
    [413, '', 'MESSAGE_TOO_LARGE', /Set-Mailbox/],
    [500, 'ErrorMailboxMoveInProgress', 'SERVER_BUSY', /later/],
    [503, '', 'SERVER_BUSY', /later/],
    [400, 'ErrorInvalidArgument', 'SERVER_ANSWER', /report it/],
  ])('%i %s is %s, with what to do', (status, code, expected, advice) => {
    const error = refusalToError(refusal(status, code), CONTEXT);
    expect(error).toMatchObject({
      code: expected,
      advice: expect.stringMatching(advice),
      where: 'ann@example.com at new',
    });
    expect(error.what).toMatch(/^the server would not list the folders: HTTP \d+ .*words \(request-id r-1\)$/);
  });

  it('of a directory names the permission it needs', () => {
    const context = { server: 'new', user: null, doing: 'list the domains', permission: 'Domain.Read.All' };
    const error = refusalToError(refusal(403, 'Authorization_RequestDenied'), context);
    expect([error.advice, error.where]).toEqual([expect.stringContaining('Domain.Read.All'), 'new']);
  });

  it('tells the quota of named properties from that of the mailbox', () => {
    const error = refusalToError(refusal(400, 'ErrorQuotaExceeded', 'Cannot get ID from name.'), CONTEXT);
    expect(error).toMatchObject({ code: 'QUOTA_EXCEEDED', why: expect.stringContaining('named property') });
  });
});

it.each<[GraphDoubt, string]>([
  [new GraphDoubt('POST: HTTP 504', 504), 'SERVER_TIMEOUT'],
  [new GraphDoubt('POST: HTTP 503', 503), 'SERVER_BUSY'],
  [new GraphDoubt('POST: reset', null), 'CONNECTION_LOST'],
  [
    new GraphDoubt('POST: silence', null, {
      cause: new MxodusError('SERVER_TIMEOUT', { what: 'no answer', why: '', advice: '' }),
    }),
    'SERVER_TIMEOUT',
  ],
])('a doubt (%s) is %s', (doubt, code) => {
  expect(doubtToError(doubt, CONTEXT)).toMatchObject({ code, what: expect.stringContaining(doubt.message) });
});
