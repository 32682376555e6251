import { createLookup, createObserver } from '@mxodus/dns';
import { freePort, type LabDns, type MailSink, makeTempDir, startDns, startMailSink, type TempDir } from '@mxodus/lab';
import type { Gate } from '@mxodus/model';
import { type StandaloneOptions, standaloneCheck } from '@mxodus/runner';
import { createSmtpClient } from '@mxodus/smtp';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** `cutover check DOMAIN` without a plan, against real name servers and mail hosts. */

const { signal } = new AbortController();
const ANN = 'ann@example.test';
const NEW = 'mx.new.example.test';

let dir: TempDir;
let dns: LabDns;
let port: number;
const sinks: MailSink[] = [];

beforeAll(async () => {
  dir = await makeTempDir();
  port = await freePort(['127.0.0.2', '127.0.0.3']);
  for (const host of ['127.0.0.2', '127.0.0.3']) {
    const known = { domains: ['example.test'], recipients: [ANN] };
    sinks.push(await startMailSink({ host, port, ...known, deliver: { deliver: async () => undefined } }));
  }
  dns = await startDns({
    dir: dir.path,
    zone: 'example.test',
    records: [
      { name: '@', type: 'MX', data: '10 mx.old' },
      { name: 'mx.old', type: 'A', data: '127.0.0.2' },
      { name: 'mx.new', type: 'A', data: '127.0.0.3' },
      { name: 'mx.alias', type: 'CNAME', data: 'mx.new' },
      { name: 'mx.closed', type: 'A', data: '127.0.0.4' },
      { name: '@', type: 'TXT', data: '"v=spf1 ip4:127.0.0.2 " "include:two.example.test -all"' },
      { name: 'two', type: 'TXT', data: '"v=spf1 a:nothing.example.test -all"' },
      { name: '*.wild', type: 'MX', data: '10 mx.old' },
      { name: 'wild', type: 'MX', data: '10 mx.old' },
    ],
  });
});

afterAll(async () => {
  await Promise.all(sinks.map((sink) => sink.stop()));
  await dns?.stop();
  await dir?.remove();
});

async function check(over: Partial<StandaloneOptions> = {}, domain = 'example.test'): Promise<Record<string, Gate>> {
  const limits = { timeoutMs: 2000, attempts: 1 };
  const gates = await standaloneCheck(domain, {
    recipients: [],
    signal,
    authoritative: dns.authoritative,
    probe: { smtp_port: port },
    ports: {
      observer: createObserver({ ...limits, resolvers: [dns.resolver.address] }),
      lookup: createLookup({ zones: [], resolvers: [dns.resolver.address], limits }),
      lookupIn: (zone, servers) =>
        createLookup({ zones: [{ zone, servers }], resolvers: [dns.resolver.address], limits }),
      smtp: createSmtpClient({ helo: 'probe.test', timeoutMs: 5000, pauseMs: 0 }),
      mtaSts: async () => ({ kind: 'none' }),
      now: Date.now,
    },
    ...over,
  });
  return Object.fromEntries(gates.map((gate) => [gate.id, gate]));
}

test('a domain as it is: its servers, its MX host, its SPF record', async () => {
  const gates = await check();
  expect(Object.keys(gates)).toEqual(['G1', 'G4', 'G5', 'G16']);
  expect(gates).toMatchObject({ G1: { status: 'green' }, G16: { status: 'green' } });
  expect(gates.G4).toMatchObject({
    status: 'amber',
    why: expect.stringContaining('mx.old.example.test (127.0.0.2)'),
  });
  expect(gates.G5).toMatchObject({ status: 'green' });
});

test('new hosts that know the address, and not the one that nobody has', async () => {
  const gates = await check({ newHosts: [NEW], recipients: [ANN] });
  expect(gates.G3).toMatchObject({
    status: 'green',
    why: 'all 1 addresses are taken, and one that nobody has is refused',
  });
  expect(gates.G5).toMatchObject({ status: 'amber', fix: expect.stringContaining('ip4:127.0.0.3 -all') });
  expect(sinks.flatMap(({ received }) => received).filter(({ accepted }) => accepted)).toEqual([]);
});

test('a new host that does not know an address', async () => {
  const gates = await check({ newHosts: [NEW], recipients: [ANN, 'bob@example.test'] });
  expect(gates.G3).toMatchObject({
    status: 'red',
    why: expect.stringMatching(/^1 of 2 addresses refused: bob@example\.test: mx\.new\.example\.test says "550/),
  });
});

test.each([
  [['nowhere.example.test'], 'G4', 'nowhere.example.test has no address'],
  [['mx.alias.example.test'], 'G4', 'mx.alias.example.test is an alias of mx.new.example.test'],
  [['mx.closed.example.test'], 'G4', 'example.test has no other MX host'],
  [['mx.new.org.example.test'], 'G16', 'looks as if it should be mx.new.org'],
])('new hosts that would lose mail: %s', async (newHosts, id, why) => {
  expect((await check({ newHosts }))[id]).toMatchObject({ status: 'red', why: expect.stringContaining(why) });
});

test('a wildcard that hides what has mail, in a name below the zone', async () => {
  const { G16 } = await check({ newHosts: [NEW] }, 'wild.example.test');
  expect(G16).toMatchObject({ status: 'amber', why: expect.stringContaining('names below it stay at the old hosts') });
});

test('without an answer nothing is green', async () => {
  const lost = await check({ authoritative: ['127.0.0.1:1'] });
  expect(lost.G1).toMatchObject({ status: 'unknown' });
  const ports = {
    observer: createObserver(),
    lookup: createLookup({ zones: [], resolvers: ['127.0.0.1:1'], limits: { timeoutMs: 200, attempts: 1 } }),
  };
  const nothing = await standaloneCheck('example.test', {
    recipients: [],
    signal,
    ports: {
      ...ports,
      smtp: createSmtpClient({ helo: 'probe.test', timeoutMs: 100 }),
      mtaSts: async () => ({ kind: 'none' }),
      now: Date.now,
    },
  });
  expect(nothing).toMatchObject([{ id: 'G1', status: 'unknown', why: expect.stringContaining('could not be found') }]);
});
