import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@mxodus/lab';
import { MxodusError } from '@mxodus/model';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { givenToken } from '../../auth/token-source.ts';
import type { Graph, GraphRequest } from './graph.ts';
import {
  type GraphWorld,
  graphError,
  graphWorld,
  type ScriptedService,
  scriptedService,
} from './scripted-service.test.support.ts';

let server: ScriptedService;
beforeAll(async () => {
  server = await scriptedService();
});
afterAll(() => server.stop());

const LOST = new MxodusError('LEASE_LOST', { what: 'lost', why: 'a test', advice: 'none' });
const OK = { status: 201, body: { id: '1' } };
const TEXT = JSON.stringify({ subject: 'Grüße', body: 'x'.repeat(200_000) });
const create: GraphRequest = { method: 'POST', path: '/users/ann/messages', body: TEXT, repeat: 'once' };

let world: GraphWorld;
let graph: Graph;
/** What happened, in order. */
let log: string[];
/** How many questions are answered with yes. */
let allowed: number;
beforeEach(() => {
  log = [];
  allowed = 99;
  const tokens = givenToken(async () => {
    await sleep(5);
    log.push('token');
    return 'the-token';
  });
  world = graphWorld(server, { tokens });
  const { request } = world.governor;
  world.governor.request = async (...of) => {
    await sleep(5);
    log.push('governor');
    return request(...of);
  };
  graph = world.service.mailbox('ann', {
    ...world.use(),
    onWrite: () => void log.push('write'),
    mayCommit: () => {
      log.push('asked');
      allowed -= 1;
      if (allowed < 0) throw LOST;
    },
  });
});

it('what the ear for writes forbids is not begun', async () => {
  server.reply(OK);
  const forbidden = world.service.mailbox('ann', {
    ...world.use(),
    onWrite: () => {
      throw LOST;
    },
  });
  await expect(forbidden.send(create)).rejects.toBe(LOST);
  await expect(forbidden.batch([{ method: 'DELETE', path: '/users/ann/messages/1' }])).rejects.toBe(LOST);
  await expect(forbidden.sendTo(`${server.origin}/up`, { method: 'PUT', body: Buffer.from('a') })).rejects.toBe(LOST);
  await sleep(20);
  expect([server.got.length, server.cutOff.length]).toEqual([0, 0]);
});

it('is asked after everything that waits, and nothing is asked of what only reads', async () => {
  server.reply(OK);
  await graph.send(create);
  expect(log).toEqual(['governor', 'token', 'write', 'asked']);
  expect(server.got.map(({ body }) => body === TEXT)).toEqual([true]);
  expect(server.got[0]?.headers).toMatchObject({ 'content-length': String(Buffer.byteLength(TEXT)) });
  log = [];
  await graph.send({ method: 'GET', path: '/users/ann/messages', repeat: 'safe' });
  expect(log).toEqual(['governor', 'token']);
});

it.each([1, 2, 70_000, 3_900_000])('a body of %i bytes arrives as it is', async (bytes) => {
  server.reply(OK);
  const body = 'a'.repeat(bytes);
  await graph.send({ ...create, body });
  await graph.sendTo(`${server.origin}/up`, { method: 'PUT', body: Buffer.from(body) });
  expect(server.got.map((one) => one.body === body)).toEqual([true, true]);
});

it('a request that may not be completed never gets there whole, and rejects with the reason as it is', async () => {
  server.reply(OK);
  allowed = 0;
  await expect(graph.send(create)).rejects.toBe(LOST);
  await until('the service has seen it end', () => server.cutOff.length === 1);
  const [begun] = server.cutOff;
  expect(begun !== undefined && begun.body !== TEXT && TEXT.startsWith(begun.body)).toBe(true);
  await expect(graph.sendTo(`${server.origin}/up`, { method: 'PUT', body: Buffer.from(TEXT) })).rejects.toBe(LOST);
  await expect(graph.send({ ...create, body: undefined })).rejects.toBe(LOST);
  const part = { method: 'PATCH', path: '/users/ann/messages/1', body: { isRead: true } } as const;
  await expect(graph.batch([part])).rejects.toBe(LOST);
  expect(server.got).toHaveLength(0);
});

it('is asked again before a request is sent again', async () => {
  server.reply(graphError(429, 'ApplicationThrottled'), OK);
  allowed = 1;
  await expect(graph.send(create)).rejects.toBe(LOST);
  expect(log.filter((line) => line !== 'governor' && line !== 'token')).toEqual(['write', 'asked', 'asked']);
  expect(server.got).toHaveLength(1);
});

it.each(['SERVER_BUSY', 'SERVER_UNREACHABLE', 'LEDGER_UNREACHABLE'] as const)(
  'a reason of %s is no trouble of the service: nothing is sent again',
  async (code) => {
    server.reply(OK);
    const reason = new MxodusError(code, { what: 'no', why: 'a test', advice: 'none' });
    const forbidden = world.service.mailbox('ann', {
      ...world.use(),
      mayCommit: () => {
        throw reason;
      },
    });
    await expect(forbidden.send(create)).rejects.toBe(reason);
    expect(server.got).toHaveLength(0);
  },
);
