import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DnsProvider, MxodusError, type Rrset, type RrType } from '@mxodus/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { OLD, testProvider } from '../contract.ts';
import { execProvider } from './exec-provider.ts';

const ZONE = 'example.test';
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const PROGRAM = new URL('./zone-in-a-file.mjs', import.meta.url).pathname;
const YES = '{"atomic":true,"compareAndSwap":false,"minTtl":0}';
const { signal } = new AbortController();
const zoneSchema = z.object({
  changes: z.int(),
  rrsets: z.record(z.string(), z.object({ ttl: z.int(), records: z.array(z.string()) })),
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mx-exec-'));
});
afterAll(() => rm(folder, { recursive: true }));

const open = (...words: string[]): Promise<DnsProvider> =>
  execProvider({ zone: ZONE, command: [process.execPath, PROGRAM, ...words], timeout: 20_000, directory: folder });

/** The suite wants a provider at once; this one is opened when it is first used. */
function lazily(atomic: boolean, words: () => string[]): DnsProvider {
  let opened: Promise<DnsProvider> | undefined;
  const provider = (): Promise<DnsProvider> => (opened ??= open(...words()));
  return {
    name: 'exec',
    capabilities: { atomic, compareAndSwap: false, minTtl: 0 },
    apply: async (...of) => (await provider()).apply(...of),
    rehearse: async (...of) => (await provider()).rehearse(...of),
  };
}

describe.each(['atomic', 'stepwise'] as const)('a program that is %s', (kind) => {
  const file = () => join(folder, `${kind}.json`);
  const read = async () => zoneSchema.parse(JSON.parse(await readFile(file(), 'utf8')));
  const live = async (name: string, type: RrType): Promise<Rrset> =>
    (await read()).rrsets[`${name}/${type}`] ?? { ttl: 0, records: [] };
  const edit = async (name: string, type: RrType, rrset: Rrset): Promise<void> => {
    const zone = await read();
    await writeFile(file(), JSON.stringify({ ...zone, rrsets: { ...zone.rrsets, [`${name}/${type}`]: rrset } }));
  };
  beforeAll(async () => {
    const rrsets = Object.fromEntries(NAMES.map((name) => [`${name}.${ZONE}/MX`, OLD]));
    await writeFile(file(), JSON.stringify({ changes: 0, rrsets }));
  });

  const isAtomic = kind === 'atomic';
  const chatty = lazily(isAtomic, () => [file(), kind, 'chatty']);
  testProvider({
    zone: ZONE,
    provider: () => chatty,
    refused: { provider: () => lazily(isAtomic, () => [file(), kind, 'wrong-key']), secrets: [] },
    silent: () => lazily(isAtomic, () => [file(), kind, 'silent']),
    names: NAMES,
    types: ['TXT'],
    live,
    editByHand: edit,
    changes: async () => (await read()).changes,
  });
});

test('one that dies between two RRsets is in doubt, and the next run does the other', async () => {
  const file = join(folder, 'halfway.json');
  await writeFile(file, JSON.stringify({ changes: 0, rrsets: { 'a.example.test/MX': OLD, 'b.example.test/MX': OLD } }));
  const low = { ...OLD, ttl: 3 };
  const changes = ['a', 'b'].map((name) => ({ name: `${name}.${ZONE}`, type: 'MX' as const, before: OLD, after: low }));
  const error = await failure((await open(file, 'stepwise', 'dies-halfway')).apply(changes, signal));
  expect(error).toMatchObject({ code: 'DNS_ANSWER', what: expect.stringContaining('ended with 7') });
  expect(await (await open(file, 'stepwise')).apply(changes, signal)).toMatchObject({ kind: 'applied' });
  expect(zoneSchema.parse(JSON.parse(await readFile(file, 'utf8'))).rrsets).toEqual({
    'a.example.test/MX': low,
    'b.example.test/MX': low,
  });
});

test.each([
  ['is not there', ['/nowhere/at/all'], 'DNS_UNREACHABLE'],
  ['says nothing', ['/bin/true'], 'DNS_ANSWER'],
  ['says something else', ['/bin/echo', '{"atomic":"yes"}'], 'DNS_ANSWER'],
  ['never ends', ['/bin/sleep', '60'], 'DNS_ANSWER'],
  ['waits for one of its own that never ends', ['/bin/sh', '-c', 'sleep 60; true'], 'DNS_ANSWER'],
  ['fails and says no', ['/bin/sh', '-c', `echo '{"kind":"refused","why":"no"}'; exit 1`], 'DNS_REFUSED'],
  ['fails and says yes', ['/bin/sh', '-c', `echo '${YES}'; exit 1`], 'DNS_ANSWER'],
])('a program that %s: %s', async (_name, command, code) => {
  const begun = performance.now();
  const error = await failure(execProvider({ zone: ZONE, command, timeout: 500, directory: folder }));
  expect(error.code).toBe(code);
  expect(performance.now() - begun).toBeLessThan(30_000);
});

test('of what it says on standard error and in a refusal, a line fit for a terminal is told', async () => {
  const refusal = JSON.stringify({ kind: 'refused', why: `\u001b[31m${'no '.repeat(1000)}` });
  for (const script of [`echo '${refusal}'`, `printf '\\033[31m%2000d\\n' 7 >&2; exit 3`]) {
    const command = ['/bin/sh', '-c', script];
    const { what, why } = await failure(execProvider({ zone: ZONE, command, timeout: 20_000, directory: folder }));
    expect(`${what}${why}`.length).toBeLessThan(600);
    expect(`${what}${why}`).not.toContain('\u001b');
  }
});

async function failure(work: Promise<unknown>): Promise<MxodusError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof MxodusError) return error;
  throw new Error(`expected an MxodusError, got ${String(error)}`);
}
