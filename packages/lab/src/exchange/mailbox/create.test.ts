import { describe, expect, it } from 'vitest';
import { extended, IMMUTABLE, Json, KEY, migrated, q, type Sim, simulate } from './mailbox.test.support.ts';

const GUID = '{5e7fd0a2-6f4b-4c65-9d0e-3c1c7b6a2f58}';
const one = (id: string, value: string) => ({ singleValueExtendedProperties: [extended(id, value)] });
const to = (address: string) => ({ toRecipients: [{ emailAddress: { name: 'X', address } }] });
const headers = (...names: string[]) => ({ internetMessageHeaders: names.map((name) => ({ name, value: 'v' })) });
const file = (more: Record<string, unknown> = {}) => ({
  '@odata.type': '#microsoft.graph.fileAttachment',
  name: 'a.txt',
  contentBytes: 'aGVsbG8=',
  ...more,
});
const readBack = (sim: Sim, id: string, options = '', prefer = '') =>
  sim.call('GET', `messages/${q(id)}${options}`, undefined, { headers: prefer === '' ? {} : { prefer } }).body;

describe('a create of JSON', () => {
  it('makes a message that is no draft, with its dates, where the flags lack bit 8', () => {
    const sim = simulate();
    const { status, body } = sim.create(
      migrated('k1', { isRead: false, internetMessageId: '<a@b>', categories: ['x'] }),
    );
    expect(status).toBe(201);
    expect(body.value).toMatchObject({
      isDraft: false,
      isRead: false,
      internetMessageId: '<a@b>',
      receivedDateTime: '2019-03-04T05:06:07Z',
      sentDateTime: '2019-03-04T05:06:01Z',
      categories: ['x'],
      parentFolderId: sim.owner.folder('inbox').id,
    });
  });

  const flags: [string, Record<string, unknown>, { isDraft: boolean; isRead: boolean }][] = [
    ['none', {}, { isDraft: true, isRead: true }],
    ['0', one('Integer 0x0E07', '0'), { isDraft: false, isRead: false }],
    ['1', one('Integer 0x0E07', '1'), { isDraft: false, isRead: true }],
    ['4', one('Integer 0xe07', '4'), { isDraft: false, isRead: false }],
    ['8', one('integer 0x0E07', '8'), { isDraft: true, isRead: false }],
    ['4 and isRead', { ...one('Integer 0x0E07', '4'), isRead: true }, { isDraft: false, isRead: true }],
    ['isDraft in the JSON', { isDraft: false }, { isDraft: true, isRead: true }],
  ];
  it.each(flags)('flags %s', (_, message, expected) => {
    const { status, body } = simulate().create(message);
    expect(status).toBe(201);
    expect({ isDraft: body.at('isDraft'), isRead: body.at('isRead') }).toEqual(expected);
  });

  it('takes the time of the create where no date is given, and never the dates of the JSON', () => {
    const { body } = simulate().create({
      receivedDateTime: '2019-01-01T00:00:00Z',
      sentDateTime: '2019-01-01T00:00:00Z',
    });
    expect(body.value).toMatchObject({
      receivedDateTime: '2026-11-20T10:00:00Z',
      sentDateTime: '2026-11-20T10:00:00Z',
    });
    expect(body.text('internetMessageId')).toMatch(/^<.+@.+>$/);
  });

  const refused: [string, Record<string, unknown>, number, string][] = [
    ['an unknown property', { bogus: 1 }, 400, 'UnableToDeserializePostBody'],
    [
      'an unknown property deep inside',
      { from: { emailAddress: { mail: 'a@b' } } },
      400,
      'UnableToDeserializePostBody',
    ],
    ['a wrong type', { isRead: 'yes' }, 400, 'UnableToDeserializePostBody'],
    ['a wrong type in a list', { categories: [1] }, 400, 'UnableToDeserializePostBody'],
    ['null for a list', { toRecipients: null }, 400, 'UnableToDeserializePostBody'],
    ['no member of an enumeration', { importance: 'urgent' }, 400, 'UnableToDeserializePostBody'],
    ['a date that is none', { receivedDateTime: '4 March' }, 400, 'UnableToDeserializePostBody'],
    [
      'bytes that are not base64',
      { attachments: [file({ contentBytes: 'aGVsbG8' })] },
      400,
      'UnableToDeserializePostBody',
    ],
    ['an attachment of no type', { attachments: [{ name: 'a' }] }, 400, 'UnableToDeserializePostBody'],
    ['an attachment without content', { attachments: [file({ contentBytes: null })] }, 400, 'ErrorInvalidArgument'],
    ['a header without x-', headers('In-Reply-To'), 400, 'InvalidInternetMessageHeader'],
    ['six headers', headers('x-1', 'x-2', 'x-3', 'x-4', 'x-5', 'x-6'), 400, 'InvalidInternetMessageHeaderCollection'],
    ['an address that is none', to('undisclosed recipients'), 400, 'ErrorInvalidRecipients'],
    ['an empty address', to(''), 400, 'ErrorInvalidRecipients'],
    ['a tag above 0x7fff', one('String 0x8000', 'x'), 400, 'ErrorInvalidExtendedProperty'],
    ['an unknown type', one('Text 0x3001', 'x'), 400, 'ErrorInvalidExtendedProperty'],
    ['a GUID that is none', one('String {5e7f} Name X', 'x'), 400, 'ErrorInvalidExtendedProperty'],
    ['a number that is none', one('Integer 0x0E07', 'four'), 400, 'ErrorInvalidExtendedPropertyValue'],
    ['a number out of range', one('Integer 0x0E07', '4294967296'), 400, 'ErrorInvalidExtendedPropertyValue'],
    ['a time that is none', one('SystemTime 0x0E06', 'yesterday'), 400, 'ErrorInvalidExtendedPropertyValue'],
  ];
  it.each(refused)('refuses %s, and stores nothing', (_, message, status, code) => {
    const sim = simulate();
    expect(sim.create(message)).toMatchObject({ status, code });
    expect([...sim.store.items()]).toEqual([]);
  });

  const bySwitch: [string, Parameters<typeof simulate>, Record<string, unknown>, number, string][] = [
    [
      'dates in the JSON',
      [{ jsonDates: 'refused' }],
      { receivedDateTime: '2019-01-01T00:00:00Z' },
      400,
      'ErrorInvalidPropertySet',
    ],
    ['a read-only property', [{ readOnlyProperties: 'refused' }], { isDraft: false }, 400, 'ErrorInvalidPropertySet'],
    ['a long subject', [{ longSubject: 'refused' }], { subject: 's'.repeat(256) }, 400, 'ErrorInvalidArgument'],
    [
      'a message too large',
      [{}, { maxMessageBytes: 1000 }],
      { subject: 's', body: { content: 'x'.repeat(1000) } },
      400,
      'ErrorMessageSizeExceeded',
    ],
    [
      'a message too large, as 413',
      [{ messageSizeStatus: 413 }, { maxMessageBytes: 10 }],
      {},
      413,
      'ErrorMessageSizeExceeded',
    ],
    ['a full mailbox', [{}, { quotaBytes: 10 }], {}, 507, 'ErrorQuotaExceeded'],
    ['a full mailbox, as 400', [{ quotaStatus: 400 }, { quotaBytes: 10 }], {}, 400, 'ErrorQuotaExceeded'],
    ['too many attachments', [{ attachmentLimit: 1 }], { attachments: [file(), file()] }, 400, 'ErrorInvalidArgument'],
  ];
  it.each(bySwitch)('refuses %s', (_, set, message, status, code) => {
    expect(simulate(...set).create(message)).toMatchObject({ status, code });
  });

  it('takes no MIME in a folder, and leaves it to others at /messages', () => {
    const sim = simulate();
    expect(sim.call('POST', 'mailFolders/inbox/messages', 'U3ViamVjdDogeA==').code).toBe('UnableToDeserializePostBody');
    expect(sim.call('POST', 'messages', 'U3ViamVjdDogeA==').code).toBe('not answered');
    expect(sim.call('POST', 'messages', {}).body.at('parentFolderId')).toBe(sim.owner.folder('drafts').id);
  });

  it('cuts the subject at 255', () => {
    expect(
      simulate()
        .create({ subject: 's'.repeat(300) })
        .body.text('subject'),
    ).toHaveLength(255);
  });

  it('runs out of named properties, and those it knows still work', () => {
    const sim = simulate({ namedPropertyLimit: 1 });
    expect(sim.create(one(KEY, 'a')).status).toBe(201);
    expect(sim.create(one(`String ${GUID} Name Other`, 'a'))).toMatchObject({
      code: 'ErrorQuotaExceeded',
      message: 'Cannot get ID from name.',
    });
    expect(sim.create(one(KEY, 'b')).status).toBe(201);
    expect(sim.create(one('String 0x3001', 'tags are no names')).status).toBe(201);
  });

  it('gives extended properties back by canonical id, and computes the flags', () => {
    const sim = simulate();
    const id = sim.create({ ...migrated('k'), attachments: [file()] }).body.text('id');
    const expand = (ids: string[]) =>
      `?$expand=${q(`singleValueExtendedProperties($filter=${ids.map((name) => `id eq '${name}'`).join(' or ')})`)}`;
    expect(
      readBack(sim, id, expand([KEY, 'Integer 0x0E07', 'SystemTime 0x0E06', 'String 0x007D'])).at(
        'singleValueExtendedProperties',
      ),
    ).toEqual([
      { id: KEY, value: 'k' },
      { id: 'Integer 0xe07', value: '23' },
      { id: 'SystemTime 0xe06', value: '2019-03-04T05:06:07Z' },
    ]);
  });

  it('rewrites HTML, and shows scripts only to those who ask', () => {
    const sim = simulate();
    const html = '<p onclick="x()">hi</p><script>alert(1)</script>';
    const id = sim.create({ body: { contentType: 'HTML', content: html } }).body.text('id');
    const safe = readBack(sim, id).text('body', 'content');
    expect(safe).toContain('<meta http-equiv="Content-Type" content="text/html; charset=utf-8">');
    expect(safe).toContain('<p>hi</p>');
    expect(safe).not.toContain('alert');
    expect(readBack(sim, id, '', 'outlook.allow-unsafe-html').text('body', 'content')).toContain(html);
    const asText = readBack(sim, id, '', 'IdType="x", outlook.body-content-type="text"');
    expect(asText.at('body')).toEqual({ contentType: 'text', content: 'hi\r\n' });
  });

  it('shows text as it is only where text is asked for', () => {
    const sim = simulate();
    const id = sim.create({ body: { contentType: 'text', content: 'a < b' } }).body.text('id');
    expect(readBack(sim, id).at('body', 'contentType')).toBe('html');
    expect(readBack(sim, id).text('body', 'content')).toContain('a &lt; b');
    expect(readBack(sim, id, '', 'outlook.body-content-type="text"').at('body')).toEqual({
      contentType: 'text',
      content: 'a < b',
    });
  });

  it('counts only attachments that are not inline, and gives their bytes back', () => {
    const sim = simulate();
    expect(sim.create({ attachments: [file({ isInline: true, contentId: 'c' })] }).body.at('hasAttachments')).toBe(
      false,
    );
    const { body } = sim.create({ attachments: [file(), file({ isInline: true })] });
    expect(body.at('hasAttachments')).toBe(true);
    const attachments = readBack(sim, body.text('id'), '?$expand=attachments').list('attachments');
    expect(attachments.map((attachment) => new Json(attachment).at('contentBytes'))).toEqual(['aGVsbG8=', 'aGVsbG8=']);
  });

  it('threads by In-Reply-To and References, whichever comes first', () => {
    const sim = simulate();
    const answer = sim.create(one('String 0x1042', '<root@x>')).body.at('conversationId');
    const root = sim.create({ internetMessageId: '<root@x>' }).body.at('conversationId');
    const other = sim.create({ internetMessageId: '<other@x>' }).body.at('conversationId');
    const late = sim.create(one('String 0x1039', '<root@x> <lost@x>')).body.at('conversationId');
    const toLost = sim.create(one('String 0x1042', '<lost@x>')).body.at('conversationId');
    expect([root, late, toLost, other === root]).toEqual([answer, answer, answer, false]);
  });

  it('shows headers where they are selected, from the raw ones and those of the create', () => {
    const sim = simulate();
    const message = { ...one('String 0x007D', 'Received: a\r\n b\r\nFrom: x\r\n'), ...headers('X-Mailer') };
    const id = sim.create(message).body.text('id');
    expect(readBack(sim, id).at('internetMessageHeaders')).toBeUndefined();
    expect(readBack(sim, id, '?$select=internetMessageHeaders').at('internetMessageHeaders')).toEqual([
      { name: 'Received', value: 'a b' },
      { name: 'From', value: 'x' },
      { name: 'X-Mailer', value: 'v' },
    ]);
  });

  it('gives the immutable id to those who prefer it', () => {
    const sim = simulate();
    const { body } = sim.call('POST', 'mailFolders/inbox/messages', {}, { headers: IMMUTABLE });
    const id = q(body.text('id'));
    expect(sim.call('GET', `messages/${id}`, undefined, { headers: IMMUTABLE }).status).toBe(200);
    expect(sim.call('GET', `messages/${id}`).code).toBe('ErrorItemNotFound');
    sim.world.switches.idKindMustMatch = false;
    expect(sim.call('GET', `messages/${id}`).status).toBe(200);
  });
});
