import {
  knotMissing,
  makeTempDir,
  powerdnsMissing,
  startKnot,
  startPowerDns,
  type TempDir,
  type UpdatableServer,
  updateZone,
} from '@mxodus/lab';
import type { Rrset, RrType } from '@mxodus/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createObserver } from '../../observe/dns-observer.ts';
import { OLD, testProvider } from '../contract.ts';
import { rfc2136Provider } from './rfc2136-provider.ts';

/** What Knot and PowerDNS do otherwise than BIND (facts of 2026-11-22: Knot's TTLs, PowerDNS's unsigned refusals). */

const ZONE = 'example.test';
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const WRONG = Buffer.from('this is not the key at all').toString('base64');
const { signal } = new AbortController();
const observer = createObserver({ timeoutMs: 2000, attempts: 2 });

describe.each([
  ['Knot', knotMissing(), startKnot],
  ['PowerDNS', powerdnsMissing(), startPowerDns],
] as const)('against %s', (_name, missing, start) => {
  let folder: TempDir;
  let server: UpdatableServer;
  beforeAll(async () => {
    expect(missing).toBeNull();
    folder = await makeTempDir();
    const records = NAMES.map((one) => ({ name: one, type: 'MX', ttl: 600, data: '10 old' }));
    server = await start({ dir: folder.path, zone: ZONE, records });
  });
  afterAll(async () => {
    await server?.stop();
    await folder?.remove();
  });

  const provider = (secret = server.tsig.secret) => {
    const { name: key } = server.tsig;
    return rfc2136Provider({
      server: server.address,
      zone: ZONE,
      tsig: { name: key, algorithm: 'hmac-sha256', secret },
    });
  };
  const observe = (rrset: { name: string; type: RrType }) =>
    observer.observe({ name: server.address, address: server.host, port: server.port }, ZONE, rrset, signal);
  const live = async (of: string, type: RrType): Promise<Rrset> => {
    const seen = await observe({ name: of, type });
    if (seen.kind === 'error') throw new Error(seen.why);
    return seen.kind === 'answer' ? seen.rrset : { ttl: seen.negativeTtl ?? 0, records: [] };
  };

  testProvider({
    zone: ZONE,
    provider,
    refused: { provider: () => provider(WRONG), secrets: [WRONG] },
    names: NAMES,
    live,
    editByHand: async (of, type, { ttl, records }) => {
      const add = type === 'MX' ? records.map((data) => ({ name: of, type, ttl, data })) : [];
      expect(await updateZone(server, server.tsig, { zone: ZONE, remove: [{ name: of, type: 'MX' }], add })).toBe(0);
    },
    changes: async () => {
      const seen = await observe({ name: ZONE, type: 'MX' });
      return seen.kind === 'error' ? null : seen.serial;
    },
  });

  test('a TTL alone is lowered, and served low', async () => {
    const change = { name: `h.${ZONE}`, type: 'MX' as const, before: OLD, after: { ...OLD, ttl: 3 } };
    expect(await provider().apply([change], signal)).toMatchObject({ kind: 'applied' });
    expect((await live(`h.${ZONE}`, 'MX')).ttl).toBe(3);
  });
});
