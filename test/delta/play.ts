import { type Dovecot, quoted, type RawConnection, type Response, readMailbox, signedIn } from '@mxodus/lab';

/** What people do to a mailbox, in the words of the tables. Messages are named by their subject. */

export type Act =
  | { do: 'add'; message: string; folder: string; flags?: string; date?: string }
  | { do: 'flag'; message: string; folder: string; flags: string }
  | { do: 'unflag'; message: string; folder: string; flags: string }
  | { do: 'move'; message: string; folder: string; to: string }
  | { do: 'copy'; message: string; folder: string; to: string }
  | { do: 'delete'; message: string; folder: string }
  | { do: 'make-folder'; folder: string }
  | { do: 'rename-folder'; folder: string; to: string }
  | { do: 'delete-folder'; folder: string };

export const add = (message: string, folder = 'INBOX', flags = ''): Act => ({ do: 'add', message, folder, flags });
export const flag = (message: string, flags: string, folder = 'INBOX'): Act => ({ do: 'flag', message, folder, flags });
export const unflag = (message: string, flags: string, folder = 'INBOX'): Act => {
  return { do: 'unflag', message, folder, flags };
};
export const move = (message: string, to: string, folder = 'INBOX'): Act => ({ do: 'move', message, folder, to });
export const copy = (message: string, to: string, folder = 'INBOX'): Act => ({ do: 'copy', message, folder, to });
export const remove = (message: string, folder = 'INBOX'): Act => ({ do: 'delete', message, folder });
export const makeFolder = (folder: string): Act => ({ do: 'make-folder', folder });
export const renameFolder = (folder: string, to: string): Act => ({ do: 'rename-folder', folder, to });
export const deleteFolder = (folder: string): Act => ({ do: 'delete-folder', folder });

export async function play(server: Dovecot, user: string, acts: readonly Act[]): Promise<void> {
  await signedIn(server, user, server.password, async (connection) => {
    for (const act of acts) await playOne(connection, act);
  });
}

async function playOne(connection: RawConnection, act: Act): Promise<void> {
  switch (act.do) {
    case 'add': {
      const body = `Subject: ${act.message}\r\nMessage-ID: <${act.message}@example.test>\r\n\r\n${act.message}\r\n`;
      await connection.command([
        `APPEND ${quoted(act.folder)} (${act.flags ?? ''}) "${act.date ?? '02-Jan-2020 10:00:00 +0000'}" `,
        Buffer.from(body),
      ]);
      return;
    }
    case 'flag':
      return at(connection, act, (uid) => `UID STORE ${uid} +FLAGS.SILENT (${act.flags})`);
    case 'unflag':
      return at(connection, act, (uid) => `UID STORE ${uid} -FLAGS.SILENT (${act.flags})`);
    case 'move':
      return at(connection, act, (uid) => `UID MOVE ${uid} ${quoted(act.to)}`);
    case 'copy':
      return at(connection, act, (uid) => `UID COPY ${uid} ${quoted(act.to)}`);
    case 'delete':
      await at(connection, act, (uid) => `UID STORE ${uid} +FLAGS.SILENT (\\Deleted)`);
      await connection.command('EXPUNGE');
      return;
    case 'make-folder':
      await connection.command(`CREATE ${quoted(act.folder)}`);
      return;
    case 'rename-folder':
      await connection.command(`RENAME ${quoted(act.folder)} ${quoted(act.to)}`);
      return;
    case 'delete-folder':
      await connection.command(`DELETE ${quoted(act.folder)}`);
      return;
  }
}

async function at(
  connection: RawConnection,
  { message, folder }: { message: string; folder: string },
  command: (uid: string) => string,
): Promise<void> {
  await connection.command(`SELECT ${quoted(folder)}`);
  let found = '';
  await connection.command(`UID SEARCH SUBJECT ${quoted(message)}`, (response) => {
    found = /^\* SEARCH (\d+)/.exec(textOf(response))?.[1] ?? found;
  });
  if (found === '') throw new Error(`no message ${message} in ${folder}`);
  await connection.command(command(found));
}

/** Folder to its messages, each as "subject flags", sorted; folders without messages are left out. */
export async function standing(server: Dovecot, user: string): Promise<Record<string, string[]>> {
  const folders = await readMailbox(server, user, server.password);
  const filled = Object.keys(folders).filter((name) => (folders[name]?.messages.length ?? 0) > 0);
  const subjects = await subjectsOf(server, user, filled);
  return Object.fromEntries([...subjects].map(([name, lines]) => [name, lines.sort()]));
}

async function subjectsOf(server: Dovecot, user: string, folders: readonly string[]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  await signedIn(server, user, server.password, async (connection) => {
    for (const folder of folders) {
      const lines: string[] = [];
      await connection.command(`EXAMINE ${quoted(folder)}`);
      await connection.command('FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])', (response) => {
        const text = textOf(response);
        const flags = /FLAGS \(([^)]*)\)/.exec(text)?.[1] ?? '';
        const subject = /Subject: (.*)\r\n/.exec(text)?.[1];
        const kept = flags.split(' ').filter((one) => one !== '' && one !== '\\Recent');
        if (subject !== undefined) lines.push([subject, ...kept.sort()].join(' '));
      });
      found.set(folder, lines);
    }
  });
  return found;
}

const textOf = (response: Response): string =>
  response
    .map((piece) => (typeof piece === 'string' ? piece : piece.kind === 'bytes' ? piece.bytes.toString() : ''))
    .join('');
