import { afterEach, describe, expect, it } from 'vitest';
import { type ExchangeWorld, exchangeWorld, give } from './exchange-world.test.support.ts';
import { LAST_VERB } from './properties.ts';

let world: ExchangeWorld;
afterEach(() => world.stop());

const NOTHING = { from: 2 ** 32 - 1 };

describe('a folder', () => {
  it('is listed with dates, sizes, flags and Message-IDs under UIDs that stay', async () => {
    world = await exchangeWorld();
    await give(world, {
      received: '2019-03-04T05:06:07Z',
      message: {
        internetMessageId: "<a+b&c#d'%@x>",
        isRead: true,
        flag: { flagStatus: 'flagged' },
        categories: ['$label1'],
      },
      properties: [{ id: LAST_VERB, value: '102' }],
    });
    await give(world, { received: '2020-01-01T00:00:00Z', message: { isRead: false } });
    const session = await world.open();
    const scan = await session.scan('INBOX', { messageIds: true });
    // The service lists the newest first, and its second id differs from the first in case only.
    expect(scan).toEqual({
      uidValidity: expect.any(Number),
      uidNext: 3,
      exists: 2,
      highestModseq: null,
      permanentFlags: null,
      messages: [
        {
          uid: 1,
          flags: [],
          internalDate: Date.parse('2020-01-01T00:00:00Z'),
          bytes: expect.any(Number),
          messageId: expect.stringMatching(/@/),
        },
        {
          uid: 2,
          flags: ['$label1', '\\Answered', '\\Flagged', '\\Seen'],
          internalDate: Date.parse('2019-03-04T05:06:07Z'),
          bytes: expect.any(Number),
          messageId: "<a+b&c#d'%@x>",
        },
      ],
    });
    expect(scan.messages.every(({ bytes }) => bytes > 0)).toBe(true);
    await give(world, { received: '2018-01-01T00:00:00Z' });
    const again = await (await world.open()).scan('INBOX', { range: { from: 3 } });
    expect(again).toMatchObject({ uidValidity: scan.uidValidity, uidNext: 4, exists: 3, messages: [{ uid: 3 }] });
    expect(await session.uids('INBOX')).toEqual([1, 2, 3]);
    expect(await session.flags('INBOX', { from: 2, to: 2 })).toEqual([
      { uid: 2, flags: ['$label1', '\\Answered', '\\Flagged', '\\Seen'] },
    ]);
  });

  it('is counted by one request when nothing of it is asked for', async () => {
    world = await exchangeWorld();
    await give(world);
    const session = await world.open();
    await session.listFolders();
    world.sim.forget();
    expect(await session.scan('INBOX', { range: NOTHING, writable: true })).toMatchObject({
      exists: 1,
      uidNext: 1,
      messages: [],
    });
    expect(world.sim.journal).toHaveLength(1);
  });

  it('is told to hold what nobody has numbered yet, from its next UID on', async () => {
    world = await exchangeWorld();
    await give(world);
    const session = await world.open();
    const { uidNext } = await session.scan('INBOX', { range: NOTHING });
    expect((await session.scan('INBOX', { range: { from: uidNext } })).messages).toHaveLength(1);
  });

  it.each([
    { nextLinkBy: 'skip' as const, slowExpand: false },
    { nextLinkBy: 'skiptoken' as const, slowExpand: true },
  ])(
    'is listed over pages, and once more when something was deleted between two of them: $nextLinkBy',
    async (switches) => {
      world = await exchangeWorld({ switches });
      const first = await give(world, { received: '2026-11-02T00:00:00Z' });
      const { lookups, folders } = storeOf(world);
      const inbox = folders.known('inbox');
      const [pattern] = lookups.inFolder(inbox.id).all();
      if (pattern === undefined) throw new Error('nothing was given');
      for (let n = 0; n < 450; n += 1) storeOf(world).add(inbox, { ...pattern, received: pattern.received - n * 1000 });
      const session = await world.open();
      let pages = 0;
      world.sim.onRequest(async ({ method, path }, when) => {
        if (method !== 'GET' || when !== 'after' || !path.endsWith('/messages')) return;
        pages += 1;
        const [item] = [...lookups.inFolder(inbox.id).all()].filter(({ immutableId }) => immutableId === first);
        if (item !== undefined) storeOf(world).remove(item);
      });
      const { messages } = await session.scan('INBOX');
      expect(messages).toHaveLength(450);
      expect(pages).toBe(6);
    },
  );

  it('shows a short range without being listed, less what a person moved or deleted', async () => {
    world = await exchangeWorld();
    const ids = [await give(world), await give(world), await give(world), await give(world)];
    const session = await world.open();
    await session.uids('INBOX');
    const gone = await session.scan('INBOX', { range: { from: 1, to: 2 } });
    await world.ask('POST', `/messages/${ids[0]}/move`, { destinationId: 'archive' }).catch(() => undefined);
    await world.ask('POST', `/messages/${ids[1]}/move`, { destinationId: 'sentitems' });
    await world.ask('POST', `/messages/${ids[2]}/permanentDelete`);
    world.sim.forget();
    const { messages } = await session.scan('INBOX', { range: { from: 1, to: 3 } });
    expect(gone.messages).toHaveLength(2);
    expect(messages).toHaveLength(1);
    expect(world.sim.journal.some(({ path }) => path.endsWith('/messages'))).toBe(false);
  });
});

const storeOf = ({ sim }: ExchangeWorld) => {
  const [store] = sim.world.mailboxes.values();
  if (store === undefined) throw new Error('nobody asked for the mailbox yet');
  return store;
};
