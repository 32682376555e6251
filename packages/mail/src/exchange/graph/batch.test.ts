import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { givenToken, type TokenSource } from '../../auth/token-source.ts';
import type { BatchPart, Graph } from './graph.ts';
import {
  type Got,
  type GraphWorld,
  graphError,
  graphWorld,
  type Reply,
  type ScriptedService,
  scriptedService,
} from './scripted-service.test.support.ts';

let server: ScriptedService;
let world: GraphWorld;
let graph: Graph;
let token: string;
const tokens: TokenSource = {
  ...givenToken(async () => token),
  another: async () => {
    token = 'second';
    return token;
  },
};

beforeAll(async () => {
  server = await scriptedService();
});
afterAll(() => server.stop());
beforeEach(() => {
  token = 'first';
  world = graphWorld(server, { tokens });
  graph = world.service.mailbox('ann', world.use());
});
afterEach(() => world.service.close());

const requestSchema = z.object({
  requests: z.array(
    z.object({
      id: z.string(),
      method: z.string(),
      url: z.string(),
      headers: z.record(z.string(), z.string()),
      body: z.unknown().optional(),
    }),
  ),
});
const asked = (got: Got) => requestSchema.parse(JSON.parse(got.body)).requests;
const parts = (count: number): BatchPart[] =>
  Array.from({ length: count }, (_, n) => ({ method: 'GET', path: `/users/ann/${n}` }));

type Part = { status: number; headers?: Record<string, string>; body?: unknown } | null;

/** Answers each part by its address; the answers come in another order. null: that part gets no answer. */
const each =
  (answer: (url: string) => Part) =>
  (got: Got): Reply => ({
    status: 200,
    body: {
      responses: asked(got)
        .flatMap(({ id, url }) => {
          const one = answer(url);
          return one === null ? [] : [{ id, ...one }];
        })
        .reverse(),
    },
  });
const fine = (url: string): Part => ({ status: 200, body: { url } });
const error = (status: number, code: string, headers = {}): Part => ({
  status,
  headers,
  body: { error: { code, message: '' } },
});
const urlsOf = (outcomes: Awaited<ReturnType<Graph['batch']>>): unknown[] =>
  outcomes.map((outcome) => (outcome.kind === 'answered' ? outcome.answer.body : outcome.error.code));
const inOrder = (count: number) => parts(count).map(({ path }) => ({ url: path }));

it('has twenty parts at most, in one request each that counts as so many, and gives the outcomes in order', async () => {
  server.reply(each(fine));
  expect(urlsOf(await graph.batch(parts(45)))).toEqual(inOrder(45));
  expect(server.got.map(({ method, url }) => `${method} ${url}`)).toEqual(Array(3).fill('POST /v1.0/$batch'));
  expect(world.governor.requests.map(({ requests }) => requests)).toEqual([20, 20, 5]);
  expect(await graph.batch([])).toEqual([]);
});

it('asks for immutable ids in each part, and says which parts write', async () => {
  server.reply(each(fine));
  const path = '/users/ann/messages/A%2FB?$select=id';
  await graph.batch([
    { method: 'PATCH', path, body: { isRead: true }, headers: { 'If-Match': 'W/"1"' } },
    { method: 'GET', path, headers: { Prefer: 'outlook.allow-unsafe-html' } },
  ]);
  expect(asked(server.got[0] ?? expect.fail())).toEqual([
    {
      id: '0',
      method: 'PATCH',
      url: path,
      headers: { Prefer: 'IdType="ImmutableId"', 'Content-Type': 'application/json', 'If-Match': 'W/"1"' },
      body: { isRead: true },
    },
    { id: '1', method: 'GET', url: path, headers: { Prefer: 'IdType="ImmutableId", outlook.allow-unsafe-html' } },
  ]);
  expect(world.writes).toEqual(['PATCH /users/ann/messages/A%2FB']);
});

it('has no more parts than the mailbox takes requests at once, where the service turned some away', async () => {
  server.reply(each(fine));
  world.governor.reduced = 3;
  expect(urlsOf(await graph.batch(parts(7)))).toEqual(inOrder(7));
  expect(world.governor.requests.map(({ requests }) => requests)).toEqual([3, 3, 1]);
});

it('stays below the size of a request', async () => {
  server.reply(each(fine));
  const text = 'x'.repeat(1_500_000);
  await graph.batch([1, 2, 3].map((n) => ({ method: 'PATCH', path: `/m/${n}`, body: { text } })));
  expect(server.got.map((got) => asked(got).length)).toEqual([2, 1]);
  expect(Math.max(...world.governor.requests.map(({ bytes }) => bytes))).toBeLessThan(3_500_000);
});

it.each<[string, Part, number]>([
  ['429 with a time', error(429, 'ApplicationThrottled', { 'Retry-After': '300' }), 300_000],
  ['429 without one', error(429, 'ApplicationThrottled'), 1000],
  ['503', error(503, 'ErrorServerBusy', { 'Retry-After': '7' }), 7000],
  ['504', { status: 504 }, 1000],
  ['a passing 500', error(500, 'ErrorInternalServerTransientError'), 1000],
  ['424', error(424, 'FailedDependency'), 1000],
  ['nothing', null, 1000],
])('sends a part again that was answered with %s inside a 200, and only that one', async (_, bad, ms) => {
  let times = 0;
  server.reply(
    each((url) => {
      if (!url.endsWith('/7')) return fine(url);
      times += 1;
      return times < 2 ? bad : fine(url);
    }),
  );
  expect(urlsOf(await graph.batch(parts(20)))).toEqual(inOrder(20));
  expect(server.got.map((got) => asked(got).map(({ url }) => url).length)).toEqual([20, 1]);
  expect(world.governor.pauses).toHaveLength(1);
  expect(world.governor.pauses[0]?.ms).toBeGreaterThanOrEqual(ms);
});

it('gives the refusals of its parts beside the answers of the others', async () => {
  server.reply(each((url) => (url.endsWith('/1') ? error(412, 'ErrorIrresolvableConflict') : fine(url))));
  expect(urlsOf(await graph.batch(parts(3)))).toEqual([
    { url: '/users/ann/0' },
    'ErrorIrresolvableConflict',
    { url: '/users/ann/2' },
  ]);
});

it('gives up a part that stays busy', async () => {
  server.reply(each((url) => (url.endsWith('/1') ? error(503, 'ErrorServerBusy') : fine(url))));
  await expect(graph.batch(parts(3))).rejects.toMatchObject({ code: 'SERVER_BUSY' });
  expect(server.got).toHaveLength(8);
});

it('gets another token when a part says so, once', async () => {
  server.reply(each((url) => (token === 'first' ? error(401, 'InvalidAuthenticationToken') : fine(url))));
  expect(urlsOf(await graph.batch(parts(2)))).toEqual(inOrder(2));
  expect(server.got.map(({ headers }) => headers.authorization)).toEqual(['Bearer first', 'Bearer second']);
  server.reply(each(() => error(401, 'InvalidAuthenticationToken')));
  await expect(graph.batch(parts(2))).rejects.toMatchObject({ code: 'AUTH_FAILED' });
});

it('is sent again as a whole after a 504, and refused as a whole', async () => {
  server.reply({ status: 504 }, each(fine));
  expect(await graph.batch(parts(2))).toHaveLength(2);
  server.reply(graphError(400, 'BadRequest'));
  await expect(graph.batch(parts(2))).rejects.toMatchObject({ name: 'GraphRefusal', code: 'BadRequest' });
  server.reply({ status: 200, body: { value: [] } });
  await expect(graph.batch(parts(2))).rejects.toMatchObject({ code: 'SERVER_ANSWER' });
});
