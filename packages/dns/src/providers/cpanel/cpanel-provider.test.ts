import { type CpanelApi, type SimZone, startCpanelApi } from '@mxodus/lab';
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
import { cpanelProvider } from './cpanel-provider.ts';

const TOKEN = 'U7HMR63FHY282DQZ4H5BIH16JLYSO01M';

describe.each(['cpanel', 'whm'] as const)('%s', (kind) => {
  testApiProvider({
    compareAndSwap: true,
    atomic: true,
    start: async (zone) => {
      const api = await startCpanelApi({ zone, kind, user: 'acme', token: TOKEN });
      const reader = await startCpanelApi({ zone, kind, user: 'acme', token: TOKEN, readOnly: true });
      return {
        api: { ...api, stop: async () => void (await Promise.all([api.stop(), reader.stop()])) },
        secrets: [TOKEN, 'WRONGTOKENWRONGTOKEN'],
        provider: (over) =>
          cpanelProvider({
            zone: ZONE,
            kind,
            user: 'acme',
            url: over === 'may only read' ? reader.url : api.url,
            token: over === 'wrong key' ? 'WRONGTOKENWRONGTOKEN' : TOKEN,
            timeoutMs: 5000,
          }),
      };
    },
  });
});

describe('what only cPanel has', () => {
  let zone: SimZone;
  let api: CpanelApi;
  beforeEach(async () => {
    zone = seededZone();
    api = await startCpanelApi({ zone, kind: 'cpanel', user: 'acme', token: TOKEN });
  });
  afterEach(() => api.stop());
  const provider = (over: { zone?: string } = {}) =>
    cpanelProvider({ zone: ZONE, kind: 'cpanel', url: api.url, user: 'acme', token: TOKEN, ...over });

  test('somebody edits another record in between: the serial is stale, the RRset is still as expected, and it is made', async () => {
    api.beforeWrite(() => zone.edit(`other.${ZONE}`, 'TXT', rrset(300, 'autossl')));
    const result = await provider().apply([change('@', 'MX', OLD, NEW)], signal);
    expect(result).toEqual({ kind: 'applied', serial: zone.serial, changeId: null });
    expect(zone.rrset(`other.${ZONE}`, 'TXT')).toEqual(rrset(300, 'autossl'));
    expect(zone.rrset(ZONE, 'MX')).toEqual(NEW);
  });

  test('names of the file that are relative to the zone are understood', async () => {
    zone.edit(ZONE, 'MX', rrset(3600, '10 old'));
    zone.commit(
      zone.records().map((record) => (record.type === 'MX' ? { ...record, notes: { relative: true } } : record)),
    );
    const result = await provider().apply([change('@', 'MX', OLD, LOW)], signal);
    expect(result).toMatchObject({ kind: 'applied' });
    expect(zone.rrset(ZONE, 'MX')).toEqual(LOW);
  });

  test('a zone of somebody else is refused with the words of cPanel', async () => {
    const failure = provider({ zone: 'other.test' }).apply([change('@', 'MX', OLD, LOW)], signal);
    await expect(failure).rejects.toMatchObject({
      code: 'DNS_REFUSED',
      what: expect.stringContaining('do not control'),
    });
  });
});
