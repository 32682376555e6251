import { type CloudflareApi, type SimZone, startCloudflareApi } from '@mxodus/lab';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  change,
  LOW,
  NONE,
  OLD,
  rrset,
  seededZone,
  signal,
  testApiProvider,
  ZONE,
} from '../../http/api-world.test.support.ts';
import { cloudflareProvider } from './cloudflare-provider.ts';

const TOKEN = 'cf-token-1234567890';

describe('Cloudflare', () => {
  testApiProvider({
    compareAndSwap: false,
    atomic: true,
    start: async (zone) => {
      const api = await startCloudflareApi({ zone, token: TOKEN, pageSize: 1 });
      const reader = await startCloudflareApi({ zone, token: TOKEN, readOnly: true });
      return {
        api: { ...api, stop: async () => void (await Promise.all([api.stop(), reader.stop()])) },
        secrets: [TOKEN, 'wrong-token-0987654321'],
        provider: (over) =>
          cloudflareProvider({
            zone: ZONE,
            url: over === 'may only read' ? reader.url : api.url,
            token: over === 'wrong key' ? 'wrong-token-0987654321' : TOKEN,
            timeoutMs: 5000,
          }),
      };
    },
  });
});

describe('what only Cloudflare has', () => {
  let zone: SimZone;
  let api: CloudflareApi;
  beforeEach(async () => {
    zone = seededZone();
    api = await startCloudflareApi({ zone, token: TOKEN });
  });
  afterEach(() => api.stop());
  const provider = (over: { zone?: string; zone_id?: string } = {}) =>
    cloudflareProvider({ zone: ZONE, url: api.url, token: TOKEN, ...over });

  test('an automatic TTL is read as 300, and lowered', async () => {
    zone.edit(ZONE, 'MX', rrset(1, '10 old.example.test'));
    const before = rrset(300, '10 old.example.test');
    expect(await provider().apply([change('@', 'MX', before, LOW)], signal)).toMatchObject({ kind: 'applied' });
    expect(zone.rrset(ZONE, 'MX')).toEqual(LOW);
  });

  test('comments of records that stay, go and come back are kept', async () => {
    zone.commit(
      zone
        .records()
        .map((record) => ({ ...record, notes: { comment: `of ${record.type}`, proxied: false, tags: [] } })),
    );
    const ids = zone.of(ZONE, 'MX').map(({ id }) => id);
    const next = rrset(60, '5 mx1.new.test');
    for (const [before, after] of [
      [OLD, LOW],
      [LOW, next],
      [next, OLD],
    ] as const) {
      expect(await provider().apply([change('@', 'MX', before, after)], signal)).toMatchObject({ kind: 'applied' });
    }
    expect(zone.of(ZONE, 'MX')).toMatchObject([{ id: ids[0], notes: { comment: 'of MX' } }]);
    expect(zone.records().every(({ type, notes }) => notes.comment === `of ${type}`)).toBe(true);
  });

  test('a text of before quotes were asked for is read as it is shown', async () => {
    zone.edit(`plain.${ZONE}`, 'TXT', rrset(300, 'v=spf1 "a" -all'));
    zone.commit(
      zone
        .records()
        .map((record) => (record.name === `plain.${ZONE}` ? { ...record, notes: { unquoted: true } } : record)),
    );
    const before = rrset(300, 'v=spf1 "a" -all');
    expect(await provider().apply([change('plain', 'TXT', before, NONE)], signal)).toMatchObject({ kind: 'applied' });
  });

  test('a TTL below the floor is refused with the words of the service', async () => {
    const failure = provider().apply([change('@', 'MX', OLD, { ...OLD, ttl: 30 })], signal);
    await expect(failure).rejects.toMatchObject({ code: 'DNS_REFUSED', what: expect.stringContaining('9021') });
    expect(zone.rrset(ZONE, 'MX')).toEqual(OLD);
  });

  test('a zone the token does not see, and a zone id that is none', async () => {
    const looks = [change('@', 'MX', OLD, LOW)];
    await expect(provider({ zone: 'other.test' }).apply(looks, signal)).rejects.toMatchObject({
      code: 'DNS_REFUSED',
      why: expect.stringContaining('sees no zone'),
    });
    await expect(provider({ zone_id: 'f'.repeat(32) }).apply(looks, signal)).rejects.toMatchObject({
      code: 'DNS_REFUSED',
    });
    expect(await provider({ zone_id: api.zoneId }).apply(looks, signal)).toMatchObject({ kind: 'applied' });
  });
});
