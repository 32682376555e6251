import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Exchange365 } from '../exchange/exchange-365.ts';
import { mailboxOf } from '../exchange/mailbox/store.ts';
import type { SentMail } from '../smtp/mail-stream.ts';

export interface Arrivals {
  /** Mails that are there, each once. */
  arrived: number;
  lost: SentMail[];
  /** There more than once, be it at two places. */
  doubled: SentMail[];
}

/** The Message-IDs in the mailbox of a local part; [] where it has none there. */
export type ArrivalPlace = (user: string) => Promise<readonly string[]>;

const HEADER_BYTES = 64 * 1024;

/** Looks for mails by Message-ID at every place where they could be, past the servers' own ways and past mxodus. */
export async function countArrivals(places: readonly ArrivalPlace[], sent: readonly SentMail[]): Promise<Arrivals> {
  const copies = new Map<string, number>();
  for (const user of new Set(sent.map(userOf))) {
    const found = await Promise.all(places.map((place) => place(user)));
    for (const id of found.flat()) copies.set(`${user} ${id}`, (copies.get(`${user} ${id}`) ?? 0) + 1);
  }
  const countOf = (mail: SentMail): number => copies.get(`${userOf(mail)} ${mail.messageId}`) ?? 0;
  return {
    arrived: sent.filter((mail) => countOf(mail) > 0).length,
    lost: sent.filter((mail) => countOf(mail) === 0),
    doubled: sent.filter((mail) => countOf(mail) > 1),
  };
}

const userOf = ({ recipient }: SentMail): string => recipient.split('@')[0] ?? recipient;

/** The recipients' Maildirs on disk. */
export const inMaildirs =
  (server: { home(user: string): string }): ArrivalPlace =>
  async (user) => {
    const maildir = join(server.home(user), 'Maildir');
    const ids: string[] = [];
    for (const entry of await entriesOf(maildir)) {
      if (!entry.isFile() || !/\/(cur|new)$/.test(entry.parentPath)) continue;
      const text = (await readFile(join(entry.parentPath, entry.name))).subarray(0, HEADER_BYTES).toString('latin1');
      const [header = ''] = text.split(/\r?\n\r?\n/, 1);
      const id = /^message-id:\s*(<[^>]*>)/im.exec(header)?.[1];
      if (id !== undefined) ids.push(id);
    }
    return ids;
  };

/** One that nobody has signed in to or written to is not there yet. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** The mailboxes of the simulated Microsoft 365, all folders but the recoverable items. */
export const inExchange =
  ({ world }: Pick<Exchange365, 'world'>, domain: string): ArrivalPlace =>
  async (user) => {
    const known = world.userOf(`${user}@${domain}`);
    if (known === undefined) return [];
    return [...mailboxOf(world, known).lookups.byDate.all()].map(({ internetMessageId }) => internetMessageId);
  };
