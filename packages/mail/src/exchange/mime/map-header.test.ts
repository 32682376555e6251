import { describe, expect, it } from 'vitest';
import { Alterations } from './alterations.ts';
import { headerFields } from './header-block.ts';
import { mapHeader } from './map-header.ts';

function mapped(...lines: string[]) {
  const head = Buffer.from(`${lines.join('\r\n')}\r\n`, 'latin1');
  const alterations = new Alterations();
  const { message, properties } = mapHeader(headerFields(head), head, alterations);
  return {
    message,
    property: (id: string): string | undefined => properties.find((property) => property.id.endsWith(id))?.value,
    changes: alterations.list().map(({ what }) => what),
  };
}
const FROM = 'From: a@example.org';

describe('the header in Exchange', () => {
  it('has the people', () => {
    const { message, changes } = mapped(
      'From: =?utf-8?Q?J=C3=B6rg?= <joerg@example.org>',
      'Sender: s@example.org',
      'To: "Doe, Jane" <jane@example.org>, team: x@example.org;',
      'Cc: undisclosed-recipients:;',
      'Bcc: nobody, b@example.org',
    );
    expect(message).toMatchObject({
      from: { emailAddress: { name: 'Jörg', address: 'joerg@example.org' } },
      sender: { emailAddress: { address: 's@example.org' } },
      toRecipients: [
        { emailAddress: { name: 'Doe, Jane', address: 'jane@example.org' } },
        { emailAddress: { address: 'x@example.org' } },
      ],
      ccRecipients: [],
      bccRecipients: [{ emailAddress: { address: 'b@example.org' } }],
      replyTo: [],
    });
    expect(changes).toEqual(['the group name "team" was left out of To', '"nobody" was left out of Bcc']);
  });

  it('keeps the first of several authors, and takes the Sender for a missing one', () => {
    const several = mapped('From: a@example.org, b@example.org');
    expect(several.message).toMatchObject({ from: { emailAddress: { address: 'a@example.org' } } });
    expect(several.changes).toEqual(['the other authors, "b@example.org", were left out of From']);
    const none = mapped('Sender: s@example.org');
    expect(none.message).toMatchObject({ from: { emailAddress: { address: 's@example.org' } } });
    expect(none.changes).toEqual(['the Sender was put in the place of the author']);
  });

  it('reads a first field behind white space, and names lines that are no fields', () => {
    const { message, changes } = mapped(' From: a@example.org', 'no field', '>From mbox', 'Subject: x');
    expect(message).toMatchObject({ from: { emailAddress: { address: 'a@example.org' } }, subject: 'x' });
    expect(changes).toEqual(['lines of the header were left out: "no field"']);
  });

  it('keeps all of very many recipients', () => {
    const addresses = Array.from({ length: 5000 }, (_, at) => `r${at}@example.com`);
    expect(mapped(FROM, `Cc: ${addresses.join(',\r\n ')}`).message.ccRecipients).toHaveLength(5000);
  });

  it.each([
    ['=?iso-8859-1?Q?Gr=F6?= =?iso-8859-1?Q?=DFe?=', 'Größe'],
    ['Gr\xf6\xdfe', 'Größe'],
    ['Gr\xc3\xb6\xc3\x9fe \x80', 'Größe \ufffd'],
    ['one\r\n\ttwo', 'one two'],
    ['=?utf-8?B?YQBi?=', 'ab', 'control characters were left out of the subject'],
    ['x'.repeat(300), 'x'.repeat(255), 'the subject was cut from 300 to 255 characters'],
  ])('reads the subject %j', (given, subject, change?: string) => {
    const { message, changes } = mapped(FROM, `Subject: ${given}`);
    expect(message.subject).toBe(subject);
    expect(changes).toEqual(change === undefined ? [] : [change]);
  });

  it.each([
    ["<a+b&c#d'%@example.org>", "<a+b&c#d'%@example.org>"],
    ['\r\n <folded@example.org>', '<folded@example.org>'],
    ['plain@example.org', 'plain@example.org'],
    ['<m\xfc@example.org>', undefined, 'the Message-ID was left to Exchange'],
    [`<${'a'.repeat(1900)}@example.org>`, undefined, 'the Message-ID was left to Exchange'],
    ['<a@x>\r\nMessage-ID: <b@x>', '<a@x>', 'the other Message-ID, "<b@x>", was left out'],
    ['', undefined],
  ])('reads the Message-ID %j', (given, id, change?: string) => {
    const { message, changes } = mapped(FROM, `Message-ID: ${given}`);
    expect(message.internetMessageId).toBe(id);
    expect(changes).toEqual(change === undefined ? [] : [change]);
  });

  it.each([
    ['Importance: High', 'high'],
    ['X-Priority: 1 (Highest)', 'high'],
    ['X-Priority: 5', 'low'],
    ['Priority: non-urgent', 'low'],
    ['X-MSMail-Priority: Normal', 'normal'],
    ['X-Priority: 10', 'normal'],
  ])('reads %s', (line, importance) => {
    expect(mapped(FROM, line).message.importance).toBe(importance);
  });

  it('has the dates and the thread', () => {
    const { property, changes } = mapped(
      FROM,
      'Date: Fri, 21 Nov 1997 09:55:06 -0600',
      'In-Reply-To:  <p@x> ',
      'References: <r@x>\r\n <p@x>',
    );
    expect([property('0x0039'), property('0x1042'), property('0x1039')]).toEqual([
      '1997-11-21T15:55:06Z',
      '<p@x>',
      '<r@x> <p@x>',
    ]);
    expect(changes).toEqual([]);
    expect(mapped(FROM, 'Date: 31 Feb 2012 10:00:00 +0000').property('0x0039')).toBeUndefined();
  });

  it('keeps the beginning and the end of a long thread', () => {
    const ids = Array.from({ length: 1000 }, (_, at) => `<${at}@example.org>`);
    const references = mapped(FROM, `References: ${ids.join('\r\n ')}`).property('0x1039') ?? '';
    expect(references.length).toBeLessThanOrEqual(8192);
    expect(references).toMatch(/^<0@example.org> .*<998@example.org> <999@example.org>$/);
  });

  it('is kept as it was, 8-bit text and folding too, but for what has no room', () => {
    const { property, changes } = mapped(
      'Received: a\r\n\tb',
      'X-Eight: Gr\xfc\xdfe\x01',
      `X-Big: ${'z'.repeat(70_000)}`,
      FROM,
    );
    expect(property('0x007D')).toBe('Received: a\r\n\tb\r\nX-Eight: Grüße\r\nFrom: a@example.org\r\n');
    expect(changes).toEqual([
      'control characters were left out of the header',
      'header fields were left out of the header kept with the message: "x-big"',
    ]);
  });
});
