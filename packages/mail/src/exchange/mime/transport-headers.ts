import { type Alterations, named, withoutControls } from './alterations.ts';
import { decodeHeaderBytes } from './charset.ts';
import type { HeaderField } from './header-block.ts';

/** Of the header block that is kept with the message; in UTF-8. A create is 4 MB at most, and the body needs room. */
export const MOST_TRANSPORT_BYTES = 60 * 1024;

/**
 * The header as it was received, for PidTagTransportMessageHeaders: all fields in order with CRLF, raw 8-bit bytes as text. Fields
 * that do not fit any more are left out whole, the others kept.
 */
export function transportHeaders(fields: readonly HeaderField[], head: Buffer, alterations: Alterations): string {
  const kept: string[] = [];
  const left: string[] = [];
  let room = MOST_TRANSPORT_BYTES;
  let controls = false;
  for (const { name, raw } of fields) {
    const { text, changed } = withoutControls(decodeHeaderBytes(Buffer.from(raw, 'latin1'), null));
    const bytes = Buffer.byteLength(text) + 2;
    controls ||= changed;
    if (bytes > room) {
      left.push(name);
      continue;
    }
    room -= bytes;
    kept.push(`${text}\r\n`);
  }
  if (controls) alterations.add('control characters were left out of the header', 'Exchange does not keep them');
  if (left.length > 0) {
    alterations.add(
      `header fields were left out of the header kept with the message: ${named([...new Set(left)])}`,
      `it is kept up to ${MOST_TRANSPORT_BYTES / 1024} KB; this header has ${Math.ceil(head.length / 1024)} KB`,
    );
  }
  return kept.join('');
}
