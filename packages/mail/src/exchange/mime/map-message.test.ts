import { describe, expect, it } from 'vitest';
import { type ReadContent, readContent } from './read-content.ts';

/** A message of these lines, a byte a character. */
const read = (...lines: string[]): Promise<ReadContent> =>
  readContent({ kind: 'memory', bytes: Buffer.from(lines.join('\r\n'), 'latin1') }, { tempDir: '.', memoryBytes: 1e6 });

const attachmentsOf = (content: ReadContent): unknown[] =>
  content.attachments.map(({ name, contentType, isInline, contentId, content: stored }) => [
    name,
    contentType,
    ...(isInline ? ['inline'] : []),
    ...(contentId === null ? [] : [contentId]),
    stored.kind === 'memory' ? stored.bytes.toString('latin1') : 'file',
  ]);
const changes = ({ alterations }: ReadContent): string[] =>
  alterations.map(({ what }) => what).filter((what) => what !== 'the message has no author');

const MIXED = 'Content-Type: multipart/mixed; boundary=b';
const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

interface Row {
  name: string;
  lines: string[];
  body?: { contentType: string; content: string };
  attachments?: unknown[];
  changes?: string[];
}
const text = (content: string): { contentType: string; content: string } => ({ contentType: 'text', content });
const html = (content: string): { contentType: string; content: string } => ({ contentType: 'html', content });

const ROWS: Row[] = [
  { name: 'plain text stays text', lines: ['', 'hello', ''], body: text('hello\r\n') },
  { name: 'no body', lines: ['Subject: x'], body: text('') },
  { name: 'a message without a header is all body', lines: ['X'], body: text('X') },
  {
    name: 'HTML wins over text',
    lines: [
      'Content-Type: multipart/alternative; boundary=b',
      '',
      '--b',
      '',
      'text',
      '--b',
      'Content-Type: text/html',
      '',
      '<p>html',
      '--b--',
    ],
    body: html('<p>html'),
    changes: ['the plain-text alternative was left out'],
  },
  {
    name: 'a blank HTML alternative does not win',
    lines: [
      'Content-Type: multipart/alternative; boundary=b',
      '',
      '--b',
      '',
      'text',
      '--b',
      'Content-Type: text/html',
      '',
      ' ',
      '--b--',
    ],
    body: text('text'),
  },
  {
    name: 'of two alternatives of one kind both are kept',
    lines: ['Content-Type: multipart/alternative; boundary=b', '', '--b', '', 'one', '--b', '', 'two', '--b--'],
    body: text('two'),
    attachments: [['attachment.txt', 'text/plain', 'one']],
    changes: ['one of several plain-text alternatives was kept as an attachment'],
  },
  {
    name: 'text without an empty line above it is text, also where it is all of a part',
    lines: [
      MIXED,
      '',
      '--b',
      'Content-Type: text/plain',
      'a line',
      '',
      'two',
      '--b',
      'and three',
      '--b',
      '',
      'four',
      '--b--',
    ],
    body: text('a line\r\n\r\ntwo\r\nand three\r\nfour'),
    changes: ['3 text parts were joined into one body'],
  },
  {
    name: 'a calendar among alternatives is attached',
    lines: [
      'Content-Type: multipart/alternative; boundary=b',
      '',
      '--b',
      '',
      'text',
      '--b',
      'Content-Type: text/calendar; method=REQUEST',
      '',
      'BEGIN:VCALENDAR',
      '--b--',
    ],
    body: text('text'),
    attachments: [['invite.ics', 'text/calendar', 'BEGIN:VCALENDAR']],
  },
  {
    name: 'texts side by side are joined, a named one is attached',
    lines: [
      MIXED,
      '',
      '--b',
      '',
      'one',
      '--b',
      'Content-Type: text/plain; name=a.txt',
      '',
      'two',
      '--b',
      '',
      'three',
      '--b--',
    ],
    body: text('one\r\nthree'),
    attachments: [['a.txt', 'text/plain', 'two']],
    changes: ['2 text parts were joined into one body'],
  },
  {
    name: 'a footer in text goes into the HTML',
    lines: [MIXED, '', '--b', 'Content-Type: text/html', '', '<body>a</body>', '--b', '', 'x < y', '--b--'],
    body: html('<body>a<pre style="white-space: pre-wrap">x &lt; y</pre></body>'),
    changes: ['2 text parts were joined into one body'],
  },
  {
    name: 'images the HTML shows are inline, others are not',
    lines: [
      'Content-Type: multipart/related; boundary=b',
      '',
      '--b',
      'Content-Type: text/html',
      '',
      '<img src="cid:a%40x"><img src="pic.gif">',
      '--b',
      'Content-Type: image/png',
      'Content-ID: <a@x>',
      '',
      'A',
      '--b',
      'Content-Type: image/png; name=b.png',
      'Content-ID: <b@x>',
      '',
      'B',
      '--b',
      'Content-Type: image/gif',
      'Content-Location: pic.gif',
      '',
      'C',
      '--b--',
    ],
    body: html('<img src="cid:a%40x"><img src="cid:location-3">'),
    attachments: [
      ['attachment.png', 'image/png', 'inline', 'a@x', 'A'],
      ['b.png', 'image/png', 'b@x', 'B'],
      ['attachment.gif', 'image/gif', 'inline', 'location-3', 'C'],
    ],
    changes: ['addresses of inline images in the HTML were changed to Content-IDs'],
  },
  {
    name: 'format=flowed is joined',
    lines: ['Content-Type: text/plain; format=flowed; delsp=yes', '', 'one ', 'two', 'three'],
    body: text('onetwo\r\nthree'),
  },
  {
    name: 'the signed part is shown, its signature attached',
    lines: [
      'Content-Type: multipart/signed; boundary=b',
      '',
      '--b',
      '',
      'text',
      '--b',
      'Content-Type: application/pgp-signature',
      '',
      'SIG',
      '--b--',
    ],
    body: text('text'),
    attachments: [['signature.asc', 'application/pgp-signature', 'SIG']],
    changes: ['the signature cannot be verified any more; it was kept as an attachment'],
  },
  {
    name: 'S/MIME is attached',
    lines: [
      'Content-Type: application/pkcs7-mime; smime-type=enveloped-data',
      'Content-Transfer-Encoding: base64',
      '',
      'QUJD',
    ],
    body: text(''),
    attachments: [['smime.p7m', 'application/pkcs7-mime', 'ABC']],
    changes: ['the signed or encrypted content was kept as an attachment, "smime.p7m"'],
  },
  {
    name: 'an embedded message keeps its bytes and gets the name of its subject',
    lines: [
      MIXED,
      '',
      '--b',
      'Content-Type: message/rfc822',
      '',
      'Subject: =?utf-8?Q?a/b?=',
      'Content-Type: multipart/mixed; boundary=c',
      '',
      '--c',
      '',
      'x',
      '--c--',
      '',
      '--b--',
    ],
    attachments: [
      [
        'a_b.eml',
        'message/rfc822',
        'Subject: =?utf-8?Q?a/b?=\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n',
      ],
    ],
  },
  {
    name: 'the parts of a digest are messages',
    lines: ['Content-Type: multipart/digest; boundary=b', '', '--b', '', 'Subject: d', '', 'x', '--b--'],
    attachments: [['d.eml', 'message/rfc822', 'Subject: d\r\n\r\nx']],
  },
  {
    name: 'the parts of a report are attached',
    lines: [
      'Content-Type: multipart/report; boundary=b',
      '',
      '--b',
      '',
      'failed',
      '--b',
      'Content-Type: message/delivery-status',
      '',
      'S',
      '--b',
      'Content-Type: text/rfc822-headers',
      '',
      'H',
      '--b--',
    ],
    body: text('failed'),
    attachments: [
      ['delivery-status.txt', 'message/delivery-status', 'S'],
      ['headers.txt', 'text/rfc822-headers', 'H'],
    ],
    changes: ['the delivery report became an ordinary message with its parts attached'],
  },
  {
    name: 'a multipart without a part is text, as far as it goes',
    lines: [MIXED, '', '--b', 'Content-Type: multipart/mixed', '', 'inner', '--b--', 'after'],
    body: text('inner\r\n'),
    changes: ['text before the first part or after the last one was left out'],
  },
  {
    name: 'a part that is empty, and one that is not closed',
    lines: [MIXED, '', '--b', 'Content-Type: image/png', '', '', '--b', 'Content-Type: image/png', '', 'abc'],
    attachments: [
      ['attachment.png', 'image/png', ''],
      ['attachment.png', 'image/png', 'abc'],
    ],
  },
  {
    name: 'damaged base64 is read as far as it goes',
    lines: [
      MIXED,
      '',
      '--b',
      'Content-Type: image/png',
      'Content-Transfer-Encoding: base64',
      '',
      'QUJD*\r\nQUI=\r\nQQ',
      '--b--',
    ],
    attachments: [['attachment.png', 'image/png', 'ABCABA']],
    changes: ['the attachment "attachment.png" was decoded as far as it can be read'],
  },
  { name: 'UTF-8 that is not declared', lines: ['', utf8('Größe')], body: text('Größe') },
  { name: 'windows-1252 that is not declared', lines: ['', 'Gr\xf6\xdfe \x80'], body: text('Größe €') },
  {
    name: 'a charset nobody knows',
    lines: ['Content-Type: text/plain; charset=x-bogus', '', '\xff\xfeX'],
    body: text('ÿþX'),
    changes: ['the text was read as windows-1252'],
  },
  {
    name: 'ISO-2022-JP',
    lines: ['Content-Type: text/plain; charset=iso-2022-jp', '', '\x1b$BF|K\\\x1b(B'],
    body: text('日本'),
  },
  { name: 'UTF-7', lines: ['Content-Type: text/plain; charset=utf-7', '', 'a+AOQ-b'], body: text('aäb') },
  {
    name: 'a type without its semicolon',
    lines: ['Content-Type: text/html charset=koi8-r', '', '<p>\xc1'],
    body: html('<p>а'),
  },
  {
    name: 'control characters',
    lines: ['', 'a\0b\x0bc\td'],
    body: text('abc\td'),
    changes: ['control characters were left out of the text'],
  },
  { name: 'lone line ends', lines: ['', 'a\rb\nc'], body: text('a\r\nb\r\nc') },
  {
    name: 'lines that all end in a lone CR',
    lines: ['Subject: x\rX-A: y\r\rbody\r'],
    body: text('body\r\n'),
    changes: ['lone CRs were read as line ends'],
  },
];

describe('a message in Exchange', () => {
  it.each(ROWS)('$name', async ({ lines, body, attachments = [], changes: named = [] }) => {
    const content = await read(...lines);
    if (body !== undefined) expect(content.message.body).toEqual(body);
    expect(attachmentsOf(content)).toEqual(attachments);
    expect(changes(content)).toEqual(named);
  });

  it.each([
    ["filename*0*=utf-8''Gr%C3%B6; filename*1*=%C3%9Fe.txt", 'Größe.txt'],
    ["filename*=iso-8859-1'de'4%P%E4.doc", '4%Pä.doc'],
    ['filename="=?iso-8859-1?Q?Gr=F6=DFe=2Etxt?="', 'Größe.txt'],
    [`filename="${utf8('Größe.txt')}"`, 'Größe.txt'],
    ['filename="Gr\xf6\xdfe.txt"', 'Größe.txt'],
    ['filename="../a\\\\b"', '.._a_b', 'the attachment "../a\\\\b" is called ".._a_b"'],
    ['filename=""', 'attachment.png'],
  ])('gives the attachment with %s its name', async (parameters, name, change?: string) => {
    const content = await read('Content-Type: image/png', `Content-Disposition: attachment; ${parameters}`, '', 'x');
    expect(content.attachments[0]?.name).toBe(name);
    expect(changes(content)).toEqual(change === undefined ? [] : [change]);
  });

  it('cuts names that are too long, not their extensions', async () => {
    const content = await read(
      'Content-Type: image/png',
      `Content-Disposition: attachment; filename=${'a'.repeat(300)}.png`,
      '',
      'x',
    );
    expect(content.attachments[0]?.name).toBe(`${'a'.repeat(251)}.png`);
  });
});
