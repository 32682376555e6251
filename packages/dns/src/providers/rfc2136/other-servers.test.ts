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
import { type CutAnswers, cutAnswers, isDnsUpdate } from '../cut-answers.test.support.ts';
import { type Rfc2136Options, rfc2136Provider } from './rfc2136-provider.ts';

/** What Knot and PowerDNS do otherwise than BIND (facts of 2026-11-22: Knot's TTLs, PowerDNS's unsigned refusals). */

const ZONE = 'example.test';
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
const WRONG = Buffer.from('this is not the key at all').toString('base64');
const { signal } = new AbortController();
const observer = createObserver({ timeoutMs: 2000, attempts: 2 });

const SERVERS = [
  ['Knot', knotMissing(), startKnot],
  ['PowerDNS', powerdnsMissing(), startPowerDns],
] as const;

for (const [of, missing, start] of SERVERS)
  describe.skipIf(missing !== null)(`against ${of}`, () => {
    let folder: TempDir;
    let server: UpdatableServer;
    let cutter: CutAnswers;
    beforeAll(async () => {
      folder = await makeTempDir();
      const records = NAMES.map((one) => ({ name: one, type: 'MX', ttl: 600, data: '10 old' }));
      const cut = { name: 'cut', type: 'TXT', ttl: 600, data: '"v=spf1 " "-all"' };
      server = await start({ dir: folder.path, zone: ZONE, records: [...records, cut] });
      cutter = await cutAnswers(server, isDnsUpdate);
    });
    afterAll(async () => {
      await cutter?.stop();
      await server?.stop();
      await folder?.remove();
    });

    const provider = (over: Partial<Rfc2136Options> = {}) =>
      rfc2136Provider({ server: server.address, zone: ZONE, tsig: server.tsig, ...over });
    const wrongly = () => provider({ tsig: { ...server.tsig, secret: WRONG } });
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
      refused: { provider: wrongly, secrets: [WRONG] },
      unreachable: () => provider({ server: '127.0.0.1:9' }),
      silent: () => provider({ server: `127.0.0.1:${cutter.port}` }),
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
      const change = { name: `i.${ZONE}`, type: 'MX' as const, before: OLD, after: { ...OLD, ttl: 3 } };
      expect(await provider().apply([change], signal)).toMatchObject({ kind: 'applied' });
      expect((await live(`i.${ZONE}`, 'MX')).ttl).toBe(3);
    });

    test('a key for hmac-sha512 may do it too', async () => {
      const change = { name: `j.${ZONE}`, type: 'MX' as const, before: OLD, after: { ...OLD, ttl: 3 } };
      const strong = provider({ tsig: server.tsig512 });
      expect(await strong.rehearse([change], signal)).toBe('allowed');
      expect(await strong.apply([change], signal)).toMatchObject({ kind: 'applied' });
      expect((await live(`j.${ZONE}`, 'MX')).ttl).toBe(3);
    });

    test('a TXT that is cut into strings otherwise is the same text', async () => {
      const before = { ttl: 600, records: ['v=spf1 -all'] };
      const after = { ttl: 3, records: ['v=spf1 -all', 'verification=1'] };
      const change = { name: `cut.${ZONE}`, type: 'TXT' as const, before, after };
      expect(await provider().rehearse([change], signal)).toBe('allowed');
      expect(await provider().apply([change], signal)).toMatchObject({ kind: 'applied' });
      expect(await live(`cut.${ZONE}`, 'TXT')).toEqual({ ttl: 3, records: after.records.toSorted() });
    });
  });
