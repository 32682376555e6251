import { appendOnly } from '@mxodus/engine';
import { type CutoverEvent, type DnsProvider, MxodusError } from '@mxodus/model';
import { expect, test } from 'vitest';
import type { CutoverPorts } from './ports.ts';
import { cutoverRequest } from './requests.ts';
import { RunWorld } from './run-world.test.support.ts';

const trouble = (code: MxodusError['code']) => new MxodusError(code, { what: 'no', why: 'test', advice: 'wait' });

/** The ports of a world, with a provider that does something else. */
function withProvider(world: RunWorld, over: (provider: DnsProvider) => Partial<DnsProvider>): CutoverPorts {
  const provider = world.provider();
  return { ...world.ports(), providerFor: async () => ({ ...provider, ...over(provider) }) };
}

test('a rollback whose servers lag looks once a poll, not without pause', async () => {
  const world = await RunWorld.start();
  await world.run({ until: 'DRAINING' });
  world.ask('rollback');
  let [unlowered, looks] = [0, 0];
  const ports = withProvider(world, ({ apply }) => ({
    apply: async (changes, signal) => {
      const isUnlower = changes.some(({ after }) => after.ttl === 3600);
      if (!isUnlower) return apply(changes, signal);
      unlowered = world.now;
      return { kind: 'applied', serial: 1, changeId: null };
    },
  }));
  const observe: CutoverPorts['observer']['observe'] = async (...args) => {
    looks += unlowered > 0 ? 1 : 0;
    if (unlowered > 0 && world.now - unlowered > 20 * 60_000)
      world.live.set('example.com MX', { ttl: 3600, records: ['10 old.example'] });
    return ports.observer.observe(...args);
  };
  const ran = await world.run({ ports: { ...ports, observer: { ...ports.observer, observe } } });
  expect(ran).toMatchObject({ state: 'ROLLED_BACK' });
  expect(looks).toBeLessThan(60);
});

test('a gate that is red after the switch is waited for, and the drain goes on, also with one wait a run', async () => {
  const world = await RunWorld.start();
  await world.run({ until: 'DRAINING' });
  let isOpen = false;
  const ports = withProvider(world, () => ({
    rehearse: async () => {
      if (!isOpen) throw trouble('DNS_REFUSED');
      return 'allowed';
    },
  }));
  world.onPass = async (_mode, signal) => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
  };
  let waits = false;
  const emit = (event: CutoverEvent) => {
    world.events.push(event);
    waits ||= event.type === 'cutover_waiting';
  };
  const once: CutoverPorts['sleep'] = async (ms, signal) => {
    if (waits) throw new Error('once');
    return ports.sleep(ms, signal);
  };
  world.now += 3 * 3_600_000;
  for (let day = 0; day < 3; day += 1) {
    waits = false;
    await expect(world.run({ ports: { ...ports, sleep: once }, emit })).rejects.toThrow('once');
    world.now += 3_600_000;
  }
  const passes = (await world.entries()).filter(({ event }) => event === 'passed').slice(-3);
  expect(passes.map(({ facts }) => 'problem' in facts && facts.problem)).toEqual([null, null, null]);
  isOpen = true;
  expect(await world.run({ ports })).toMatchObject({ state: 'RESTORED' });
});

test('records that somebody changed after the switch stop the run, but not before late mail was fetched', async () => {
  const world = await RunWorld.start();
  await world.run({ until: 'DRAINING' });
  const drains = () => world.passes.filter((mode) => mode === 'drain').length;
  const before = drains();
  world.live.set('example.com MX', { ttl: 300, records: ['10 new.example'] });
  for (const more of [1, 2]) {
    world.now += 3_600_000;
    await expect(world.run()).rejects.toMatchObject({ code: 'DNS_CHANGED', exitCode: 6 });
    expect(drains()).toBe(before + more);
  }
});

test('a hold that comes while the gates are asked holds the change they are asked for', async () => {
  const world = await RunWorld.start();
  await world.run({ until: 'FROZEN' });
  let asked = false;
  const ports = withProvider(world, () => ({
    rehearse: async () => {
      if (!asked) world.ask('hold');
      asked = true;
      return 'allowed';
    },
  }));
  world.onEvent = (event) => {
    if (event.type === 'cutover_waiting') throw new Error('waits');
  };
  await expect(world.run({ ports })).rejects.toThrow('waits');
  expect(world.live.get('example.com MX')).toEqual({ ttl: 60, records: ['10 old.example'] });
});

test('a request that was taken, and not removed because the run died, is not taken again', async () => {
  const world = await RunWorld.start();
  const hold = { kind: 'hold', by: 'bob', why: 'test' } as const;
  world.box.set('1', hold);
  const ports = world.ports();
  const requests = { ...ports.requests, done: () => Promise.reject(new Error('died')) };
  await expect(world.run({ ports: { ...ports, requests } })).rejects.toThrow('died');
  const { plan, journal, emit } = await world.options();
  await cutoverRequest({ plan, journal, emit, now: world.now, request: { kind: 'release', by: 'bob' } });
  expect(await world.run({ until: 'AUDITED' })).toMatchObject({ state: 'AUDITED' });
  expect(world.box.size).toBe(0);
  // The same again, by the same person, is another one.
  world.box.set('2', hold).set('3', { kind: 'release', by: 'bob' }).set('4', hold);
  world.onEvent = (event) => {
    if (event.type === 'cutover_waiting') throw new Error('waits');
  };
  await expect(world.run({ until: 'STAGED' })).rejects.toThrow('waits');
  const events = (await world.entries()).map(({ event }) => event);
  const asked = ['held', 'released', 'held', 'released', 'held'];
  expect(events.filter((event) => event === 'held' || event === 'released')).toEqual(asked);
});

test('that a change in doubt is refused when it is sent again says nothing of the first sending', async () => {
  const world = await RunWorld.start();
  await world.run({ until: 'FROZEN' });
  for (const code of ['DNS_UNREACHABLE', 'DNS_REFUSED'] as const) {
    const ports = withProvider(world, () => ({ apply: () => Promise.reject(trouble(code)) }));
    await expect(world.run({ ports })).rejects.toMatchObject({ code });
  }
  expect(appendOnly(await world.entries())).toBe(true);
  // The servers lagged: the first one was made.
  world.live.set('example.com MX', { ttl: 60, records: ['10 new.example'] });
  expect(await world.run()).toMatchObject({ state: 'RESTORED' });
});

test('while a gate stays closed before the switch the hosts are not asked anew at every poll, nor is the same told', async () => {
  const world = await RunWorld.start();
  await world.run({ until: 'ARMED' });
  const since = world.now;
  let asked = 0;
  const ports = world.ports();
  const ran = world.run({
    ports: {
      ...ports,
      delegation: (...args) => {
        asked += 1;
        return ports.delegation(...args);
      },
      backlog: (signal) =>
        world.now - since < 30 * 60_000 ? Promise.reject(trouble('STATE_UNWRITABLE')) : ports.backlog(signal),
    },
  });
  expect(await ran).toMatchObject({ state: 'RESTORED' });
  expect(asked).toBeLessThan(20);
  expect(world.events.filter(({ type }) => type === 'cutover_gates').length).toBeLessThan(35);
});

test('a provider that does not answer stops neither a drain nor a rollback', async () => {
  const world = await RunWorld.start();
  await world.run({ until: 'DRAINING' });
  const since = world.now;
  const ports = withProvider(world, ({ apply }) => ({
    // For a day nothing; what came just before that was made, without an answer.
    apply: async (changes, signal) => {
      if (world.now - since > 24 * 3_600_000) return apply(changes, signal);
      throw trouble('DNS_UNREACHABLE');
    },
  }));
  const passes = world.passes.length;
  expect(await world.run({ ports })).toMatchObject({ state: 'RESTORED' });
  expect(world.passes.length - passes).toBeGreaterThan(20);
  world.ask('rollback');
  let first = true;
  const silent = withProvider(world, ({ apply }) => ({
    apply: async (changes, signal) => {
      if (!first) return apply(changes, signal);
      first = false;
      throw trouble('DNS_UNREACHABLE');
    },
  }));
  expect(await world.run({ ports: silent })).toMatchObject({ state: 'ROLLED_BACK' });
});

test('while late mail is fetched nobody looks the addresses of the new hosts up any more', async () => {
  const world = await RunWorld.start();
  await world.run({ until: 'DRAINING' });
  const ports = world.ports();
  const asked: string[] = [];
  const lookup: CutoverPorts['lookup'] = {
    lookUp: (name, type, signal) => {
      asked.push(name);
      return ports.lookup.lookUp(name, type, signal);
    },
  };
  expect(await world.run({ ports: { ...ports, lookup }, until: 'RESTORED' })).toMatchObject({ state: 'RESTORED' });
  expect(asked.filter((name) => name === 'new.example').length).toBeLessThan(6);
});

test('a zone whose provider refuses keeps no other zone from being rolled back, nor their mail from being copied back', async () => {
  const world = await RunWorld.start();
  const [first] = world.plan.domains;
  const second = first === undefined ? [] : [{ ...first, domain: 'b.example', zone: 'b.example' }];
  const plan = { ...world.plan, domains: [...world.plan.domains, ...second] };
  world.live.set('b.example MX', { ttl: 3600, records: ['10 old.example'] });
  await world.run({ plan, until: 'DRAINING' });
  world.ask('rollback');
  const ports = withProvider(world, ({ apply }) => ({
    apply: (changes, signal) =>
      changes.some(({ name }) => name === 'b.example')
        ? Promise.reject(trouble('DNS_REFUSED'))
        : apply(changes, signal),
  }));
  for (const passes of [1, 2]) {
    await expect(world.run({ plan, ports })).rejects.toMatchObject({ code: 'DNS_REFUSED' });
    expect(world.live.get('example.com MX')).toEqual({ ttl: 60, records: ['10 old.example'] });
    expect(world.passes.filter((mode) => mode === 'reverse')).toHaveLength(passes);
    world.now += 3_600_000;
  }
  expect(await world.run({ plan })).toMatchObject({ state: 'ROLLED_BACK' });
});
