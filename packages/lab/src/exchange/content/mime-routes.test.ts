import PostalMime from 'postal-mime';
import { expect, test } from 'vitest';
import { emptyContent } from '../mailbox/item.ts';
import { ALL_ROLES, contentWorld } from './content.test.support.ts';

const MIME = `Received: from a by b; Mon, 4 Mar 2019 05:06:07 +0000
Received: from x by a; Mon, 4 Mar 2019 05:06:05 +0000
Date: Mon, 4 Mar 2019 06:06:01 +0100
From: Bob <bob@example.org>
To: =?utf-8?q?J=C3=BCrg?= <j@example.com>, Team: t@example.com, u@example.com;
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
Message-ID: <m+1@example.org>
In-Reply-To: <m0@example.org>
X-Custom: kept
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=q

--q
Content-Type: multipart/alternative; boundary=r

--r
Content-Type: text/plain

plain
--r
Content-Type: text/html; charset=utf-8

<p>rich</p>
--r--
--q
Content-Type: message/rfc822

Subject: inner

deep
--q
Content-Type: image/png; name=a.png
Content-ID: <c@d>
Content-Disposition: inline
Content-Transfer-Encoding: base64

AAEC
--q--
`.replaceAll('\n', '\r\n');
const base64 = Buffer.from(MIME).toString('base64');
const USER = 'users/ann@example.com';

test('MIME posted to messages is a draft in Drafts, whatever it says', async () => {
  const { ask, store } = contentWorld();
  const created = await ask('POST', `${USER}/messages`, { body: base64 });
  expect(created).toMatchObject({
    status: 201,
    json: {
      isDraft: true,
      subject: 'Grüße',
      internetMessageId: '<m+1@example.org>',
      parentFolderId: store.folders.known('drafts').id,
      receivedDateTime: '2026-11-22T10:00:00Z',
      from: { emailAddress: { name: 'Bob', address: 'bob@example.org' } },
      body: { contentType: 'html', content: expect.stringContaining('<p>rich</p>') },
    },
  });
  const to = created.json.toRecipients;
  expect(to).toMatchObject(
    ['j@example.com', 't@example.com', 'u@example.com'].map((address) => ({ emailAddress: { address } })),
  );
  const [item] = store.items();
  expect(item?.attachments).toMatchObject([
    { kind: 'item', name: 'inner' },
    { kind: 'file', name: 'a.png', isInline: true, contentId: 'c@d', bytes: Buffer.from([0, 1, 2]) },
  ]);
});

test.each([
  { body: 'not base64!', status: 400, code: 'ErrorMimeContentInvalidBase64String' },
  { body: 'QUJ', status: 400, code: 'ErrorMimeContentInvalidBase64String' },
  { body: '', status: 400, code: 'ErrorMimeContentInvalidBase64String' },
  { body: 'QUJD'.repeat(1_000_001), status: 413, code: 'BadRequest' },
])('MIME that is refused: $code', async ({ body, status, code }) => {
  const { ask } = contentWorld();
  for (const path of [`${USER}/messages`, `${USER}/mailFolders/inbox/importMime`]) {
    expect(await ask('POST', path, { body, version: 'beta', roles: ALL_ROLES })).toMatchObject({
      status,
      json: { code },
    });
  }
});

test.each([
  { by: 'received-header', date: '2019-03-04T05:06:07Z' },
  { by: 'date-header', date: '2019-03-04T05:06:01Z' },
  { by: 'now', date: '2026-11-22T10:00:00Z' },
] as const)('importMime makes a message that is no draft, received by $by', async ({ by, date }) => {
  const { ask, world } = contentWorld();
  world.switches.importMimeDate = by;
  const path = `${USER}/mailFolders/inbox/importMime`;
  const asking = { body: base64, version: 'beta', roles: ALL_ROLES } as const;
  expect(await ask('POST', path, asking)).toMatchObject({
    status: 201,
    json: { isDraft: false, isRead: false, receivedDateTime: date, sentDateTime: '2019-03-04T05:06:01Z' },
  });
  world.switches.importMimeRead = true;
  expect((await ask('POST', path, asking)).json).toMatchObject({ isRead: true });
  expect((await ask('POST', path, { ...asking, roles: ['Mail.ReadWrite'] })).status).toBe(403);
  expect((await ask('POST', path, { ...asking, version: 'v1.0' })).status).toBe(404);
  world.switches.importMime = 'missing';
  expect((await ask('POST', path, asking)).status).toBe(404);
});

test('what came as MIME is given back with its parts and fields, and not the same bytes', async () => {
  const { ask } = contentWorld();
  const made = await ask('POST', `${USER}/mailFolders/inbox/importMime`, {
    body: base64,
    version: 'beta',
    roles: ALL_ROLES,
  });
  const { body } = await ask('GET', `${USER}/messages/${String(made.json.id)}/$value`);
  const text = String(body);
  expect(text).not.toBe(MIME);
  expect(text).toContain('X-Custom: kept\r\n');
  expect(text.slice(text.indexOf('\r\n\r\n'))).toBe(MIME.slice(MIME.indexOf('\r\n\r\n')));
});

test('the MIME of an item is made anew: its values, its attachments, transport fields; custom X- fields are lost', async () => {
  const { ask, store, world } = contentWorld();
  const file = { kind: 'file', contentLocation: null, modified: store.now() } as const;
  const bytes = Buffer.from([1, 2, 3]);
  const item = store.add(store.folders.known('inbox'), {
    ...emptyContent(store.now()),
    subject: 'Grüße an alle, die das hier lesen, und noch ein paar Wörter mehr',
    bodyType: 'html',
    body: '<p>a &amp; b</p>',
    isDraft: false,
    from: { name: 'Jürg', address: 'j@example.com' },
    toRecipients: [{ name: 'Ann "A" Lee', address: 'ann@example.com' }],
    sent: Date.parse('2019-03-04T05:06:01Z'),
    internetMessageId: '<a@b>',
    inReplyTo: '<p@q>',
    rawHeaders:
      'Received: from a\r\n\tby b\r\nSubject: old\r\nX-Custom: lost\r\nList-Id: <l.example>\r\nContent-Type: text/x',
    attachments: [
      { ...file, id: '1', name: 'bild.png', contentType: 'image/png', isInline: true, contentId: 'c@d', bytes },
      {
        ...file,
        id: '2',
        name: 'Überblick.pdf',
        contentType: 'application/pdf',
        isInline: false,
        contentId: null,
        bytes,
      },
    ],
  });
  const value = async (): Promise<Buffer> =>
    Buffer.from(String((await ask('GET', `${USER}/messages/${item.id}/$value`)).body), 'latin1');
  const mime = await value();
  expect(mime.equals(await value())).toBe(true);
  expect(mime.toString('latin1')).not.toMatch(/X-Custom|text\/x|Subject: old/);
  const email = await PostalMime.parse(mime);
  expect(email).toMatchObject({
    subject: item.subject,
    from: { name: 'Jürg', address: 'j@example.com' },
    to: [{ name: 'Ann "A" Lee', address: 'ann@example.com' }],
    messageId: '<a@b>',
    inReplyTo: '<p@q>',
    date: '2019-03-04T05:06:01.000Z',
    html: expect.stringContaining('<p>a &amp; b</p>'),
    text: expect.stringContaining('a & b'),
    attachments: [
      { filename: 'bild.png', mimeType: 'image/png', contentId: '<c@d>', related: true },
      { filename: 'Überblick.pdf', mimeType: 'application/pdf', disposition: 'attachment' },
    ],
  });
  for (const { content } of email.attachments) expect(content).toEqual(Uint8Array.from(bytes).buffer);
  expect(email.headers.map(({ key }) => key)).toEqual(expect.arrayContaining(['received', 'list-id']));
  world.switches.mimeCustomHeaders = 'kept';
  expect(String(await value())).toContain('X-Custom: lost');
});
