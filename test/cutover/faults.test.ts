import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { updateZone } from '@mxodus/lab';
import type { CutoverStatus } from '@mxodus/model';
import { afterEach, expect, test } from 'vitest';
import { finish } from '../journey.ts';
import { rfc2136, type StreamWorld, type StreamWorldOptions, startStreamWorld } from './stream-world.ts';

/** The fault matrix (facts/dns-cutover section 7), as the command line meets it. Those of name servers alone are in e2e/cutover-faults. */

const worlds: StreamWorld[] = [];

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.stop();
});

async function start(options: StreamWorldOptions = {}): Promise<StreamWorld> {
  const world = await startStreamWorld({
    messages: 3,
    ...options,
    lab: { users: ['ann', 'bob'], mxTtl: 2, ...options.lab },
  });
  worlds.push(world);
  await world.prepare();
  return world;
}

const gate = ({ gates }: CutoverStatus, id: string) => gates.find((one) => one.id === id);
const mxNow = async ({ lab }: StreamWorld): Promise<string> => {
  const { queryDns } = await import('@mxodus/lab');
  const { answers } = await queryDns(lab.dns.primary, lab.zone, 'MX', 2000);
  return answers.map(({ ttl, data }) => `${ttl} ${data}`).join(', ');
};
const UNTOUCHED = '2 10 mx.old.example.test';

test('a recipient that is refused, put off, or taken whoever it is: no change is made; only a waiver that has not ended lets the last pass', async () => {
  const world = await start();
  const { new: sink } = world.lab.sinks;
  for (const [reply, status] of [
    ['550', 'red'],
    ['451', 'unknown'],
  ] as const) {
    sink.reply('bob@example.test', reply);
    expect(await world.cutover('run', '--execute')).toMatchObject({ code: 6, stderr: expect.stringContaining('G3') });
    const why = expect.stringContaining('bob@example.test');
    expect(gate(await world.status(), 'G3')).toMatchObject({ status, why });
  }
  sink.reply('bob@example.test', 'accept');
  sink.acceptAll(true);
  expect(await world.cutover('check')).toMatchObject({ code: 6 });
  expect(gate(await world.status(), 'G3')).toMatchObject({ status: 'unknown' });
  expect(await mxNow(world)).toBe(UNTOUCHED);

  const waive = (until: string) => `  waive: [{ gate: G3, by: ann, until: ${until}, why: catch-all host }]\n`;
  await world.configure({ cutover: () => waive('2020-01-01') });
  expect(await world.cutover('check')).toMatchObject({ code: 6 });
  await world.configure({ cutover: () => waive('2999-01-01') });
  expect(await world.cutover('run', '--execute', '--until', 'AUDITED')).toMatchObject({ code: 0 });
  expect(JSON.stringify(await world.entries())).toContain('catch-all host');
});

test('a wrong key stops it before the first change, with words to act on and without the secret', async () => {
  const secret = 'bm90IHRoZSByaWdodCBrZXkgYXQgYWxsIQ==';
  const world = await start({ dns: (lab) => rfc2136(lab, { secretFile: './wrong.key' }), wrongKey: secret });
  const ran = await world.cutover('run', '--execute');
  expect(ran).toMatchObject({ code: 6, stderr: expect.stringMatching(/G2 provider.*dns\.tsig\.secret/s) });
  expect(ran.stdout + ran.stderr + JSON.stringify(await world.entries())).not.toContain(secret);
  expect(await mxNow(world)).toBe(UNTOUCHED);
});

test('a provider that says yes and serves the old: never past the change, and it says which server serves what', async () => {
  const world = await start({ dns: execProvider('lies'), lab: { users: ['ann'], mxTtl: 4 } });
  const child = world.start('cutover', 'run', world.plan, '--execute', '--json');
  let seen = '';
  child.stdout?.on('data', (chunk: Buffer) => (seen += chunk.toString()));
  await expect
    .poll(() => /the provider of example\.test said it was made, and none of them serves it/.test(seen), {
      timeout: 60_000,
    })
    .toBe(true);
  child.kill('SIGINT');
  expect(await finish(child)).toMatchObject({ code: 130 });
  expect(await world.status()).toMatchObject({ state: 'TTL_LOWERED' });
  expect(await mxNow(world)).toBe('4 10 mx.old.example.test');
});

test('a provider that dies between two records of one change: the same command does the other, once', async () => {
  const world = await start({
    dns: execProvider('dies-halfway'),
    domain: () =>
      '    records: [{ name: autodiscover, type: CNAME, values: [mx.new.example.test], when: switch, ttl: 60 }]\n',
  });
  await writeFile(join(world.dir, 'die'), '');
  const first = await world.cutover('run', '--execute');
  expect([5, 6]).toContain(first.code);
  expect(await world.cutover('run', '--execute')).toMatchObject({ code: 0 });
  expect((await world.entries()).at(-1)).toMatchObject({ state: 'RESTORED' });
  expect(await mxNow(world)).toBe('2 10 mx.new.example.test');
});

test('the new host goes down after the switch: mail waits at its senders, status says what a rollback costs, nothing is lost', async () => {
  const world = await start();
  world.begin();
  const running = finish(world.start('cutover', 'run', world.plan, '--execute'));
  await world.reached('SWITCHED');
  await world.lab.sinks.new.stop();
  await expect
    .poll(async () => gate(await world.status(), 'G12')?.status, { timeout: 60_000, interval: 500 })
    .not.toBe('green');
  expect((await world.status()).rollback_cost).toMatch(/putting the old MX back/);
  await world.lab.sinks.new.start();
  await world.reached('DRAINING');
  await world.hush();
  expect(await running).toMatchObject({ code: 0 });
  const { sent, arrived, ...rest } = await world.count('new');
  expect({ ...rest, arrived }).toMatchObject({ lost: [], doubled: [], bounced: 0, arrived: sent });
});

test('the address of the new MX host was another one, and long cached: the switch waits for it (the A-record-TTL trap)', async () => {
  const world = await start({
    lab: { dns: { records: [{ name: 'mx.next', type: 'A', ttl: 25, data: '127.0.0.9' }] } },
    mxHost: 'mx.next.example.test',
  });
  // The first look sees the old address, and so do caches.
  await world.cutover('check');
  const { dns, zone } = world.lab;
  const change = {
    zone,
    remove: [{ name: `mx.next.${zone}`, type: 'A' as const }],
    add: [{ name: `mx.next.${zone}`, type: 'A' as const, ttl: 2, data: '127.0.0.3' }],
  };
  const changedAt = Date.now();
  expect(await updateZone(dns.primary, dns.tsig, change)).toBe(0);
  expect(await world.cutover('run', '--execute', '--until', 'SWITCHED')).toMatchObject({ code: 0 });
  expect((await world.switchedAt()) - changedAt).toBeGreaterThan(24_000);
  expect((await world.entries()).filter(({ event }) => event === 'address').length).toBeGreaterThan(0);
});

/** A provider of the user's own that edits the lab's zone, or only says so. */
function execProvider(behaviour: 'lies' | 'dies-halfway'): (lab: StreamWorld['lab']) => string {
  return (lab) => {
    const program = new URL('./zone-program.ts', import.meta.url).pathname;
    const command = [
      process.execPath,
      '--conditions=mxodus-source',
      program,
      behaviour,
      lab.dns.primary.address,
      lab.dns.tsig.secretFile,
    ];
    const authoritative = lab.dns.authoritative.map((address) => `"${address}"`).join(', ');
    return `{ provider: exec, zone: ${lab.zone}, authoritative: [${authoritative}], command: [${command.map((word) => `"${word}"`).join(', ')}] }`;
  };
}
