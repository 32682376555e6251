import type { MailSession } from '@mxodus/model';
import { afterEach, describe, expect, it } from 'vitest';
import { type ExchangeWorld, exchangeWorld, give } from './exchange-world.test.support.ts';

let world: ExchangeWorld;
afterEach(() => world.stop());

const TO = 'Sent Items';

async function inbox(messages: number): Promise<{ session: MailSession; uids: number[]; ids: string[] }> {
  const ids: string[] = [];
  for (let n = 0; n < messages; n += 1) ids.push(await give(world, { received: `2026-11-01T10:00:${50 - n}Z` }));
  const session = await world.open();
  return { session, uids: await session.uids('INBOX'), ids };
}

const counts = async (session: MailSession, ...paths: string[]): Promise<(number | undefined)[]> =>
  Promise.all(paths.map(async (path) => (await session.status(path))?.messages));

const moves = (): number => world.sim.journal.filter(({ path }) => path.endsWith('/move')).length;

describe('messages moved', () => {
  it('are told with the UIDs they have in the other folder', async () => {
    world = await exchangeWorld({ latencyMs: 5 });
    await give(world, { folder: 'sentitems' });
    const { session, uids } = await inbox(12);
    await session.uids(TO);
    const { uidValidity } = (await session.status(TO)) ?? {};
    expect(await session.move('INBOX', uids, TO)).toEqual({
      uidValidity,
      uids: new Map(uids.map((uid) => [uid, uid + 1])),
      leftMarked: false,
    });
    expect(await counts(session, 'INBOX', TO)).toEqual([0, 13]);
    expect((await session.scan(TO)).messages).toHaveLength(13);
    expect(world.sim.highWater('ann@contoso.example')).toBeLessThanOrEqual(4);
    expect(world.writes).toHaveLength(12);
  });

  it.each([
    { name: 'after', fault: { after: { status: 504 } }, sent: 3 },
    { name: 'before', fault: { before: { status: 504 } }, sent: 4 },
    { name: 'after, by a lost connection', fault: { after: 'reset' as const }, sent: 3 },
  ])('are there once when the service gives no answer: $name', async ({ fault, sent }) => {
    world = await exchangeWorld();
    const { session, uids } = await inbox(3);
    world.sim.faults.add({ method: 'POST', path: /\/move$/, nth: 2, ...fault });
    const { uids: moved } = await session.move('INBOX', uids, TO);
    expect([...moved.keys()].sort()).toEqual(uids);
    expect(await counts(session, 'INBOX', TO)).toEqual([0, 3]);
    expect(moves()).toBe(sent);
  });

  it('are only those that are still in the folder', async () => {
    world = await exchangeWorld();
    const { session, uids, ids } = await inbox(3);
    await world.ask('POST', `/messages/${ids[0]}/move`, { destinationId: 'drafts' });
    await world.ask('POST', `/messages/${ids[1]}/permanentDelete`);
    const { uids: moved } = await session.move('INBOX', [...uids, 99], TO);
    expect([...moved.keys()]).toEqual([3]);
    expect(await counts(session, 'INBOX', TO, 'Drafts')).toEqual([0, 1, 1]);
  });

  it('stay where they are when the other folder is gone', async () => {
    world = await exchangeWorld();
    const { session, uids } = await inbox(1);
    await session.create('There', null);
    const there = (await world.ask('GET', '/mailFolders')).value;
    const id = Array.isArray(there) ? there.find((one) => one.displayName === 'There')?.id : undefined;
    await world.ask('DELETE', `/mailFolders/${id}`);
    await expect(session.move('INBOX', uids, 'There')).rejects.toMatchObject({ code: 'FOLDER_REFUSED' });
    expect(await counts(session, 'INBOX')).toEqual([1]);
  });

  it('are none when the ear for writes forbids it', async () => {
    world = await exchangeWorld();
    const { session, uids } = await inbox(2);
    const auditing = await world.open(() => {
      throw new Error('an audit');
    });
    await expect(auditing.move('INBOX', uids, TO)).rejects.toThrow('an audit');
    await expect(auditing.expunge('INBOX', uids)).rejects.toThrow('an audit');
    await expect(auditing.storeFlags('INBOX', uids, { add: ['\\Seen'], remove: [] })).rejects.toThrow('an audit');
    expect(await counts(session, 'INBOX', TO)).toEqual([2, 0]);
    expect((await session.flags('INBOX', { from: 1 })).every(({ flags }) => flags.length === 0)).toBe(true);
  });
});

it('copies have UIDs of their own, and one without an answer is in doubt', async () => {
  world = await exchangeWorld();
  const { session, uids } = await inbox(2);
  expect((await session.copy('INBOX', uids, TO)).uids).toEqual(
    new Map([
      [1, 1],
      [2, 2],
    ]),
  );
  expect(await counts(session, 'INBOX', TO)).toEqual([2, 2]);
  world.sim.faults.add({ path: /\/copy$/, after: { status: 504 } });
  await expect(session.copy('INBOX', [1], TO)).rejects.toMatchObject({ code: 'SERVER_TIMEOUT' });
});

describe('messages expunged', () => {
  it('are gone for good, and others are not', async () => {
    world = await exchangeWorld();
    const { session, uids, ids } = await inbox(4);
    await world.ask('POST', `/messages/${ids[0]}/move`, { destinationId: 'sentitems' });
    expect(await session.expunge('INBOX', uids.slice(0, 3))).toBe('expunged');
    expect(await session.expunge('INBOX', uids.slice(0, 3))).toBe('expunged');
    expect(await counts(session, 'INBOX', TO, 'Deleted Items')).toEqual([1, 1, 0]);
  });

  it('go to the deleted items where the service has no permanentDelete', async () => {
    world = await exchangeWorld();
    const { session, uids } = await inbox(2);
    world.sim.faults.add({
      path: /permanentDelete$/,
      times: 9,
      before: { status: 400, code: 'RequestBroker--ParseUri' },
    });
    await session.expunge('INBOX', uids);
    expect(await counts(session, 'INBOX', 'Deleted Items')).toEqual([0, 2]);
  });
});
