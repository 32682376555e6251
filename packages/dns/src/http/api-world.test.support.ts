import { type ApiServer, SimZone } from '@mxodus/lab';
import type { DnsProvider, Rrset, RrsetChange, RrType } from '@mxodus/model';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { OLD as CONTRACT_OLD, testProvider } from '../providers/contract.ts';

/** What every provider behind an HTTP API must do when the service, the key or the network does not do its part. */

export const ZONE = 'example.test';
export const signal: AbortSignal = new AbortController().signal;

export const rrset = (ttl: number, ...records: string[]): Rrset => ({ ttl, records });
export const NONE = rrset(0);
export const OLD = rrset(3600, '10 old.example.test');
export const LOW = rrset(60, '10 old.example.test');
export const NEW = rrset(60, '5 mx1.new.test', '20 mx2.new.test');
export const SPF = rrset(3600, 'v=spf1 a -all');

export const change = (name: string, type: RrType, before: Rrset, after: Rrset): RrsetChange => ({
  name: name === '@' ? ZONE : `${name}.${ZONE}`,
  type,
  before,
  after,
});

/** A zone with one of everything, as people write it. */
export function seededZone(): SimZone {
  const named = (name: string, type: string, ttl: number, ...fields: string[]) => ({
    name: name === '@' ? ZONE : `${name}.${ZONE}`,
    type,
    ttl,
    fields,
  });
  return new SimZone(ZONE, [
    named('@', 'MX', 3600, '10', 'OLD.Example.TEST.'),
    named('@', 'TXT', 3600, 'v=spf1 a -all'),
    named('@', 'TXT', 3600, 'google-site-verification=abc'),
    named('@', 'A', 300, '192.0.2.1'),
    named('b', 'MX', 3600, '10', 'old.example.test.'),
    named('c', 'MX', 3600, '10', 'old.example.test.'),
    named('*', 'MX', 3600, '10', 'old.example.test.'),
    named('odd', 'TXT', 3600, 'say "hi" \\ bye; ü', ' second'),
    named('www', 'CNAME', 300, 'example.test.'),
    named('old', 'A', 300, '192.0.2.2'),
  ]);
}

export interface ApiWorld {
  api: ApiServer;
  provider: (over?: 'wrong key' | 'may only read') => DnsProvider;
  /** Must not be in any error. */
  secrets: readonly string[];
}

export interface ApiWorldOptions {
  start: (zone: SimZone) => Promise<ApiWorld>;
  /** The service itself refuses when somebody was quicker. */
  compareAndSwap: boolean;
  atomic: boolean;
}

export function testApiProvider({ start, compareAndSwap, atomic }: ApiWorldOptions): void {
  describe('as every provider', () => testContract(start));
  describe('when the service does not do its part', () => testFaults({ start, compareAndSwap, atomic }));
}

function testContract(start: ApiWorldOptions['start']): void {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const zone = new SimZone(
    ZONE,
    names.map((name) => ({
      name: `${name}.${ZONE}`,
      type: 'MX',
      ttl: CONTRACT_OLD.ttl,
      fields: ['10', 'old.example.test'],
    })),
  );
  let world: ApiWorld;
  beforeAll(async () => {
    world = await start(zone);
  });
  afterAll(() => world.api.stop());
  testProvider({
    zone: ZONE,
    provider: () => world.provider(),
    refused: {
      provider: () => world.provider('wrong key'),
      get secrets() {
        return world.secrets;
      },
    },
    silent: () => {
      world.api.fail({ on: 'write', kind: 'cut-after' });
      return world.provider();
    },
    names,
    live: async (name, type) => zone.rrset(name, type),
    editByHand: async (name, type, set) => zone.edit(name, type, set),
    changes: async () => zone.serial,
    lowTtl: 60,
  });
}

function testFaults({ start, compareAndSwap, atomic }: ApiWorldOptions): void {
  let zone: SimZone;
  let world: ApiWorld;
  beforeEach(async () => {
    zone = seededZone();
    world = await start(zone);
  });
  afterEach(() => world.api.stop());

  const apply = (...changes: RrsetChange[]) => world.provider().apply(changes, signal);
  const changesMade = () => world.api.calls.filter(({ changed }) => changed).length;
  const untouched = (...keys: string[]) => zone.records().filter(({ name, type }) => !keys.includes(`${name}/${type}`));
  const toLow = change('@', 'MX', OLD, LOW);
  const toNew = change('@', 'MX', OLD, NEW);

  test('lowers, switches and restores, whatever the case and dots, and touches nothing else', async () => {
    const others = untouched('example.test/MX');
    for (const [before, after] of [
      [OLD, LOW],
      [LOW, NEW],
      [NEW, rrset(3600, ...NEW.records)],
      [rrset(3600, ...NEW.records), OLD],
    ] as const) {
      expect(await apply(change('@', 'MX', before, after))).toMatchObject({ kind: 'applied' });
      expect(zone.rrset(ZONE, 'MX')).toEqual(after);
      expect(untouched('example.test/MX')).toEqual(others);
    }
    const made = changesMade();
    expect(await apply(change('@', 'MX', NEW, OLD))).toMatchObject({ kind: 'applied' });
    expect(changesMade()).toBe(made);
  });

  test.each<[string, RrType, Rrset, Rrset]>([
    [
      '@',
      'TXT',
      rrset(3600, 'google-site-verification=abc', 'v=spf1 a -all'),
      rrset(3600, 'google-site-verification=abc', 'v=spf1 a mx -all'),
    ],
    ['odd', 'TXT', rrset(3600, 'say "hi" \\ bye; ü second'), rrset(300, 'back\\slash "quoted" \\034; ä')],
    ['*', 'MX', OLD, NEW],
    ['null', 'MX', NONE, rrset(300, '0 .')],
  ])('%s %s: makes it and takes it back', async (name, type, before, after) => {
    const others = untouched(`${change(name, type, before, after).name}/${type}`);
    for (const [from, to] of [
      [before, after],
      [after, before],
    ] as const) {
      expect(await apply(change(name, type, from, to))).toMatchObject({ kind: 'applied' });
      expect(zone.rrset(change(name, type, from, to).name, type)).toEqual(to);
    }
    expect(untouched(`${change(name, type, before, after).name}/${type}`)).toEqual(others);
  });

  test('one of two RRsets is not what was expected: nothing is changed, and it says what is there', async () => {
    zone.edit(`b.${ZONE}`, 'MX', rrset(3600, '1 somebody.test'));
    const records = zone.records();
    const result = await apply(toLow, change('b', 'MX', OLD, LOW));
    expect(result).toEqual({ kind: 'conflict', why: expect.stringContaining('1 somebody.test') });
    expect(zone.records()).toEqual(records);
  });

  if (compareAndSwap)
    test('somebody is quicker: a conflict, and what he wrote stays', async () => {
      world.api.beforeWrite(() => zone.edit(ZONE, 'MX', rrset(3600, '1 quicker.test')));
      expect(await apply(toNew)).toMatchObject({ kind: 'conflict' });
      expect(zone.rrset(ZONE, 'MX')).toEqual(rrset(3600, '1 quicker.test'));
    });

  test('a read that is put off is asked again, a write never', async () => {
    const retry = { 'retry-after': '0' };
    world.api.fail({ on: 'read', kind: 'status', status: 429, headers: retry, times: 2 });
    world.api.fail({ on: 'write', kind: 'status', status: 429, headers: retry });
    await expect(apply(toNew)).rejects.toMatchObject({ code: 'DNS_ANSWER', hint: { kind: 'pause', pauseMs: 0 } });
    expect(world.api.calls.filter(({ status }) => status === 429)).toHaveLength(3);
    expect(await apply(toNew)).toMatchObject({ kind: 'applied' });
  });

  test.each(['cut-after', 'cut-before'] as const)('%s: in doubt; the same again makes it once', async (kind) => {
    world.api.fail({ on: 'write', kind });
    await expect(apply(toNew)).rejects.toMatchObject({ code: 'DNS_UNREACHABLE' });
    expect(await apply(toNew)).toMatchObject({ kind: 'applied' });
    expect(zone.rrset(ZONE, 'MX')).toEqual(NEW);
    expect(changesMade()).toBe(1);
  });

  test('it dies after the first of two RRsets: the same again does what is left', async () => {
    const both = [toNew, change('b', 'MX', OLD, NEW)];
    world.api.fail({ on: 'write', kind: 'cut-before', skip: atomic ? 0 : 1 });
    await expect(apply(...both)).rejects.toMatchObject({ code: 'DNS_UNREACHABLE' });
    expect(zone.rrset(ZONE, 'MX')).toEqual(atomic ? OLD : NEW);
    expect(zone.rrset(`b.${ZONE}`, 'MX')).toEqual(OLD);
    expect(await apply(...both)).toMatchObject({ kind: 'applied' });
    expect([zone.rrset(ZONE, 'MX'), zone.rrset(`b.${ZONE}`, 'MX')]).toEqual([NEW, NEW]);
    expect(changesMade()).toBe(atomic ? 1 : 2);
  });

  test('answers that it is done and keeps the old records: not trusted', async () => {
    world.api.fail({ on: 'write', kind: 'keep-old' });
    await expect(apply(toNew)).rejects.toMatchObject({
      code: 'DNS_ANSWER',
      what: expect.stringContaining('10 old.example.test'),
    });
  });

  test.each([
    { on: 'read', status: 500 },
    { on: 'write', status: 502 },
  ] as const)('a broken answer to a $on ($status) is in doubt', async (fault) => {
    world.api.fail({ kind: 'status', ...fault, body: '<html>oops</html>' });
    await expect(apply(toNew)).rejects.toMatchObject({ code: 'DNS_ANSWER' });
    expect(zone.rrset(ZONE, 'MX')).toEqual(OLD);
  });

  test('an answer of something else is in doubt', async () => {
    world.api.fail({ on: 'read', kind: 'status', status: 200, body: '{"hello":"world"}' });
    await expect(apply(toNew)).rejects.toMatchObject({ code: 'DNS_ANSWER' });
  });

  test.each([
    ['wrong key', 'apply'],
    ['wrong key', 'rehearse'],
    ['may only read', 'apply'],
    ['may only read', 'rehearse'],
  ] as const)('%s, %s: refused, with words to act on and no secret', async (over, act) => {
    const outcome = world.provider(over)[act]([toNew], signal);
    const failure = await outcome.then(String, (error: unknown) => error);
    expect(failure).toMatchObject({ code: 'DNS_REFUSED', advice: expect.stringMatching(/.{40}/) });
    const text = JSON.stringify(failure, Object.getOwnPropertyNames(failure));
    for (const secret of world.secrets) expect(text).not.toContain(secret);
    expect(zone.rrset(ZONE, 'MX')).toEqual(OLD);
  });

  test('a rehearsal proves the permission and changes nothing', async () => {
    const records = zone.records();
    expect(await world.provider().rehearse([toNew, change('selector', 'TXT', NONE, SPF)], signal)).toBe('allowed');
    expect(await world.provider().rehearse([change('@', 'MX', NEW, OLD)], signal)).toBe('unknown');
    expect(zone.records()).toEqual(records);
    expect(changesMade()).toBe(0);
  });
}
