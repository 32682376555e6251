import { describe, expect, it } from 'vitest';
import { mailboxSizes } from './mailbox-sizes.ts';
import { Migration } from './migration.ts';
import { type Simulation, simulate } from './simulate.ts';
import { fleet, imap, mailboxOf, several, tenant, worldOf } from './world.test.support.ts';
import type { World } from './world.ts';

/** Signing in and looking takes so long without a round trip. */
const OPENING = 0.05;

const worst = ({ heldUp }: Simulation) => heldUp[0]?.limit;
const holders = ({ heldUp }: Simulation): string[] => heldUp.map(({ limit: { kind, server } }) => `${kind} ${server}`);

describe('one mailbox', () => {
  it('goes at the pace of its lanes', () => {
    // One connection of two is for the small commands: one lane.
    const result = simulate(worldOf([mailboxOf(60_000)]));
    expect(result.makespan).toBeCloseTo(OPENING + 60, 6);
    expect(worst(result)).toEqual({ kind: 'connections_per_mailbox', server: 'new' });
  });

  it('gets more lanes with more connections, unless it is small', () => {
    const servers = [imap('old', { connectionsPerMailbox: 5 }), imap('new', { connectionsPerMailbox: 5 })];
    expect(simulate(worldOf([mailboxOf(60_000)], { servers })).makespan).toBeCloseTo(OPENING + 15, 6);
    expect(simulate(worldOf([mailboxOf(150)], { servers })).makespan).toBeCloseTo(OPENING + 0.15, 6);
  });

  it('waits for the window of requests, which is what held it up from the start of each window', () => {
    const result = simulate(worldOf([mailboxOf(100_000)], { servers: [imap('old'), tenant('new')] }));
    const opening = OPENING + (22 + 8) * 0.2 + 0.2;
    // Nine windows in full, and 10,000 messages at 20 a second in the tenth.
    expect(result.makespan).toBeCloseTo(opening + 9 * 600 + 500, 6);
    expect(result.heldUp.map(({ limit, mailboxHours }) => [limit.kind, Math.round(mailboxHours * 3600)])).toEqual([
      ['requests', 5400],
      ['concurrent_requests', 500],
      ['opening', 6],
    ]);
  });

  it('waits for the window of bytes, as base64', () => {
    // 1,095 messages of 137 kB on the wire fill a window.
    const mailbox = mailboxOf(10_000, { bytes: 10_000 * 100_000 });
    const result = simulate(worldOf([mailbox], { servers: [imap('old'), tenant('new')] }));
    const opening = OPENING + (22 + 8) * 0.2 + 0.2;
    const windows = Math.floor((10_000 * 137_000) / 150_000_000);
    const rest = ((10_000 * 137_000) / 150_000_000 - windows) * (150_000_000 / 137_000 / 20);
    expect(result.makespan).toBeCloseTo(opening + windows * 300 + rest, 3);
    expect(result.last).toEqual({ kind: 'upload', server: 'new' });
  });

  it('waits for the next day, and gives its place away until then', () => {
    const servers = [imap('old', { bytesPerDay: 20_000_000 }), imap('new')];
    const big = mailboxOf(50_000);
    const small = mailboxOf(10_000);
    const inTurn = fleet({ places: 1, slice: 300 });
    const result = simulate(worldOf([big, small], { servers, fleet: inTurn }));
    expect(result.makespan).toBeGreaterThan(2 * 86_400 + 10);
    expect(result.makespan).toBeLessThan(2 * 86_400 + 12);
    expect(result.done.half).toBeLessThan(60);
    expect(result.last).toEqual({ kind: 'bytes_per_day', server: 'old' });
  });
});

describe('several mailboxes', () => {
  it('share the rate of a server', () => {
    const servers = [imap('old', { bytesPerSecond: 1_000_000 }), imap('new')];
    const result = simulate(worldOf(several(4, mailboxOf(60_000)), { servers }));
    expect(result.makespan).toBeCloseTo(OPENING + 240, 6);
    expect(worst(result)).toEqual({ kind: 'bytes_per_second', server: 'old' });
  });

  it('leave what they cannot use to those with other servers', () => {
    const servers = [
      imap('old'),
      imap('slow', { bytesPerSecond: 100_000 }),
      imap('new', { bytesPerSecond: 1_000_000 }),
    ];
    const mailboxes = [mailboxOf(6000, { source: 'slow' }), mailboxOf(54_000)];
    // 100 messages a second from one, 900 from the other, although each would have half.
    const result = simulate(worldOf(mailboxes, { servers }));
    expect(result.makespan).toBeCloseTo(OPENING + 60, 3);
    expect(holders(result)).toContain('bytes_per_second slow');
    expect(holders(result)).toContain('bytes_per_second new');
  });

  it('wait for connections, and the bottleneck is the server that has too few', () => {
    const servers = [imap('old'), imap('new', { connections: 4 })];
    const result = simulate(worldOf(several(10, mailboxOf(60_000)), { servers }));
    expect(result.makespan).toBeCloseTo(5 * (OPENING + 60), 6);
    expect(result.done.half).toBeCloseTo(3 * (OPENING + 60), 6);
    expect(worst(result)).toEqual({ kind: 'connections', server: 'new' });
  });

  it('wait for a place of a worker', () => {
    const result = simulate(worldOf(several(8, mailboxOf(60_000)), { fleet: fleet({ workers: 2, places: 2 }) }));
    expect(result.makespan).toBeCloseTo(2 * (OPENING + 60), 6);
    expect(worst(result)).toEqual({ kind: 'connections_per_mailbox', server: 'new' });
    expect(result.heldUp[1]?.limit).toEqual({ kind: 'places', server: null });
    expect(result.use.places).toBeCloseTo(1, 6);
  });

  it('share the cores of their worker, and its memory', () => {
    const cpu = { perMessage: 0.001, perByte: 0 };
    const busy = fleet({ workers: 2, cpu: { toImap: cpu, toService: cpu } });
    const result = simulate(worldOf(several(4, mailboxOf(60_000)), { fleet: busy }));
    expect(result.makespan).toBeCloseTo(OPENING + 120, 6);
    expect([worst(result)?.kind, Math.round(100 * result.use.cpu)]).toEqual(['cpu', 100]);
    // A batch of 150 messages of 1 kB is held for 0.15 s: at 1,000 messages a second these are 150 kB.
    const narrow = simulate(worldOf(several(4, mailboxOf(60_000)), { fleet: fleet({ bytesInFlight: 300_000 }) }));
    expect(narrow.makespan).toBeCloseTo(OPENING + 0 + 120, 1);
    expect(worst(narrow)?.kind).toBe('memory');
  });

  it('have their turns: two large ones at one place both get on, and a small one need not wait for them', () => {
    const mailboxes = [mailboxOf(600_000), mailboxOf(600_000), mailboxOf(1000)];
    const alone = simulate(worldOf(mailboxes, { fleet: fleet({ places: 1 }) }));
    const inTurn = simulate(worldOf(mailboxes, { fleet: fleet({ places: 1, slice: 100 }) }));
    expect(alone.done.half).toBeCloseTo(2 * OPENING + 601, 1);
    // To look again costs 6 s a slice.
    expect(inTurn.done.half).toBeGreaterThan(1150);
    expect(inTurn.makespan).toBeGreaterThan(inTurn.done.half);
    expect(inTurn.makespan - inTurn.done.half).toBeLessThan(110);
    const late = [mailboxOf(600_000, { wave: 1 }), mailboxOf(1000, { wave: 2 })];
    expect(simulate(worldOf(late, { fleet: fleet({ places: 1, slice: 100 }) })).done.half).toBeLessThan(102);
  });

  it('are not all begun at once: only about twice as many as there are places have their turns', () => {
    const { done, makespan } = simulate(
      worldOf(several(12, mailboxOf(60_000)), { fleet: fleet({ places: 1, slice: 20 }) }),
    );
    expect(done.half).toBeLessThan(0.75 * makespan);
  });

  it('of another customer are not held up by many', () => {
    const many = several(50, mailboxOf(60_000, { project: 'big' }));
    const few = several(2, mailboxOf(500, { project: 'few' }));
    const migration = new Migration(worldOf([...many, ...few], { fleet: fleet({ places: 1 }) }), 0);
    migration.run();
    // At most two of the many are before them in the line.
    for (const { doneAt } of migration.runs.slice(50)) expect(doneAt).toBeLessThan(122);
    expect(migration.now).toBeGreaterThan(3000);
  });
});

describe('any world', () => {
  const sizes = mailboxSizes({ mailboxes: 300, messages: 3_000_000, tail: 1, seed: 7 });
  const cpu = { perMessage: 0.0002, perByte: 5e-9 };
  const company = (workers: number): World => ({
    servers: [
      imap('old', { connections: 60, bytesPerSecond: 30_000_000 }),
      imap('new', { connections: 90 }),
      tenant('m365', { connections: 30 }),
    ],
    mailboxes: sizes.map((messages, index) =>
      mailboxOf(messages, { destination: index % 3 === 0 ? 'm365' : 'new', bytes: messages * 20_000, folders: 5 }),
    ),
    fleet: fleet({ workers, places: 4, slice: 300, job: 0.03, cpu: { toImap: cpu, toService: cpu } }),
  });

  it('moves every message once, and is the same every time', () => {
    const result = simulate(company(3));
    expect(result.messages).toBe(3_000_000);
    expect(simulate(company(3))).toEqual(result);
    const mailboxSeconds = result.heldUp.reduce((sum, { mailboxHours }) => sum + mailboxHours * 3600, 0);
    expect(mailboxSeconds).toBeLessThanOrEqual(300 * result.makespan);
    expect(mailboxSeconds).toBeGreaterThanOrEqual(150 * result.done.half);
  });

  it('is never slower with more workers, but for the order things come in', () => {
    const makespans = [1, 2, 3, 4, 6, 8, 12].map((workers) => simulate(company(workers)).makespan);
    for (const [index, makespan] of makespans.entries()) {
      expect(makespan).toBeLessThanOrEqual(1.05 * Math.min(...makespans.slice(0, index + 1)));
    }
    expect(makespans[0]).toBeGreaterThan(1.5 * (makespans[1] ?? 0));
  });

  it('is nearly the same when moments close together are looked at as one', () => {
    const [exact, coarse] = [simulate(company(3)), simulate(company(3), 3)];
    expect(Math.abs(coarse.makespan / exact.makespan - 1)).toBeLessThan(0.02);
    expect(coarse.moments).toBeLessThan(exact.moments);
    expect(coarse.messages).toBe(3_000_000);
  });

  it('of a billion messages is played by slices, not by messages', () => {
    const many = mailboxSizes({ mailboxes: 10_000, messages: 1e9, tail: 1, seed: 1 });
    const result = simulate(
      {
        servers: [imap('old', { connections: 80 }), imap('new', { connections: 160 })],
        mailboxes: many.map((messages) => mailboxOf(messages, { folders: 10 })),
        fleet: fleet({ workers: 10, places: 8, slice: 300 }),
      },
      3,
    );
    expect(result.messages).toBe(1e9);
    const slices = result.mailboxes + (80 * result.makespan) / 300;
    expect(result.moments).toBeLessThan(3 * slices);
  });
});

describe('sizes of mailboxes', () => {
  it('add up, and have a tail', () => {
    const sizes = mailboxSizes({ mailboxes: 1000, messages: 1_000_000, tail: 1, seed: 3 });
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(1_000_000);
    expect(Math.max(...sizes)).toBeGreaterThan(8000);
    expect(sizes.toSorted((a, b) => a - b)[500]).toBeLessThan(750);
    expect(mailboxSizes({ mailboxes: 4, messages: 40, tail: 0, seed: 3 })).toEqual([10, 10, 10, 10]);
  });
});
