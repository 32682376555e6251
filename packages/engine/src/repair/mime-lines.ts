import { headerLines, type Line, lineAt, lines, startsWithBlank } from './bytes.ts';

/** What is known of the MIME part (RFC 2045, 2046) a line is in. */
export interface Part {
  /** "text/plain", lower case. */
  type: string;
  /** Content-Transfer-Encoding, lower case. */
  encoding: string;
  /** Inside signed or encrypted content: S/MIME, PGP/MIME, or PGP in the text. */
  signed: boolean;
}

export interface MimeLine extends Line {
  place: 'header' | 'body' | 'delimiter';
  part: Part;
}

interface Multipart {
  boundary: string;
  signed: boolean;
}

const PLAIN = { type: 'text/plain', encoding: '7bit' };
const SIGNED = new Set([
  'multipart/signed',
  'multipart/encrypted',
  'application/pkcs7-mime',
  'application/x-pkcs7-mime',
  'application/pgp-encrypted',
]);
const PGP = Buffer.from('-----BEGIN PGP ');
/** RFC 2046 allows 70 characters; more than this is no boundary anyone made. */
const MAX_DELIMITER = 256;
const MAX_DEPTH = 256;
const MAX_FIELD = 4096;

/** Every line of a message and the part it is in. Linear, without recursion: nested and broken structures cost no more than flat ones. */
export function* mimeLines(message: Buffer): Generator<MimeLine> {
  const open: Multipart[] = [];
  const depths = new Map<string, number>();
  let part: Part = { ...PLAIN, signed: false };
  let headerFrom: number | null = 0;
  for (const line of lines(message)) {
    const delimiter = depths.size === 0 ? null : delimiterOf(message, line, depths);
    if (delimiter !== null) {
      const signed = open[delimiter.closes ? delimiter.depth - 1 : delimiter.depth]?.signed ?? false;
      for (const { boundary } of open.splice(delimiter.closes ? delimiter.depth : delimiter.depth + 1))
        depths.delete(boundary);
      part = { ...PLAIN, signed };
      headerFrom = delimiter.closes ? null : line.next;
      yield { ...line, place: 'delimiter', part };
      continue;
    }
    if (headerFrom === null) {
      if (isPgp(message, line)) part = { ...part, signed: true };
      yield { ...line, place: 'body', part };
      continue;
    }
    yield { ...line, place: 'header', part };
    if (line.end > line.start) continue;
    const content = contentOf(message.subarray(headerFrom, line.start));
    part = { ...content, signed: part.signed || SIGNED.has(content.type) };
    headerFrom = holdsMessage(content) ? line.next : null;
    if (content.boundary === null || depths.has(content.boundary) || open.length >= MAX_DEPTH) continue;
    depths.set(content.boundary, open.length);
    open.push({ boundary: content.boundary, signed: part.signed });
  }
}

/** True where the message, or a part of it, is signed or encrypted. */
export function holdsSigned(message: Buffer): boolean {
  for (const { part } of mimeLines(message)) if (part.signed) return true;
  return false;
}

function delimiterOf(
  message: Buffer,
  { start, end }: Line,
  depths: ReadonlyMap<string, number>,
): { depth: number; closes: boolean } | null {
  if (end - start > MAX_DELIMITER || message[start] !== 0x2d || message[start + 1] !== 0x2d) return null;
  const text = message.toString('latin1', start + 2, end).trimEnd();
  const depth = depths.get(text);
  if (depth !== undefined) return { depth, closes: false };
  const closing = text.endsWith('--') ? depths.get(text.slice(0, -2)) : undefined;
  return closing === undefined ? null : { depth: closing, closes: true };
}

const isPgp = (message: Buffer, { start, end }: Line): boolean =>
  end - start > PGP.length &&
  message[start] === 0x2d &&
  message.compare(PGP, 0, PGP.length, start, start + PGP.length) === 0;

/** An encoded message/rfc822 is against the rules (RFC 2046 5.2.1), and its lines are no message. */
const holdsMessage = ({ type, encoding }: { type: string; encoding: string }): boolean =>
  (type === 'message/rfc822' || type === 'message/global') && encoding !== 'base64' && encoding !== 'quoted-printable';

function contentOf(header: Buffer): { type: string; encoding: string; boundary: string | null } {
  const found = { type: '', encoding: '' };
  for (const line of headerLines(header)) {
    const name = /^content-(type|transfer-encoding)[ \t]*:/i.exec(
      header.toString('latin1', line.start, Math.min(line.end, line.start + 64)),
    );
    if (name === null) continue;
    const value = unfoldedFrom(header, { ...line, start: line.start + name[0].length });
    if (name[1]?.toLowerCase() === 'type') found.type ||= value;
    else found.encoding ||= value;
  }
  const type = (found.type.split(';', 1)[0] ?? '').trim().toLowerCase();
  return {
    type: type === '' ? PLAIN.type : type,
    encoding: found.encoding === '' ? PLAIN.encoding : found.encoding.trim().toLowerCase(),
    boundary: type.startsWith('multipart/') ? boundaryOf(found.type) : null,
  };
}

function unfoldedFrom(header: Buffer, line: Line): string {
  let value = header.toString('latin1', line.start, Math.min(line.end, line.start + MAX_FIELD));
  let next = lineAt(header, line.next);
  while (value.length < MAX_FIELD && next.start < header.length && startsWithBlank(header, next)) {
    value += header.toString('latin1', next.start, Math.min(next.end, next.start + MAX_FIELD));
    next = lineAt(header, next.next);
  }
  return value;
}

function boundaryOf(contentType: string): string | null {
  const [, quoted, plain] = /;\s*boundary\s*=\s*(?:"([^"]*)"|([^\s;"]+))/i.exec(contentType) ?? [];
  const boundary = (quoted ?? plain ?? '').trimEnd();
  return boundary === '' ? null : boundary;
}
