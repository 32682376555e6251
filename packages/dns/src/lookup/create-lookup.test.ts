import { type LabDns, longText, makeTempDir, manyAddresses, startDns, type TempDir, updateZone } from '@mxodus/lab';
import type { DnsEndpoint, LookupType } from '@mxodus/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLookup } from './create-lookup.ts';
import { reverseName } from './reverse-name.ts';

const signal = new AbortController().signal;
const ZONE = 'example.test';
const KEY = 'k'.repeat(400);

describe('against BIND', () => {
  let dir: TempDir;
  let dns: LabDns;
  let own: DnsEndpoint[];
  beforeAll(async () => {
    dir = await makeTempDir();
    dns = await startDns({
      dir: dir.path,
      zone: ZONE,
      parent: { zone: 'test', ds: 'right' },
      negativeTtl: 300,
      delegated: {
        zone: `sub.${ZONE}`,
        records: [
          { name: 'mx', type: 'A', data: '127.0.0.9' },
          { name: 'away', type: 'CNAME', data: 'www.other.test.' },
        ],
      },
      moreZones: [
        { zone: 'other.test', records: [{ name: 'www', type: 'A', ttl: 40, data: '127.0.0.7' }] },
        { zone: '127.in-addr.arpa', records: [{ name: '2.0.0', type: 'PTR', data: 'MX.example.test.' }] },
      ],
      records: [
        { name: '@', type: 'MX', data: '10 mx' },
        { name: 'mx', type: 'A', data: '127.0.0.2' },
        ...manyAddresses('many'),
        longText('key', KEY),
        { name: '_25._tcp.mx', type: 'TLSA', data: `3 1 1 ${'ab'.repeat(32)}` },
        { name: 'alias', type: 'CNAME', ttl: 90, data: 'away.sub' },
        { name: 'loop1', type: 'CNAME', data: 'loop2' },
        { name: 'loop2', type: 'CNAME', data: 'loop1' },
        ...Array.from({ length: 9 }, (_, n) => ({ name: `c${n}`, type: 'CNAME', data: n === 8 ? 'mx' : `c${n + 1}` })),
      ],
    });
    own = [dns.primary, dns.secondary].map(({ host, port, address }) => ({ name: address, address: host, port }));
  });
  afterAll(async () => {
    await dns?.stop();
    await dir.remove();
  });

  const lookUp = (name: string, type: LookupType, servers = own, to = signal) =>
    createLookup({
      zones: [{ zone: ZONE, servers }],
      resolvers: [dns.resolver.address],
      limits: { attempts: 1 },
      endpointOf: (host, address) => ({ name: host, address, port: dns.byName.get(host)?.port ?? 53 }),
    }).lookUp(name, type, to);

  test.each<[LookupType, string, object]>([
    ['MX', ZONE, { kind: 'answer', ttl: 20, records: ['10 mx.example.test'], secure: false }],
    ['A', `many.${ZONE}`, { records: expect.objectContaining({ length: 90 }) }],
    ['TXT', `key.${ZONE}`, { records: [KEY] }],
    ['NS', ZONE, { records: ['ns1.example.test', 'ns2.example.test'] }],
    [
      'SOA',
      ZONE,
      { records: [expect.stringMatching(/^ns1\.example\.test hostmaster\.example\.test \d+ 2 1 86400 300$/)] },
    ],
    ['TLSA', `_25._tcp.mx.${ZONE}`, { records: [`3 1 1 ${'ab'.repeat(32)}`], secure: true }],
    ['A', `mx.sub.${ZONE}`, { kind: 'answer', records: ['127.0.0.9'] }],
    ['A', `none.sub.${ZONE}`, { kind: 'absent', negativeTtl: 20 }],
    ['A', 'www.other.test', { kind: 'answer', records: ['127.0.0.7'] }],
    ['A', 'none.other.test', { kind: 'absent', negativeTtl: expect.any(Number) }],
    ['PTR', '127.0.0.2', { kind: 'answer', records: ['mx.example.test'] }],
    ['CNAME', `alias.${ZONE}`, { records: ['away.sub.example.test'] }],
    ['A', `c1.${ZONE}`, { kind: 'answer', records: ['127.0.0.2'] }],
    ['A', `c0.${ZONE}`, { kind: 'error', why: expect.stringContaining('more than 8') }],
    ['A', `loop1.${ZONE}`, { kind: 'error' }],
    ['MX', `alias.${ZONE}`, { kind: 'error', why: expect.stringContaining('alias') }],
    ['PTR', 'mx.example.test', { kind: 'error', why: expect.stringContaining('no IP address') }],
    ['A', `two words.${ZONE}`, { kind: 'error' }],
  ])('%s of %s', async (type, name, expected) => {
    expect(await lookUp(name, type)).toMatchObject(expected);
  });

  test('an alias is followed into a delegated zone and out of all of them, with the longest TTL', async () => {
    const result = await lookUp(`alias.${ZONE}`, 'A');
    expect(result).toMatchObject({ kind: 'answer', ttl: 90, records: ['127.0.0.7'], secure: false });
  });

  test('of two zones a name is in, the most specific one counts', async () => {
    const { port = 0 } = dns.delegated ?? {};
    const sub = { zone: `Sub.${ZONE}.`, servers: [{ name: 'sub', address: '127.0.0.1', port }] };
    const lookup = createLookup({ zones: [{ zone: ZONE, servers: [] }, sub], resolvers: ['127.0.0.1:9'] });
    expect(await lookup.lookUp(`MX.Sub.${ZONE}.`, 'A', signal)).toMatchObject({ records: ['127.0.0.9'] });
    expect(await lookup.lookUp(`xsub.${ZONE}`, 'A', signal)).toMatchObject({ kind: 'error' });
  });

  test('what the resolver validated is secure', async () => {
    const resolvers = [dns.resolver.address];
    const secure = async (name: string) => createLookup({ zones: [], resolvers }).lookUp(name, 'A', signal);
    expect(await secure(`mx.${ZONE}`)).toMatchObject({ secure: true });
    expect(await secure('www.other.test')).toMatchObject({ secure: false });
  });

  test('a name that is not there yet is never planted into a cache', async () => {
    const name = `new.${ZONE}`;
    expect(await lookUp(name, 'A')).toMatchObject({ kind: 'absent' });
    await updateZone(dns.primary, dns.tsig, { zone: ZONE, add: [{ name, type: 'A', ttl: 20, data: '127.0.0.3' }] });
    await dns.secondary.stop();
    expect(await lookUp(name, 'A')).toMatchObject({ records: ['127.0.0.3'] });
    const cached = createLookup({ zones: [], resolvers: [dns.resolver.address] });
    expect(await cached.lookUp(name, 'A', signal)).toMatchObject({ records: ['127.0.0.3'] });
  });

  test('a server that is down or does not serve the zone is passed by; when all are, they are named', async () => {
    const [cache, down, lame, up] = [
      { name: 'cache', address: '127.0.0.1', port: dns.resolver.port },
      { name: 'down', address: '127.0.0.1', port: 9 },
      { name: 'lame', address: '127.0.0.1', port: dns.parent?.port ?? 0 },
      { name: 'up', address: '127.0.0.1', port: dns.primary.port },
    ];
    expect(await lookUp(ZONE, 'MX', [cache, down, lame, up])).toMatchObject({ kind: 'answer' });
    const none = await lookUp(ZONE, 'MX', [cache, down, lame]);
    expect(none).toMatchObject({
      kind: 'error',
      why: expect.stringMatching(/cache: .*without authority.*down: .*lame: .*lame/),
    });
    const silent = createLookup({ zones: [], resolvers: ['127.0.0.1:9'], limits: { attempts: 1 } });
    expect(await silent.lookUp('example.com', 'A', signal)).toMatchObject({
      kind: 'error',
      why: expect.stringContaining('127.0.0.1:9'),
    });
  });

  test('stops when asked to', async () => {
    const reason = new Error('stop');
    await expect(lookUp(ZONE, 'MX', own, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

test.each([
  ['192.0.2.1', '1.2.0.192.in-addr.arpa'],
  ['2001:db8::567:89ab', 'b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'],
  ['::1', `1.${'0.'.repeat(31)}ip6.arpa`],
  ['fe80::1%eth0', null],
  ['mx.example', null],
])('the reverse name of %s', (address, name) => {
  expect(reverseName(address)).toBe(name);
});
