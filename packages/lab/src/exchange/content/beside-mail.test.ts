import { expect, test } from 'vitest';
import { contentWorld } from './content.test.support.ts';

const USER = 'users/ann@example.com';

test('an item is exported, its draft bit patched, and imported elsewhere', async () => {
  const { ask, message, store, ann, clock } = contentWorld();
  const item = message(true);
  const settings = await ask('GET', `${USER}/settings/exchange`);
  expect(settings.json.primaryMailboxId).toBe(ann.mailboxId);
  const admin = `admin/exchange/mailboxes/${String(settings.json.primaryMailboxId)}`;
  const { json } = await ask('POST', `${admin}/exportItems`, { body: { itemIds: [item.id, 'AAMkNone'] } });
  expect(json.value).toEqual([
    { itemId: item.id, changeKey: item.changeKey, data: expect.any(String) },
    expect.objectContaining({ error: expect.objectContaining({ code: 'ErrorItemNotFound' }) }),
  ]);
  const data = Buffer.from(Array.isArray(json.value) ? json.value[0].data : '', 'base64');
  const flags = data.indexOf(Buffer.from('0300070e', 'hex')) + 4;
  data.writeInt32LE((data.readInt32LE(flags) & ~8) | 4, flags);
  const session = await ask('POST', `${admin}/createImportSession`);
  expect(session.status).toBe(200);
  const url = String(session.json.importUrl);
  expect(url).toContain('https://127.0.0.1:1/api/gv1.0/Mailboxes(');
  const folder = store.folders.known('sentitems');
  const body = { FolderId: folder.id, Mode: 'create', Data: data.toString('base64') };
  const made = await ask('POST', url, { body });
  expect(made).toMatchObject({ status: 200, json: { changeKey: expect.any(String) } });
  expect(store.item(String(made.json.itemId), false)).toMatchObject({
    isDraft: false,
    subject: 'Plan',
    folderId: folder.id,
  });
  expect((await ask('POST', url, { body, headers: { authorization: 'Bearer x' } })).status).toBe(401);
  expect((await ask('POST', url, { body: { ...body, Data: 'AAAA' } })).json).toEqual({ code: 'ErrorCorruptData' });
  const stale = { ...body, Mode: 'update', ItemId: item.id, ChangeKey: 'old' };
  expect((await ask('POST', url, { body: stale })).status).toBe(412);
  clock.advance(3600);
  expect((await ask('POST', url, { body })).status).toBe(404);
});

test('at most 20 items are exported at once', async () => {
  const { ask, ann } = contentWorld();
  const itemIds = Array.from({ length: 21 }, () => 'x');
  expect(
    (await ask('POST', `admin/exchange/mailboxes/${ann.mailboxId}/exportItems`, { body: { itemIds } })).status,
  ).toBe(400);
});

test('ids are translated between their kinds; what is none is told for itself', async () => {
  const { ask, message } = contentWorld();
  const [one, two] = [message(), message()];
  const body = { inputIds: [one.id, two.id, 'x'], sourceIdType: 'restId', targetIdType: 'restImmutableEntryId' };
  expect((await ask('POST', `${USER}/translateExchangeIds`, { body })).json.value).toEqual([
    { sourceId: one.id, targetId: one.immutableId },
    { sourceId: two.id, targetId: two.immutableId },
    expect.objectContaining({ sourceId: 'x', errorDetails: expect.anything() }),
  ]);
  const many = { ...body, inputIds: Array.from({ length: 1001 }, () => 'x') };
  expect((await ask('POST', `${USER}/translateExchangeIds`, { body: many })).status).toBe(400);
});

test('categories and rules are kept for each mailbox', async () => {
  const { ask } = contentWorld();
  const categories = `${USER}/outlook/masterCategories`;
  const red = { displayName: 'Red', color: 'preset0' };
  expect((await ask('POST', categories, { body: red })).status).toBe(201);
  expect((await ask('POST', categories, { body: { displayName: 'red' } })).status).toBe(409);
  expect((await ask('GET', categories)).json.value).toMatchObject([red]);
  expect((await ask('GET', 'users/bob@example.com/outlook/masterCategories')).json.value).toEqual([]);
  const rules = `${USER}/mailFolders/inbox/messageRules`;
  expect((await ask('GET', rules)).json.value).toEqual([]);
  await ask('POST', rules, { body: { displayName: 'Forward', actions: { forwardTo: [] } } });
  expect((await ask('GET', rules)).json.value).toMatchObject([{ displayName: 'Forward', isEnabled: true }]);
});
