import { rootCertificates } from 'node:tls';
import { freePort } from '@mxodus/lab';
import { MxodusError } from '@mxodus/model';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TokenSource } from '../../auth/token-source.ts';
import { type Graph, GraphDoubt, GraphRefusal, type GraphRequest, graphPath } from './graph.ts';
import {
  type GraphWorld,
  graphError,
  graphWorld,
  type Reply,
  type ScriptedService,
  scriptedService,
} from './scripted-service.test.support.ts';

const ANN = 'ann@example.com';
const SECRET = 'eyJ0eXAiOiJKV1Qi.c2VjcmV0.token-of-the-app';
const OK: Reply = { status: 200, body: { value: [] } };

let server: ScriptedService;
let world: GraphWorld;
let graph: Graph;
/** Tokens that were given out. */
let given: string[];
const tokens: TokenSource = {
  token: async () => given.at(-1) ?? SECRET,
  another: async () => {
    given.push(`${SECRET}-${given.length}`);
    return given.at(-1) ?? null;
  },
};

beforeAll(async () => {
  server = await scriptedService();
});
afterAll(() => server.stop());
beforeEach(() => {
  given = [SECRET];
  world = graphWorld(server, { tokens, timeoutMs: 1000 });
  graph = world.service.mailbox(ANN, world.use());
});
afterEach(async () => {
  expect(world.governor.underWay).toBe(0);
  await world.service.close();
});

const list: GraphRequest = { method: 'GET', path: graphPath`/users/${ANN}/mailFolders`, repeat: 'safe' };
const create: GraphRequest = {
  method: 'POST',
  path: graphPath`/users/${ANN}/mailFolders/inbox/messages`,
  body: { subject: 'Grüße' },
  repeat: 'once',
};
const failure = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: unknown) => error,
  );

describe('a request', () => {
  it('goes out with the token, immutable ids and an id of its own, and nothing of the client library', async () => {
    server.reply(OK);
    await graph.send({ ...list, headers: { prefer: 'outlook.allow-unsafe-html' } });
    const { url, headers } = server.got[0] ?? {};
    expect(url).toBe('/v1.0/users/ann%40example.com/mailFolders');
    expect(headers).toMatchObject({
      authorization: `Bearer ${SECRET}`,
      prefer: 'IdType="ImmutableId", outlook.allow-unsafe-html',
      'client-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(Object.keys(headers ?? {}).filter((name) => /sdkversion|retry-attempt/i.test(name))).toEqual([]);
  });

  it.each<[string, Reply, unknown]>([
    ['JSON', { status: 201, body: { id: 'A' } }, { id: 'A' }],
    ['text', { status: 200, headers: { 'content-type': 'text/plain' }, body: '{"not": "read"}' }, '{"not": "read"}'],
    ['HTML', { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>' }, '<p>'],
    ['garbage', { status: 200, headers: { 'content-type': 'application/json' }, body: '{"half' }, '{"half'],
    ['nothing', { status: 204 }, null],
    ['a redirect, which is not followed', { status: 302, headers: { location: 'https://example.com/x' } }, null],
  ])('is answered with %s', async (_, reply, body) => {
    server.reply(reply);
    const answer = await graph.send(create);
    expect(answer.body).toEqual(body);
    expect(server.got).toHaveLength(1);
  });

  it('keeps what is in its path as it was encoded, to either version', async () => {
    server.reply(OK);
    const filter = encodeURIComponent("internetMessageId eq '<a+b&c#d@x>'");
    await graph.send({ ...list, path: `/users/a/messages?$filter=${filter}&x=https%3A%2F%2Fy`, version: 'beta' });
    expect(server.got[0]?.url).toBe(
      '/beta/users/a/messages?$filter=internetMessageId%20eq%20%27%3Ca%2Bb%26c%23d%40x%3E%27&x=https%3A%2F%2Fy',
    );
  });

  it('counts the bytes of its body, and is told once as a write, however often it is sent', async () => {
    server.reply(graphError(429, 'ApplicationThrottled'), OK);
    await graph.send(create);
    await graph.send(list);
    const bytes = Buffer.byteLength('{"subject":"Grüße"}');
    expect(world.governor.requests.map((one) => one.bytes)).toEqual([bytes, bytes, 0]);
    expect(world.writes).toEqual(['POST /users/ann%40example.com/mailFolders/inbox/messages']);
    expect(server.got[0]).toMatchObject({
      body: '{"subject":"Grüße"}',
      headers: { 'content-type': 'application/json' },
    });
  });

  it('may be text of another type, and is sent as it is', async () => {
    server.reply(OK);
    await graph.send({ ...create, body: 'RnJvbTo=', contentType: 'text/plain' });
    expect(server.got[0]).toMatchObject({ body: 'RnJvbTo=', headers: { 'content-type': 'text/plain' } });
  });

  it('of the tenant is nobody’s mailbox', async () => {
    server.reply(OK);
    await world.service.tenant(world.use()).send({ ...list, path: '/domains' });
    expect(world.governor.requests[0]?.login).toEqual({ server: 'new', user: 'the tenant' });
  });

  it('is not sent when its signal has aborted, and is given up when it aborts', async () => {
    const stop = new AbortController();
    const stopped = world.service.mailbox(ANN, world.use(stop.signal));
    server.reply(() => {
      stop.abort(new Error('stop'));
      return 'silence';
    });
    expect(await failure(stopped.send(create))).toEqual(new Error('stop'));
    expect(await failure(stopped.send(create))).toEqual(new Error('stop'));
    expect([server.got.length, stopped.usable, graph.usable]).toEqual([1, false, true]);
  });
});

describe('a refusal', () => {
  it.each<[string, Reply, Partial<GraphRefusal>]>([
    [
      'in the envelope',
      graphError(404, 'ErrorItemNotFound', { message: 'gone\r\n\u001b[31mred' }),
      { status: 404, code: 'ErrorItemNotFound', message: 'gone [31mred', requestId: 'r-1' },
    ],
    ['without a body', { status: 404 }, { status: 404, code: '', message: 'HTTP 404', requestId: null }],
    [
      'in HTML',
      { status: 413, headers: { 'content-type': 'text/html' }, body: '<h1>no</h1>' },
      { status: 413, code: '' },
    ],
    [
      'with its id inside',
      { status: 400, body: { error: { code: 'BadRequest', message: 'x', innerError: { 'request-id': 'r-2' } } } },
      { code: 'BadRequest', requestId: 'r-2' },
    ],
    ['of one item, as 500', graphError(500, 'ErrorItemCorrupt'), { status: 500, code: 'ErrorItemCorrupt' }],
  ])('%s is thrown at once', async (_, reply, expected) => {
    server.reply(reply);
    const error = await failure(graph.send(create));
    expect(error).toBeInstanceOf(GraphRefusal);
    expect(error).toMatchObject(expected);
    expect([server.got.length, world.governor.pauses]).toEqual([1, []]);
  });

  it('holds no token, even where the server says it', async () => {
    server.reply(({ headers }) => graphError(400, 'BadRequest', { message: `no ${headers.authorization}` }));
    expect(await failure(graph.send(create))).toMatchObject({ message: 'no Bearer ***' });
  });
});

describe('a server that is busy', () => {
  it.each<[string, Record<string, string>, number, number]>([
    ['seconds', { 'retry-after': '300' }, 300_000, 301_000],
    [
      'a date',
      { 'retry-after': 'Sun, 22 Nov 2026 12:10:00 GMT', date: 'Sun, 22 Nov 2026 12:00:00 GMT' },
      600_000,
      601_000,
    ],
    ['nothing', {}, 1000, 1100],
    ['zero', { 'retry-after': '0' }, 1000, 1100],
    ['less than zero', { 'retry-after': '-1' }, 1000, 1100],
  ])('with 429 and %s is left alone for that, and asked again, also for a create', async (_, headers, from, to) => {
    server.reply(graphError(429, 'ApplicationThrottled', { headers }), { status: 201, body: { id: 'A' } });
    expect((await graph.send(create)).status).toBe(201);
    expect(world.governor.pauses).toMatchObject([
      { user: ANN, words: 'HTTP 429 ApplicationThrottled: words of ApplicationThrottled' },
    ]);
    const ms = world.governor.pauses[0]?.ms ?? 0;
    expect(ms).toBeGreaterThanOrEqual(from);
    expect(ms).toBeLessThanOrEqual(to);
  });

  it('without a time is left alone for longer each time, and given up at last', async () => {
    server.reply(graphError(429, 'ApplicationThrottled'));
    const error = await failure(graph.send(list));
    expect(error).toMatchObject({
      code: 'SERVER_BUSY',
      hint: { kind: 'pause' },
      what: expect.stringContaining('request-id r-1'),
    });
    const pauses = world.governor.pauses.map(({ ms }) => Math.floor(ms / 1000));
    expect(pauses.slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map((s) => expect.toBeOneOf([s, s + 1])));
    expect(server.got).toHaveLength(100);
  });

  const passing: [string, Reply, number | null][] = [
    ['502', { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad Gateway</h1>' }, 502],
    ['503', { status: 503 }, 503],
    ['504', graphError(504, 'UnknownError', { message: '' }), 504],
    ['a passing 500', graphError(500, 'ErrorInternalServerTransientError'), 500],
    ['a 500 that says nothing', { status: 500 }, 500],
    ['a reset', 'reset', null],
    ['half an answer', 'cut', null],
    ['no answer in time', 'silence', null],
  ];

  it.each(passing)('%s is no answer to a create: that is a doubt, at once', async (_, reply, status) => {
    server.reply(reply);
    const error = await failure(graph.send(create));
    expect(error).toBeInstanceOf(GraphDoubt);
    expect(error).toMatchObject({ status });
    expect(server.got).toHaveLength(1);
    // What answered "not now" is left alone all the same.
    expect(world.governor.pauses).toHaveLength(status === null ? 0 : 1);
  });

  it.each(passing)('%s is got over by what is safe', async (_, reply) => {
    server.reply(reply, OK);
    expect((await graph.send(list)).status).toBe(200);
    expect([server.got.length, world.governor.pauses.length]).toEqual([2, 1]);
  });

  it.each<[string, Reply, string]>([
    ['503', { status: 503 }, 'SERVER_BUSY'],
    ['504', { status: 504 }, 'SERVER_TIMEOUT'],
    ['a reset', 'reset', 'CONNECTION_LOST'],
  ])('with %s for good is given up', async (_, reply, code) => {
    server.reply(reply);
    expect(await failure(graph.send(list))).toMatchObject({
      code,
      where: expect.stringContaining('ann@example.com at new'),
    });
    expect(server.got).toHaveLength(8);
  });

  it('with a 500 for good has refused that one request', async () => {
    server.reply(graphError(500, 'ErrorInternalServerError'));
    expect(await failure(graph.send(list))).toMatchObject({ name: 'GraphRefusal', code: 'ErrorInternalServerError' });
  });
});

describe('no connection', () => {
  const at = async (origin: string, ca: string, request: GraphRequest) => {
    const far = graphWorld({ origin, ca }, { tokens, timeoutMs: 1000 });
    const error = await failure(far.service.mailbox(ANN, far.use()).send(request));
    await far.service.close();
    return { error, pauses: far.governor.pauses.length };
  };

  it('is tried a few times, and is no doubt even for a create: nothing was sent', async () => {
    const { error, pauses } = await at(`https://localhost:${await freePort()}`, server.ca, create);
    expect(error).toMatchObject({ code: 'SERVER_UNREACHABLE' });
    expect(pauses).toBe(3);
  });

  it('to a name that is not there ends at once', async () => {
    const { error, pauses } = await at('https://graph.invalid', server.ca, create);
    expect([error instanceof MxodusError && error.code, pauses]).toEqual(['SERVER_UNREACHABLE', 0]);
  });

  it.each(['expired', 'wrong-host', 'self-signed'] as const)(
    'to a server whose certificate is %s ends at once',
    async (kind) => {
      const bad = await scriptedService(kind);
      bad.reply(OK);
      const { error } = await at(bad.origin, bad.ca, create);
      await bad.stop();
      expect(error).toMatchObject({ code: 'TLS_CERTIFICATE' });
      expect(bad.got).toEqual([]);
    },
  );

  it('to a server of an authority that is not trusted ends at once', async () => {
    const { error } = await at(server.origin, rootCertificates[0] ?? '', list);
    expect(error).toMatchObject({ code: 'TLS_CERTIFICATE' });
  });
});

describe('a token that is refused', () => {
  const refused = graphError(401, 'InvalidAuthenticationToken');

  it('is replaced once, and the request sent again, also a create', async () => {
    server.reply(refused, { status: 201, body: {} });
    expect((await graph.send(create)).status).toBe(201);
    expect(server.got.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${SECRET}`, `Bearer ${SECRET}-1`]);
  });

  it('is replaced once more, as the first replacement may have been known before and be as stale', async () => {
    server.reply(refused, refused, { status: 201, body: {} });
    expect((await graph.send(create)).status).toBe(201);
  });

  it('a third time is AUTH_FAILED', async () => {
    server.reply(refused);
    const error = await failure(graph.send(create));
    expect(error).toMatchObject({ code: 'AUTH_FAILED', what: expect.stringContaining('request-id r-1') });
    expect(JSON.stringify(error)).not.toContain(SECRET);
    expect(server.got).toHaveLength(3);
  });
});

describe('the pages of a listing', () => {
  const page = (items: unknown[], next?: string): Reply => ({
    status: 200,
    body: { value: items, ...(next === undefined ? {} : { '@odata.nextLink': next }) },
  });
  const all = async (): Promise<unknown[]> => {
    const items: unknown[] = [];
    for await (const some of graph.pages({ path: list.path, headers: { Prefer: 'odata.maxpagesize=2' } }))
      items.push(...some);
    return items;
  };

  it('are followed by their links, as they are', async () => {
    const next = `${server.origin}/v1.0/users('a%40b')/mailFolders?$skiptoken=a%2Bb&$top=2&$top=3&bare`;
    server.reply(page([1, 2], next), page([3]));
    expect(await all()).toEqual([1, 2, 3]);
    expect(server.got[1]).toMatchObject({
      url: "/v1.0/users('a%40b')/mailFolders?$skiptoken=a%2Bb&$top=2&$top=3&bare",
      headers: { prefer: 'IdType="ImmutableId", odata.maxpagesize=2', authorization: `Bearer ${SECRET}` },
    });
  });

  it.each<[string, () => Reply]>([
    ['to another host', () => page([1], `${server.elsewhere}/v1.0/me?token=x`)],
    ['without TLS', () => page([1], `${server.origin.replace('https', 'http')}/v1.0/me`)],
    ['to no address', () => page([1], 'me?$skip=1')],
    ['that is no text', () => ({ status: 200, body: { value: [], '@odata.nextLink': 7 } })],
    ['in a circle', () => page([1], `${server.origin}/v1.0/me?$skip=1`)],
  ])('are not followed by a link %s', async (_, reply) => {
    server.reply(reply());
    expect(await failure(all())).toMatchObject({ code: 'SERVER_ANSWER' });
    expect(server.got.length).toBeLessThanOrEqual(2);
  });

  it('are not taken from what is no listing', async () => {
    server.reply({ status: 200, body: '<html>' });
    expect(await failure(all())).toMatchObject({ code: 'SERVER_ANSWER' });
  });
});

describe('a pre-authenticated address', () => {
  const TOKEN = 'authtoken-eyJhbGciOi';
  const url = () => `${server.elsewhere}/api/v2.0/AttachmentSessions('x')?authtoken=${TOKEN}`;
  const chunk = { method: 'PUT', body: Buffer.from('abc'), headers: { 'Content-Range': 'bytes 0-2/3' } } as const;

  it('gets the bytes, and no token of ours', async () => {
    server.reply({ status: 201, headers: { location: 'https://x/y' } });
    const answer = await graph.sendTo(url(), { ...chunk, headers: { ...chunk.headers, Authorization: 'Bearer x' } });
    expect(server.got[0]).toMatchObject({ method: 'PUT', body: 'abc', headers: { 'content-range': 'bytes 0-2/3' } });
    expect(server.got[0]?.headers.authorization).toBeUndefined();
    expect([answer.status, answer.headers.get('location')]).toEqual([201, 'https://x/y']);
    expect(world.governor.requests).toMatchObject([{ login: { user: ANN }, bytes: 3 }]);
  });

  it.each<[string, Reply | ((got: { url: string }) => Reply), string]>([
    ['401', graphError(401, 'InvalidAuthenticationToken'), 'GraphRefusal'],
    [
      '404 with the address in it',
      ({ url: asked }) => graphError(404, 'ErrorItemNotFound', { message: `no ${asked} ${TOKEN}` }),
      'GraphRefusal',
    ],
    ['504', { status: 504 }, 'GraphDoubt'],
    ['a reset', 'reset', 'GraphDoubt'],
  ])('that answers %s is in no error text', async (_, reply, name) => {
    server.reply(reply);
    const error = await failure(graph.sendTo(url(), chunk));
    expect(error).toMatchObject({ name });
    expect(textsOf(error)).not.toContain(TOKEN);
    expect(server.got).toHaveLength(1);
  });

  it('is asked again for its state, and for a chunk that was certainly not taken', async () => {
    server.reply('reset', graphError(503, ''), OK);
    await graph.sendTo(url(), { method: 'GET' });
    server.reply(graphError(429, 'ApplicationThrottled'), OK);
    await graph.sendTo(url(), chunk);
    expect(server.got).toHaveLength(2);
  });

  it('is https', async () => {
    const error = await failure(graph.sendTo(url().replace('https', 'http'), chunk));
    expect(error).toMatchObject({ code: 'SERVER_ANSWER' });
    expect(textsOf(error)).not.toContain(TOKEN);
  });
});

/** All an error says, to the last cause. */
function textsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = Object.getOwnPropertyNames(error).map((name) => String(Reflect.get(error, name)));
  return [...own, error.stack ?? '', error.cause === undefined ? '' : textsOf(error.cause)].join('\n');
}
