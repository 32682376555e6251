import { createHash, hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { MailSession } from '@mxodus/model';
import { BATCH_LIMITS } from './sync-context.ts';

/** Dovecot shows a NUL as 0x80 (2.3, 2026-11), Cyrus as it is: one message at both has one digest. */
const withoutNul = (bytes: Buffer): Buffer =>
  bytes.includes(0) ? Buffer.from(bytes.map((byte) => (byte === 0 ? 0x80 : byte))) : bytes;

export const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(withoutNul(bytes)).digest();

export async function sha256OfFile(path: string): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(withoutNul(chunk));
  return hash.digest();
}

/** A longer header is not told apart by what comes later. */
const HEADER_LIMIT = 256 * 1024;

/**
 * 96 bits of the header section: with date and size it tells two messages of one mailbox apart, and it costs next to nothing. Where
 * a mistake would lose a message, the contents are compared as well.
 */
export function headerDigest(message: Buffer): string {
  const found = message.indexOf('\r\n\r\n');
  let end = Math.min(found < 0 ? message.length : found, HEADER_LIMIT);
  // A message that is all header: BODY[HEADER] may end with a line end more than the message does.
  while (end > 0 && (message[end - 1] === 10 || message[end - 1] === 13)) end -= 1;
  const header = message.subarray(0, end);
  return hash('sha1', withoutNul(header), 'base64url').slice(0, 16);
}

/** As much of a message in a file as its header may take. */
export async function headOfFile(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_LIMIT), 0, HEADER_LIMIT, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Servers rewrite line ends, drop a last CR and show NUL as 0x80 (Dovecot 2.3, 2026-11); this digest does not see that. */
export function looseDigest(bytes: Buffer): string {
  const kept = bytes.filter((byte) => byte !== 13 && byte !== 10).map((byte) => (byte === 0 ? 0x80 : byte));
  return createHash('sha256').update(kept).digest('hex');
}

/**
 * Of what comes after the header: two deliveries of one message differ in their Received lines only. Without an empty line a message is all
 * header where every line is a field and one of them a Message-ID (servers add the empty line); else all of it counts.
 */
export function bodyDigest(message: Buffer): string {
  const end = message.indexOf('\r\n\r\n');
  if (end >= 0) return looseDigest(message.subarray(end + 4));
  return looseDigest(isAllHeader(message) ? Buffer.alloc(0) : message);
}

const FIELD = /^(?:[!-9;-~]+[ \t]*:|[ \t])/;

function isAllHeader(message: Buffer): boolean {
  if (message.length > HEADER_LIMIT) return false;
  const text = message.toString('latin1').replace(/(?:\r\n)+$/, '');
  return /^message-id[ \t]*:[ \t]*<\S+>/im.test(text) && text.split('\r\n').every((line) => FIELD.test(line));
}

export interface DigestRequest {
  path: string;
  messages: readonly { uid: number; bytes: number }[];
  tempDir: string;
}

/** Hex SHA-256 of bodies by UID; large ones pass through a file. What the server does not give is missing. */
export async function digests(
  session: MailSession,
  { path, messages, tempDir }: DigestRequest,
): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  const large = messages.filter((message) => message.bytes >= BATCH_LIMITS.aloneFromBytes);
  const small = messages.filter((message) => message.bytes < BATCH_LIMITS.aloneFromBytes).map((message) => message.uid);
  for (let start = 0; start < small.length; start += BATCH_LIMITS.messages) {
    for await (const { uid, body } of session.fetch(path, small.slice(start, start + BATCH_LIMITS.messages))) {
      found.set(uid, sha256(body).toString('hex'));
    }
  }
  for (const { uid } of large) {
    const file = join(tempDir, `digest-${crypto.randomUUID()}`);
    try {
      if ((await session.download(path, uid, { file })) !== null)
        found.set(uid, (await sha256OfFile(file)).toString('hex'));
    } finally {
      await rm(file, { force: true });
    }
  }
  return found;
}
