import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Exchange365, freePort, makeTempDir, startExchange, type TempDir } from '@mxodus/lab';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Got, type Reply, type ScriptedService, scriptedService } from '../graph/scripted-service.test.support.ts';
import { type AppTokensOptions, appTokens } from './app-tokens.ts';

const EXPIRED = new Date('2020-01-01');
const never = new AbortController().signal;
const constant = (text: string) => async () => text;

let dir: TempDir;
let sim: Exchange365;
let scripted: ScriptedService;
let ca: string;
/** Of the app, and of somebody else. */
let own: { certificate: string; key: string };
let other: { certificate: string; key: string };

async function keyPair(name: string): Promise<{ certificate: string; key: string }> {
  const [cert, key] = [join(dir.path, `${name}.crt`), join(dir.path, `${name}.key`)];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-days', '2'];
  execFileSync('/usr/bin/openssl', [...request, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { certificate: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
}

beforeAll(async () => {
  dir = await makeTempDir('app-tokens');
  [own, other] = await Promise.all([keyPair('app'), keyPair('other')]);
  sim = await startExchange({ dir: dir.path, users: ['ann@example.com'], app: { certificate: own.certificate } });
  ca = await readFile(sim.caFile, 'utf8');
  scripted = await scriptedService();
});
afterAll(async () => {
  await Promise.all([sim.stop(), scripted.stop()]);
  await dir.remove();
});
beforeEach(() => {
  sim.faults.clear();
  sim.forget();
});

const open = (some: Partial<AppTokensOptions> = {}) =>
  appTokens({
    tenant: sim.tenant,
    clientId: sim.clientId,
    credential: { secret: constant(sim.secret) },
    authority: `${sim.authority}/`,
    resource: sim.graphUrl,
    ca,
    timeoutMs: 5000,
    ...some,
  });
const failure = async (some: Partial<AppTokensOptions>): Promise<unknown> =>
  open(some)
    .token(never)
    .then(
      () => 'a token',
      (error: unknown) => error,
    );
const withCertificate = (certificate: string, key: string) => ({
  credential: { certificate: constant(certificate), key: constant(key) },
});
const asked = () => sim.journal.filter(({ path }) => path.endsWith('/oauth2/v2.0/token')).length;

/** All an error says, to the last cause. */
function textsOf(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error);
  const own = Object.getOwnPropertyNames(error).map((name) => JSON.stringify(Reflect.get(error, name)));
  return [...own, error.stack ?? '', error.cause === undefined ? '' : textsOf(error.cause)].join('\n');
}

describe('a token', () => {
  it('is asked for once, however many want it, and tells the roles of the app', async () => {
    const tokens = open();
    const all = await Promise.all(Array.from({ length: 20 }, () => tokens.token(never)));
    expect([new Set(all).size, asked()]).toEqual([1, 1]);
    expect(await tokens.roles(never)).toContain('Mail.ReadWrite');
    expect(asked()).toBe(1);
  });

  it('that was refused is replaced, once for all who were refused', async () => {
    const tokens = open();
    const first = await tokens.token(never);
    const next = await Promise.all([1, 2, 3].map(() => tokens.another(first, never)));
    expect(new Set(next).size).toBe(1);
    expect([next[0] === first, asked()]).toEqual([false, 2]);
    expect(await tokens.token(never)).toBe(next[0]);
  });

  it('is got with a certificate, also where its file holds the key too', async () => {
    const both = `${own.key}\n${own.certificate}`;
    expect(await open(withCertificate(both, own.key)).token(never)).toMatch(/^[\w-]+\.[\w-]+\.[\w-]*$/);
  });

  it('for IMAP has the roles for IMAP', async () => {
    sim.setRoles(['Mail.ReadWrite', 'IMAP.AccessAsApp']);
    expect(await open({ resource: 'https://outlook.office365.com' }).roles(never)).toEqual(['IMAP.AccessAsApp']);
    expect(await open().roles(never)).toEqual(['Mail.ReadWrite']);
  });

  it('is given up by whoever aborts, not by the others', async () => {
    const tokens = open();
    const stop = new AbortController();
    const [one, two] = [tokens.token(stop.signal), tokens.token(never)];
    stop.abort(new Error('stop'));
    await expect(one).rejects.toThrow('stop');
    expect(await two).not.toBe('');
  });
});

describe('a sign-in', () => {
  it.each<[string, () => Partial<AppTokensOptions>, string, RegExp]>([
    [
      'a wrong secret',
      () => ({ credential: { secret: constant('not~the.secret') } }),
      'AADSTS7000215',
      /make a new client secret/,
    ],
    [
      'an unknown app',
      () => ({ clientId: '11111111-2222-3333-4444-555555555555' }),
      'AADSTS700016',
      /check `client_id`/,
    ],
    ['an unknown tenant', () => ({ tenant: '99999999-2222-3333-4444-555555555555' }), 'AADSTS90002', /check `tenant`/],
    [
      'another cloud',
      () => ({ resource: 'https://graph.microsoft.us' }),
      'AADSTS500011',
      /check `graph_url` and `authority`/,
    ],
    [
      'an unregistered certificate',
      () => withCertificate(other.certificate, other.key),
      'AADSTS700027',
      /upload the certificate/,
    ],
  ])('with %s says what an admin has to do', async (_, some, code, advice) => {
    const options = some();
    const error = await failure(options);
    expect(error).toMatchObject({
      code: 'AUTH_FAILED',
      what: expect.stringContaining(`${code}: `),
      advice: expect.stringMatching(advice),
      where: `app ${options.clientId ?? sim.clientId} in tenant ${options.tenant ?? sim.tenant} (${new URL(sim.authority).host})`,
    });
    expectNoSecret(error);
  });

  it('with an expired secret says so', async () => {
    const app = { secretExpires: EXPIRED };
    const old = await startExchange({ dir: dir.path, users: ['ann@example.com'], app });
    const of = { tenant: old.tenant, clientId: old.clientId, credential: { secret: constant(old.secret) } };
    const error = await failure({ ...of, authority: old.authority, resource: old.graphUrl });
    await old.stop();
    expect(error).toMatchObject({ code: 'AUTH_FAILED', why: 'the secret of the app has expired' });
    expect(textsOf(error)).not.toContain(old.secret);
  });

  it.each<[string, () => Partial<AppTokensOptions>, object]>([
    [
      'has expired',
      () => ({ ...withCertificate(own.certificate, own.key), now: () => new Date('2040-01-01') }),
      {
        code: 'AUTH_FAILED',
        what: expect.stringMatching(/^the certificate of the app \(CN=app\) expired on 20\d\d-\d\d-\d\d$/),
      },
    ],
    [
      'is for later',
      () => ({ ...withCertificate(own.certificate, own.key), now: () => new Date('2020-01-01') }),
      {
        code: 'AUTH_FAILED',
        what: expect.stringContaining('is not valid before 20'),
        advice: expect.stringContaining('clock'),
      },
    ],
    [
      'has another key',
      () => withCertificate(own.certificate, other.key),
      { code: 'CONFIG_INVALID', what: '`credential.key` is not the key of `credential.certificate`' },
    ],
    ['is none', () => withCertificate('hello', own.key), { code: 'CONFIG_INVALID' }],
    ['has no key', () => withCertificate(own.certificate, 'top-secret-key'), { code: 'CONFIG_INVALID' }],
  ])('with a certificate that %s sends nothing', async (_, some, expected) => {
    const error = await failure(some());
    expect(error).toMatchObject(expected);
    expectNoSecret(error);
    expect(sim.journal).toEqual([]);
  });

  it('reads its secret anew each time', async () => {
    const secrets = ['wrong', sim.secret];
    const tokens = open({ credential: { secret: async () => secrets.shift() ?? '' } });
    await expect(tokens.token(never)).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    expect(await tokens.token(never)).not.toBe('');
  });

  it('to nobody is unreachable, to a stranger fails by the certificate', async () => {
    const nobody = { authority: `https://localhost:${await freePort()}` };
    expect(await failure(nobody)).toMatchObject({ code: 'SERVER_UNREACHABLE' });
    expect(await failure({ ca: own.certificate })).toMatchObject({ code: 'TLS_CERTIFICATE' });
  });
});

describe('a sign-in service that', () => {
  const discovery = (): Reply => {
    const base = `${scripted.origin}/t`;
    const body = {
      issuer: `${base}/v2.0`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      authorization_endpoint: `${base}/authorize`,
      jwks_uri: `${base}/keys`,
      end_session_endpoint: `${base}/logout`,
    };
    return { status: 200, body };
  };
  const oauth = (status: number, error: string, description: string, headers = {}): Reply => ({
    status,
    headers,
    body: { error, error_description: description },
  });

  it.each<[string, (got: Got) => Reply, object]>([
    [
      'is asked too often',
      () => oauth(429, 'temporarily_unavailable', 'slow', { 'retry-after': '17' }),
      { code: 'SERVER_BUSY', hint: { scope: 'host', kind: 'pause', pauseMs: 17_000 } },
    ],
    ['is down', () => ({ status: 503, body: '<html>' }), { code: 'SERVER_BUSY', hint: { pauseMs: null } }],
    [
      'says what was sent',
      ({ body }) => {
        const words = body.replace(/.*&(client_(secret|assertion)=)/s, '$1');
        return oauth(401, 'invalid_client', `AADSTS7000215: ${words.slice(0, 300)}`);
      },
      { code: 'AUTH_FAILED' },
    ],
    [
      'says what was sent in parts',
      ({ body }) => oauth(400, 'invalid_client', [...new URLSearchParams(body).values()].join(' ')),
      { code: 'AUTH_FAILED' },
    ],
    [
      'is a web page',
      () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }),
      { code: 'SERVER_ANSWER' },
    ],
    [
      'gives no token',
      () => ({ status: 200, body: { token_type: 'Bearer', expires_in: 3600 } }),
      { code: 'SERVER_ANSWER' },
    ],
    [
      'gives a token that is none',
      () => ({ status: 200, body: { token_type: 'Bearer', expires_in: 3600, access_token: 'a\r\nb' } }),
      { code: 'SERVER_ANSWER' },
    ],
    [
      'sends elsewhere',
      () => ({ status: 302, headers: { location: 'https://example.com' } }),
      { code: 'SERVER_ANSWER' },
    ],
    ['hangs up', () => 'reset', { code: 'CONNECTION_LOST' }],
    ['says nothing', () => 'silence', { code: 'SERVER_TIMEOUT' }],
  ])('%s is told, and no secret with it', async (_, reply, expected) => {
    const secret = 'top~secret.of/the+app';
    for (const credential of [{ secret: constant(secret) }, withCertificate(own.certificate, own.key).credential]) {
      scripted.reply((got) => (got.method === 'GET' ? discovery() : reply(got)));
      const error = await failure({
        tenant: 't',
        authority: scripted.origin,
        ca: scripted.ca,
        credential,
        timeoutMs: 400,
      });
      expect(error).toMatchObject(expected);
      expectNoSecret(error, secret, encodeURIComponent(secret));
      expect(scripted.got.map(({ method }) => method)).toEqual(['GET', 'POST']);
    }
  });

  it('does not know itself is told', async () => {
    scripted.reply({ status: 404, body: 'no' });
    const error = await failure({ authority: scripted.origin, ca: scripted.ca });
    expect(error).toMatchObject({ code: 'SERVER_ANSWER', what: expect.stringContaining('HTTP 404') });
  });

  it('gives short tokens is asked again when half of their life is over', async () => {
    const body = { token_type: 'Bearer', expires_in: 2 };
    let given = 0;
    scripted.reply(({ method }) => {
      if (method === 'GET') return discovery();
      given += 1;
      return { status: 200, body: { ...body, access_token: `token-${given}` } };
    });
    const tokens = open({ tenant: 't', authority: scripted.origin, ca: scripted.ca });
    expect([await tokens.token(never), await tokens.roles(never)]).toEqual(['token-1', null]);
    await expect.poll(() => tokens.token(never), { timeout: 5000 }).toBe('token-2');
  });
});

function expectNoSecret(error: unknown, ...more: readonly string[]): void {
  const text = textsOf(error);
  const keys = [own.key, other.key].map((key) => key.split('\n')[3] ?? key);
  for (const secret of [sim.secret, 'not~the.secret', 'top-secret-key', ...keys, ...more])
    expect(text).not.toContain(secret);
  expect(text).not.toMatch(/eyJ[\w-]{20,}/);
}
