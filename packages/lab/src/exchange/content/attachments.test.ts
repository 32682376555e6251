import { expect, test } from 'vitest';
import { contentWorld } from './content.test.support.ts';

const file = (bytes: string | Buffer, more: object = {}): object => ({
  '@odata.type': '#microsoft.graph.fileAttachment',
  name: 'a.txt',
  contentType: 'text/plain',
  contentBytes: Buffer.from(bytes).toString('base64'),
  ...more,
});

test('an attachment is posted, listed, read, and removed, and the change key moves on with each change', async () => {
  const { ask, message } = contentWorld();
  const item = message();
  const path = `users/ann@example.com/mailFolders/inbox/messages/${item.id}/attachments`;
  const keys = [item.changeKey];
  const posted = await ask('POST', path, { body: file('héllo', { isInline: true, contentId: 'c@d' }) });
  keys.push(item.changeKey);
  expect(posted).toMatchObject({ status: 201, json: { name: 'a.txt', isInline: true, contentId: 'c@d' } });
  const one = `${path}/${String(posted.json.id)}`;
  expect((await ask('GET', path)).json).toMatchObject({
    value: [{ contentBytes: Buffer.from('héllo').toString('base64') }],
  });
  expect((await ask('GET', `${path}?$select=name`)).json.value).toEqual([
    expect.not.objectContaining({ size: expect.anything() }),
  ]);
  expect((await ask('GET', one)).json).toMatchObject({ id: posted.json.id, contentType: 'text/plain' });
  expect(await ask('GET', `${one}/$value`)).toMatchObject({ status: 200, body: Buffer.from('héllo') });
  expect((await ask('DELETE', one)).status).toBe(204);
  keys.push(item.changeKey);
  expect((await ask('GET', one)).json).toEqual({ code: 'ErrorItemNotFound' });
  expect(new Set(keys).size).toBe(3);
});

test('an item attachment becomes an item: its properties are Graph’s, its MIME is made', async () => {
  const { ask, message } = contentWorld();
  const path = `users/ann@example.com/messages/${message(true).id}/attachments`;
  const item = {
    '@odata.type': '#microsoft.graph.message',
    subject: 'Inner',
    body: { contentType: 'text', content: 'hi' },
  };
  const body = { '@odata.type': '#microsoft.graph.itemAttachment', name: 'Inner', item };
  const posted = await ask('POST', path, { body });
  expect(posted.status).toBe(201);
  const one = `${path}/${String(posted.json.id)}`;
  expect((await ask('GET', `${one}?$expand=microsoft.graph.itemAttachment/item`)).json.item).toMatchObject({
    subject: 'Inner',
  });
  expect(String((await ask('GET', `${one}/$value`)).body)).toContain('Subject: Inner\r\n');
  const unknown = { ...body, item: { ...item, colour: 'red' } };
  expect(await ask('POST', path, { body: unknown })).toMatchObject({
    status: 400,
    json: { code: 'UnableToDeserializePostBody' },
  });
});

test.each([
  { what: 'a draft', isDraft: true, rule: 'refused', at: '2027-01-01', roles: ['Mail.ReadWrite'], status: 201 },
  { what: 'allowed', isDraft: false, rule: 'allowed', at: '2027-01-01', roles: ['Mail.ReadWrite'], status: 201 },
  { what: 'before the day', isDraft: false, rule: 'refused', at: '2026-12-30', roles: ['Mail.ReadWrite'], status: 201 },
  {
    what: 'from that day on',
    isDraft: false,
    rule: 'refused',
    at: '2026-12-31',
    roles: ['Mail.ReadWrite'],
    status: 403,
  },
  {
    what: 'with Advanced',
    isDraft: false,
    rule: 'refused',
    at: '2027-01-01',
    roles: ['Mail-Advanced.ReadWrite.All'],
    status: 201,
  },
] as const)('attachments of a message, $what: $status', async ({ isDraft, rule, at, roles, status }) => {
  const { ask, message, world, clock } = contentWorld();
  world.switches.nonDraftAttachments = rule;
  const item = message(isDraft);
  clock.set(new Date(`${at}T00:00:00Z`));
  const path = `users/ann@example.com/messages/${item.id}/attachments`;
  expect((await ask('POST', path, { body: file('x'), roles })).status).toBe(status);
  const size = 3_500_000;
  const session = { AttachmentItem: { attachmentType: 'file', name: 'b', size } };
  expect((await ask('POST', `${path}/createUploadSession`, { body: session, roles })).status).toBe(status);
});
