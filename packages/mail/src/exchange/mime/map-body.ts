import libmime from 'libmime';
import { type Alterations, withoutControls } from './alterations.ts';
import { decodeText } from './charset.ts';
import { joinHtml, textAsHtml } from './html-body.ts';
import type { ParsedPart } from './message-tree.ts';
import { isBlank } from './select-parts.ts';

/** As JSON in UTF-8. A create is 4 MB at most, and the header, the recipients and small attachments need room. */
export const MOST_BODY_BYTES = 2.25 * 1024 * 1024;

export interface MappedBody {
  kind: 'html' | 'text';
  content: string;
  /** Parts that did not fit any more, to be attached. */
  left: readonly ParsedPart[];
}

/** The one body Exchange has. All texts that are shown are joined; one HTML among them makes the body HTML. Pure. */
export function mapBody(shown: readonly ParsedPart[], alterations: Alterations): MappedBody {
  const left: ParsedPart[] = [];
  const pieces: { html: boolean; text: string }[] = [];
  let room = MOST_BODY_BYTES;
  for (const part of shown) {
    if (isBlank(part) && shown.length > 1) continue;
    const text = textOf(part, alterations);
    const bytes = Buffer.byteLength(JSON.stringify(text));
    if (bytes > room) {
      left.push(part);
      continue;
    }
    room -= bytes;
    pieces.push({ html: part.type === 'text/html', text });
  }
  if (left.length > 0) {
    alterations.add(
      'text that was too long for the body was kept as an attachment',
      'one request to Exchange has no room for a body that long',
    );
  }
  if (pieces.length > 1) {
    alterations.add(`${pieces.length} text parts were joined into one body`, 'Exchange keeps one body');
  }
  if (!pieces.some(({ html }) => html)) return { kind: 'text', content: joinText(pieces), left };
  const documents = pieces.map(({ html, text }) => (html ? text : textAsHtml(text)));
  return { kind: 'html', content: joinHtml(documents), left };
}

const joinText = (pieces: readonly { text: string }[]): string =>
  pieces.map(({ text }, index) => (index === pieces.length - 1 || text.endsWith('\n') ? text : `${text}\r\n`)).join('');

/** Whether a part can be held and decoded as a body; the exact size is seen only then. */
export const fitsBody = ({ content, size }: ParsedPart): boolean =>
  content?.kind === 'memory' && size <= 2 * MOST_BODY_BYTES;

function textOf(part: ParsedPart, alterations: Alterations): string {
  const bytes = part.content?.kind === 'memory' ? part.content.bytes : Buffer.alloc(0);
  const isHtml = part.type === 'text/html';
  const declared = part.parameters.charset ?? (isHtml ? charsetInside(bytes) : null);
  const decoded = decodeText(bytes, declared);
  if (decoded.alteration !== null) alterations.add(decoded.alteration.what, decoded.alteration.why);
  if (part.damaged) {
    alterations.add('text was decoded as far as it can be read', `its ${part.encoding} is damaged in the original`);
  }
  if (part.type !== 'text/plain' && !isHtml) {
    alterations.add(`the ${part.type} body is shown as plain text with its marks`, 'Exchange has no such kind of text');
  }
  const { text, changed } = withoutControls(decoded.text);
  if (changed) alterations.add('control characters were left out of the text', 'Exchange does not keep them');
  return isHtml ? text : withLineEnds(unflowed(part, text));
}

/** RFC 3676: lines that end in a space go on. */
function unflowed(part: ParsedPart, text: string): string {
  if (part.type !== 'text/plain' || part.parameters.format?.toLowerCase() !== 'flowed') return text;
  return libmime.decodeFlowed(text, part.parameters.delsp?.toLowerCase() === 'yes');
}

const withLineEnds = (text: string): string => text.replace(/\r\n|\r|\n/g, '\r\n');

/** `<meta charset>` or its older form, where the part does not say. */
function charsetInside(bytes: Buffer): string | null {
  return /<meta\b[^>]{0,200}\bcharset\s*=\s*["']?([\w.:-]{1,40})/i.exec(bytes.toString('latin1', 0, 2048))?.[1] ?? null;
}
