import { Alterations } from './alterations.ts';
import type { GraphContent, MessageTraits } from './graph-message.ts';
import { mapAttachments, original } from './map-attachments.ts';
import { fitsBody, mapBody } from './map-body.ts';
import { mapHeader } from './map-header.ts';
import type { ParsedMessage, ParsedPart } from './message-tree.ts';
import { selectParts } from './select-parts.ts';
import { traitsOfTypes } from './traits.ts';

export type MappedMessage = Omit<GraphContent, 'discard'> & { traits: MessageTraits };

/** Containers whose preamble says that a reader knows no MIME. */
const STANDARD_PREAMBLE =
  /mime|multi-?part|mehrteilig|this is a message|\bcryptographically signed\b|OpenPGP|encrypted message/i;

/*
 * What of a message is kept (K), changed (C) and lost (L) in Exchange; N: named in the report as an alteration.
 *
 * | in the message                        | in Exchange                                                                      |    |
 * |---------------------------------------|----------------------------------------------------------------------------------|----|
 * | From, several authors                 | from: the first one; none with an address: Sender; else nothing                  | LN |
 * | Sender                                | sender; none: the author                                                         | K  |
 * | To, Cc, Bcc, Reply-To                 | in their order; encoded words decoded, comments and empty groups dropped         | K  |
 * | group names with members              | the members                                                                      | LN |
 * | what is no address                    | nothing: it is refused (ErrorInvalidRecipients)                                  | LN |
 * | addresses above 640 KB of JSON        | nothing                                                                          | LN |
 * | Subject                               | decoded; one line; cut after 255 characters                                      | CN |
 * | Message-ID                            | verbatim (unfolded); not ASCII, above 995 characters: Exchange makes one         | LN |
 * | several Message-IDs                   | the first one                                                                    | LN |
 * | Date                                  | PidTagClientSubmitTime, UTC; unreadable, before 1970, after 2099: nothing        | LN |
 * | Importance, X-Priority, Priority, ... | importance                                                                       | K  |
 * | In-Reply-To, References               | their properties, unfolded; above 8 KB the first and the last ones               | CN |
 * | the whole header                      | PidTagTransportMessageHeaders, in order, CRLF, as text; above 60 KB some fields  | CN |
 * | lines of the header that are no field | nothing; after its last field: text, the empty line is missing                   | LN |
 * | Sensitivity, Disposition-             | there only: Graph has no sensitivity, and a receipt must not be asked for twice  | L  |
 * |   Notification-To, List-*, X-*, DKIM  |   (internetMessageHeaders takes 5 fields at most, and only those with "X-")      |    |
 * | text/html, text/plain                 | body; alternatives: the last HTML, else the last text, that is not blank         | CN |
 * | alternatives of one kind              | the last one; the others attached                                                | CN |
 * | several texts outside alternatives    | joined into one body, text as <pre> where one is HTML; those with a name attached | CN |
 * | text above 2.25 MB                    | attached                                                                         | CN |
 * | format=flowed                         | flowing lines joined, DelSp heeded                                               | C  |
 * | charset, transfer encoding, line ends | Unicode, CRLF (in HTML as they are); an unknown or wrong charset as windows-1252 | CN |
 * | control characters, NUL               | nothing: XML has no place for them                                               | LN |
 * | text/enriched, richtext, AMP, watch   | beside another text nothing; alone as plain text with its marks                  | LN |
 * | uuencode, inline PGP                  | text as it is                                                                    | K  |
 * | attachments                           | file attachments, bytes exact, equal names stay equal                            | K  |
 * | names: RFC 2231, RFC 2047, raw 8 bit  | decoded; "/", "\\", controls become "_"; above 255 characters cut                | CN |
 * | no name                               | by the type: invite.ics, winmail.dat, smime.p7m, attachment.png                  | K  |
 * | parameters of the type                | nothing; the charset of attached text                                            | LN |
 * | order of text and inline attachments  | nothing: Exchange lists attachments beside the body                              | L  |
 * | Content-ID                            | contentId; isInline where the HTML refers to it, else it could not be seen       | K  |
 * | Content-Location the HTML refers to   | the address in the HTML becomes cid:                                             | CN |
 * | message/rfc822                        | file attachment "<subject>.eml", bytes exact                                     | K  |
 * | reports                               | text as body, the other parts attached                                           | CN |
 * | calendar, vCard                       | attached; Exchange makes no meeting of it                                        | K  |
 * | winmail.dat                           | attached, not opened                                                             | CN |
 * | multipart/signed                      | the signed part as a message, the signature attached                             | LN |
 * | encrypted, S/MIME (pkcs7-mime)        | all parts attached                                                               | CN |
 * | broken base64, quoted-printable       | as far as it can be read                                                         | CN |
 * | text before, after, between the parts | nothing, as in any mail program                                                  | LN |
 * | a multipart without a part            | text                                                                             | K  |
 * | more than 250 attachments             | 249 and the original                                                             | CN |
 * | header above 2 MB, 20,000 parts,      | subject, people, dates; the original as original.eml                             | CN |
 * |   200 levels                          |                                                                                  |    |
 */

/** A message in Exchange's form, by the table above. Pure. */
export function mapMessage(message: ParsedMessage): MappedMessage {
  const alterations = new Alterations();
  const header = mapHeader(message.fields, message.head, alterations);
  const { shown, attached } = selectParts(message.root, alterations, fitsBody);
  const body = mapBody(shown, alterations);
  const toAttach = new Set([...attached, ...body.left]);
  const order = leaves(message.root).filter((part) => toAttach.has(part));
  const { attachments, content } = mapAttachments(order, body, message, alterations);
  nameOddities(message, alterations);
  return {
    message: { ...header.message, body: { contentType: body.kind, content } },
    properties: header.properties,
    attachments,
    alterations: alterations.list(),
    traits: traitsOfTree(message),
  };
}

/** The header alone in Exchange's form, with the whole original attached. Pure. */
export function mapAsAttachment(
  message: Pick<ParsedMessage, 'fields' | 'head' | 'original'>,
  why: string,
): Omit<MappedMessage, 'traits'> {
  const alterations = new Alterations();
  const header = mapHeader(message.fields, message.head, alterations);
  alterations.add('the content was kept only as original.eml, the attached original', why);
  return {
    message: { ...header.message, body: { contentType: 'text', content: '' } },
    properties: header.properties,
    attachments: [original(message)],
    alterations: alterations.list(),
  };
}

function leaves(part: ParsedPart): ParsedPart[] {
  return part.children.length === 0 ? [part] : part.children.flatMap(leaves);
}

function traitsOfTree(message: ParsedMessage): MessageTraits {
  const all = (part: ParsedPart): ParsedPart[] => [part, ...part.children.flatMap(all)];
  const parts = all(message.root);
  const types = parts.map(({ type, parameters, filename }) => ({
    type,
    parameters: `${parameters['smime-type'] ?? ''} ${filename ?? ''}`,
  }));
  const { signed, encrypted } = traitsOfTypes(types);
  return { signed, encrypted, deeplyNested: parts.some(({ nests }) => nests), bytes: message.original.size };
}

function nameOddities(message: ParsedMessage, alterations: Alterations): void {
  if (message.loneCarriageReturns) {
    alterations.add('lone CRs were read as line ends', 'the original has no other line ends');
  }
  const outside = message.outside.replace(/^--.*$/gm, '').trim();
  if (outside !== '' && !STANDARD_PREAMBLE.test(outside)) {
    alterations.add('text before the first part or after the last one was left out', 'no mail program shows it');
  }
}
