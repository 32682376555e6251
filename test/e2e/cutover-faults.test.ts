import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CutoverEvent, JournalEntry } from '@mxodus/model';
import { expect, type TestContext, test } from 'vitest';
import { type Hooks, SUB, startWorld, ZONE } from './cutover-world.ts';

/** The cutover against real name servers, with everything that goes wrong between them. */

/** Own servers and an own journal for each test; they mostly wait, so several run at once. */
async function start(context: TestContext, options: Parameters<typeof startWorld>[1] = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'mxc-'));
  const world = await startWorld(folder, options);
  context.onTestFinished(async () => {
    await world.dns.stop();
    await rm(folder, { recursive: true });
  });
  return {
    world,
    run: world.run.bind(world),
    entries: world.entries.bind(world),
    served: world.served.bind(world),
    serial: world.serial.bind(world),
  };
}

const timeOf = (entries: readonly JournalEntry[], wanted: (entry: JournalEntry) => boolean): number =>
  Date.parse(entries.find(wanted)?.time ?? 'never');
const isSend = (phase: string) => (entry: JournalEntry) => entry.event === 'sending' && entry.facts.phase === phase;
const waitOf = (entries: readonly JournalEntry[], phase: string) =>
  entries.flatMap((entry) =>
    entry.event === 'timed' && entry.facts.phase === phase ? [Date.parse(entry.facts.safe_at)] : [],
  );
const sends = (entries: readonly JournalEntry[]) =>
  entries.flatMap((entry) => (entry.event === 'sending' ? [entry.facts.phase] : []));

test.concurrent('lowers, waits, switches, drains and restores: three changes in all, the switch never before safe_at', async (context) => {
  const { run, entries, served, serial, world } = await start(context);
  const first = (await serial()) ?? 0;
  let late = 2;
  const result = await run({ pass: async (mode) => (mode === 'drain' && late-- > 0 ? 1 : 0) });
  expect(result).toEqual({ exitCode: 0, state: 'RESTORED', lateMessages: 2 });
  expect(await Promise.all([ZONE, SUB].map(served))).toEqual([`2 new.${ZONE}`, `2 new.${ZONE}`]);
  expect(await serial()).toBe(first + 3);
  const written = await entries();
  expect(sends(written)).toEqual(['lower', 'switch', 'restore']);
  expect([...new Set(written.map(({ state }) => state))]).toEqual([
    'DRAFT',
    'AUDITED',
    'STAGED',
    'TTL_LOWERED',
    'ARMED',
    'FROZEN',
    'SWITCHED',
    'PROPAGATING',
    'VERIFIED',
    'DRAINING',
    'RESTORED',
  ]);
  expect(timeOf(written, isSend('switch'))).toBeGreaterThanOrEqual(
    waitOf(written, 'lower')[0] ?? Number.POSITIVE_INFINITY,
  );
  expect(timeOf(written, isSend('restore'))).toBeGreaterThanOrEqual(
    waitOf(written, 'switch')[0] ?? Number.POSITIVE_INFINITY,
  );

  expect(await run()).toMatchObject({ exitCode: 0, state: 'RESTORED' });
  expect(await entries()).toEqual(written);
  expect(await world.status()).toMatchObject({ state: 'RESTORED', done: true });
});

test.concurrent('without --execute it shows gates and changes, changes nothing and ends with 8', async (context) => {
  const { run, entries, serial, world } = await start(context);
  const first = await serial();
  expect(await run({}, { execute: false })).toMatchObject({ exitCode: 8, state: 'DRAFT' });
  expect(world.events.map(({ type }) => type)).toEqual([
    'cutover_gates',
    ...Array(6).fill('cutover_change'),
    'cutover_waiting',
  ]);
  expect(await entries()).toEqual([]);
  expect(await serial()).toBe(first);
});

test.concurrent('a gate that is red or unknown stops it before the first change', async (context) => {
  const { run, serial, world } = await start(context);
  const first = await serial();
  const behind = { mailbox: 'ann', lastPass: 'complete', inDoubt: 1, failed: 0 } as const;
  await expect(run({ backlog: behind })).rejects.toMatchObject({
    code: 'GATE_CLOSED',
    exitCode: 6,
    what: expect.stringContaining('G7'),
  });
  await expect(run({}, { approve: 'abcde' })).rejects.toMatchObject({ code: 'GATE_CLOSED' });
  await expect(run({}, { approve: 'fedcba' })).rejects.toMatchObject({ code: 'GATE_CLOSED' });
  await world.dns.secondary.stop();
  expect((await world.status()).gates.find(({ id }) => id === 'G1')).toMatchObject({ status: 'unknown' });
  await expect(run({}, { approve: 'abcdef' })).rejects.toMatchObject({
    code: 'GATE_CLOSED',
    what: expect.stringContaining('G1'),
  });
  expect(await serial()).toBe(first);
});

test.concurrent('a secondary that lags holds up both waits until it serves the change', async (context) => {
  const { run, entries, world } = await start(context, { dns: { notify: false, refresh: 3600 } });
  const restarts: string[] = [];
  let busy = Promise.resolve();
  const emit = (event: CutoverEvent) => {
    if (event.type !== 'cutover_waiting' || !event.waiting_for.startsWith('every authoritative server')) return;
    expect(event.release).toBe(`whoever runs ${world.dns.secondary.address}`);
    restarts.push(event.state);
    busy = busy.then(() => sleep(300)).then(() => world.dns.secondary.start());
  };
  expect(await run({ emit })).toMatchObject({ exitCode: 0 });
  await busy;
  expect([...new Set(restarts)]).toEqual(['TTL_LOWERED', 'PROPAGATING', 'DRAINING']);
  const written = await entries();
  // Late mail was fetched while the secondary still sent it to the old server.
  const served = written.findIndex((entry) => entry.event === 'served' && entry.facts.phase === 'switch');
  expect(written.slice(0, served).some((entry) => entry.event === 'passed' && entry.facts.mode === 'drain')).toBe(true);
});

test.concurrent('a secondary that is down after the switch keeps it in PROPAGATING', async (context) => {
  const { run, entries, world } = await start(context);
  let drains = 0;
  const hooks: Hooks = {
    apply: async (changes, apply) => {
      if (changes.every(({ after }) => after.ttl === 1 && after.records[0] === `10 new.${ZONE}`))
        await world.dns.secondary.stop();
      return apply();
    },
    pass: async (mode) => {
      if (mode === 'drain') drains += 1;
      if (drains === 3) {
        const written = await entries();
        expect(written.at(-1)?.state).toBe('PROPAGATING');
        expect(written.filter(({ event }) => event === 'served')).toHaveLength(1);
        expect((await world.status()).gates.find(({ id }) => id === 'G11')).toMatchObject({ status: 'unknown' });
        await world.dns.secondary.start();
      }
      return 0;
    },
  };
  expect(await run(hooks)).toMatchObject({ exitCode: 0, state: 'RESTORED' });
  expect(drains).toBeGreaterThan(3);
});

test.concurrent('an edit by somebody else stops it, nothing is changed, and it goes on once that is put back', async (context) => {
  const { run, served, serial, entries, world } = await start(context);
  let edited = false;
  const emit = (event: CutoverEvent) => {
    if (edited || event.type !== 'cutover_waiting' || event.until === null) return;
    edited = true;
    void world.edit(ZONE, 'old', 7);
  };
  await expect(run({ emit })).rejects.toMatchObject({ code: 'DNS_CHANGED', exitCode: 6 });
  await expect.poll(() => served(ZONE)).toBe(`7 old.${ZONE}`);
  const after = await serial();
  await expect(run()).rejects.toMatchObject({ code: 'DNS_CHANGED' });
  expect(await serial()).toBe(after);
  expect(await world.status()).toMatchObject({
    state: 'TTL_LOWERED',
    gates: expect.arrayContaining([expect.objectContaining({ id: 'G15', status: 'red' })]),
  });

  await world.edit(ZONE, 'old', 1);
  await expect.poll(() => served(ZONE)).toBe(`1 old.${ZONE}`);
  expect(await run()).toMatchObject({ exitCode: 0 });
  expect(sends(await entries())).toEqual(['lower', 'switch', 'restore']);
});

test.concurrent('an edit in the very moment of the switch is caught by the guard', async (context) => {
  const { run, served, entries, world } = await start(context);
  const hooks: Hooks = {
    apply: async (changes, apply) => {
      if (changes[0]?.after.records[0] === `10 new.${ZONE}`) await world.edit(SUB, 'new', 1);
      return apply();
    },
  };
  await expect(run(hooks)).rejects.toMatchObject({ code: 'DNS_CHANGED', exitCode: 6 });
  await expect.poll(() => served(ZONE)).toBe(`1 old.${ZONE}`);
  expect((await entries()).at(-1)).toMatchObject({ state: 'FROZEN', event: 'refused' });
});

test.concurrent('killed after every line of the journal, it ends RESTORED with each change made once', async (context) => {
  const { run, served, serial, entries } = await start(context);
  const first = (await serial()) ?? 0;
  // Once at each kind of line in each state: a process killed always before it sends would never get any further.
  const killedAt = new Set<string>();
  const emit = (event: CutoverEvent) => {
    if (event.type !== 'cutover_entry') return;
    const phase = 'phase' in event.facts ? event.facts.phase : '';
    const at = `${event.state} ${event.event} ${phase}`;
    if (killedAt.has(at)) return;
    killedAt.add(at);
    throw new Error('killed');
  };
  let kills = 0;
  for (; ; kills += 1) {
    const ended = await run({ emit }).catch((error: unknown) => error);
    if (!(ended instanceof Error)) {
      expect(ended).toMatchObject({ exitCode: 0, state: 'RESTORED' });
      break;
    }
    expect(ended.message).toBe('killed');
  }
  const written = await entries();
  expect(kills).toBe(killedAt.size);
  expect(kills).toBeGreaterThanOrEqual(20);
  expect(await serial()).toBe(first + 3);
  expect(await served(ZONE)).toBe(`2 new.${ZONE}`);
  expect(timeOf(written, isSend('switch'))).toBeGreaterThanOrEqual(
    waitOf(written, 'lower')[0] ?? Number.POSITIVE_INFINITY,
  );
});

test.concurrent('an answer that is lost after the change was made is found live, never sent again', async (context) => {
  const { run, serial, entries } = await start(context);
  const first = (await serial()) ?? 0;
  const apply: NonNullable<Hooks['apply']> = async (_changes, send) => {
    await send();
    throw new Error('the connection was cut');
  };
  for (;;) {
    const ended = await run({ apply }).catch((error: unknown) => error);
    if (!(ended instanceof Error)) break;
    expect(ended.message).toBe('the connection was cut');
  }
  const written = await entries();
  expect(sends(written)).toEqual(['lower', 'switch', 'restore']);
  expect(written.flatMap((entry) => (entry.event === 'accepted' ? [entry.facts.found_live] : []))).toEqual([
    true,
    true,
    true,
  ]);
  expect(await serial()).toBe(first + 3);
});

test.concurrent('a zone changed by hand: it says what to do, and observes', async (context) => {
  const { run, served, entries, world } = await start(context, { provider: 'manual' });
  const asked: string[] = [];
  let busy = Promise.resolve();
  const emit = (event: CutoverEvent) => {
    if (event.type !== 'cutover_instructions') return;
    asked.push(event.phase);
    const host = event.phase === 'lower' ? 'old' : 'new';
    const ttl = event.phase === 'restore' ? 2 : 1;
    // A person types: one name after the other, with a slip between.
    busy = busy
      .then(() => world.edit(SUB, host, 5))
      .then(() => sleep(300))
      .then(() => world.edit(SUB, host, ttl))
      .then(() => sleep(300))
      .then(() => world.edit(ZONE, host, ttl));
  };
  expect(await run({ emit })).toMatchObject({ exitCode: 0, state: 'RESTORED' });
  await busy;
  expect(asked).toEqual(['lower', 'switch', 'restore']);
  expect(await served(ZONE)).toBe(`2 new.${ZONE}`);
  expect((await entries()).flatMap((entry) => (entry.event === 'accepted' ? [entry.facts.found_live] : []))).toEqual([
    true,
    true,
    true,
  ]);
});

test.concurrent('the switch waits for the window, and the final delta is made inside it', async (context) => {
  const opens = Math.ceil(Date.now() / 1000 + 12) * 1000;
  const window = { start: new Date(opens).toISOString().slice(0, 19), zone: 'UTC' };
  const { run, entries, world } = await start(context, { settings: { window } });
  const passes: string[] = [];
  const pass = async (mode: string) => {
    passes.push(mode);
    return 0;
  };
  expect(await run({ pass }, { until: 'ARMED' })).toMatchObject({
    exitCode: 0,
    state: 'ARMED',
  });
  expect(passes).toEqual([]);
  expect(await run({ pass }, { until: 'SWITCHED' })).toMatchObject({
    state: 'SWITCHED',
  });
  expect(passes).toEqual(['final']);
  const written = await entries();
  expect(timeOf(written, ({ event }) => event === 'passed')).toBeGreaterThanOrEqual(opens);
  expect(world.events).toContainEqual(
    expect.objectContaining({ type: 'cutover_waiting', waiting_for: 'the window to open' }),
  );
});

test.concurrent('Ctrl-C ends it at a safe point in every wait, and the same command goes on', async (context) => {
  // Long enough that none is over before a busy machine comes to it, and that between two passes there is something to wait for.
  const settings = { slack: '10s', drain: { every: '4s', at_least: '20s', quiet: '20s' } };
  const { run, entries } = await start(context, { settings });
  const stops: string[] = [];
  for (;;) {
    const stop = new AbortController();
    const emit = ({ type, ...rest }: CutoverEvent) => {
      const wait =
        type === 'cutover_waiting' && 'waiting_for' in rest ? `${rest.state} ${rest.waiting_for.slice(0, 20)}` : null;
      if (wait === null || stops.includes(wait)) return;
      stops.push(wait);
      stop.abort();
    };
    const ended = await run({ emit }, { signal: stop.signal }).catch((error: unknown) => error);
    if (!(ended instanceof Error)) break;
    expect(ended).toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
  }
  // That a secondary has the change already is no wait.
  expect(new Set(stops.map((wait) => wait.split(' ')[0]))).toEqual(new Set(['TTL_LOWERED', 'PROPAGATING', 'DRAINING']));
  expect(sends(await entries())).toEqual(['lower', 'switch', 'restore']);
});

test.concurrent('another plan is refused while a cutover is under way; the journal holds no secret', async (context) => {
  const { run, world } = await start(context);
  await run({}, { until: 'TTL_LOWERED' });
  const other = { ...(await world.plan()), sha256: '9999999999' };
  await expect(run({}, { plan: other })).rejects.toMatchObject({ code: 'PLAN_STALE', exitCode: 6 });
  const text = await readFile(world.journalPath, 'utf8');
  expect(text).not.toContain(world.dns.tsig.secret);
});
