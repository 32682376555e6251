import { createHash } from 'node:crypto';
import PostalMime, { type Address, type Email } from 'postal-mime';
import { textOfHtml, wordsOf } from './words.ts';

/** What a message holds for a MIME parser that has nothing in common with ours. */
export interface IndependentView {
  subject: string;
  from: string[];
  to: string[];
  cc: string[];
  messageId: string | null;
  /** Milliseconds; null: no date, or one that it cannot read. */
  sent: number | null;
  attachments: Digests[];
  /** Of the body, as people read it. */
  words: Set<string>;
  /** It could not decode all of the text: there are replacement characters in it, or escapes. */
  undecoded: boolean;
  /** The message begins with a byte order mark: its first field is not seen. */
  marked: boolean;
  /** text/html or text/plain with a boundary, and parts: it shows the parts' delimiters and headers as text. */
  boundaryInText: boolean;
}

/** Of the bytes of a part. */
export interface Digests {
  type: string;
  sha256: string;
  /** As the message has it; two where the parser does not say whether the last line has an end. */
  sent: readonly string[];
  /** Of its lines, whatever ends them, without empty ones at the end. */
  lines: string;
  bytes: Buffer;
}

/** null: it cannot parse the message. */
export async function independentView(message: Buffer): Promise<IndependentView | null> {
  let email: Email;
  try {
    email = await PostalMime.parse(message, { forceRfc822Attachments: true });
  } catch {
    return null;
  }
  const { subject = '', from, to, cc, messageId, date, headers } = email;
  const sent = Date.parse(date ?? '');
  const text = email.html === undefined ? (email.text ?? '') : textOfHtml(email.html);
  const type = headers.find(({ key }) => key === 'content-type')?.value ?? '';
  return {
    subject,
    from: addresses(from === undefined ? [] : [from]),
    to: addresses(to),
    cc: addresses(cc),
    messageId: messageId?.trim() || null,
    sent: Number.isNaN(sent) ? null : sent,
    attachments: email.attachments.map(({ mimeType, content }) => {
      const bytes = typeof content === 'string' ? Buffer.from(content) : Buffer.from(new Uint8Array(content));
      // postal-mime 4.0.0 ends every line of a part that is not base64 in LF, the last one too.
      const crlf = bytes.toString('latin1').replaceAll('\n', '\r\n');
      const shapes = [crlf, crlf.replace(/\r\n$/, '')].map((shape) => sha256(Buffer.from(shape, 'latin1')));
      return { ...digestsOf(mimeType, bytes), sent: shapes };
    }),
    words: wordsOf(text),
    undecoded: /[\ufffd\x1b]/.test(text),
    marked: message.subarray(0, 3).toString('latin1') === '\xef\xbb\xbf',
    boundaryInText: /^text\/.*boundary=/is.test(type),
  };
}

export function digestsOf(type: string, bytes: Buffer): Digests {
  const lines = bytes.toString('latin1').replace(/\r*\n|\r/g, '\n');
  return {
    type,
    sha256: sha256(bytes),
    sent: [sha256(bytes)],
    lines: sha256(Buffer.from(lines.replace(/\n+$/, ''), 'latin1')),
    bytes,
  };
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const addresses = (list: readonly Address[] = []): string[] =>
  list
    .flatMap(({ address, group }) => group?.map((member) => member.address) ?? address ?? [])
    .filter((address) => address !== '')
    .map((address) => address.toLowerCase());
