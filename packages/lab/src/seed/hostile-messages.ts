/**
 * Messages that programs get wrong, one kind a line. Text is latin1, so that a character is a byte, and has CRLF line ends
 * unless the kind is about them. Stored on disk as built.
 */
import { type HeaderOptions, header, type MessageMaker } from './plain-messages.ts';

type Build = (head: (options?: HeaderOptions) => string, maker: MessageMaker) => string;

const BYTES_BUT_LINE_ENDS = Array.from({ length: 255 }, (_, at) => at + 1).filter((byte) => byte !== 10 && byte !== 13);

const BUILDERS: Readonly<Record<string, Build>> = {
  'msgid-long': (head, { random }) =>
    `${head({ messageId: `<${'a'.repeat(1900)}${random.hex(8)}@example.org>` })}\r\nlong id\r\n`,
  'msgid-space': (head, { random }) =>
    `${head({ messageId: `<with space ${random.hex(8)} @ example.org>` })}\r\nspace in id\r\n`,
  'msgid-folded': (head, { random }) =>
    `${head({ messageId: `\r\n <folded.${random.hex(8)}@example.org>` })}\r\nfolded id\r\n`,
  'msgid-8bit': (head, { random }) => `${head({ messageId: `<m\xfc${random.hex(8)}@example.org>` })}\r\n8-bit id\r\n`,
  'msgid-nobrackets': (head, { random }) =>
    `${head({ messageId: `plain${random.hex(8)}@example.org` })}\r\nno brackets\r\n`,
  'msgid-twice': (head, { random }) =>
    `${head({ extra: `Message-ID: <second${random.hex(8)}@example.org>\r\n` })}\r\ntwo ids\r\n`,
  'msgid-empty': (head) => `${head({ messageId: null, extra: 'Message-ID: \r\n' })}\r\nempty id\r\n`,
  'nul-body': (head) => `${head()}\r\nNUL here:\0: and \0\0 there\r\n`,
  'nul-header': (head) => `${head({ extra: 'X-Nul: a\0b\r\n' })}\r\nNUL above\r\n`,
  'bare-lf': (head) => `${head()}\r\none\ntwo\nthree\r\n`,
  'bare-cr': (head) => `${head()}\r\none\rtwo\rthree\r\n`,
  crcrlf: (head) => `${head()}\r\nline\r\r\nnext\r\r\n`,
  'ends-in-cr': (head) => `${head()}\r\nlast line\r\nodd\r`,
  'long-line': (head, { random }) =>
    `${head()}\r\n${'y'.repeat(random.pick([998, 999, 1000, 8192, 65_537, 1_200_000]))}\r\n`,
  'header-100k': (head) =>
    `${head({ extra: `X-Big: ${Array(1500).fill('z'.repeat(70)).join('\r\n\t')}\r\n` })}\r\nbig header\r\n`,
  'header-line-100k': (head) => `${head({ extra: `X-Line: ${'z'.repeat(100_000)}\r\n` })}\r\nlong header line\r\n`,
  'headers-1000': (head) =>
    `${head({ extra: Array.from({ length: 1000 }, (_, at) => `X-H${at}: v\r\n`).join('') })}\r\nmany\r\n`,
  'recipients-5000': (head) =>
    `${head({ extra: `Cc: ${Array.from({ length: 5000 }, (_, at) => `r${at}@example.com`).join(',\r\n ')}\r\n` })}\r\nmany cc\r\n`,
  'header-8bit': (head) => `${head({ extra: 'X-Eight: Gr\xfc\xdfe\r\n' })}\r\nlatin-1 header\r\n`,
  'header-utf8': (head) =>
    `${head({ extra: `X-Utf8: ${Buffer.from('Größe 日本 🚀').toString('latin1')}\r\n` })}\r\nutf-8 header\r\n`,
  'header-bad-line': (head) => `${head({ extra: 'this line has no colon\r\n' })}\r\nbad line\r\n`,
  'no-separator': (head) => head().trimEnd(),
  'empty-body': (head) => `${head()}\r\n`,
  'no-final-newline': (head) => `${head()}\r\nno newline at the end`,
  'only-body': () => '\r\nno header at all\r\n',
  'from-line-first': (head) => `From sender@example.net Thu Jan  1 00:00:01 2015\r\n${head()}\r\nmbox line above\r\n`,
  'from-line-in-body': (head) => `${head()}\r\nFrom here on\r\n>From there\r\n\r\nFrom me\r\n`,
  bom: (head) => `\xef\xbb\xbf${head()}\r\nBOM\r\n`,
  'date-2digit': (head) => `${withDate(head(), 'Tue, 01 Feb 99 10:00:00 GMT')}\r\n2-digit year\r\n`,
  'date-bad': (head) => `${withDate(head(), '31 Feb 2012 25:61:61 +9999')}\r\nno such date\r\n`,
  'date-none': (head) => `${head().replace(/\r\nDate: [^\r]*/, '')}\r\nno date\r\n`,
  'date-epoch': (head) => `${withDate(head(), 'Thu, 1 Jan 1970 00:00:00 +0000')}\r\nepoch\r\n`,
  'nested-100': (head) => nestedParts(head(), 100),
  'nested-rfc822-60': (head) =>
    `${Array.from({ length: 60 }, () => `${head()}Content-Type: message/rfc822\r\n\r\n`).join('')}${head()}\r\ncore\r\n`,
  'parts-2000': (head) =>
    `${head()}Content-Type: multipart/mixed; boundary=b\r\n\r\n${Array.from({ length: 2000 }, (_, at) => `--b\r\n\r\np${at}\r\n`).join('')}--b--\r\n`,
  'no-end-boundary': (head) =>
    `${head()}Content-Type: multipart/mixed; boundary="never"\r\n\r\n--never\r\n\r\nunterminated\r\n`,
  'imap-lookalike': (head) =>
    `${head()}\r\n)\r\nA1 OK FETCH completed\r\n* 1 FETCH (FLAGS (\\Deleted))\r\n* BYE bye\r\n{17}\r\n~{3}\r\n+ go on\r\n\r\n.\r\nQUIT\r\n`,
  'charset-bogus': (head) =>
    `${head({ extra: 'X-E: =?x-unknown?Q?=FF?= =?utf-8?X?a?=\r\n' })}Content-Type: text/plain; charset="x-bogus"\r\n\r\n\xff\xfe\r\n`,
  'all-bytes': (head) =>
    `${head()}Content-Transfer-Encoding: binary\r\n\r\n${String.fromCharCode(...BYTES_BUT_LINE_ENDS).repeat(8)}\r\n`,
  'one-byte': () => 'X',
  'only-crlf': () => '\r\n',
};

/** The names of all hostile kinds; a seeded message has 'hostile:<name>' as its kind. */
export const HOSTILE_KINDS: readonly string[] = Object.keys(BUILDERS);

/** Builds a message of this kind, as it would lie in a Maildir. Throws for a name that is not in HOSTILE_KINDS. */
export function hostileMessage(maker: MessageMaker, time: number, kind: string): Buffer {
  const build = BUILDERS[kind];
  if (!build) throw new Error(`No hostile message is called ${kind}.`);
  return Buffer.from(
    build((options) => header(maker, time, options), maker),
    'latin1',
  );
}

function withDate(head: string, date: string): string {
  return head.replace(/\r\nDate: [^\r]*/, `\r\nDate: ${date}`);
}

function nestedParts(head: string, depth: number): string {
  const levels = Array.from({ length: depth }, (_, at) => at);
  const open = levels.map((at) => `Content-Type: multipart/mixed; boundary="n${at}x"\r\n\r\n--n${at}x\r\n`).join('');
  const close = levels.map((at) => `--n${depth - 1 - at}x--\r\n`).join('');
  return `${head}${open}\r\ncore\r\n${close}`;
}
