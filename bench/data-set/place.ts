import { spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { type Dovecot, quoted, type RawConnection, signedIn, uidNexts } from '@mxodus/lab';
import type { DataSet } from './data-set.ts';

/**
 * Gives a user of the server the mailbox: by hard links where the file system lets us (Dovecot renames its files and never
 * writes into one), by copies where not. Then asks once for what every tool asks for, so that no tool pays for Dovecot's
 * first look at the folder.
 */
export async function place(data: DataSet, server: Dovecot, user: string): Promise<void> {
  const home = server.home(user);
  const copied = ['-al', '-a'].some((flags) => spawnSync('/bin/cp', [flags, data.home, home]).status === 0);
  if (!copied) throw new Error(`Could not copy ${data.home} to ${home}.`);
  const folders = await uidNexts(server, user, server.password);
  await signedIn(server, user, server.password, async (connection) => {
    for (const [name, { messages }] of Object.entries(folders)) if (messages > 0) await readOnce(connection, name);
  });
}

async function readOnce(connection: RawConnection, folder: string): Promise<void> {
  await connection.command(`SELECT ${quoted(folder)}`);
  await connection.command('FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])');
}

/** The user's mail is gone, and its pages are on disk or dropped: the next tool finds the machine as this one did. */
export async function clear(server: Dovecot, user: string): Promise<void> {
  await rm(server.home(user), { recursive: true, force: true });
  settleDisk();
}

/** What earlier work left in memory is written now, not while the next tool is timed. */
export function settleDisk(): void {
  spawnSync('/bin/sync');
}
