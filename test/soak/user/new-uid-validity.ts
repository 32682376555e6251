import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Dovecot, encodeModifiedUtf7, uidNexts } from '@mxodus/lab';

/**
 * The server forgets which UIDs a folder's messages had, as after a restore or a move to another disk: the same messages, flags and
 * dates, another UIDVALIDITY. Nobody may have the folder open.
 */
export async function newUidValidity(server: Dovecot, user: string, folder: string): Promise<void> {
  const validity = async (): Promise<number | undefined> =>
    (await uidNexts(server, user, server.password))[folder]?.uidValidity;
  const before = await validity();
  // A session that has said goodbye may take a moment to go, and writes its index when it does.
  for (let attempt = 0; attempt < 20; attempt += 1) {
    await sleep(100);
    await forgetUids(server, user, folder);
    if ((await validity()) !== before) return;
  }
  throw new Error(`The UIDVALIDITY of ${folder} stayed ${before}.`);
}

async function forgetUids(server: Dovecot, user: string, folder: string): Promise<void> {
  const root = join(server.home(user), 'Maildir');
  const levels = folder.split('/').map(encodeModifiedUtf7);
  const place = server.layout === 'fs' ? join(root, ...levels) : join(root, `.${levels.join('.')}`);
  const path = folder === 'INBOX' ? root : place;
  for (const name of await readdir(path)) {
    if (name === 'dovecot-uidlist' || name.startsWith('dovecot.index')) await rm(join(path, name), { force: true });
  }
  for (const name of await readdir(root)) {
    if (name.startsWith('dovecot.list.index')) await rm(join(root, name), { force: true });
  }
}
