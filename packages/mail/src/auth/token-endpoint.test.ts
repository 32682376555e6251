import { type FixedAnswer, startTokenServer, type TokenServer } from '@mxodus/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestToken } from './token-endpoint.ts';

let server: TokenServer;
beforeAll(async () => {
  server = await startTokenServer({ userOf: () => 'ann' });
});
afterAll(() => server.stop());

const SECRETS = { client_secret: 'p4ss/w0rd+', refresh_token: '1//refresh' };

const ask = (url = server.tokenUrl) =>
  requestToken({ url, fields: SECRETS, secrets: Object.values(SECRETS), scope: 'login' });

const failure = async (answer: FixedAnswer): Promise<unknown> => {
  server.answerWith(answer);
  return ask().then(
    () => 'a token',
    (error: unknown) => error,
  );
};

const oauthError = (status: number, error: string, description: string): FixedAnswer => ({
  status,
  body: JSON.stringify({ error, error_description: description }),
});

describe('a token endpoint', () => {
  it('gets the form, and gives a token with its lifetime', async () => {
    server.answerWith(null);
    server.setLifetime(1234);
    expect(await ask()).toMatchObject({
      token: expect.stringMatching(/^access-/),
      lifetimeMs: 1_234_000,
      refreshToken: null,
    });
    expect(server.requests.at(-1)).toEqual(SECRETS);
  });

  it.each<[string, FixedAnswer, object]>([
    [
      'the grant is refused',
      oauthError(400, 'invalid_grant', 'AADSTS70008: expired\r\n\u001b[31mTrace'),
      { code: 'AUTH_FAILED', what: expect.stringContaining('invalid_grant: AADSTS70008: expired [31mTrace') },
    ],
    ['the client is unknown', oauthError(401, 'invalid_client', ''), { code: 'AUTH_FAILED' }],
    [
      'it is asked too often',
      { status: 429, headers: { 'retry-after': '17' }, body: '' },
      { code: 'SERVER_BUSY', hint: { kind: 'pause', scope: 'login', pauseMs: 17_000, words: 'HTTP 429' } },
    ],
    [
      'it is busy until a date',
      { status: 503, headers: { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() }, body: 'busy' },
      { code: 'SERVER_BUSY', hint: { kind: 'pause' } },
    ],
    [
      'it says so in words',
      oauthError(400, 'temporarily_unavailable', 'later'),
      { code: 'SERVER_BUSY', hint: { kind: 'pause', scope: 'login', pauseMs: null } },
    ],
    ['it is a web page', { status: 200, body: '<html>' }, { code: 'SERVER_ANSWER' }],
    [
      'it sends elsewhere',
      { status: 302, headers: { location: 'http://127.0.0.1:1/' }, body: '' },
      { code: 'SERVER_ANSWER' },
    ],
    ['the token is none', { status: 200, body: '{"access_token":"a\\r\\nb"}' }, { code: 'SERVER_ANSWER' }],
    ['the answer is endless', { status: 200, body: ' '.repeat(1024 * 1024) }, { code: 'SERVER_UNREACHABLE' }],
  ])('when %s', async (_, answer, expected) => {
    expect(await failure(answer)).toMatchObject(expected);
  });

  it('that is not there is unreachable', async () => {
    await expect(ask('http://127.0.0.1:1/token')).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
  });

  it('reads a date to wait until', async () => {
    const error = await failure({
      status: 503,
      headers: { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() },
      body: '',
    });
    expect(Reflect.get(Object(error), 'hint').pauseMs).toBeGreaterThan(3_500_000);
    expect(Reflect.get(Object(error), 'hint').pauseMs).toBeLessThanOrEqual(3_600_000);
  });

  it('that repeats the secrets does not get them into an error', async () => {
    const error = await failure(
      oauthError(400, 'invalid_grant', `${SECRETS.refresh_token} with ${SECRETS.client_secret} is wrong`),
    );
    expect(error).toMatchObject({ what: expect.stringContaining('*** with *** is wrong') });
    expect(JSON.stringify([error, String(error), Reflect.get(Object(error), 'stack')])).not.toMatch(
      /1\/\/refresh|p4ss/,
    );
  });
});
