import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { giveToMailOwner } from '../process/give.ts';
import type { MailDelivery } from './mail-delivery.ts';

export interface MaildirDeliveryOptions {
  /** The host, as of startDovecot. */
  server: { home(user: string): string };
  /** The account of an address; default: its local part. */
  userOf?: (recipient: string) => string;
}

/** Delivers into the INBOX of a Dovecot's users, the Maildir way: tmp, fsync, rename into new. INTERNALDATE becomes `arrivedAt`. */
export function maildirDelivery({ server, userOf }: MaildirDeliveryOptions): MailDelivery {
  return {
    deliver: async (recipient, message, arrivedAt) => {
      const user = userOf?.(recipient) ?? recipient.split('@')[0] ?? recipient;
      const home = server.home(user);
      const root = join(home, 'Maildir');
      for (const path of [home, root, ...['cur', 'new', 'tmp'].map((part) => join(root, part))]) {
        if ((await mkdir(path, { recursive: true })) !== undefined) giveToMailOwner(path);
      }
      const seconds = Math.floor(arrivedAt.getTime() / 1000);
      const name = `${seconds}.${randomBytes(12).toString('hex')}.lab,S=${message.length}`;
      const file = await open(join(root, 'tmp', name), 'wx');
      try {
        await file.writeFile(message);
        await file.sync();
      } finally {
        await file.close();
      }
      giveToMailOwner(join(root, 'tmp', name));
      await utimes(join(root, 'tmp', name), seconds, seconds);
      await rename(join(root, 'tmp', name), join(root, 'new', name));
      const folder = await open(join(root, 'new'), 'r');
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    },
  };
}
