import { setTimeout as pause } from 'node:timers/promises';
import { type PostgresServer, startPostgres } from '@mxodus/lab';
import type { FencedLease, FleetStore } from '@mxodus/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANN, INBOX, startPass } from '../contract/opened-ledger.ts';
import { intent, stored } from '../contract/rows.ts';
import { openFleetStore } from './fleet-store.ts';

const LEASE_MS = 1500;
let server: PostgresServer;
let one: FleetStore;
let other: FleetStore;

beforeAll(async () => {
  server = await startPostgres();
  const open = (holder: string): Promise<FleetStore> =>
    openFleetStore({ url: server.url, holder, leaseMs: LEASE_MS, connections: 4 });
  one = await open('one');
  other = await open('other');
});
afterAll(async () => {
  await one.close();
  await other.close();
  await server.stop();
});

const BUSY = { code: 'BUSY' };

/** As if its process stood still: it is neither renewed nor known to be lost. */
async function frozen(lease: FencedLease): Promise<FencedLease> {
  const held: FencedLease = {
    name: lease.name,
    epoch: lease.epoch,
    heldForMs: () => LEASE_MS,
    lost: lease.lost,
    release: async () => undefined,
  };
  await lease.release();
  return held;
}

describe('a lease', () => {
  it('is one process’s at a time; its epoch grows', async () => {
    const first = await one.leases.acquire('a');
    await expect(other.leases.acquire('a')).rejects.toMatchObject(BUSY);
    expect(await other.leases.holder('a')).toMatch(/^one \(process \d+ on .+\) since 2/);
    await first.release();
    expect(await other.leases.holder('a')).toBeNull();
    const second = await other.leases.acquire('a');
    expect(second.epoch).toBeGreaterThan(first.epoch);
    await second.release();
  });

  it.each([
    ['below it', 'b/x/1', 'b/x'],
    ['above it', 'b', 'b/x'],
  ])('shuts out those %s, and no others', async (_, related, name) => {
    const lease = await one.leases.acquire(name);
    await expect(other.leases.acquire(related)).rejects.toMatchObject(BUSY);
    for (const free of ['b/y', 'b/xx', 'b2']) await (await other.leases.acquire(free)).release();
    await lease.release();
    await (await other.leases.acquire(related)).release();
  });

  it('is given to exactly one of many that ask at once', async () => {
    const asked = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? one : other).leases.acquire('c')),
    );
    const given = asked.flatMap((ask) => (ask.status === 'fulfilled' ? [ask.value] : []));
    expect(given).toHaveLength(1);
    await given[0]?.release();
  });

  it('is renewed while its holder lives, and outlives a restart of the server', async () => {
    const lease = await one.leases.acquire('d');
    await server.restart();
    await pause(2 * LEASE_MS);
    expect([lease.lost.aborted, lease.heldForMs() > 0]).toEqual([false, true]);
    await expect(other.leases.acquire('d')).rejects.toMatchObject(BUSY);
    await lease.release();
  });
});

describe('a ledger under a lease', () => {
  it('is not written by who lost it, neither its rows nor its folders nor its passes', async () => {
    const lease = await frozen(await one.leases.acquire('acme/1'));
    const under = await one.ledgerUnder('acme', lease);
    const now = await other.leases.acquire('acme/1');
    const ledger = await other.ledgerUnder('acme', now);
    const mailbox = await ledger.openMailbox(ANN);
    const pass = await startPass(ledger, mailbox);
    const { id: folder } = await ledger.openFolder(mailbox, INBOX);
    await ledger.writeIntents(folder, pass, [intent(1)]);
    const lost = { code: 'LEASE_LOST' };
    await expect(under.writeIntents(folder, pass, [intent(2)])).rejects.toMatchObject(lost);
    await expect(under.settle(folder, pass, [stored(1)])).rejects.toMatchObject(lost);
    await expect(startPass(under, mailbox)).rejects.toMatchObject(lost);
    await expect(under.openFolder(mailbox, { ...INBOX, source: 'Sent' })).rejects.toMatchObject(lost);
    expect((await ledger.messages(folder)).map(({ uid, state }) => [uid, state])).toEqual([[1, 'intent']]);
    await now.release();
  });

  it('is not written under one that was above or below and ran out', async () => {
    const below = await frozen(await one.leases.acquire('acme/2/f1'));
    const under = await one.ledgerUnder('acme', below);
    const whole = await other.leases.acquire('acme/2');
    await expect(under.openMailbox({ ...ANN, address: 'eve@example.com' })).rejects.toMatchObject({
      code: 'LEASE_LOST',
    });
    await whole.release();
  });
});

it('a lease whose server is away for longer than it lasts is lost, and says so', async () => {
  const lease = await one.leases.acquire('e');
  const lost = new Promise((resolve) => lease.lost.addEventListener('abort', resolve, { once: true }));
  const away = server.away(LEASE_MS + 1500);
  await lost;
  expect(lease.heldForMs()).toBe(0);
  expect(lease.lost.reason).toMatchObject({ code: 'LEASE_LOST' });
  await away;
  await (await other.leases.acquire('e')).release();
});
