import { mkdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unboundMissing } from '../debian/unpacked-servers.ts';
import { makeTempDir, type TempDir } from '../process/temp-dir.ts';
import { until } from '../process/until.ts';
import { queryDns } from './exchange.ts';
import { type DnsOptions, type DnsServer, type LabDns, startDns } from './lab-dns.ts';
import { decodeMessage, encodeName } from './packet.ts';
import { updateZone, type ZoneChange } from './update-zone.ts';

const ZONE = 'example.test';

function newMx(host: string, ttl = 20): ZoneChange {
  return {
    zone: ZONE,
    remove: [{ name: ZONE, type: 'MX' }],
    add: [{ name: ZONE, type: 'MX', ttl, data: `10 ${host}` }],
  };
}

async function mxAt(server: DnsServer): Promise<string[]> {
  return (await queryDns(server, ZONE, 'MX')).answers.map(({ data }) => data);
}

describe('startDns', () => {
  let dir: TempDir;
  const running: LabDns[] = [];
  const start = async (name: string, options: Partial<DnsOptions> = {}): Promise<LabDns> => {
    await mkdir(`${dir.path}/${name}`);
    const dns = await startDns({
      dir: `${dir.path}/${name}`,
      zone: ZONE,
      records: [
        { name: '@', type: 'MX', data: '10 mx.old' },
        { name: '@', type: 'TXT', data: '"v=spf1 mx -all"' },
        { name: 'mx.old', type: 'A', ttl: 60, data: '127.0.0.2' },
        // BIND refuses an update to an MX whose host has no address in the zone.
        { name: 'mx.new', type: 'A', data: '127.0.0.3' },
      ],
      moreZones: [{ zone: 'other.test', records: [{ name: 'www', type: 'CNAME', data: '@' }] }],
      ...options,
    });
    running.push(dns);
    return dns;
  };
  beforeAll(async () => {
    dir = await makeTempDir();
  });
  afterAll(async () => {
    await Promise.all(running.map((dns) => dns.stop()));
    await dir.remove();
  });

  test('serves all zones at three addresses, two of them authoritative', async () => {
    const dns = await start('serve');
    expect(dns.zones).toEqual([ZONE, 'other.test']);
    expect(dns.authoritative).toEqual([dns.primary.address, dns.secondary.address]);
    for (const server of [dns.primary, dns.secondary, dns.resolver]) {
      const mx = await queryDns(server, ZONE, 'MX');
      expect(mx.authoritative).toBe(server !== dns.resolver);
      expect(mx.answers).toMatchObject([{ name: ZONE, type: 'MX', data: '10 mx.old.example.test' }]);
      expect((await queryDns(server, 'mx.old.example.test', 'A')).answers).toMatchObject([
        { type: 'A', data: '127.0.0.2' },
      ]);
      expect((await queryDns(server, ZONE, 'TXT')).answers).toMatchObject([{ data: 'v=spf1 mx -all' }]);
      expect((await queryDns(server, 'www.other.test', 'CNAME')).answers).toMatchObject([{ data: 'other.test' }]);
      expect((await queryDns(server, 'none.example.test', 'A')).rcode).toBe(3);
    }
    expect((await queryDns(dns.primary, 'mx.old.example.test', 'A')).answers[0]?.ttl).toBe(60);
  });

  test('takes an update signed with the key only, and tells the secondary at once', async () => {
    // With this refresh, nothing but NOTIFY can bring the change to the secondary in time.
    const dns = await start('notify', { refresh: 3600 });
    const forged = { ...dns.tsig, secret: Buffer.alloc(32).toString('base64') };
    expect(await updateZone(dns.primary, null, newMx('mx.evil.test'))).toBe(5);
    expect(await updateZone(dns.primary, forged, newMx('mx.evil.test'))).toBe(9);
    expect(await updateZone(dns.primary, dns.tsig, newMx('mx.new.example.test'))).toBe(0);
    expect(await mxAt(dns.primary)).toEqual(['10 mx.new.example.test']);
    await until('the secondary has it', async () => (await mxAt(dns.secondary))[0] === '10 mx.new.example.test');
  });

  test('has a resolver that keeps an answer for its TTL, and a primary that keeps an update over a restart', async () => {
    const dns = await start('cache');
    expect(await updateZone(dns.primary, dns.tsig, newMx('mx.first.test', 3600))).toBe(0);
    await until('the secondary has it', async () => (await mxAt(dns.secondary))[0] === '10 mx.first.test');
    expect(await mxAt(dns.resolver)).toEqual(['10 mx.first.test']);
    expect(await updateZone(dns.primary, dns.tsig, newMx('mx.second.test', 3600))).toBe(0);
    await until('the secondary has it', async () => (await mxAt(dns.secondary))[0] === '10 mx.second.test');
    expect(await mxAt(dns.resolver)).toEqual(['10 mx.first.test']);
    await dns.resolver.stop();
    await dns.resolver.start();
    expect(await mxAt(dns.resolver)).toEqual(['10 mx.second.test']);
    await dns.primary.stop();
    await expect(queryDns(dns.primary, ZONE, 'MX')).rejects.toThrow();
    await dns.primary.start();
    expect(await mxAt(dns.primary)).toEqual(['10 mx.second.test']);
  });

  test('has a secondary that lags when it is not told, until it is restarted', async () => {
    const dns = await start('lag', { notify: false, refresh: 3600 });
    expect(await updateZone(dns.primary, dns.tsig, newMx('mx.new.example.test'))).toBe(0);
    expect(await mxAt(dns.primary)).toEqual(['10 mx.new.example.test']);
    expect(await mxAt(dns.secondary)).toEqual(['10 mx.old.example.test']);
    await dns.secondary.start();
    expect(await mxAt(dns.secondary)).toEqual(['10 mx.new.example.test']);
  });

  test('has a zone above that delegates it, and one below at a server of its own', async () => {
    const records = [{ name: '@', type: 'MX', data: '10 mx' }];
    const dns = await start('tree', { parent: { zone: 'test' }, delegated: { zone: `sub.${ZONE}`, records } });
    expect([...dns.byName].map(([name, { port }]) => [name, port])).toEqual([
      ['ns1.example.test', dns.primary.port],
      ['ns2.example.test', dns.secondary.port],
      ['ns1.other.test', dns.primary.port],
      ['ns2.other.test', dns.secondary.port],
      ['ns1.test', dns.parent?.port],
      [`ns1.sub.${ZONE}`, dns.delegated?.port],
    ]);
    // A server of the zone above has no answer, nor has one of the zone for what it delegates; the cache finds its way.
    const asked: [DnsServer | undefined, string, number][] = [
      [dns.parent, ZONE, 0],
      [dns.primary, `sub.${ZONE}`, 0],
      [dns.delegated, `sub.${ZONE}`, 1],
      [dns.resolver, `sub.${ZONE}`, 1],
      [dns.resolver, ZONE, 1],
    ];
    for (const [server, name, count] of asked) {
      const { answers } = await queryDns(server ?? dns.primary, name, 'MX');
      expect(answers, `${server?.address} ${name}`).toHaveLength(count);
    }
  });

  test.skipIf(unboundMissing() !== null)('has a bad cache, which keeps a record longer than its TTL', async () => {
    const dns = await start('bad', { ttl: 1, badResolver: { minTtl: 30 } });
    const bad = dns.badResolver ?? dns.resolver;
    const ttlAt = async (server: DnsServer): Promise<number> =>
      (await queryDns(server, ZONE, 'MX')).answers[0]?.ttl ?? 0;
    expect(await ttlAt(dns.resolver)).toBeLessThan(2);
    expect(await ttlAt(bad)).toBeGreaterThan(20);
    expect(await updateZone(dns.primary, dns.tsig, newMx('mx.new.example.test', 1))).toBe(0);
    await until('the good one has it', async () => (await mxAt(dns.resolver))[0] === '10 mx.new.example.test');
    expect(await mxAt(bad)).toEqual(['10 mx.old.example.test']);
  });
});

test('a name that points at itself is an error, not an endless loop', () => {
  const message = Buffer.concat([Buffer.from('000180000001000000000000', 'hex'), Buffer.from([0xc0, 12])]);
  expect(() => decodeMessage(message)).toThrow(RangeError);
  expect(encodeName('A.example.test.').toString('latin1')).toBe('\x01a\x07example\x04test\x00');
});
