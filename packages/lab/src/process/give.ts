import { chownSync } from 'node:fs';
import { mailOwner } from './accounts.ts';

/** Makes the file or folder belong to the lab's mail account. A plain user is that account already. */
export function giveToMailOwner(path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = mailOwner();
  chownSync(path, uid, gid);
}
