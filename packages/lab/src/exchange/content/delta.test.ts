import { expect, test } from 'vitest';
import { type ContentWorld, contentWorld } from './content.test.support.ts';

const INBOX = 'users/ann@example.com/mailFolders/inbox/messages/delta';

interface Round {
  there: string[];
  removed: string[];
  pages: number;
  link: string;
}

/** Follows nextLink to the deltaLink. */
async function round({ ask }: ContentWorld, url: string, headers: Record<string, string> = {}): Promise<Round> {
  const found: Round = { there: [], removed: [], pages: 0, link: url };
  for (let next: unknown = url; typeof next === 'string'; ) {
    const { json, status } = await ask('GET', next, { headers });
    if (status !== 200 || !Array.isArray(json.value)) throw new Error(`${status} ${JSON.stringify(json)}`);
    for (const row of json.value) (row['@removed'] === undefined ? found.there : found.removed).push(row.id);
    found.pages += 1;
    found.link = String(json['@odata.deltaLink']);
    next = json['@odata.nextLink'];
  }
  return found;
}

test('messages/delta gives all, page by page, then what changed, came and went', async () => {
  const box = contentWorld();
  const { store, message } = box;
  const items = [message(), message(), message()];
  const prefer = { prefer: 'odata.maxpagesize=2' };
  const first = await round(box, `${INBOX}?$select=subject`, prefer);
  expect([first.pages, [...first.there].sort()]).toEqual([2, items.map(({ id }) => id).sort()]);
  const [changed, moved, deleted] = items;
  if (changed === undefined || moved === undefined || deleted === undefined) throw new Error('three were made');
  const wentBy = moved.id;
  store.change(changed, { isRead: true });
  store.move(moved, store.folders.known('sentitems'));
  store.remove(deleted);
  const added = message();
  const second = await round(box, first.link);
  expect(second.there.sort()).toEqual([changed.id, added.id].sort());
  expect(second.removed.sort()).toEqual([wentBy, deleted.id].sort());
  expect(await round(box, second.link)).toMatchObject({ there: [], removed: [] });
  store.move(moved, store.folders.known('inbox'));
  expect((await round(box, second.link)).there).toEqual([moved.id]);
});

test('with immutable ids a message that is moved away is removed by its own', async () => {
  const box = contentWorld();
  const item = box.message();
  const headers = { prefer: 'IdType="ImmutableId"' };
  const first = await round(box, INBOX, headers);
  expect(first.there).toEqual([item.immutableId]);
  box.store.move(item, box.store.folders.known('sentitems'));
  expect((await round(box, first.link, headers)).removed).toEqual([item.immutableId]);
});

test('$select is kept over the pages, $filter only knows receivedDateTime', async () => {
  const box = contentWorld();
  box.message();
  const { json } = await box.ask('GET', `${INBOX}?$select=isRead&$filter=receivedDateTime%20ge%202026-01-01T00:00:00Z`);
  expect(json.value).toEqual([expect.not.objectContaining({ subject: expect.anything() })]);
  expect(json.value).toEqual([expect.objectContaining({ isRead: false })]);
  const none = await round(box, `${INBOX}?$filter=receivedDateTime%20gt%202026-12-01T00:00:00Z`);
  expect(none.there).toEqual([]);
  expect((await box.ask('GET', `${INBOX}?$filter=isRead%20eq%20true`)).status).toBe(400);
});

test('a token that is too old, or nobody’s, is 410', async () => {
  const box = contentWorld();
  box.world.switches.deltaLifetimeSeconds = 60;
  const { link } = await round(box, INBOX);
  box.clock.advance(59);
  expect((await box.ask('GET', link)).status).toBe(200);
  box.clock.advance(1);
  for (const url of [link, `${INBOX}?$deltatoken=x`]) {
    expect(await box.ask('GET', url)).toMatchObject({ status: 410, json: { code: 'SyncStateNotFound' } });
  }
});

test('mailFolders/delta tells of folders at any depth', async () => {
  const box = contentWorld();
  const { store } = box;
  const top = store.folders.add(store.folders.known('msgfolderroot'), 'Top');
  const first = await round(box, 'users/ann@example.com/mailFolders/delta');
  expect(first.there).toEqual(expect.arrayContaining([top.id, store.folders.known('inbox').id]));
  const deep = store.folders.add(top, 'Deep');
  const second = await round(box, first.link);
  expect(second.there.sort()).toEqual([top.id, deep.id].sort());
  store.folders.remove(top);
  expect((await round(box, second.link)).removed.sort()).toEqual([top.id, deep.id].sort());
});
