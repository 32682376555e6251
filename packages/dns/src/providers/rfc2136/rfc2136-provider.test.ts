import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LabDns, makeTempDir, startDns, type TempDir, updateZone } from '@mxodus/lab';
import type { DnsEndpoint, Rrset, RrType } from '@mxodus/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createObserver } from '../../observe/dns-observer.ts';
import { OLD, testProvider } from '../contract.ts';
import { type CutAnswers, cutAnswers, isDnsUpdate } from '../cut-answers.test.support.ts';
import { type Rfc2136Options, rfc2136Provider } from './rfc2136-provider.ts';

const ZONE = 'example.test';
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'policy'];
const LOW: Rrset = { ...OLD, ttl: 3 };
const NONE: Rrset = { ttl: 0, records: [] };
const NEW: Rrset = { ttl: 3, records: ['5 mx1.new.test', '20 mx2.new.test'] };
const WRONG = Buffer.from('this is not the key at all').toString('base64');
const { signal } = new AbortController();
const observer = createObserver({ timeoutMs: 1000, attempts: 2 });

let folder: TempDir;
let dns: LabDns;
let cutter: CutAnswers;

beforeAll(async () => {
  folder = await makeTempDir();
  const records = NAMES.map((name) => ({ name, type: 'MX', ttl: 600, data: '10 old' }));
  const crowd = Array.from({ length: 60 }, (_, index) => ({
    name: 'crowd',
    type: 'MX',
    data: `${index} a-long-host-name-${index}`,
  }));
  dns = await startDns({
    dir: folder.path,
    zone: ZONE,
    records: [
      ...[...records, ...crowd],
      { name: 'old', type: 'A', data: '127.0.0.2' },
      { name: 'cut', type: 'TXT', ttl: 600, data: '"v=spf1 " "-all"' },
      ...['beside', 'odd'].map((name) => ({ name, type: 'A', ttl: 600, data: '192.0.2.7' })),
      { name: 'beside', type: 'CAA', data: '0 issue "ca.test"' },
      { name: 'odd', type: 'TYPE65280', data: '\\# 1 00' },
    ],
  });
  cutter = await cutAnswers(dns.primary, isDnsUpdate);
});
afterAll(async () => {
  await cutter.stop();
  await dns.stop();
  await folder.remove();
});

const endpoint = ({ host, port }: { host: string; port: number }): DnsEndpoint => ({
  name: `${host}:${port}`,
  address: host,
  port,
});
const observe = (name: string, type: RrType, server = dns.primary) =>
  observer.observe(endpoint(server), ZONE, { name, type }, signal);

async function live(name: string, type: RrType = 'MX', server = dns.primary): Promise<Rrset> {
  const seen = await observe(name, type, server);
  if (seen.kind === 'error') throw new Error(seen.why);
  return seen.kind === 'answer' ? seen.rrset : { ttl: seen.negativeTtl ?? 0, records: [] };
}

function provider(over: Partial<Rfc2136Options> = {}) {
  const { name, algorithm, secret } = dns.tsig;
  return rfc2136Provider({ server: dns.primary.address, zone: ZONE, tsig: { name, algorithm, secret }, ...over });
}

const change = (name: string, before: Rrset, after: Rrset) => ({
  ...{ name: `${name}.${ZONE}`, type: 'MX' as const, before, after },
});

describe('against BIND', () => {
  testProvider({
    zone: ZONE,
    provider,
    refused: {
      provider: () => provider({ tsig: { ...dns.tsig, secret: WRONG } }),
      secrets: [WRONG],
    },
    unreachable: () => provider({ server: '127.0.0.1:9' }),
    silent: () => provider({ server: `127.0.0.1:${cutter.port}` }),
    names: NAMES,
    live,
    editByHand: async (name, type, { ttl, records }) => {
      const add = type === 'MX' ? records.map((data) => ({ name, type, ttl, data })) : [];
      expect(await updateZone(dns.primary, dns.tsig, { zone: ZONE, remove: [{ name, type: 'MX' }], add })).toBe(0);
    },
    changes: async () => {
      const seen = await observe(ZONE, 'MX');
      return seen.kind === 'error' ? null : seen.serial;
    },
  });

  test('a TXT that is cut into strings otherwise is the same text', async () => {
    const before = { ttl: 600, records: ['v=spf1 -all'] };
    const lower = { name: `cut.${ZONE}`, type: 'TXT' as const, before, after: { ...before, ttl: 3 } };
    expect(await provider().rehearse([lower], signal)).toBe('allowed');
    expect(await provider().apply([lower], signal)).toMatchObject({ kind: 'applied' });
    expect(await live(`cut.${ZONE}`, 'TXT')).toEqual(lower.after);
  });

  const addressToAlias = (name: string) => [
    { name: `${name}.${ZONE}`, type: 'A' as const, before: { ttl: 600, records: ['192.0.2.7'] }, after: NONE },
    {
      ...{ name: `${name}.${ZONE}`, type: 'CNAME' as const, before: NONE },
      after: { ttl: 3, records: ['autodiscover.outlook.com'] },
    },
  ];

  test('an address does not give way to a CNAME where a record stays that mxodus has nothing to do with', async () => {
    expect(await provider().apply(addressToAlias('beside'), signal)).toMatchObject({ kind: 'conflict' });
    expect((await live(`beside.${ZONE}`, 'A')).records).toEqual(['192.0.2.7']);
  });

  test('a server that says yes and leaves a record out is not believed', async () => {
    await expect(provider({ timeoutMs: 1000 }).apply(addressToAlias('odd'), signal)).rejects.toMatchObject({
      code: 'DNS_ANSWER',
      what: expect.stringContaining(`CNAME of odd.${ZONE} is not there`),
    });
  });

  test.each<[RrType, string]>([
    ['A', '192.0.2'],
    ['AAAA', 'fe80::zz'],
    ['MX', '70000 mx.new.test'],
    ['TLSA', '3 1 1 0'],
  ])('a record that is no %s is not sent: %s', async (type, record) => {
    const name = `bad.${ZONE}`;
    const bad = { name, type, before: NONE, after: { ttl: 5, records: [record] } };
    const failure = provider().apply([change('b', OLD, LOW), bad], signal);
    await expect(failure).rejects.toMatchObject({ code: 'CONFIG_INVALID', what: expect.stringContaining(type) });
    expect(await live(`b.${ZONE}`)).toEqual(OLD);
  });

  test('the secondary serves the change after its NOTIFY', async () => {
    await provider().apply([change('i', OLD, NEW)], signal);
    await expect.poll(() => live(`i.${ZONE}`, 'MX', dns.secondary), { timeout: 20_000 }).toEqual(NEW);
  });

  test('an RRset that does not fit into a datagram is read over TCP', async () => {
    expect((await live(`crowd.${ZONE}`)).records).toHaveLength(60);
  });

  test('a server that does not serve the zone is an error', async () => {
    const seen = await observer.observe(
      endpoint(dns.primary),
      'other.test',
      { name: 'other.test', type: 'MX' },
      signal,
    );
    expect(seen).toMatchObject({ kind: 'error', why: 'it answered REFUSED' });
  });

  test('the cache tells what remains of the TTL', async () => {
    const seen = await observer.ask(dns.resolver.address, { name: `b.${ZONE}`, type: 'MX' }, signal);
    expect(seen).toMatchObject({ kind: 'answer', authoritative: false, rrset: { records: OLD.records } });
  });
});

describe('refusals name the cause and never the secret', () => {
  // The clocks are compared in whole seconds, and a second may begin on the way.
  const behind = /: this machine is 36\d\d s behind the server/;
  const ahead = /: this machine is 3[56]\d\d s ahead of the server/;
  test.each<[string, () => Partial<Rfc2136Options>, string | RegExp]>([
    ['a wrong secret', () => ({ tsig: { ...dns.tsig, secret: Buffer.from('wrong').toString('base64') } }), 'BADSIG'],
    ['an unknown key', () => ({ tsig: { ...dns.tsig, name: 'nobody' } }), 'BADKEY'],
    ['another algorithm', () => ({ tsig: { ...dns.tsig, algorithm: 'hmac-sha512' } }), 'BADKEY'],
    ['a clock an hour behind', () => ({ now: () => Date.now() - 3_600_000 }), behind],
    ['a clock an hour ahead', () => ({ now: () => Date.now() + 3_600_000 }), ahead],
    ['a zone it does not serve', () => ({ zone: 'other.test' }), 'not the primary'],
    ['a server that is only a secondary', () => ({ server: dns.secondary.address }), 'BADKEY'],
  ])('%s', async (_case, over, words) => {
    for (const act of ['apply', 'rehearse'] as const) {
      const failure = await provider(over())
        [act]([change('b', OLD, LOW)], signal)
        .then(String, (error: unknown) => error);
      if (act === 'apply' && words === 'not the primary') continue; // it asks for the live records first, and gets REFUSED
      expect(failure).toMatchObject({ code: 'DNS_REFUSED', why: expect.stringMatching(words) });
      expect(JSON.stringify(failure)).not.toContain(dns.tsig.secret);
    }
    expect(await live(`b.${ZONE}`)).toEqual(OLD);
  });

  test('a secret that is not base64 is refused without being quoted', () => {
    expect(() => provider({ tsig: { ...dns.tsig, secret: 'key "mxodus" { secret }' } })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.not.stringContaining('{ secret }') }),
    );
  });

  test('nobody at the address', async () => {
    const failure = provider({ server: '127.0.0.1:9' }).rehearse([change('b', OLD, LOW)], signal);
    await expect(failure).rejects.toMatchObject({ code: 'DNS_UNREACHABLE' });
  });

  test('a name or type outside the policy: the rehearsal finds out', async () => {
    const conf = join(folder.path, 'p', 'named.conf');
    const text = await readFile(conf, 'utf8');
    const policy =
      'update-policy { grant mxodus name policy.example.test. MX; grant mxodus name b.example.test. TXT; };';
    await writeFile(conf, text.replace('allow-update { key mxodus; };', policy));
    await dns.primary.start();
    expect(await provider().rehearse([change('policy', OLD, LOW)], signal)).toBe('allowed');
    for (const act of ['rehearse', 'apply'] as const) {
      const failure = provider()[act]([change('b', OLD, LOW)], signal);
      await expect(failure).rejects.toMatchObject({
        code: 'DNS_REFUSED',
        advice: expect.stringContaining('update-policy'),
      });
    }
    expect(await live(`b.${ZONE}`)).toEqual(OLD);
  });
});
