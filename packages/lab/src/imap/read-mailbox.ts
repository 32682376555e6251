import { createHash } from 'node:crypto';
import type { FolderMap, TruthMessage } from '../truth/truth.ts';
import { capabilitiesOf, type ListedFolder, listFolders } from './list-folders.ts';
import { type ImapServer, openRawConnection, quoted, type RawConnection } from './raw-connection.ts';
import type { Response } from './response-reader.ts';

/**
 * Reads a whole account over IMAP, without changing it (EXAMINE). Throws when a folder gives fewer messages than it says
 * it has, so a dropped row cannot pass for an empty one.
 */
export async function readMailbox(server: ImapServer, user: string, password: string): Promise<FolderMap> {
  return signedIn(server, user, password, async (connection) => {
    const folders: FolderMap = {};
    // Courier (5.0, 2026-11) leaves off the end of BODY[] after 300 MIME parts, and has RFC822.SIZE agree; RFC822 is whole.
    const body = (await capabilitiesOf(connection)).has('ACL2=UNION') ? 'RFC822' : 'BODY.PEEK[]';
    for (const folder of await listFolders(connection)) {
      folders[folder.name] = {
        subscribed: folder.subscribed,
        specialUse: folder.specialUse,
        messages: await readFolder(connection, folder, body),
      };
    }
    return folders;
  });
}

export interface FolderStatus {
  uidNext: number;
  uidValidity: number;
  messages: number;
}

/** UIDNEXT, UIDVALIDITY and MESSAGES of every folder: if they did not move, nothing was added and taken away again. */
export async function uidNexts(
  server: ImapServer,
  user: string,
  password: string,
): Promise<Record<string, FolderStatus>> {
  return signedIn(server, user, password, async (connection) => {
    const all: Record<string, FolderStatus> = {};
    for (const folder of await listFolders(connection)) {
      let text = '';
      await connection.command(`STATUS ${quoted(folder.wireName)} (UIDNEXT UIDVALIDITY MESSAGES)`, (response) => {
        const last = response.at(-1);
        if (typeof last === 'string') text = last;
      });
      const value = (item: string): number => {
        const found = new RegExp(`${item} (\\d+)`).exec(text);
        if (!found) throw new Error(`STATUS of ${folder.name} has no ${item}: ${text}`);
        return Number(found[1]);
      };
      all[folder.name] = { uidNext: value('UIDNEXT'), uidValidity: value('UIDVALIDITY'), messages: value('MESSAGES') };
    }
    return all;
  });
}

/** Connects, signs in, runs `body`, ends the connection. */
export async function signedIn<T>(
  server: ImapServer,
  user: string,
  password: string,
  body: (connection: RawConnection) => Promise<T>,
): Promise<T> {
  const connection = await openRawConnection(server);
  try {
    await connection.command(`LOGIN ${quoted(user)} ${quoted(password)}`);
    return await body(connection);
  } finally {
    connection.close();
  }
}

async function readFolder(connection: RawConnection, folder: ListedFolder, body: string): Promise<TruthMessage[]> {
  let exists = 0;
  await connection.command(`EXAMINE ${quoted(folder.wireName)}`, ([text]) => {
    const found = typeof text === 'string' ? /^\* (\d+) EXISTS/.exec(text) : null;
    if (found) exists = Number(found[1]);
  });
  if (exists === 0) return [];
  const messages: TruthMessage[] = [];
  await connection.command(`FETCH 1:* (UID FLAGS INTERNALDATE ${body})`, (response) => {
    const message = fetchRow(response);
    if (message) messages.push(message);
  });
  if (messages.length !== exists) {
    throw new Error(`${folder.name} has ${exists} messages, but FETCH gave ${messages.length}.`);
  }
  return messages;
}

function fetchRow(response: Response): TruthMessage | null {
  const text = response.filter((piece) => typeof piece === 'string').join('');
  if (!/^\* \d+ FETCH \(/.test(text) || !/ (BODY\[\]|RFC822) /.test(text)) return null;
  const uid = /\bUID (\d+)/.exec(text)?.[1];
  const flags = /\bFLAGS \(([^)]*)\)/.exec(text)?.[1];
  const date = /\bINTERNALDATE "([^"]*)"/.exec(text)?.[1];
  if (uid === undefined || flags === undefined || date === undefined) throw new Error(`Cannot read this row: ${text}`);
  const digest = response.find((piece) => typeof piece === 'object' && piece.kind === 'digest');
  const body = typeof digest === 'object' && digest.kind === 'digest' ? digest : inlineBody(text);
  return {
    sha256: body.sha256,
    flags: flags
      .split(' ')
      .filter((flag) => flag !== '' && flag !== '\\Recent')
      .sort(),
    internalDate: rfc3339(date),
    bytes: body.length,
    kind: `uid ${uid}`,
  };
}

/** A short or empty body may come as NIL or a quoted string. */
function inlineBody(text: string): { sha256: string; length: number } {
  const inQuotes = /(?:BODY\[\]|RFC822) "((?:\\.|[^"\\])*)"/.exec(text)?.[1] ?? '';
  const bytes = Buffer.from(inQuotes.replace(/\\(.)/g, '$1'), 'latin1');
  return { sha256: createHash('sha256').update(bytes).digest('hex'), length: bytes.length };
}

/** ' 1-Feb-2020 03:04:05 +0100' to '2020-02-01T02:04:05Z'. */
function rfc3339(internalDate: string): string {
  const match = /^ ?(\d{1,2})-([A-Z][a-z]{2})-(\d{4}) (\d\d:\d\d:\d\d) ([+-]\d{4})$/.exec(internalDate);
  if (!match) throw new Error(`Not an INTERNALDATE: ${internalDate}`);
  const [, day, month, year, time, zone] = match;
  return `${new Date(`${day} ${month} ${year} ${time} ${zone}`).toISOString().slice(0, 19)}Z`;
}
