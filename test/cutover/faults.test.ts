import { updateZone } from '@mxodus/lab';
import { expect, test } from 'vitest';
import { finish } from '../journey.ts';
import { gateOf, mxNow, startFaultWorld, UNTOUCHED } from './fault-world.ts';

/** The fault matrix (facts/dns-cutover section 7), as the command line meets it. Those of name servers alone are in e2e/cutover-faults. */

test('a recipient that is refused, put off, or taken whoever it is: no change is made; only a waiver that has not ended lets the last pass', async (context) => {
  const world = await startFaultWorld(context);
  const { new: sink } = world.lab.sinks;
  for (const [reply, status] of [
    ['550', 'red'],
    ['451', 'unknown'],
  ] as const) {
    sink.reply('bob@example.test', reply);
    expect(await world.cutover('run', '--execute')).toMatchObject({ code: 6, stderr: expect.stringContaining('G3') });
    const why = expect.stringContaining('bob@example.test');
    expect(gateOf(await world.status(), 'G3')).toMatchObject({ status, why });
  }
  sink.reply('bob@example.test', 'accept');
  sink.acceptAll(true);
  expect(await world.cutover('check')).toMatchObject({ code: 6 });
  expect(gateOf(await world.status(), 'G3')).toMatchObject({ status: 'unknown' });
  expect(await mxNow(world)).toBe(UNTOUCHED);

  const waive = (until: string) => `  waive: [{ gate: G3, by: ann, until: ${until}, why: catch-all host }]\n`;
  await world.configure({ cutover: () => waive('2020-01-01') });
  expect(await world.cutover('check')).toMatchObject({ code: 6 });
  await world.configure({ cutover: () => waive('2999-01-01') });
  expect(await world.cutover('run', '--execute', '--until', 'AUDITED')).toMatchObject({ code: 0 });
  expect(JSON.stringify(await world.entries())).toContain('catch-all host');
});

test('the new host goes down after the switch: mail waits at its senders, status says what a rollback costs, nothing is lost', async (context) => {
  const world = await startFaultWorld(context);
  world.begin();
  const running = finish(world.start('cutover', 'run', world.plan, '--execute'));
  await world.reached('SWITCHED');
  await world.lab.sinks.new.stop();
  await expect
    .poll(async () => gateOf(await world.status(), 'G12')?.status, { timeout: 60_000, interval: 500 })
    .not.toBe('green');
  expect((await world.status()).rollback_cost).toMatch(/putting the old MX back/);
  await world.lab.sinks.new.start();
  await world.reached('DRAINING');
  await world.hush();
  expect(await running).toMatchObject({ code: 0 });
  const { sent, arrived, ...rest } = await world.count('new');
  expect({ ...rest, arrived }).toMatchObject({ lost: [], doubled: [], bounced: 0, arrived: sent });
});

test('the address of the new MX host was another one, and long cached: the switch waits for it (the A-record-TTL trap)', async (context) => {
  const world = await startFaultWorld(context, {
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
