import libmime from 'libmime';
import { decodedWords, firstField, type HeaderField, headerFields, structuredField } from './header-block.ts';
import type { ParsedPart } from './message-tree.ts';

export type PartHeader = Pick<
  ParsedPart,
  'type' | 'parameters' | 'typed' | 'disposition' | 'filename' | 'contentId' | 'contentLocation' | 'encoding'
>;

/**
 * The MIME fields of one part.
 *
 * @param inDigest the part is in a multipart/digest, where parts are messages unless they say otherwise (RFC 2046 §5.1.5)
 */
export function partHeader(fields: readonly HeaderField[], inDigest: boolean): PartHeader {
  const given = structuredField(firstField(fields, 'content-type') ?? '');
  const disposition = structuredField(firstField(fields, 'content-disposition') ?? '');
  const filename = disposition.parameters.filename || given.parameters.name || null;
  const typed = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(given.value);
  return {
    type: typed ? given.value : defaultType(filename, disposition.value, inDigest),
    parameters: given.parameters,
    typed,
    disposition: disposition.value || null,
    filename,
    contentId: withoutBrackets(firstField(fields, 'content-id')),
    contentLocation: firstField(fields, 'content-location')?.replace(/\s+/g, '') || null,
    encoding: (firstField(fields, 'content-transfer-encoding') ?? '')
      .replace(/\([^()]*\)/g, '')
      .replace(/[\s;"]+/g, ' ')
      .trim()
      .split(' ', 1)
      .join('')
      .toLowerCase(),
  };
}

function defaultType(filename: string | null, disposition: string, inDigest: boolean): string {
  if (inDigest) return 'message/rfc822';
  if (filename?.includes('.')) return libmime.detectMimeType(filename);
  return disposition === 'attachment' ? 'application/octet-stream' : 'text/plain';
}

function withoutBrackets(value: string | null): string | null {
  const id = decodedWords(value ?? '')
    .trim()
    .replace(/^<([^>]*)>?.*$/, '$1')
    .trim();
  return id === '' ? null : id;
}

/** The Subject of a message of which these are the first bytes. */
export function subjectIn(head: Buffer): string | null {
  const subject = firstField(headerFields(head), 'subject');
  return subject === null ? null : decodedWords(subject);
}
