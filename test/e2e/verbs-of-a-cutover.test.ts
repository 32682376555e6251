import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, type LabDns, type MailSink, makeTempDir, startDns, startMailSink, type TempDir } from '@mxodus/lab';
import { cutoverStatusSchema } from '@mxodus/model';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certificateSchema } from '../../apps/cli/src/certificate/certificate-schema.ts';
import { type Journey, startJourney, summaryOf } from '../journey.ts';

/** What people ask of a cutover beside running it, from the command line, with real servers. The tests follow each other. */

const ZONE = 'example.test';
const NEW_HOST = '127.0.0.3';
let folder: TempDir;
let dns: LabDns;
let sink: MailSink;
let journey: Journey;

beforeAll(async () => {
  folder = await makeTempDir();
  dns = await startDns({
    dir: folder.path,
    zone: ZONE,
    records: [
      { name: '@', type: 'MX', ttl: 2, data: '10 old' },
      { name: 'old', type: 'A', data: '127.0.0.2' },
      { name: 'new', type: 'A', data: NEW_HOST },
    ],
  });
  const deliver = { deliver: async () => undefined };
  sink = await startMailSink({
    ...{ host: NEW_HOST, port: await freePort([NEW_HOST]), domains: [ZONE], recipients: [`ann@${ZONE}`], deliver },
  });
  journey = await startJourney({ users: ['ann'], seed: { messagesPerUser: 5, seed: 5 }, config: configText() });
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  expect(await journey.run('sync', journey.plan)).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await journey?.stop();
  await sink?.stop();
  await dns?.stop();
  await folder?.remove();
});

const configText = (): string => `domains:
  ${ZONE}:
    mx: { to: new, records: [{ host: new.${ZONE}, preference: 10 }] }
    dns: { provider: rfc2136, server: "${dns.primary.address}", zone: ${ZONE},
      authoritative: ["${dns.authoritative.join('", "')}"],
      tsig: { name: ${dns.tsig.name}, algorithm: ${dns.tsig.algorithm}, secret: { file: ${dns.tsig.secretFile} } } }
cutover: { ttl: 1, resolver_floor: 100ms, slack: 100ms, poll: 100ms, resolvers: ["${dns.resolver.address}"],
  drain: { every: 300ms, at_least: 1s, quiet: 600ms } }
`;

const cutover = (verb: string, ...options: string[]) => journey.run('cutover', verb, journey.plan, ...options);

async function status() {
  return cutoverStatusSchema.parse(JSON.parse((await cutover('status', '--json')).stdout));
}

test('a domain is checked without config, plan or credentials: its gates, and what is closed', async () => {
  const ask = (...options: string[]) =>
    journey.run(
      ...['cutover', 'check', ZONE, '--resolver', dns.resolver.address, '--smtp-port', String(sink.port)],
      ...dns.authoritative.flatMap((server) => ['--authoritative', server]),
      ...options,
    );
  const open = await ask('--to', `new.${ZONE}`, '--json');
  expect(summaryOf(open)).toEqual({
    ...{ v: 1, type: 'summary', command: 'cutover check', exit_code: 0, state: 'DRAFT', closed_gates: [] },
  });
  const shown = await ask();
  expect(shown.stdout).toContain(`  today  MX 10 old.${ZONE}; caches keep it for up to 2 s (TTL 2)`);
  expect(shown.stdout).toContain('  not asked  the new mail hosts: name them with --to HOST');
  const closed = await ask('--to', `nowhere.${ZONE}`);
  expect(closed).toMatchObject({ code: 6, stdout: expect.stringMatching(/^CLOSED: .*G4 /) });
});

test('without its secrets a plan is checked all the same: what could not be asked is unknown, and says why', async () => {
  await rename(dns.tsig.secretFile, `${dns.tsig.secretFile}.away`);
  try {
    const { code, stdout } = await cutover('check');
    expect(code).toBe(6);
    expect(stdout).toMatch(/^CLOSED: G2 provider stops/);
    expect(stdout).toMatch(/unknown +G2 +provider/);
    expect(stdout).toMatch(/green +G1 /);
  } finally {
    await rename(`${dns.tsig.secretFile}.away`, dns.tsig.secretFile);
  }
});

test.each([
  ['an address in place of a domain', ['check', '127.0.0.3'], '"127.0.0.3" is not the name of a host or domain'],
  ['a host that is none', ['check', ZONE, '--to', 'http://new/'], '"http://new/" is not the name'],
  ['a port that is none', ['check', ZONE, '--smtp-port', '99999'], 'a whole number, 1 to 65535'],
  [
    'a fault that is not known',
    ['simulate', 'acme.plan.json', '--fault', 'lags'],
    'Allowed choices are secondary-lags',
  ],
])('%s is a usage error that says what is meant', async (_, words, what) => {
  const { code, stderr } = await journey.run('cutover', ...words);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/^error USAGE/)]);
  expect(stderr).toContain(what);
});

test('no verb takes the plan for one of another project, whose journal says nothing of it', async () => {
  const config = await readFile(join(journey.dir, 'mxodus.yaml'), 'utf8');
  const other = join(journey.dir, 'other.yaml');
  await writeFile(other, config.replace('project: acme', 'project: other'));
  for (const verb of ['status', 'check', 'run', 'hold', 'rollback', 'report', 'notify']) {
    expect(await cutover(verb, '-c', other)).toMatchObject({
      code: 6,
      stderr: expect.stringMatching(/^error PLAN_STALE/),
    });
  }
});

test('what means nothing yet is refused, and says why', async () => {
  for (const verb of ['hold', 'release', 'rollback']) {
    expect(await cutover(verb)).toMatchObject({ code: 6, stderr: expect.stringContaining('error GATE_CLOSED') });
  }
  expect(await cutover('close', '--execute')).toMatchObject({ code: 6 });
  expect(await cutover('notify')).toMatchObject({ code: 2, stderr: expect.stringContaining('cutover.window') });
});

test('--once does what is due and ends at the first wait; held it changes nothing, released it goes on', async () => {
  expect(summaryOf(await cutover('run', '--execute', '--once', '--json'))).toMatchObject({
    ...{ exit_code: 8, state: 'TTL_LOWERED' },
  });
  expect(await cutover('hold', '--why', 'an audit')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^HELD:/),
  });
  expect(await status()).toMatchObject({ state: 'TTL_LOWERED', held: true });
  expect(await cutover('status')).toMatchObject({ stdout: expect.stringContaining(': an audit; nothing is changed') });
  const before = await readFile(join(journey.dir, '.mxodus', 'acme', 'cutover.ndjson'), 'utf8');
  expect(await cutover('run', '--execute', '--once')).toMatchObject({ code: 8 });
  const after = await readFile(join(journey.dir, '.mxodus', 'acme', 'cutover.ndjson'), 'utf8');
  expect(after.slice(before.length)).not.toContain('"sending"');
  expect(await cutover('release')).toMatchObject({ code: 0 });
  expect(await status()).toMatchObject({ held: false });
});

test('a run in another process takes a request up, and says so', async () => {
  const run = journey.spawn('cutover', 'run', journey.plan, '--execute', '--json');
  try {
    await new Promise<void>((resolve) =>
      run.stdout?.on('data', (chunk) => `${chunk}`.includes('"SWITCHED"') && resolve()),
    );
    expect(await cutover('release')).toMatchObject({ code: 6, stderr: expect.stringContaining('nobody holds it') });
    expect(await cutover('hold', '--why', 'lunch')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^HELD:/) });
  } finally {
    run.kill('SIGKILL');
  }
  expect(await status()).toMatchObject({ held: true });
});

test('a rollback shows what it costs, names its domains, and ends in ROLLED_BACK with a report that says so', async () => {
  const shown = await cutover('rollback');
  expect(shown).toMatchObject({ code: 8, stdout: expect.stringContaining(`--domain ${ZONE} --execute`) });
  const other = await cutover('rollback', '--execute', '--domain', 'example.org');
  expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining(ZONE) });
  const done = await cutover('rollback', '--execute', '--domain', ZONE, '--why', 'a test');
  expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ROLLED BACK:/) });
  expect(await status()).toMatchObject({ state: 'ROLLED_BACK' });
  const page = join(journey.dir, 'cutover.html');
  const { code, stdout } = await cutover('report', '--json', '--html', page);
  const report = certificateSchema.parse(JSON.parse(stdout));
  expect([code, report.verdict.kind, report.rollback?.why, report.canaries.sent]).toEqual([
    0,
    'rolled-back',
    'a test',
    0,
  ]);
  expect(report.holds.map(({ why }) => why)).toEqual(['an audit', 'lunch']);
  expect(await readFile(page, 'utf8')).toContain(report.journal.digest ?? 'no digest');
});

test('notices are files, once the journal knows the time', async () => {
  const { code, stdout } = await cutover('notify', '--out', join(journey.dir, 'notices'));
  expect([code, stdout]).toEqual([0, expect.stringContaining('The switch was made')]);
  expect(await readdir(join(journey.dir, 'notices'))).toContain('partners.html');
});
