import { makeTempDir, type PowerDns, powerdnsMissing, startPowerDns, type TempDir, updateZone } from '@mxodus/lab';
import { MxodusError, type Rrset, type RrType } from '@mxodus/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createObserver } from '../../observe/dns-observer.ts';
import { OLD, testProvider } from '../contract.ts';
import { type CutAnswers, cutAnswers, isHttpPatch } from '../cut-answers.test.support.ts';
import { powerdnsProvider } from './powerdns-provider.ts';

const ZONE = 'example.test';
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
const { signal } = new AbortController();
const observer = createObserver({ timeoutMs: 2000, attempts: 2 });

describe.skipIf(powerdnsMissing() !== null)('against PowerDNS', () => {
  let folder: TempDir;
  let server: PowerDns;
  let cutter: CutAnswers;
  beforeAll(async () => {
    folder = await makeTempDir();
    const records = NAMES.map((name) => ({ name, type: 'MX', ttl: 600, data: '10 old' }));
    server = await startPowerDns({ dir: folder.path, zone: ZONE, records });
    cutter = await cutAnswers({ host: server.host, port: Number(new URL(server.url).port) }, isHttpPatch);
  });
  afterAll(async () => {
    await cutter?.stop();
    await server?.stop();
    await folder?.remove();
  });

  const provider = (over: { api_key?: string; url?: string } = {}) =>
    powerdnsProvider({ url: server.url, zone: ZONE, api_key: server.apiKey, server_id: 'localhost', ...over });

  async function live(name: string, type: RrType): Promise<Rrset> {
    const endpoint = { name: server.address, address: server.host, port: server.port };
    const seen = await observer.observe(endpoint, ZONE, { name, type }, signal);
    if (seen.kind === 'error') throw new Error(seen.why);
    return seen.kind === 'answer' ? seen.rrset : { ttl: seen.negativeTtl ?? 0, records: [] };
  }

  testProvider({
    zone: ZONE,
    provider,
    refused: { provider: () => provider({ api_key: 'wrong-key-4711' }), secrets: ['wrong-key-4711'] },
    unreachable: () => provider({ url: 'http://127.0.0.1:9' }),
    silent: () => provider({ url: `http://127.0.0.1:${cutter.port}` }),
    names: NAMES,
    live,
    editByHand: async (name, type, { ttl, records }) => {
      const add = type === 'MX' ? records.map((data) => ({ name, type, ttl, data })) : [];
      expect(await updateZone(server, server.tsig, { zone: ZONE, remove: [{ name, type: 'MX' }], add })).toBe(0);
    },
    changes: async () => {
      const endpoint = { name: server.address, address: server.host, port: server.port };
      const seen = await observer.observe(endpoint, ZONE, { name: ZONE, type: 'MX' }, signal);
      return seen.kind === 'error' ? null : seen.serial;
    },
  });

  test('one RRset that is not valid, and none of the change is made', async () => {
    const good = { name: `i.${ZONE}`, type: 'MX' as const, before: OLD, after: { ...OLD, ttl: 5 } };
    const bad = {
      name: `bad.${ZONE}`,
      type: 'A' as const,
      before: { ttl: 0, records: [] },
      after: { ttl: 5, records: ['not an address'] },
    };
    const error = await provider()
      .apply([good, bad], signal)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MxodusError);
    expect(error).toMatchObject({ code: 'DNS_REFUSED' });
    expect(await live(`i.${ZONE}`, 'MX')).toEqual(OLD);
  });

  test('a record that is switched off stays, and stays off', async () => {
    const name = `off.${ZONE}.`;
    const path = `${server.url}/api/v1/servers/localhost/zones/${ZONE}.`;
    const headers = { 'x-api-key': server.apiKey, 'content-type': 'application/json' };
    const off = { content: '10 sleeping.test.', disabled: true };
    const on = { content: '10 old.example.test.', disabled: false };
    const rrset = { name, type: 'MX', ttl: 600, changetype: 'REPLACE', records: [on, off] };
    expect((await fetch(path, { method: 'PATCH', headers, body: JSON.stringify({ rrsets: [rrset] }) })).status).toBe(
      204,
    );
    const next = { ttl: 5, records: ['10 new.test'] };
    const none = { ttl: 0, records: [] };
    for (const [before, after] of [
      [OLD, next],
      [next, none],
      [none, next],
    ] as const) {
      const change = { name: `off.${ZONE}`, type: 'MX' as const, before, after };
      expect(await provider().apply([change], signal)).toMatchObject({ kind: 'applied' });
      expect((await live(`off.${ZONE}`, 'MX')).records).toEqual(after.records);
      expect(await (await fetch(path, { headers })).text()).toContain(
        '"content": "10 sleeping.test.", "disabled": true',
      );
    }
  });
});
