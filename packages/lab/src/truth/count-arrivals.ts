import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SentMail } from '../smtp/mail-stream.ts';

export interface Arrivals {
  /** Mails that are there, each once. */
  arrived: number;
  lost: SentMail[];
  /** There more than once. */
  doubled: SentMail[];
}

const HEADER_BYTES = 64 * 1024;

/** Looks for mails by Message-ID in the recipients' Maildirs on disk, past the IMAP server and past mxodus. */
export async function countArrivals(
  server: { home(user: string): string },
  sent: readonly SentMail[],
): Promise<Arrivals> {
  const copies = new Map<string, number>();
  for (const user of new Set(sent.map(userOf))) {
    for (const id of await messageIds(join(server.home(user), 'Maildir'))) {
      copies.set(`${user} ${id}`, (copies.get(`${user} ${id}`) ?? 0) + 1);
    }
  }
  const countOf = (mail: SentMail): number => copies.get(`${userOf(mail)} ${mail.messageId}`) ?? 0;
  return {
    arrived: sent.filter((mail) => countOf(mail) > 0).length,
    lost: sent.filter((mail) => countOf(mail) === 0),
    doubled: sent.filter((mail) => countOf(mail) > 1),
  };
}

const userOf = ({ recipient }: SentMail): string => recipient.split('@')[0] ?? recipient;

async function messageIds(maildir: string): Promise<string[]> {
  const entries = await readdir(maildir, { recursive: true, withFileTypes: true });
  const ids: string[] = [];
  for (const entry of entries) {
    if (!entry.isFile() || !/\/(cur|new)$/.test(entry.parentPath)) continue;
    const text = (await readFile(join(entry.parentPath, entry.name))).subarray(0, HEADER_BYTES).toString('latin1');
    const [header = ''] = text.split(/\r?\n\r?\n/, 1);
    const id = /^message-id:\s*(<[^>]*>)/im.exec(header)?.[1];
    if (id !== undefined) ids.push(id);
  }
  return ids;
}
