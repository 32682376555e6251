import {
  type LabDns,
  longText,
  makeTempDir,
  manyAddresses,
  startDns,
  type TempDir,
  until,
  updateZone,
} from '@mxodus/lab';
import type { DnsEndpoint, RrsetName } from '@mxodus/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createObserver } from './dns-observer.ts';

const signal = new AbortController().signal;
const ZONE = 'example.test';
const KEY = `v=DKIM1; p=${'k'.repeat(400)}`;

describe('against BIND, with a parent zone', () => {
  let dir: TempDir;
  let dns: LabDns;
  let primary: DnsEndpoint;
  const observer = () =>
    createObserver({ resolvers: [dns.resolver.address], endpointOf: endpointsOf(dns), attempts: 1 });
  beforeAll(async () => {
    dir = await makeTempDir();
    dns = await startDns({
      dir: dir.path,
      zone: ZONE,
      parent: { zone: 'test', ds: 'right' },
      delegated: { zone: `sub.${ZONE}`, records: [{ name: '@', type: 'MX', data: '10 mx' }] },
      records: [
        { name: '@', type: 'MX', data: '20 Mx2.Example.net.' },
        { name: '@', type: 'MX', data: '10 mx' },
        { name: 'mx', type: 'A', data: '127.0.0.2' },
        { name: 'mx', type: 'AAAA', data: '2001:db8:0:0::1' },
        ...manyAddresses('many'),
        longText('key', KEY, 255),
        { name: 'auto', type: 'CNAME', data: 'Host.Example.NET.' },
        { name: '_imaps._tcp', type: 'SRV', data: '0 5 993 IMAP.example.net.' },
        {
          name: '_25._tcp.mx',
          type: 'TLSA',
          data: '3 1 1 ( ABCD 0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab )',
        },
      ],
    });
    primary = { name: 'ns1', address: dns.primary.host, port: dns.primary.port };
  });
  afterAll(async () => {
    await dns?.stop();
    await dir.remove();
  });

  test.each<[RrsetName['type'], string, object]>([
    ['MX', ZONE, { records: ['10 mx.example.test', '20 mx2.example.net'] }],
    ['A', `mx.${ZONE}`, { records: ['127.0.0.2'] }],
    ['AAAA', `mx.${ZONE}`, { records: ['2001:db8::1'] }],
    ['TXT', `key.${ZONE}`, { records: [KEY] }],
    ['CNAME', `auto.${ZONE}`, { records: ['host.example.net'] }],
    ['SRV', `_imaps._tcp.${ZONE}`, { records: ['0 5 993 imap.example.net'] }],
    ['TLSA', `_25._tcp.mx.${ZONE}`, { records: [expect.stringMatching(/^3 1 1 abcd[0-9a-f]{60}$/)] }],
    ['A', `many.${ZONE}`, { records: expect.objectContaining({ length: 90 }) }],
  ])('reads %s of %s in canonical text', async (type, name, rrset) => {
    const seen = await observer().observe(primary, ZONE, { name, type }, signal);
    expect(seen).toMatchObject({
      kind: 'answer',
      authoritative: true,
      serial: expect.any(Number),
      rrset: { ttl: 20, ...rrset },
    });
  });

  test.each<[string, RrsetName, object]>([
    [
      'absence, with how long it is remembered',
      { name: `none.${ZONE}`, type: 'TXT' },
      { kind: 'absent', negativeTtl: 2 },
    ],
    [
      'an alias that mail is for',
      { name: `auto.${ZONE}`, type: 'MX' },
      { kind: 'error', why: expect.stringContaining('alias') },
    ],
    [
      'an alias, which has nothing beside it',
      { name: `auto.${ZONE}`, type: 'A' },
      { kind: 'absent', authoritative: true },
    ],
    [
      'a delegated name',
      { name: `sub.${ZONE}`, type: 'MX' },
      { kind: 'error', why: expect.stringContaining('ns1.sub.example.test') },
    ],
  ])('tells %s', async (_case, rrset, expected) => {
    expect(await observer().observe(primary, ZONE, rrset, signal)).toMatchObject(expected);
  });

  test('a resolver tells what remains of the TTL', async () => {
    const ask = async () => observer().ask(dns.resolver.address, { name: `mx.${ZONE}`, type: 'A' }, signal);
    await ask();
    await until('some of it has passed', async () => {
      const seen = await ask();
      return seen.kind === 'answer' && !seen.authoritative && seen.rrset.ttl < 20;
    });
  });

  test('finds the servers by the NS set', async () => {
    expect(await observer().authoritative(ZONE, undefined, signal)).toEqual([
      { name: 'ns1.example.test', address: '127.0.0.1', port: dns.primary.port },
      { name: 'ns2.example.test', address: '127.0.0.1', port: dns.secondary.port },
    ]);
  });

  test('reads the delegation at the parent and at every server, then what became of it', async () => {
    const names = { ttl: 20, records: ['ns1.example.test', 'ns2.example.test'] };
    expect(await observer().delegation(ZONE, undefined, signal)).toMatchObject({
      zone: ZONE,
      parent: names,
      child: [
        { server: { name: 'ns1.example.test' }, ns: names, why: null },
        { server: { name: 'ns2.example.test' }, ns: names, why: null },
      ],
      ds: { ttl: 20, records: [expect.stringMatching(/^\d+ 13 2 [0-9a-f]{64}$/)] },
      validates: true,
      why: null,
    });
    await updateZone(dns.primary, dns.tsig, {
      zone: ZONE,
      add: [{ name: ZONE, type: 'NS', ttl: 20, data: 'ns3.example.net' }],
    });
    await dns.secondary.stop();
    const [first, second] = (await observer().delegation(ZONE, undefined, signal)).child;
    expect(first?.ns?.records).toContain('ns3.example.net');
    expect(second).toMatchObject({ ns: null, why: expect.any(String) });
    await dns.parent?.stop();
    expect(await observer().delegation(ZONE, undefined, signal)).toMatchObject({
      parent: null,
      ds: null,
      why: expect.any(String),
    });
  });

  test('with servers configured the parent is not asked', async () => {
    expect(await observer().delegation(ZONE, [dns.primary.address], signal)).toMatchObject({
      parent: null,
      child: [{ ns: { records: expect.arrayContaining(['ns1.example.test']) } }],
      ds: null,
      validates: null,
      why: expect.stringContaining('configured'),
    });
  });
});

test('a DS of another key is seen by the resolver that refuses the zone', async () => {
  const dir = await makeTempDir();
  const dns = await startDns({ dir: dir.path, zone: ZONE, records: [], parent: { zone: 'test', ds: 'wrong' } });
  try {
    const observer = createObserver({ resolvers: [dns.resolver.address], endpointOf: endpointsOf(dns), attempts: 1 });
    // The resolver gives out nothing of the zone, so its servers are known from the glue of the parent.
    const delegation = await observer.delegation(ZONE, undefined, signal);
    expect(delegation).toMatchObject({ validates: false, child: [{ why: null }, { why: null }] });
  } finally {
    await dns.stop();
    await dir.remove();
  }
});

function endpointsOf(dns: LabDns): (name: string, address: string) => DnsEndpoint {
  return (name, address) => ({ name, address, port: dns.byName.get(name)?.port ?? 53 });
}
