import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ConfidentialClientApplication } from '@azure/msal-node';
import { Client, GraphError, ResponseType } from '@microsoft/microsoft-graph-client';
import { type Exchange365, type JournalEntry, makeTempDir, until } from '@mxodus/lab';
import { describe, expect, it, onTestFinished } from 'vitest';
import { simulatorStarts } from './simulator-starts.ts';

const ANN = 'ann@example.com';
const BOB = 'bob@example.com';
/** A path that counts for the limits of a mailbox. */
const settings = (user: string): string => `/users/${user}/mailboxSettings`;

const starts = simulatorStarts([ANN, BOB]);

let m365: Exchange365;
const start = async (...options: Parameters<typeof starts>): Promise<void> => {
  m365 = await starts(...options);
};

const host = (): string => new URL(m365.graphUrl).host;

/** The client library as its documentation sets it up, its retries and all. */
const graph = (): Client =>
  Client.initWithMiddleware({
    authProvider: { getAccessToken: async () => m365.token() },
    baseUrl: m365.graphUrl,
    customHosts: new Set(['localhost']),
  });

interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
  signal?: AbortSignal;
}

async function send(path: string, { method = 'GET', headers = {}, body, signal }: Sent = {}) {
  const response = await fetch(`${m365.graphUrl}/v1.0${path}`, {
    method,
    headers: { authorization: `Bearer ${m365.token()}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}

describe('sign-in', () => {
  const signIn = (auth: { clientId?: string; tenant?: string; secret?: string; scope?: string } = {}) =>
    new ConfidentialClientApplication({
      auth: {
        clientId: auth.clientId ?? m365.clientId,
        clientSecret: auth.secret ?? m365.secret,
        authority: `${m365.authority}/${auth.tenant ?? m365.tenant}`,
        knownAuthorities: [host()],
      },
    }).acquireTokenByClientCredential({ scopes: [auth.scope ?? `${m365.graphUrl}/.default`] });

  it('gives msal a token with the roles, which opens Graph', async () => {
    await start({ roles: ['MailboxSettings.Read'], limits: { tokenLifetimeSeconds: 900 } });
    const token = await signIn();
    const claims = JSON.parse(Buffer.from(token?.accessToken.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ roles: ['MailboxSettings.Read'], tid: m365.tenant, appid: m365.clientId });
    expect(claims.exp - claims.iat).toBe(900);
    const authorization = `Bearer ${token?.accessToken}`;
    expect(await send(settings(ANN), { headers: { authorization } })).toMatchObject({ status: 200 });
    m365.clock.advance(901);
    const late = await send(settings(ANN), { headers: { authorization } });
    expect([late.status, late.body.error.code]).toEqual([401, 'InvalidAuthenticationToken']);
  });

  it.each([
    ['a wrong secret', { secret: 'wrong' }, 'AADSTS7000215', 'invalid_client'],
    ['an unknown app', { clientId: '7d6c3b1a-0000-4000-8000-000000000000' }, 'AADSTS700016', 'unauthorized_client'],
    [
      'a scope that is not .default',
      { scope: 'https://graph.microsoft.com/Mail.Read' },
      'AADSTS1002012',
      'invalid_scope',
    ],
    ['an unknown resource', { scope: 'https://elsewhere.example/.default' }, 'AADSTS500011', 'invalid_resource'],
  ])('refuses %s as Entra does', async (_, wrong, number, code) => {
    await start();
    await expect(signIn(wrong)).rejects.toMatchObject({
      errorCode: code,
      errorMessage: expect.stringContaining(`${number}: `),
    });
  });

  it('refuses an unknown tenant already at the discovery', async () => {
    await start();
    await expect(signIn({ tenant: '7d6c3b1a-0000-4000-8000-000000000000' })).rejects.toThrow();
    expect(m365.journal.map(({ status, code }) => [status, code])).toEqual([[400, 'invalid_tenant']]);
    const answer = await fetch(`${m365.authority}/nowhere/oauth2/v2.0/token`, { method: 'POST' });
    expect(await answer.json()).toMatchObject({
      error_description: expect.stringMatching(/^AADSTS90002: Tenant 'nowhere' not found\./),
    });
  });

  it('refuses an expired secret, once it is expired', async () => {
    await start({ app: { secret: 's3cret', secretExpires: new Date(Date.now() + 3_600_000) } });
    expect(await signIn()).not.toBeNull();
    m365.clock.advance(3601);
    await expect(signIn()).rejects.toMatchObject({ errorMessage: expect.stringContaining('AADSTS7000222') });
  });

  it('takes a certificate that the app trusts, and no other', async () => {
    const [own, other] = await Promise.all([rsaCertificate('own'), rsaCertificate('other')]);
    await start({ app: { certificate: own.certificate } });
    const signInWith = ({ certificate, privateKey }: typeof own, sha1 = false) => {
      const { fingerprint, fingerprint256 } = new X509Certificate(certificate);
      const thumbprint = (sha1 ? fingerprint : fingerprint256).replaceAll(':', '');
      return new ConfidentialClientApplication({
        auth: {
          clientId: m365.clientId,
          clientCertificate: { privateKey, [sha1 ? 'thumbprint' : 'thumbprintSha256']: thumbprint },
          authority: `${m365.authority}/${m365.tenant}`,
          knownAuthorities: [host()],
        },
      }).acquireTokenByClientCredential({ scopes: [`${m365.graphUrl}/.default`] });
    };
    expect((await signInWith(own))?.accessToken).toMatch(/^ey/);
    const refused = expect.stringMatching(/AADSTS700027.*not registered/);
    await expect(signInWith(other)).rejects.toMatchObject({ errorMessage: refused });
    await expect(signInWith({ ...own, privateKey: other.privateKey })).rejects.toMatchObject({
      errorMessage: expect.stringContaining('AADSTS700027'),
    });
    m365.clock.advance(3 * 24 * 3600);
    await expect(signInWith(own)).rejects.toMatchObject({ errorMessage: expect.stringMatching(/700027.*is expired/) });
  });
});

describe('the Graph client', () => {
  it('reads with the token, and follows a report to its own host without it', async () => {
    await start();
    const user = await graph().api(`/users/${ANN}`).select('id,mail').get();
    expect(user).toMatchObject({ id: m365.world.users[0]?.id, mail: ANN });
    const report = await graph()
      .api("/reports/getMailboxUsageDetail(period='D7')")
      .responseType(ResponseType.TEXT)
      .get();
    expect(String(report)).toContain('Prohibit Send/Receive Quota (Byte)');
    expect(m365.journal.map(({ host: at, authorization, status }) => [at, authorization, status])).toEqual([
      ['api', true, 200],
      ['api', true, 302],
      ['preauthenticated', false, 200],
    ]);
    expect(JSON.stringify(m365.journal)).not.toMatch(/token=[0-9a-f]/);
  });

  it('gets errors in the envelope, with the ids of the request', async () => {
    await start();
    const failure = await graph()
      .api('/users/nobody@example.com')
      .get()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(GraphError);
    expect(failure).toMatchObject({ statusCode: 404, code: 'Request_ResourceNotFound' });
    const { headers } = await send(`/users/${ANN}`, {
      headers: { 'client-request-id': 'mine', prefer: 'IdType="ImmutableId"' },
    });
    expect(headers.get('client-request-id')).toBe('mine');
    expect(headers.get('request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get('preference-applied')).toBe('IdType="ImmutableId"');
  });

  it('sends a POST again after a 504 that was done, which the journal shows', async () => {
    await start({ roles: ['Domain.ReadWrite.All'] });
    m365.faults.add({ method: 'POST', after: { status: 504, headers: { 'retry-after': '0' }, code: 'UnknownError' } });
    await expect(graph().api('/domains').post({ id: 'new.example' })).rejects.toMatchObject({ statusCode: 400 });
    expect(m365.journal.map(({ status, retryAttempt }) => [status, retryAttempt])).toEqual([
      [504, null],
      [400, '1'],
    ]);
  });
});

describe('who may', () => {
  it.each([
    ['without a token', {}, { authorization: '' }, settings(ANN), 401, 'InvalidAuthenticationToken'],
    ['with another token', {}, { authorization: 'Bearer a.b.c' }, settings(ANN), 401, 'InvalidAuthenticationToken'],
    [
      'without the role of a mailbox',
      { roles: ['User.Read.All'] },
      {},
      `/users/${ANN}/mailFolders`,
      403,
      'ErrorAccessDenied',
    ],
    ['without the role of the directory', { roles: [] }, {}, '/domains', 403, 'Authorization_RequestDenied'],
    ['without a person', {}, {}, '/me/messages', 400, 'BadRequest'],
    ['an unknown path', {}, {}, '/nothing', 400, 'BadRequest'],
    ['a wrong method', {}, {}, '/organization', 405, 'Request_BadRequest', 'DELETE'],
  ])('%s: refused', async (_, options, headers, path, status, code, method = 'GET') => {
    await start(options);
    const answer = await send(path, { headers, method });
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });

  it('RBAC for Applications opens its mailboxes only, once it is in effect', async () => {
    const effectiveFrom = new Date(Date.now() + 1_800_000);
    await start({ rbac: { roles: ['MailboxSettings.Read'], mailboxes: [ANN], effectiveFrom } });
    const statuses = async () => [(await send(settings(ANN))).status, (await send(settings(BOB))).status];
    expect(await statuses()).toEqual([403, 403]);
    m365.clock.advance(1801);
    expect(await statuses()).toEqual([200, 403]);
    const { body } = await send(settings(BOB));
    expect(body.error.code).toBe('ErrorAccessDenied');
  });

  it('no token given before they were revoked', async () => {
    await start();
    const authorization = `Bearer ${m365.token()}`;
    m365.revokeTokens();
    expect(await send(settings(ANN), { headers: { authorization } })).toMatchObject({ status: 401 });
    expect(await send(settings(ANN))).toMatchObject({ status: 200 });
  });
});

describe('limits', () => {
  it('take four requests a mailbox at once, and tell how many there were', async () => {
    await start({ latencyMs: 600 });
    const answers = await Promise.all([...Array(6).fill(ANN), BOB].map((user: string) => send(settings(user))));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 200, 429, 429]);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body.error).toMatchObject({
      code: 'ApplicationThrottled',
      message: 'Application is over its MailboxConcurrency limit.',
    });
    expect(refused?.headers.get('retry-after')).toBe('1');
    expect(m365.highWater(ANN)).toBeGreaterThan(4);
    expect(m365.highWater(BOB)).toBe(1);
    // Whoever waits for an answer before the next request is never more than one.
    m365.forget();
    m365.setLatency(0);
    for (let i = 0; i < 20; i++) await send(settings(ANN));
    expect(m365.highWater(ANN)).toBe(1);
  });

  it('count requests in a window, refused ones too', async () => {
    await start({ limits: { requests: { count: 3, seconds: 60 } } });
    const status = async (user = ANN) => (await send(settings(user))).status;
    expect([await status(), await status(), await status(), await status(), await status(BOB)]).toEqual([
      200, 200, 200, 429, 200,
    ]);
    m365.clock.advance(59);
    const refused = await send(settings(ANN));
    expect(refused.status).toBe(429);
    m365.clock.advance(2);
    expect(await status()).toBe(200);
  });

  it('count uploaded bytes in a window, and refuse requests above 4 MB', async () => {
    await start({ limits: { uploaded: { bytes: 5000, seconds: 60 }, requestBytes: 4000 } });
    const upload = async (bytes: number) =>
      (await send(`/users/${ANN}/nothing`, { method: 'POST', body: 'x'.repeat(bytes - 2) })).status;
    expect(await upload(4001)).toBe(413);
    expect([await upload(4000), await upload(1001)]).toEqual([400, 429]);
    m365.clock.advance(61);
    expect(await upload(4000)).toBe(400);
  });

  it.each([
    [true, 429],
    [false, 404],
  ])('count pre-authenticated addresses: %s', async (throttlePreauthenticated, status) => {
    await start({ switches: { throttlePreauthenticated }, limits: { requests: { count: 0, seconds: 60 } } });
    const user = m365.world.userOf(ANN);
    for (const address of [`/api/v2.0/Users('${user?.id}')/x`, `/api/gv1.0/Mailboxes('${user?.mailboxId}')/x`]) {
      expect((await fetch(m365.preauthenticatedOrigin + address)).status).toBe(status);
    }
    expect((await fetch(`${m365.graphUrl}/api/v2.0/Users('${user?.id}')/x`)).status).toBe(404);
  });

  it.each([
    ['seconds', /^\d+$/],
    ['http-date', /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/],
    ['missing', null],
    ['zero', /^0$/],
    ['300', /^300$/],
  ] as const)('say when to come again: %s', async (retryAfter, form) => {
    await start({ switches: { retryAfter }, limits: { requests: { count: 0, seconds: 60 } } });
    const { status, headers } = await send(settings(ANN));
    expect(status).toBe(429);
    const given = headers.get('retry-after');
    if (form === null) expect(given).toBeNull();
    else expect(given).toMatch(form);
  });
});

describe('$batch', () => {
  const part = (id: string, url: string, more: object = {}) => ({ id, method: 'GET', url, ...more });
  const batch = async (...requests: readonly object[]) => send('/$batch', { method: 'POST', body: { requests } });
  const statuses = async (...requests: readonly object[]): Promise<Record<string, number>> => {
    const { body } = await batch(...requests);
    return Object.fromEntries(body.responses.map(({ id, status }: { id: string; status: number }) => [id, status]));
  };
  const many = (count: number, user = ANN) => Array.from({ length: count }, (_, i) => part(`${i}`, settings(user)));

  it('answers each request by itself, in an order of its own', async () => {
    await start();
    const { body } = await batch(...many(19), part('x', '/users/nobody@example.com'));
    const ids = body.responses.map(({ id }: { id: string }) => id);
    expect(ids.toSorted()).toEqual([...many(19).map(({ id }) => id), 'x'].toSorted());
    expect(ids).not.toEqual([...many(19).map(({ id }) => id), 'x']);
    expect(body.responses.find(({ id }: { id: string }) => id === 'x')).toMatchObject({
      status: 404,
      body: { error: { code: 'Request_ResourceNotFound' } },
    });
    m365.switches.batchShuffled = false;
    const again = await batch(...many(9));
    expect(again.body.responses.map(({ id }: { id: string }) => id)).toEqual(many(9).map(({ id }) => id));
  });

  it('runs four at once, which count for the limits: a fifth beside them is throttled inside the 200', async () => {
    await start({ latencyMs: 50 });
    expect(Object.values(await statuses(...many(12)))).toEqual(Array(12).fill(200));
    expect(m365.highWater(ANN)).toBe(4);
    const both = await Promise.all([statuses(...many(8)), statuses(...many(8))]);
    expect(both.flatMap((one) => Object.values(one))).toContain(429);
    m365.forget();
    m365.switches.batchParallel = 1;
    expect(Object.values(await statuses(...many(3)))).toEqual([200, 200, 200]);
    expect(m365.highWater(ANN)).toBe(1);
  });

  it('does what depends on another after it, and not at all when that failed', async () => {
    await start();
    const answers = await statuses(
      part('3', settings(ANN), { dependsOn: ['2'] }),
      part('2', '/users/nobody@example.com', { dependsOn: ['1'] }),
      part('1', settings(ANN)),
    );
    expect(answers).toEqual({ 1: 200, 2: 404, 3: 424 });
    const inside = m365.journal.filter(({ inBatch }) => inBatch);
    expect(inside.map(({ status }) => status)).toEqual([200, 404]);
  });

  it.each([
    ['more than 20', () => many(21)],
    ['an id twice', () => [...many(2), ...many(1)]],
    ['no id', () => [{ method: 'GET', url: settings(ANN) }]],
    ['an absolute url', () => [part('1', 'https://localhost/v1.0/users')]],
    ['a body without its type', () => [part('1', settings(ANN), { method: 'PATCH', body: {} })]],
    [
      'a circle',
      () => [part('1', settings(ANN), { dependsOn: ['2'] }), part('2', settings(ANN), { dependsOn: ['1'] })],
    ],
  ])('is refused as a whole: %s', async (_, requests) => {
    await start();
    const { status, body } = await batch(...requests());
    expect([status, body.error.code]).toEqual([400, 'BadRequest']);
    expect(m365.journal).toHaveLength(1);
  });

  it('has faults inside', async () => {
    await start();
    m365.faults.add({ where: 'inner', nth: 2, after: { status: 504, code: 'UnknownError' } });
    m365.switches.batchParallel = 1;
    expect(await statuses(...many(3))).toEqual({ 0: 200, 1: 504, 2: 200 });
    m365.faults.add({ where: 'inner', before: 'reset' });
    await expect(batch(...many(1))).rejects.toThrow();
  });
});

describe('faults', () => {
  const names = async (): Promise<string[]> =>
    (await send('/domains')).body.value
      .map(({ id }: { id: string }) => id)
      .filter((id: string) => id.startsWith('new'));
  const add = (id: string) => send('/domains', { method: 'POST', body: { id } });

  it('strike in place of doing it, or after it was done', async () => {
    await start({ roles: ['Domain.ReadWrite.All'] });
    m365.faults.add({ method: 'POST', path: /\/domains$/, before: { status: 503 } });
    m365.faults.add({
      method: 'POST',
      path: /\/domains$/,
      nth: 2,
      times: 2,
      after: { status: 504, code: 'UnknownError' },
    });
    expect(await add('new-a.example')).toMatchObject({ status: 503, body: null });
    expect(await add('new-b.example')).toMatchObject({ status: 504, body: { error: { code: 'UnknownError' } } });
    expect((await add('new-c.example')).status).toBe(504);
    expect((await add('new-d.example')).status).toBe(201);
    expect(await names()).toEqual(['new-b.example', 'new-c.example', 'new-d.example']);
    expect(m365.faults.all.map(({ matched, struck }) => [matched, struck])).toEqual([
      [4, 1],
      [4, 2],
    ]);
  });

  it('reset the connection, or never answer', async () => {
    await start({ roles: ['Domain.ReadWrite.All'] });
    m365.faults.add({ method: 'POST', before: 'reset' });
    await expect(add('new-a.example')).rejects.toThrow();
    m365.faults.add({ method: 'POST', after: 'reset' });
    await expect(add('new-b.example')).rejects.toThrow();
    m365.faults.add({ path: /mailboxSettings/, before: 'silence' });
    const leaving = new AbortController();
    const silent = send(settings(ANN), { signal: leaving.signal });
    await until('the request is there', () => m365.journal.some(({ user }) => user !== null));
    leaving.abort();
    await expect(silent).rejects.toThrow();
    expect(await names()).toEqual(['new-b.example']);
    expect(m365.journal.map(({ status }) => status)).toEqual([null, null, null, 200]);
  });

  it('come from other processes too, as does the clock', async () => {
    await start({ switches: { retryAfter: 'missing' } });
    const admin = async (method: string, path: string, body?: object) => {
      const answer = await fetch(`${m365.graphUrl}/__sim/${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: await answer.json() };
    };
    const { body: fault } = await admin('POST', 'faults', { path: 'mailbox[S]', before: { status: 500, body: {} } });
    expect(fault).toMatchObject({ id: 1, path: 'mailbox[S]', struck: 0 });
    expect((await send(settings(ANN))).status).toBe(500);
    expect((await admin('GET', 'faults')).body).toMatchObject([{ struck: 1 }]);
    expect((await admin('GET', 'journal')).body).toMatchObject([{ status: 500, fault: 1, method: 'GET' }]);
    expect((await admin('GET', `dump/${ANN}`)).body).toEqual(JSON.parse(JSON.stringify(m365.dump(ANN))));
    expect((await admin('GET', `high-water/${ANN}`)).body).toEqual({ highWater: 1 });
    await admin('DELETE', 'faults');
    expect(m365.faults.all).toEqual([]);
    await admin('PATCH', 'switches', { retryAfter: 'zero' });
    expect(m365.switches.retryAfter).toBe('zero');
    await admin('POST', 'clock', { set: '2027-01-01T00:00:00Z' });
    expect(m365.clock.now().toISOString()).toMatch(/^2027-01-01T00:0/);
    expect((await admin('PATCH', 'switches', { nothing: 1 })).status).toBe(400);
    expect((await admin('POST', 'faults', { after: 'never' })).status).toBe(400);
  });

  it('show each request to a hook before and after it is done, and wait for it', async () => {
    await start();
    const seen: string[] = [];
    let go = (): void => undefined;
    const remove = m365.onRequest(async ({ status }: Readonly<JournalEntry>, when) => {
      seen.push(`${when} ${status}`);
      if (when === 'after')
        await new Promise<void>((resolve) => {
          go = resolve;
        });
    });
    let answered = false;
    const answer = send(settings(ANN)).then(() => {
      answered = true;
    });
    await until('the hook waits', () => seen.length === 2);
    expect([seen, answered]).toEqual([['before null', 'after 200'], false]);
    go();
    await answer;
    remove();
    await send(settings(ANN));
    expect(seen).toHaveLength(2);
  });
});

async function rsaCertificate(name: string): Promise<{ certificate: string; privateKey: string }> {
  const folder = await makeTempDir();
  onTestFinished(folder.remove);
  const file = (end: string): string => join(folder.path, `${name}.${end}`);
  const words = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=app -keyout'.split(' ');
  await promisify(execFile)('openssl', [...words, file('key'), '-out', file('crt')]);
  const [certificate, privateKey] = await Promise.all([readFile(file('crt'), 'utf8'), readFile(file('key'), 'utf8')]);
  return { certificate, privateKey };
}
