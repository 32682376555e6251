import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { MailSession } from '@mxodus/model';
import { BATCH_LIMITS } from './sync-context.ts';

export const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

export async function sha256OfFile(path: string): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest();
}

/** Servers rewrite line ends, drop a last CR and show NUL as 0x80 (Dovecot 2.3, 2026-11); this digest does not see that. */
export function looseDigest(bytes: Buffer): string {
  const kept = bytes.filter((byte) => byte !== 13 && byte !== 10).map((byte) => (byte === 0 ? 0x80 : byte));
  return createHash('sha256').update(kept).digest('hex');
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
