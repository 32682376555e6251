import { chownSync } from 'node:fs';
import { chmod, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { mailOwner } from './accounts.ts';

/** Makes the file or folder belong to the lab's mail account. A plain user is that account already. */
export function giveToMailOwner(path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = mailOwner();
  chownSync(path, uid, gid);
}

/** Servers started by root run as other users, which must get to their files. For a plain user there is nothing to do. */
export async function letOthersThrough(dir: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  await chmod(dir, 0o755);
  for (let parent = dirname(dir); parent !== dirname(parent); parent = dirname(parent)) {
    if (((await stat(parent)).mode & 0o001) === 0) {
      throw new Error(
        `${parent} lets no other user through, but the server gives up root's rights. Use makeTempDir().`,
      );
    }
  }
}
