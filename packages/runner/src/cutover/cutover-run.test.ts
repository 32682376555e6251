import type { JournalEntry } from '@mxodus/model';
import { expect, test } from 'vitest';
import { cutoverClose } from './cutover-close.ts';
import { plannedRollback } from './planned-changes.ts';
import { cutoverRequest } from './requests.ts';
import { RunWorld } from './run-world.test.support.ts';

const eventsOf = (entries: readonly JournalEntry[], wanted: JournalEntry['event']) =>
  entries.filter(({ event }) => event === wanted);

test('the old host is pinned before the switch, and told to send mail away when the cutover is closed', async () => {
  const world = await RunWorld.start();
  expect(await world.run()).toMatchObject({ exitCode: 0, state: 'RESTORED' });
  expect(world.routed).toEqual(['example.com local while 10 old.example']);
  const [pinned] = eventsOf(await world.entries(), 'pinned');
  expect(pinned?.facts).toEqual({ domain: 'example.com', routing: 'local', before: 'auto' });

  expect(await cutoverClose(await world.options({ execute: false }))).toMatchObject({ exitCode: 8, state: 'RESTORED' });
  world.moved = () => 1;
  await expect(cutoverClose(await world.options())).rejects.toMatchObject({ code: 'GATE_CLOSED' });
  world.moved = () => 0;
  const options = await world.options();
  const backlog = async () => [{ mailbox: 'ann', lastPass: 'complete' as const, inDoubt: 0, failed: 2 }];
  const left = cutoverClose({ ...options, ports: { ...options.ports, backlog } });
  await expect(left).rejects.toMatchObject({ code: 'GATE_CLOSED', why: 'ann: 2 failed, 0 in doubt' });
  expect(await cutoverClose(await world.options())).toMatchObject({ exitCode: 0, state: 'CLOSED' });
  expect(world.routed.at(-1)).toBe('example.com remote while 10 new.example');
  expect(plannedRollback(world.plan, await world.entries()).refused).toContain('closed');
});

test('who ran it is written once, and its hash when that was given', async () => {
  const world = await RunWorld.start();
  await world.run({ until: 'AUDITED' });
  await world.run({ until: 'AUDITED' });
  await world.run({ until: 'AUDITED', approve: 'abcdef' });
  expect(eventsOf(await world.entries(), 'approved').map(({ facts }) => facts)).toEqual([
    { plan: 'abcdef0123456789', by: 'ann', hash_given: false },
    { plan: 'abcdef0123456789', by: 'ann', hash_given: true },
  ]);
});

test('a gate that somebody answers for does not stop it, and the journal names them', async () => {
  const behind = { mailbox: 'ann', lastPass: 'complete', inDoubt: 0, failed: 1 } as const;
  const over = (world: RunWorld) =>
    ({ until: 'AUDITED', ports: { ...world.ports(), backlog: async () => [behind] } }) as const;
  const strict = await RunWorld.start();
  await expect(strict.run(over(strict))).rejects.toMatchObject({ code: 'GATE_CLOSED' });
  const waiver = { by: 'ann', until: '2026-12-05', why: 'one broken message' };
  const world = await RunWorld.start({ waive: [{ gate: 'G7', ...waiver }] });
  expect(await world.run(over(world))).toMatchObject({ state: 'AUDITED' });
  const [audited] = eventsOf(await world.entries(), 'audited');
  expect(audited?.facts).toMatchObject({ gates: { G7: 'red' }, waived: [{ gate: 'G7', ...waiver }] });
});

test('a hold from another terminal is taken up within a second of a wait, a release goes on', async () => {
  const world = await RunWorld.start();
  let asked = 0;
  world.onEvent = (event) => {
    if (asked > 0 || event.type !== 'cutover_waiting' || event.until === null) return;
    asked = world.now;
    world.ask('hold');
  };
  const held = world.run();
  await expect.poll(async () => eventsOf(await world.entries(), 'held').length).toBe(1);
  const [entry] = eventsOf(await world.entries(), 'held');
  expect(Date.parse(entry?.time ?? '') - asked).toBeLessThanOrEqual(1000);
  const afterTheSwitch = world.now + 2 * 3_600_000;
  await expect.poll(() => world.now, { timeout: 30_000 }).toBeGreaterThan(afterTheSwitch);
  expect(world.live.get('example.com MX')).toEqual({ ttl: 60, records: ['10 old.example'] });
  world.ask('release');
  expect(await held).toMatchObject({ state: 'RESTORED' });
});

test('a rollback from another terminal cuts a pass short, and the run takes it to its end', async () => {
  const world = await RunWorld.start();
  // A pass that lasts until somebody ends it.
  world.onPass = (mode, signal) => {
    if (mode !== 'drain') return Promise.resolve();
    world.ask('rollback');
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  world.moved = (mode) =>
    mode === 'reverse' && world.passes.filter((pass) => pass === 'reverse').length === 1 ? 4 : 0;
  expect(await world.run({ until: 'FROZEN' })).toMatchObject({ state: 'FROZEN' });
  expect(await world.run()).toMatchObject({ exitCode: 0, state: 'ROLLED_BACK' });
  expect(world.live.get('example.com MX')).toEqual({ ttl: 3600, records: ['10 old.example'] });
  expect(world.routed.at(-1)).toBe('example.com auto while 10 old.example');
  const entries = await world.entries();
  expect(
    entries.filter(({ event }) => event === 'sending').map(({ facts }) => 'phase' in facts && facts.phase),
  ).toEqual(['lower', 'switch', 'unswitch', 'unlower']);
  expect(world.passes.filter((mode) => mode === 'drain')).toHaveLength(1);
  expect(eventsOf(entries, 'passed').find(({ state }) => state === 'PROPAGATING')).toMatchObject({
    facts: { mode: 'drain', complete: false, problem: 'cut short: a rollback was asked for' },
  });

  world.onPass = async () => undefined;
  expect(await world.run()).toMatchObject({ state: 'RESTORED' });
  expect(eventsOf(await world.entries(), 'started')).toHaveLength(2);
});

test('when nothing runs a request is written by whoever asks, if it makes sense', async () => {
  const world = await RunWorld.start();
  const ask = async (kind: 'hold' | 'rollback') => {
    const { plan, journal, emit } = await world.options();
    return cutoverRequest({ plan, journal, emit, now: world.now, request: { kind, by: 'bob', why: 'x' } });
  };
  expect(await ask('rollback')).toMatchObject({ taken: false, state: 'DRAFT' });
  await world.run({ until: 'SWITCHED' });
  const planned = plannedRollback(world.plan, await world.entries());
  expect(planned.changes.map(({ phase, name, rrtype }) => `${phase} ${name} ${rrtype}`)).toEqual([
    'unswitch example.com MX',
    'unlower example.com MX',
  ]);
  expect(planned).toMatchObject({ refused: null, minutes: 5, copiedBack: null, newSideSince: expect.any(Number) });
  expect(await ask('hold')).toMatchObject({ taken: true, state: 'SWITCHED' });
  expect(await ask('hold')).toMatchObject({ taken: false, why: expect.stringContaining('already') });
  expect(await ask('rollback')).toMatchObject({ taken: true, state: 'ROLLING_BACK' });
  expect(await world.run({ execute: false })).toMatchObject({ exitCode: 8, state: 'ROLLING_BACK' });
  expect(await world.run({ until: 'ARMED' })).toMatchObject({ state: 'ROLLED_BACK' });
  expect(await ask('rollback')).toMatchObject({ taken: false });
});
