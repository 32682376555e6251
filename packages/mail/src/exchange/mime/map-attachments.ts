import { type Alterations, named } from './alterations.ts';
import { attachmentName } from './attachment-name.ts';
import type { GraphAttachment } from './graph-message.ts';
import { referredIds, withAddress } from './html-body.ts';
import type { MappedBody } from './map-body.ts';
import type { ParsedMessage, ParsedPart } from './message-tree.ts';
import { MOST_ATTACHMENTS } from './parse-message.ts';

const TNEF = /^application\/(?:vnd\.)?ms-tnef$/;
const PKCS7 = /^application\/(?:x-)?pkcs7-mime$/;
const PLAIN_ENCODINGS = /^(?:|7bit|8bit|binary|base64|quoted-printable)$/;

export interface MappedAttachments {
  attachments: GraphAttachment[];
  /** The body's, with addresses of inline images changed. */
  content: string;
}

/** The attachments; what the HTML shows by Content-ID is inline, all else can be seen in the list. Pure. */
export function mapAttachments(
  parts: readonly ParsedPart[],
  body: MappedBody,
  message: ParsedMessage,
  alterations: Alterations,
): MappedAttachments {
  const room = parts.length <= MOST_ATTACHMENTS && parts.every(({ content }) => content !== null);
  const kept = room ? parts : parts.filter(({ content }) => content !== null).slice(0, MOST_ATTACHMENTS - 1);
  const { ids, content } = inlineIds(kept, body, alterations);
  const referred = body.kind === 'html' ? referredIds(content) : new Set<string>();
  const attachments = kept.map((part) => attachment(part, ids.get(part) ?? null, referred, alterations));
  if (!room) {
    attachments.push(original(message));
    alterations.add(
      `${parts.length - kept.length} of ${parts.length} attachments are only in original.eml, the attached original`,
      `Exchange keeps ${MOST_ATTACHMENTS} attachments of a message`,
    );
  }
  return { attachments, content };
}

/** The whole message as it was received, as an attachment. */
export function original({ original: { size, content } }: Pick<ParsedMessage, 'original'>): GraphAttachment {
  return { name: 'original.eml', contentType: 'message/rfc822', isInline: false, contentId: null, size, content };
}

/** Exchange finds inline images by Content-ID alone: an image the HTML names by Content-Location (RFC 2557) gets one. */
function inlineIds(
  parts: readonly ParsedPart[],
  body: MappedBody,
  alterations: Alterations,
): { ids: Map<ParsedPart, string | null>; content: string } {
  let { content } = body;
  const ids = new Map<ParsedPart, string | null>();
  for (const [index, part] of parts.entries()) {
    ids.set(part, part.contentId);
    if (body.kind !== 'html' || part.contentLocation === null) continue;
    const id = part.contentId ?? `location-${index + 1}`;
    const changed = withAddress(content, part.contentLocation, `cid:${encodeURI(id)}`);
    if (changed === null) continue;
    content = changed;
    ids.set(part, id);
    alterations.add(
      'addresses of inline images in the HTML were changed to Content-IDs',
      'Exchange finds inline images by Content-ID only, not by Content-Location',
    );
  }
  return { ids, content };
}

function attachment(
  part: ParsedPart,
  contentId: string | null,
  referred: ReadonlySet<string>,
  alterations: Alterations,
): GraphAttachment {
  const name = attachmentName(part, alterations);
  nameLosses(part, name, alterations);
  return {
    name,
    contentType: part.type,
    // Hidden from the list of attachments: only what the body shows.
    isInline: contentId !== null && referred.has(contentId),
    contentId,
    size: part.size,
    content: part.content ?? { kind: 'memory', bytes: Buffer.alloc(0) },
  };
}

function nameLosses(part: ParsedPart, name: string, alterations: Alterations): void {
  if (TNEF.test(part.type) || name.toLowerCase() === 'winmail.dat') {
    alterations.add(
      'winmail.dat was kept as an attachment, not opened',
      'Exchange opens it only in mail that arrives over SMTP',
    );
  }
  if (PKCS7.test(part.type)) {
    alterations.add(
      `the signed or encrypted content was kept as an attachment, ${named([name])}`,
      'an S/MIME message cannot be written through Graph',
    );
  }
  if (part.damaged) {
    alterations.add(
      `the attachment ${named([name])} was decoded as far as it can be read`,
      `its ${part.encoding} is damaged in the original`,
    );
  }
  if (!PLAIN_ENCODINGS.test(part.encoding)) {
    alterations.add(
      `the attachment ${named([name])} is still encoded`,
      `its transfer encoding, ${named([part.encoding])}, is not known`,
    );
  }
  if (part.type.startsWith('text/') && !/^(?:|utf-?8|us-ascii|ascii)$/i.test(part.parameters.charset ?? '')) {
    alterations.add(
      `the charset of the attachment ${named([name])}, ${named([part.parameters.charset ?? ''])}, was left out`,
      'Exchange keeps the type of an attachment without parameters; its bytes are unchanged',
    );
  }
  if (part.type === 'message/external-body' || part.type === 'message/partial') {
    alterations.add(
      `the parameters of the ${part.type} part were left out`,
      'Exchange keeps the type of an attachment without parameters',
    );
  }
}
