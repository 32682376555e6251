import { createHash } from 'node:crypto';
import type { KeyedMail, MailSession } from '@mxodus/model';
import { afterEach, expect, it } from 'vitest';
import { type ExchangeWorld, exchangeWorld, give } from './exchange-world.test.support.ts';

let world: ExchangeWorld;
afterEach(() => world.stop());

const keyOf = (n: number): string => `v1:${createHash('sha256').update(String(n)).digest('hex')}`;

async function opened(): Promise<{ session: MailSession; keyed: KeyedMail }> {
  const session = await world.open();
  if (session.keyed === null) throw new Error('copies in Exchange have keys');
  return { session, keyed: session.keyed };
}

it('finds copies by their keys in the folder, else says that they are elsewhere', async () => {
  world = await exchangeWorld();
  for (let n = 0; n < 20; n += 1) await give(world, { key: keyOf(n), received: `2026-11-01T10:00:${10 + n}Z` });
  await give(world, { key: keyOf(30), folder: 'deleteditems' });
  await give(world, { key: keyOf(31), folder: 'sentitems' });
  const { session, keyed } = await opened();
  const uids = await session.uids('INBOX');
  world.sim.forget();
  const found = await keyed.find('INBOX', [...Array.from({ length: 40 }, (_, n) => keyOf(n))]);
  expect([...found.values()].filter((place) => place !== 'elsewhere').sort((a, b) => Number(a) - Number(b))).toEqual(
    uids,
  );
  expect([30, 31, 20].map((n) => found.get(keyOf(n)))).toEqual(['elsewhere', 'elsewhere', undefined]);
  const sent = world.sim.journal.filter(({ query }) => query.includes('filter'));
  expect(Math.max(...sent.map(({ path, query }) => path.length + query.length))).toBeLessThan(8192);
});

it('finds a key that is twice in the folder by its lower UID', async () => {
  world = await exchangeWorld();
  await give(world, { key: keyOf(1), received: '2026-11-01T10:00:00Z' });
  await give(world, { key: keyOf(1), received: '2026-11-01T10:00:01Z' });
  const { session, keyed } = await opened();
  expect(await session.uids('INBOX')).toEqual([1, 2]);
  expect(await keyed.find('INBOX', [keyOf(1)])).toEqual(new Map([[keyOf(1), 1]]));
});

it('does not take what is still put together for a copy', async () => {
  world = await exchangeWorld();
  const { id } = await world.ask('POST', '/mailFolders', { displayName: 'mxodus-incoming', isHidden: true });
  await give(world, { key: keyOf(1), folder: String(id) });
  const { keyed } = await opened();
  expect(await keyed.find('INBOX', [keyOf(1)])).toEqual(new Map());
});

it('finds copies elsewhere when the folder is not there, or was deleted since', async () => {
  world = await exchangeWorld();
  const { id } = await world.ask('POST', '/mailFolders', { displayName: 'Old' });
  await give(world, { key: keyOf(1), folder: 'sentitems' });
  await give(world, { key: keyOf(2), folder: String(id) });
  const { keyed } = await opened();
  expect(await keyed.find('Old', [keyOf(2), keyOf(3)])).toEqual(new Map([[keyOf(2), 1]]));
  await world.ask('POST', `/mailFolders/${id}/permanentDelete`);
  for (const path of ['Old', 'Never']) {
    expect(await keyed.find(path, [keyOf(1), keyOf(3)])).toEqual(new Map([[keyOf(1), 'elsewhere']]));
    expect(await keyed.look(path, { from: 0, to: Date.now() })).toEqual([]);
  }
});

it('shows what arrived in a time, with what tells messages apart', async () => {
  world = await exchangeWorld();
  const id = "<a+b&c#d'%@x>";
  const from = { emailAddress: { name: 'Bob', address: 'Bob@Example.org' } };
  await give(world, {
    key: keyOf(1),
    received: '2026-11-01T10:00:00Z',
    message: { internetMessageId: id, subject: 'S', from },
  });
  await give(world, { received: '2026-11-01T10:00:05Z', message: { internetMessageId: id } });
  await give(world, { received: '2026-11-01T10:00:06Z' });
  await give(world, { received: '2026-11-01T09:59:59Z' });
  const { session, keyed } = await opened();
  const seen = await keyed.look('INBOX', {
    from: Date.parse('2026-11-01T10:00:00.700Z'),
    to: Date.parse('2026-11-01T10:00:05.200Z'),
  });
  const uids = new Map((await session.scan('INBOX')).messages.map(({ uid, internalDate }) => [internalDate, uid]));
  const [first, second] = [Date.parse('2026-11-01T10:00:00Z'), Date.parse('2026-11-01T10:00:05Z')];
  expect(seen.sort((a, b) => a.internalDate - b.internalDate)).toEqual([
    { uid: uids.get(first), key: keyOf(1), internalDate: first, messageId: id, subject: 'S', from: 'bob@example.org' },
    { uid: uids.get(second), key: null, internalDate: second, messageId: id, subject: 'hello', from: '' },
  ]);
});
