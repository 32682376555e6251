import { type Route53Api, type SimZone, startRoute53Api } from '@mxodus/lab';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  change,
  LOW,
  NEW,
  OLD,
  rrset,
  seededZone,
  signal,
  testApiProvider,
  ZONE,
} from '../../http/api-world.test.support.ts';
import { route53Provider } from './route53-provider.ts';

const KEY = { access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const SIM_KEY = { accessKeyId: KEY.access_key_id, secretAccessKey: KEY.secret_access_key };
const WRONG = 'WRONGUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

describe('Route 53', () => {
  testApiProvider({
    compareAndSwap: true,
    atomic: true,
    start: async (zone) => {
      const api = await startRoute53Api({ zone, ...SIM_KEY, pageSize: 1 });
      const reader = await startRoute53Api({ zone, ...SIM_KEY, readOnly: true });
      return {
        api: { ...api, stop: async () => void (await Promise.all([api.stop(), reader.stop()])) },
        secrets: [KEY.secret_access_key, WRONG],
        provider: (over) =>
          route53Provider({
            zone: ZONE,
            ...KEY,
            url: over === 'may only read' ? reader.url : api.url,
            ...(over === 'wrong key' ? { secret_access_key: WRONG } : {}),
            timeoutMs: 5000,
          }),
      };
    },
  });
});

describe('what only Route 53 has', () => {
  let zone: SimZone;
  let api: Route53Api;
  beforeEach(async () => {
    zone = seededZone();
    api = await startRoute53Api({ zone, ...SIM_KEY, sessionToken: 'session-token-1', pageSize: 1, pending: 1 });
  });
  afterEach(() => api.stop());
  const provider = (over: { session_token?: string; hosted_zone_id?: string; zone?: string; now?: () => Date } = {}) =>
    route53Provider({ zone: ZONE, ...KEY, url: api.url, session_token: 'session-token-1', ...over });
  const toLow = change('@', 'MX', OLD, LOW);

  test('temporary keys; the id of the change tells how far it is', async () => {
    const result = await provider({ hosted_zone_id: `/hostedzone/${api.zoneId}` }).apply([toLow], signal);
    expect(result).toEqual({ kind: 'applied', serial: null, changeId: 'C0000000000001 PENDING' });
  });

  test.each([
    ['a session token that is over', { session_token: 'session-token-0' }, 'InvalidClientTokenId'],
    ['a clock ten minutes behind', { now: () => new Date(Date.now() - 600_000) }, 'clock'],
    ['a clock ten minutes ahead', { now: () => new Date(Date.now() + 600_000) }, 'clock'],
    ['a zone that is not there', { zone: 'other.test' }, 'there is none'],
    ['an id of no zone', { hosted_zone_id: 'Z000' }, 'NoSuchHostedZone'],
  ])('%s', async (_case, over, words) => {
    const failure = await provider(over)
      .apply([toLow], signal)
      .then(String, (error: unknown) => error);
    expect(failure).toMatchObject({ code: 'DNS_REFUSED' });
    expect(JSON.stringify(failure)).toContain(words);
    expect(zone.rrset(ZONE, 'MX')).toEqual(OLD);
  });

  test.each([
    ['an alias', { alias: 'elb.amazonaws.com.' }],
    ['under a routing policy', { identifier: 'eu' }],
  ])('a set that is %s is left alone', async (what, notes) => {
    zone.commit(zone.records().map((record) => (record.type === 'MX' ? { ...record, notes } : record)));
    const failure = provider().apply([toLow], signal);
    await expect(failure).rejects.toMatchObject({ code: 'DNS_REFUSED', what: expect.stringContaining(what) });
    expect(zone.rrset(ZONE, 'MX')).toEqual(OLD);
  });

  test('a record it does not take is refused with its words, nothing is changed', async () => {
    const records = zone.records();
    const bad = change('bad', 'A', rrset(0), rrset(300, 'not-an-address'));
    await expect(provider().apply([toLow, bad], signal)).rejects.toMatchObject({
      code: 'DNS_REFUSED',
      what: expect.stringContaining('not-an-address'),
    });
    expect(zone.records()).toEqual(records);
  });

  test('throttling is asked again for a read, and in doubt for a write', async () => {
    const body =
      '<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>';
    const busy = { kind: 'status', status: 400, headers: { 'retry-after': '0' }, body } as const;
    api.fail({ on: 'read', ...busy });
    api.fail({ on: 'write', ...busy });
    await expect(provider().apply([toLow], signal)).rejects.toMatchObject({
      code: 'DNS_ANSWER',
      what: expect.stringContaining('Rate exceeded'),
    });
    expect(await provider().apply([change('@', 'MX', OLD, NEW)], signal)).toMatchObject({ kind: 'applied' });
  });
});
