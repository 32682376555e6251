import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HistoryRow } from '@mxodus/engine';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dnsHistory, noteDelegations } from './dns-history.ts';

const T = Date.parse('2026-12-05T20:00:00Z');
const HOUR = 3_600_000;
const ROW: HistoryRow = {
  name: 'a.example',
  type: 'A',
  at: T,
  server: 's',
  ttl: 60,
  records: ['192.0.2.1', '192.0.2.2'],
};

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mxh-'));
  path = join(folder, 'acme', 'dns-history.ndjson');
});
afterEach(() => rm(folder, { recursive: true }));

test('what is not there is empty, and what was noted is read by another', async () => {
  expect(await dnsHistory(path).rows()).toEqual([]);
  await dnsHistory(path).note([ROW]);
  expect(await dnsHistory(path).rows()).toEqual([ROW]);
});

test.each<[string, Partial<HistoryRow>, boolean]>([
  ['the same', { at: T + HOUR }, false],
  ['the same in another order', { at: T + HOUR, records: ['192.0.2.2', '192.0.2.1'] }, false],
  ['the same a day later', { at: T + 24 * HOUR }, true],
  ['another TTL', { ttl: 30 }, true],
  ['other records', { records: ['192.0.2.1'] }, true],
  ['another server', { server: 't' }, true],
  ['another type', { type: 'AAAA' }, true],
])('a row is added only when it says something: %s', async (_case, over, added) => {
  const history = dnsHistory(path);
  await Promise.all([history.note([ROW]), history.note([{ ...ROW, ...over }]), history.note([{ ...ROW, ...over }])]);
  expect(await history.rows()).toEqual(added ? [ROW, { ...ROW, ...over }] : [ROW]);
});

test('a line torn by a crash is dropped, and what comes after is a line of its own', async () => {
  await dnsHistory(path).note([ROW]);
  await appendFile(path, JSON.stringify(ROW).slice(0, 40));
  expect(await dnsHistory(path).rows()).toEqual([ROW]);
  const next = { ...ROW, at: T + HOUR, ttl: 5 };
  await dnsHistory(path).note([next]);
  expect(await dnsHistory(path).rows()).toEqual([ROW, next]);
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(4);
});

test('anything else that is no row is refused', async () => {
  await dnsHistory(path).note([ROW]);
  await writeFile(path, '{"v":2}\n');
  await expect(dnsHistory(path).rows()).rejects.toEqual(expect.objectContaining({ code: 'STATE_CORRUPT' }));
  await expect(dnsHistory(path).note([ROW])).rejects.toEqual(expect.objectContaining({ code: 'STATE_CORRUPT' }));
});

test('a folder that cannot be made is said to be unwritable', async () => {
  await writeFile(join(folder, 'acme'), 'a file');
  const history = dnsHistory(join(folder, 'acme', 'b', 'c'));
  await expect(history.note([ROW])).rejects.toEqual(expect.objectContaining({ exitCode: 2 }));
});

test('the NS and DS of a zone are kept, of the parent and of each server that told', async () => {
  const history = dnsHistory(path);
  const ns = { ttl: 60, records: ['ns1.example'] };
  const server = { name: 'ns1', address: '192.0.2.53', port: 53 };
  const child = [
    { server, ns, why: null },
    { server: { ...server, port: 54 }, ns: null, why: 'no answer' },
  ];
  const rest = { validates: null, why: null };
  await noteDelegations(history, [{ zone: 'example', parent: ns, child, ds: { ttl: 9, records: [] }, ...rest }], T);
  await noteDelegations(history, [{ zone: 'example', parent: null, child: [], ds: null, ...rest }], T + 1);
  const row = { name: 'example', at: T };
  expect(await history.rows()).toEqual([
    { ...row, type: 'NS', server: 'parent', ...ns },
    { ...row, type: 'DS', server: 'parent', ttl: 9, records: [] },
    { ...row, type: 'NS', server: '192.0.2.53:53', ...ns },
  ]);
});
