import { describe, expect, it } from 'vitest';
import { holdsSigned, mimeLines } from './mime-lines.ts';

const bytes = (...lines: string[]): Buffer => Buffer.from(lines.join('\r\n'), 'latin1');

/** "place type encoding" of the line that holds `text`. */
function of(message: Buffer, text: string): string | undefined {
  for (const { start, end, place, part } of mimeLines(message))
    if (message.toString('latin1', start, end) === text) return `${place} ${part.type} ${part.encoding}`;
  return undefined;
}

describe('mimeLines', () => {
  const nested = bytes(
    'Content-Type: multipart/mixed;',
    '\tboundary="outer b"',
    '',
    'preamble',
    '--outer b',
    'Content-Type: multipart/alternative; charset=x; boundary=inner',
    '',
    '--inner',
    'content-transfer-encoding: Quoted-Printable',
    'Content-Type: Text/HTML; charset=utf-8',
    '',
    'html',
    '--inner--',
    'between',
    '--inner',
    '--outer b',
    'Content-Type: message/rfc822',
    '',
    'Content-Type: image/png',
    'Content-Transfer-Encoding: BASE64',
    '',
    'aW1n',
    '--outer b--',
    'epilogue',
  );

  it.each([
    ['\tboundary="outer b"', 'header text/plain 7bit'],
    ['preamble', 'body multipart/mixed 7bit'],
    ['html', 'body text/html quoted-printable'],
    ['--inner--', 'delimiter text/plain 7bit'],
    ['between', 'body text/plain 7bit'],
    ['Content-Transfer-Encoding: BASE64', 'header message/rfc822 7bit'],
    ['aW1n', 'body image/png base64'],
    ['epilogue', 'body text/plain 7bit'],
  ])('%s', (text, expected) => expect(of(nested, text)).toBe(expected));

  it('knows a boundary no more once it is closed', () => {
    const delimiters = [...mimeLines(nested)].filter(({ place }) => place === 'delimiter');
    expect(delimiters.map(({ start, end }) => nested.toString('latin1', start, end)).join(' ')).toBe(
      '--outer b --inner --inner-- --outer b --outer b--',
    );
  });

  it('covers every byte once, in order', () => {
    let at = 0;
    for (const line of mimeLines(nested)) {
      expect(line.start).toBe(at);
      at = line.next;
    }
    expect(at).toBe(nested.length);
  });

  it('gives up a part that an outer boundary cuts short', () => {
    const cut = bytes(
      'Content-Type: multipart/a; boundary=a',
      '',
      '--a',
      'Content-Type: multipart/b; boundary=b',
      '',
      '--b',
      'X: y',
      '--a',
      '',
      'text',
    );
    expect(of(cut, 'text')).toBe('body text/plain 7bit');
  });
});

describe('holdsSigned', () => {
  it.each([
    ['multipart/signed', bytes('Content-Type: multipart/signed; boundary=b', '', 'x')],
    ['S/MIME', bytes('Content-Type: application/x-pkcs7-mime; name=smime.p7m', '', 'x')],
    ['PGP in the text', bytes('A: b', '', '-----BEGIN PGP MESSAGE-----')],
    [
      'a signed message inside another',
      bytes('Content-Type: message/rfc822', '', 'Content-Type: multipart/signed; boundary=b', '', 'x'),
    ],
  ])('sees %s', (_, message) => expect(holdsSigned(message)).toBe(true));

  it.each([
    ['a word in a subject', bytes('Subject: multipart/signed', '', 'Content-Type: multipart/signed')],
    ['a signed part that ended', bytes('Content-Type: text/plain', '', '----BEGIN PGP')],
  ])('does not see %s', (_, message) => expect(holdsSigned(message)).toBe(false));

  it('ends with the signed part', () => {
    const message = bytes(
      ...['Content-Type: multipart/mixed; boundary=o', '', '--o', 'Content-Type: multipart/signed; boundary=i', ''],
      ...['--i', '', 'inside', '--i--', 'after', '--o', '', 'outside', '--o--'],
    );
    const signed = [...mimeLines(message)]
      .filter(({ part }) => part.signed)
      .map(({ start, end }) => message.toString('latin1', start, end));
    expect(signed).toEqual(['--i', '', 'inside']);
  });
});
