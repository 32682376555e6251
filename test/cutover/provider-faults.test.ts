import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { finish } from '../journey.ts';
import { mxNow, startFaultWorld, UNTOUCHED } from './fault-world.ts';
import { rfc2136, type StreamWorld } from './stream-world.ts';

/** What goes wrong with those who change the zone (facts/dns-cutover section 7), as the command line meets it. */

test('a wrong key stops it before the first change, with words to act on and without the secret', async (context) => {
  const secret = 'bm90IHRoZSByaWdodCBrZXkgYXQgYWxsIQ==';
  const world = await startFaultWorld(context, {
    dns: (lab) => rfc2136(lab, { secretFile: './wrong.key' }),
    wrongKey: secret,
  });
  const ran = await world.cutover('run', '--execute');
  expect(ran).toMatchObject({ code: 6, stderr: expect.stringMatching(/G2 provider.*dns\.tsig\.secret/s) });
  expect(ran.stdout + ran.stderr + JSON.stringify(await world.entries())).not.toContain(secret);
  expect(await mxNow(world)).toBe(UNTOUCHED);
});

test('a provider that says yes and serves the old: never past the change, and it says which server serves what', async (context) => {
  const world = await startFaultWorld(context, { dns: execProvider('lies'), lab: { users: ['ann'], mxTtl: 4 } });
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

test('a provider that dies between two records of one change: the same command does the other, once', async (context) => {
  const world = await startFaultWorld(context, {
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
