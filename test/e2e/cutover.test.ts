import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LabDns, makeTempDir, startDns, type TempDir } from '@mxodus/lab';
import { cutoverStatusSchema } from '@mxodus/model';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { finish, type Journey, startJourney, summaryOf } from '../journey.ts';

/** The command line, with real mail and name servers at both ends. */

let folder: TempDir;
let dns: LabDns;
let journey: Journey;

beforeAll(async () => {
  folder = await makeTempDir();
  dns = await startDns({
    dir: folder.path,
    zone: 'example.test',
    records: [
      { name: '@', type: 'MX', ttl: 2, data: '10 old' },
      { name: 'old', type: 'A', data: '127.0.0.2' },
      { name: 'new', type: 'A', data: '127.0.0.3' },
    ],
  });
  journey = await startJourney({ users: ['ann'], seed: { messagesPerUser: 20, seed: 5 }, config: configText() });
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await journey?.stop();
  await dns?.stop();
  await folder?.remove();
});

const configText = (): string => `domains:
  example.test:
    mx: { to: new, records: [{ host: new.example.test, preference: 10 }] }
    dns: { provider: rfc2136, server: "${dns.primary.address}", zone: example.test,
      authoritative: ["${dns.authoritative.join('", "')}"],
      tsig: { name: ${dns.tsig.name}, algorithm: ${dns.tsig.algorithm}, secret: { file: ${dns.tsig.secretFile} } } }
cutover: { ttl: 1, resolver_floor: 100ms, slack: 100ms, poll: 100ms, resolvers: ["${dns.resolver.address}"],
  drain: { every: 300ms, at_least: 1s, quiet: 600ms } }
`;

const cutover = (verb: string, ...options: string[]) => journey.run('cutover', verb, journey.plan, ...options);

async function status() {
  const { code, stdout } = await cutover('status', '--json');
  expect(code).toBe(0);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  return cutoverStatusSchema.parse(JSON.parse(stdout));
}

test('before the first sync the backlog stops it: check, run and status say so', async () => {
  const checked = await cutover('check');
  expect(checked).toMatchObject({ code: 6, stdout: expect.stringContaining('ann@example.test: never synced') });
  const ran = await cutover('run', '--execute');
  expect(ran).toMatchObject({ code: 6, stderr: expect.stringContaining('error GATE_CLOSED') });
  expect(await status()).toMatchObject({ state: 'DRAFT', done: false });
});

test('once synced nothing stops it, and without --execute nothing is changed', async () => {
  expect(await journey.run('sync', journey.plan)).toMatchObject({ code: 0 });
  expect(await cutover('check', '--json')).toMatchObject({ code: 0 });
  const shown = await cutover('run', '--json');
  expect(summaryOf(shown)).toMatchObject({ command: 'cutover run', exit_code: 8, state: 'DRAFT' });
  expect(await cutover('run', '--execute', '--approve', '000000')).toMatchObject({ code: 6 });
  expect(await status()).toMatchObject({ state: 'DRAFT' });
});

test('killed with -9 again and again, the same command ends it: RESTORED, three changes, nothing written twice', async () => {
  let kills = 0;
  for (;;) {
    const child = journey.spawn('cutover', 'run', journey.plan, '--execute', '--json');
    let lines = 0;
    child.stdout?.on('data', (chunk: Buffer) => {
      lines += chunk.toString().split('"cutover_entry"').length - 1;
      if (lines >= 2 + (kills % 3) && kills < 5) child.kill('SIGKILL');
    });
    const ended = await finish(child);
    if (ended.code !== null) {
      expect(summaryOf(ended)).toMatchObject({ command: 'cutover run', exit_code: 0, state: 'RESTORED' });
      break;
    }
    kills += 1;
  }
  expect(kills).toBe(5);
  expect(await status()).toMatchObject({ state: 'RESTORED', done: true });
  const journal = await readFile(join(journey.dir, '.mxodus', 'acme', 'cutover.ndjson'), 'utf8');
  expect(journal.match(/"event":"accepted"/g)).toHaveLength(3);
  for (const secret of [dns.tsig.secret, ...journey.secrets]) expect(journal).not.toContain(secret);
  expect(await journey.differences()).toEqual([]);
});

test('afterwards the same command is done at once, and sync only appends', async () => {
  const again = await cutover('run', '--execute');
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('COMPLETE:') });
  const synced = await journey.run('sync', journey.plan, '--json');
  expect(synced.stdout).toContain('"append_only":true');
});
