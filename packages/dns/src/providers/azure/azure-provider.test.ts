import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  AZURE_READER,
  type AzureApi,
  type AzureRole,
  type Certificates,
  createCertificates,
  makeTempDir,
  type SimZone,
  startAzureApi,
  type TempDir,
} from '@mxodus/lab';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  change,
  LOW,
  NEW,
  NONE,
  OLD,
  rrset,
  seededZone,
  signal,
  testApiProvider,
  ZONE,
} from '../../http/api-world.test.support.ts';
import { type AzureOptions, azureProvider } from './azure-provider.ts';

const SECRET = 'abc8Q~azure-client-secret';
const WRONG = 'wrong8Q~azure-client-secret';
const TENANT = '11111111-2222-3333-4444-555555555555';
const CLIENT = '66666666-7777-8888-9999-000000000000';

let folder: TempDir;
let certificates: Certificates;
beforeAll(async () => {
  folder = await makeTempDir();
  certificates = await createCertificates(folder.path);
});
afterAll(() => folder.remove());

const start = async (zone: SimZone, over: { role?: AzureRole; certificate?: string } = {}) =>
  startAzureApi({
    zone,
    subscription: 'sub-1',
    resourceGroup: 'Mail-RG',
    tenant: TENANT,
    app: {
      clientId: CLIENT,
      secret: SECRET,
      ...(over.certificate === undefined ? {} : { certificate: over.certificate }),
    },
    certificate: certificates.server.valid,
    ...(over.role === undefined ? {} : { role: over.role }),
  });

const provider = (api: AzureApi, over: Partial<AzureOptions> = {}) =>
  azureProvider({
    zone: ZONE,
    subscription: 'sub-1',
    resource_group: 'mail-rg',
    tenant: TENANT,
    client_id: CLIENT,
    credential: { secret: SECRET },
    url: api.url,
    authority: api.url,
    ca: certificates.caFile,
    timeoutMs: 5000,
    ...over,
  });

describe('Azure DNS', () => {
  testApiProvider({
    compareAndSwap: true,
    atomic: false,
    start: async (zone) => {
      const api = await start(zone);
      const reader = await start(zone, { role: { actions: [...AZURE_READER.actions] } });
      return {
        api: { ...api, stop: async () => void (await Promise.all([api.stop(), reader.stop()])) },
        secrets: [SECRET, WRONG],
        provider: (over) =>
          provider(
            over === 'may only read' ? reader : api,
            over === 'wrong key' ? { credential: { secret: WRONG } } : {},
          ),
      };
    },
  });
});

describe('what only Azure DNS has', () => {
  const toLow = change('@', 'MX', OLD, LOW);
  async function world(
    act: (api: AzureApi, zone: SimZone) => Promise<void>,
    over: Parameters<typeof start>[1] = {},
  ): Promise<void> {
    const zone = seededZone();
    const api = await start(zone, over);
    await act(api, zone).finally(api.stop);
  }

  test('metadata of the RRset stays; an edit of nothing else is no conflict', () =>
    world(async (api, zone) => {
      const tag = (metadata: object) =>
        zone.commit(
          zone.records().map((record) => (record.type === 'MX' ? { ...record, notes: { metadata } } : record)),
        );
      tag({ owner: 'it' });
      api.beforeWrite(() => tag({ owner: 'mail' }));
      expect(await provider(api).apply([toLow], signal)).toMatchObject({ kind: 'applied' });
      expect(zone.of(ZONE, 'MX')).toMatchObject([{ ttl: 60, notes: { metadata: { owner: 'mail' } } }]);
    }));

  test('the second RRset is edited after the first was made: in doubt, and then a conflict', () =>
    world(async (api, zone) => {
      const both = [change('b', 'MX', OLD, NEW), toLow];
      api.fail({ on: 'write', kind: 'cut-before', skip: 1 });
      await expect(provider(api).apply(both, signal)).rejects.toMatchObject({ code: 'DNS_UNREACHABLE' });
      zone.edit(ZONE, 'MX', rrset(3600, '1 somebody.test'));
      expect(await provider(api).apply(both, signal)).toMatchObject({
        kind: 'conflict',
        why: expect.stringContaining('somebody'),
      });
      expect(zone.rrset(`b.${ZONE}`, 'MX')).toEqual(NEW);
    }));

  test('an alias becomes a CNAME: what is in the way goes first', () =>
    world(async (api, zone) => {
      const toCname = [
        change('old', 'CNAME', NONE, rrset(300, 'mail.new.test')),
        change('old', 'A', rrset(300, '192.0.2.2'), NONE),
      ];
      expect(await provider(api).apply(toCname, signal)).toMatchObject({ kind: 'applied' });
      expect(zone.rrset(`old.${ZONE}`, 'CNAME')).toEqual(rrset(300, 'mail.new.test'));
    }));

  test('a set that follows another resource is left alone', () =>
    world(async (api, zone) => {
      zone.commit(
        zone
          .records()
          .map((record) => (record.type === 'A' ? { ...record, notes: { alias: '/subscriptions/x' } } : record)),
      );
      const failure = provider(api).apply([change('@', 'A', rrset(300, '192.0.2.1'), NONE)], signal);
      await expect(failure).rejects.toMatchObject({ code: 'DNS_REFUSED', what: expect.stringContaining('alias') });
    }));

  test.each<[string, Partial<AzureOptions>]>([
    ['a zone that is not there', { zone: 'other.test' }],
    ['another resource group', { resource_group: 'other' }],
    ['another subscription', { subscription: 'sub-2' }],
    ['another tenant', { tenant: '99999999-2222-3333-4444-555555555555' }],
  ])('%s is refused, and no record is taken for absent', (_case, over) =>
    world(async (api, zone) => {
      const name = `new.${over.zone ?? ZONE}`;
      const failure = provider(api, over).apply([{ name, type: 'TXT', before: NONE, after: rrset(300, 'x') }], signal);
      await expect(failure).rejects.toMatchObject({ code: 'DNS_REFUSED' });
      expect(zone.records()).toHaveLength(seededZone().records().length);
    }),
  );

  test('a zone that is not found as a record is not found: nothing is made in it', () =>
    world(async (api) => {
      const made = change('new', 'TXT', NONE, rrset(300, 'x'));
      const body = JSON.stringify({ code: 'NotFound', message: 'not here' });
      // After discovery and token.
      api.fail({ on: 'read', skip: 2, times: 2, kind: 'status', status: 404, body });
      await expect(provider(api).apply([made], signal)).rejects.toMatchObject({ code: 'DNS_REFUSED' });
      expect(api.calls.some(({ changed }) => changed)).toBe(false);
    }));

  test('a token that is revoked before its time is replaced', () =>
    world(async (api) => {
      const kept = provider(api);
      expect(await kept.apply([toLow], signal)).toMatchObject({ kind: 'applied' });
      api.revokeTokens();
      expect(await kept.apply([change('@', 'MX', LOW, OLD)], signal)).toMatchObject({ kind: 'applied' });
    }));

  test('a role that may write one type only: the rehearsal finds out', () =>
    world(
      async (api) => {
        expect(await provider(api).rehearse([toLow], signal)).toBe('allowed');
        const spf = change(
          '@',
          'TXT',
          rrset(3600, 'google-site-verification=abc', 'v=spf1 a -all'),
          rrset(3600, 'v=spf1 -all'),
        );
        await expect(provider(api).rehearse([spf], signal)).rejects.toMatchObject({
          code: 'DNS_REFUSED',
          what: expect.stringContaining('TXT/write'),
        });
      },
      {
        role: {
          actions: ['*/read', 'Microsoft.Network/dnszones/*/write'],
          notActions: ['Microsoft.Network/dnsZones/TXT/write'],
        },
      },
    ));

  test('who may not ask what he may do is not known', () =>
    world(async (api) => expect(await provider(api).rehearse([toLow], signal)).toBe('unknown'), {
      role: { actions: ['Microsoft.Network/dnsZones/*'] },
    }));

  test('a certificate that the service does not trust', () =>
    world(async (api) => {
      const failure = provider(api, { ca: undefined }).apply([toLow], signal);
      await expect(failure).rejects.toMatchObject({
        code: 'DNS_UNREACHABLE',
        why: expect.stringContaining('certificate'),
      });
    }));

  test('signs in with a certificate', async () => {
    const { certFile, keyFile } = await rsaPair(folder.path);
    const pem = await readFile(certFile, 'utf8');
    const key = await readFile(keyFile, 'utf8');
    await world(
      async (api) => {
        const signed = provider(api, { credential: { certificate: certFile, key } });
        expect(await signed.apply([toLow], signal)).toMatchObject({ kind: 'applied' });
        const broken = provider(api, { credential: { certificate: certFile, key: 'no key' } });
        await expect(broken.apply([toLow], signal)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
      },
      { certificate: pem },
    );
  });
});

async function rsaPair(dir: string): Promise<{ certFile: string; keyFile: string }> {
  const [certFile, keyFile] = [join(dir, 'app.crt'), join(dir, 'app.key')];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=app', '-days', '2'];
  await promisify(execFile)('/usr/bin/openssl', [...request, '-keyout', keyFile, '-out', certFile]);
  return { certFile, keyFile };
}
