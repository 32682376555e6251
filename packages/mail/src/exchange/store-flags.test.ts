import type { MailSession } from '@mxodus/model';
import { afterEach, expect, it } from 'vitest';
import { type ExchangeWorld, exchangeWorld, give } from './exchange-world.test.support.ts';

let world: ExchangeWorld;
afterEach(() => world.stop());

const AFTER = { now: () => new Date('2027-01-02T00:00:00Z') };

const flagsNow = async (session: MailSession): Promise<string[][]> =>
  (await session.flags('INBOX', { from: 1 })).map(({ flags }) => [...flags]);

async function inbox(messages: number): Promise<{ session: MailSession; uids: number[] }> {
  for (let n = 0; n < messages; n += 1) await give(world, { message: { isRead: false, categories: ['hers'] } });
  const session = await world.open();
  return { session, uids: await session.uids('INBOX') };
}

it('sets and clears what an app may change at any time, and keeps the categories a person set', async () => {
  world = await exchangeWorld(AFTER);
  const { session, uids } = await inbox(3);
  const [first = 0, ...others] = uids;
  expect(await session.storeFlags('INBOX', uids, { add: ['\\Seen', '\\Flagged', 'mine'], remove: [] })).toEqual([]);
  expect(await session.storeFlags('INBOX', [first], { add: [], remove: ['\\Seen', '\\Flagged', 'mine'] })).toEqual([]);
  expect(await flagsNow(session)).toEqual([['hers'], ...others.map(() => ['\\Flagged', '\\Seen', 'hers', 'mine'])]);
});

it('writes nothing when the categories are there already', async () => {
  world = await exchangeWorld();
  const { session, uids } = await inbox(2);
  expect(await session.storeFlags('INBOX', uids, { add: ['hers'], remove: ['other'] })).toEqual([]);
  expect(world.writes).toEqual([]);
});

it('sends again what a batch turned away inside, and never takes it for done', async () => {
  world = await exchangeWorld();
  const { session, uids } = await inbox(25);
  const headers = { 'Retry-After': '0' };
  world.sim.faults.add({
    method: 'PATCH',
    where: 'inner',
    nth: 3,
    times: 4,
    before: { status: 429, code: 'ApplicationThrottled', headers },
  });
  await session.storeFlags('INBOX', uids, { add: ['\\Seen'], remove: [] });
  expect(await flagsNow(session)).toEqual(uids.map(() => ['\\Seen', 'hers']));
});

it('reads again what somebody changed between its look and its write', async () => {
  world = await exchangeWorld();
  const { session, uids } = await inbox(2);
  let meddled = 0;
  world.sim.onRequest(async ({ method, path, inBatch }, when) => {
    if (method !== 'GET' || !inBatch || when !== 'after' || !path.includes('/messages/') || meddled >= 3) return;
    meddled += 1;
    await meddle(meddled, path);
  });
  const meddle = async (n: number, path: string): Promise<void> => {
    const id = decodeURIComponent(path.split('/').at(-1) ?? '');
    const [store] = world.sim.world.mailboxes.values();
    const item = store?.item(id, true);
    if (item !== undefined) store?.change(item, { categories: [...item.categories, `hers${n}`] });
  };
  await session.storeFlags('INBOX', uids, { add: ['mine'], remove: [] });
  const all = (await flagsNow(session)).flat();
  expect(meddled).toBe(3);
  expect(all.filter((flag) => flag === 'mine')).toHaveLength(2);
  expect(all.filter((flag) => /^hers\d/.test(flag)).sort()).toEqual(['hers1', 'hers2', 'hers3']);
});

it('goes on without messages that are gone', async () => {
  world = await exchangeWorld();
  const gone = await give(world);
  const { session, uids } = await inbox(1);
  await world.ask('POST', `/messages/${gone}/permanentDelete`);
  await session.storeFlags('INBOX', [...uids, 99], { add: ['\\Seen', 'mine', '\\Answered'], remove: [] });
  expect(await flagsNow(session)).toEqual([['\\Answered', '\\Seen', 'hers', 'mine']]);
});

it.each(['ErrorAccessDenied', 'Authorization_RequestDenied'] as const)(
  'tells which permission \\Answered needs from 2026-12-31 on, asks once (%s), and sets the rest',
  async (advancedRefusal) => {
    world = await exchangeWorld({ ...AFTER, switches: { advancedRefusal } });
    const { session, uids } = await inbox(30);
    const change = { add: ['\\Answered', '\\Seen'], remove: [] };
    const why = expect.stringMatching(/Mail-Advanced\.ReadWrite\.All.*2026-12-31/);
    expect(await session.storeFlags('INBOX', uids, change)).toEqual([{ uids, flags: ['\\Answered'], why }]);
    expect(await session.storeFlags('INBOX', uids, change)).toEqual([{ uids, flags: ['\\Answered'], why }]);
    expect(await flagsNow(session)).toEqual(uids.map(() => ['\\Seen', 'hers']));
    expect(world.sim.journal.filter(({ status, inBatch }) => status === 403 && inBatch)).toHaveLength(1);
  },
);

it('sets \\Answered and $Forwarded with that permission', async () => {
  world = await exchangeWorld({ ...AFTER, roles: ['Mail.ReadWrite', 'Mail-Advanced.ReadWrite.All'] });
  const { session, uids } = await inbox(2);
  const [first = 0, second = 0] = uids;
  expect(await session.storeFlags('INBOX', [first], { add: ['\\Answered'], remove: [] })).toEqual([]);
  expect(await session.storeFlags('INBOX', [second], { add: ['$Forwarded'], remove: [] })).toEqual([]);
  expect(await flagsNow(session)).toEqual([
    ['\\Answered', 'hers'],
    ['$Forwarded', 'hers'],
  ]);
  await session.storeFlags('INBOX', uids, { add: [], remove: ['\\Answered'] });
  expect(await flagsNow(session)).toEqual([['hers'], ['$Forwarded', 'hers']]);
});

it('names what is never set', async () => {
  world = await exchangeWorld();
  const { session, uids } = await inbox(1);
  const refused = await session.storeFlags('INBOX', uids, { add: ['\\Deleted', '\\Draft'], remove: [] });
  expect(refused.map(({ flags }) => flags)).toEqual([['\\Deleted'], ['\\Draft']]);
  expect(world.writes).toEqual([]);
});
