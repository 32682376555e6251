import { encodeModifiedUtf7, quoted, readMailbox, signedIn, startDovecot, type Truth } from '@mxodus/lab';
import type { JourneyServer, JourneyStart } from '../journey.ts';

/** A Dovecot that takes folders of any name. */
export const dovecot = ({ dir, name, password }: JourneyStart) =>
  startDovecot({ dir, name, password, saveCrlf: true, layout: 'fs', maxUserIpConnections: 50 });

/** Gives ann one message a folder. */
export async function append(server: JourneyServer, messages: Readonly<Record<string, string>>): Promise<Truth> {
  await signedIn(server, 'ann', server.password, async (connection) => {
    for (const [folder, text] of Object.entries(messages)) {
      const name = quoted(encodeModifiedUtf7(folder));
      if (folder !== 'INBOX') await connection.command(`CREATE ${name}`);
      await connection.command([`APPEND ${name} `, Buffer.from(text)]);
    }
  });
  return { users: { ann: { folders: await readMailbox(server, 'ann', server.password) } } };
}
