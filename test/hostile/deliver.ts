import { type Dovecot, readMailbox, signedIn } from '@mxodus/lab';

export interface Delivery {
  folder?: string;
  /** Goes into the subjects, so that one folder can take several deliveries. */
  name?: string;
  count?: number;
  month?: string;
  /** Of each message, about. */
  bytes?: number;
}

const LINE = `${'z'.repeat(76)}\r\n`;

/** Puts messages of different seconds into a folder, which is made when it is not there. */
export async function deliver(server: Dovecot, delivery: Delivery = {}, user = 'ann'): Promise<void> {
  const { folder = 'INBOX', name = folder, count = 1, month = 'Jan', bytes = 100 } = delivery;
  await signedIn(server, user, server.password, async (connection) => {
    if (folder !== 'INBOX') await connection.command(`CREATE ${folder}`).catch(() => undefined);
    for (let index = 1; index <= count; index += 1) {
      const date = `"02-${month}-2020 10:00:${String(index % 60).padStart(2, '0')} +0000"`;
      const head = `Subject: ${name} ${index}\r\nMessage-ID: <${name}${index}@example.test>\r\n\r\n`;
      const body = Buffer.from(`${head}${LINE.repeat(Math.ceil(bytes / LINE.length))}`);
      await connection.command([`APPEND ${folder} ${date} `, body]);
    }
  });
}

/** A user's own client, at work in one folder. */
export async function inFolder(server: Dovecot, folder: string, commands: readonly string[]): Promise<void> {
  await signedIn(server, 'ann', server.password, async (connection) => {
    await connection.command(`SELECT ${folder}`);
    for (const command of commands) await connection.command(command);
  });
}

export const expunge = (server: Dovecot, uid: number): Promise<void> =>
  inFolder(server, 'INBOX', [`UID STORE ${uid} +FLAGS.SILENT (\\Deleted)`, 'EXPUNGE']);

/** The messages of one folder by content, date and flags. */
export async function held(server: Dovecot, folder = 'INBOX'): Promise<string[]> {
  const found = await readMailbox(server, 'ann', server.password);
  const messages = found[folder]?.messages ?? [];
  return messages.map(({ sha256, internalDate, flags }) => `${sha256} ${internalDate} ${flags.join(' ')}`).sort();
}

export const contents = async (server: Dovecot, folder = 'INBOX'): Promise<string[]> =>
  (await held(server, folder)).map((line) => line.slice(0, 64)).sort();
