import { type HeaderFingerprint, headerFields } from '@mxodus/engine';
import type { MailSession, MessageMeta } from '@mxodus/model';
import { headerDigest } from './content-digest.ts';

/** From here on it is cheaper to ask for one field of all messages in the range. */
const MANY = 500;

/** Message-IDs by UID, as they are in the header; null where there is none. */
export async function messageIdsOf(
  session: MailSession,
  path: string,
  messages: readonly MessageMeta[],
): Promise<Map<number, string | null>> {
  const uids = messages.map(({ uid }) => uid);
  if (uids.length <= MANY) {
    const headers = await headersOf(session, path, messages);
    return new Map(headers.map(({ uid, fields }) => [uid, fields.messageId]));
  }
  const found = new Map<number, string | null>();
  const sorted = [...uids].sort((a, b) => a - b);
  const wanted = new Set(uids);
  for (let start = 0; start < sorted.length; start += 10_000) {
    const chunk = sorted.slice(start, start + 10_000);
    const range = { from: chunk[0] ?? 1, to: chunk.at(-1) ?? 1 };
    const scan = await session.scan(path, { range, messageIds: true });
    for (const { uid, messageId = null } of scan.messages) {
      if (!wanted.has(uid)) continue;
      // The same form as from a whole header.
      found.set(
        uid,
        messageId === null ? null : headerFields(Buffer.from(`Message-ID: ${messageId}\r\n\r\n`, 'latin1')).messageId,
      );
    }
  }
  return found;
}

/** Courier's RFC822.SIZE stops at the 300th MIME part, as does its BODY[] (5.0.13, 2026-11). */
export const tellsSizes = ({ facts }: MailSession): boolean => !/^courier/i.test(facts.product ?? '');

export interface HeaderOf {
  uid: number;
  /** null: not to be relied on. */
  bytes: number | null;
  fields: HeaderFingerprint;
}

export async function headersOf(
  session: MailSession,
  path: string,
  messages: readonly MessageMeta[],
): Promise<HeaderOf[]> {
  const bytes = new Map(messages.map((message) => [message.uid, message.bytes]));
  const found: HeaderOf[] = [];
  for await (const { uid, body } of session.fetchHeaders(path, [...bytes.keys()])) {
    const size = tellsSizes(session) ? (bytes.get(uid) ?? 0) : null;
    found.push({ uid, bytes: size, fields: headerFields(body) });
  }
  return found;
}

/** See headerDigest; by UID. What the server does not give is missing. */
export async function headerDigests(
  session: MailSession,
  path: string,
  uids: readonly number[],
): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for await (const { uid, body } of session.fetchHeaders(path, uids)) found.set(uid, headerDigest(body));
  return found;
}
