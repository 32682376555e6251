import {
  type Dovecot,
  encodeModifiedUtf7,
  maildirDelivery,
  openRawConnection,
  quoted,
  type RawConnection,
} from '@mxodus/lab';
import type { GivenUids, Step } from '../model/step.ts';

/** How a server spells a folder. */
export interface Spelling {
  prefix: string;
  separator: '/' | '.';
}

/** One user's mail program at one end. */
export interface Client {
  /** Does the step at the server. */
  perform(step: Step): Promise<GivenUids>;
  close(): Promise<void>;
}

export async function openClient(server: Dovecot, user: string, spelling: Spelling): Promise<Client> {
  const connection = await openRawConnection(server);
  await connection.command(`LOGIN ${user} ${server.password}`);
  const name = (folder: string): string => quoted(wireName(folder, spelling));
  const inFolder = async (folder: string | undefined, command: string): Promise<string> => {
    await connection.command(`SELECT ${name(folder ?? '')}`);
    return withUntagged(connection, command);
  };
  const setOf = (step: { messages: readonly { uid: number | null }[] }): string =>
    step.messages.map(({ uid }) => uid).join(',');
  const remove = async (step: { messages: readonly { uid: number | null; folder: string }[] }): Promise<void> => {
    await inFolder(step.messages[0]?.folder, `UID STORE ${setOf(step)} +FLAGS.SILENT (\\Deleted)`);
    await connection.command(`UID EXPUNGE ${setOf(step)}`);
  };
  const send = async (command: string): Promise<GivenUids> => {
    await connection.command(command);
    return [];
  };

  const perform = async (step: Step): Promise<GivenUids> => {
    switch (step.do) {
      case 'deliver':
        if (step.by === 'maildir') return deliverToMaildir(server, user, step);
        return [
          appendUid(
            await connection.command([
              `APPEND ${name(step.folder)} (${step.flags.join(' ')}) ${imapDate(step.date)} `,
              step.bytes,
            ]),
          ),
        ];
      case 'create':
        return send(`CREATE ${name(step.folder)}`);
      // A server ends the session that has the folder open.
      case 'rename':
        await connection.command('SELECT INBOX');
        return send(`RENAME ${name(step.folder)} ${name(step.to)}`);
      case 'remove':
        await connection.command('SELECT INBOX');
        return send(`DELETE ${name(step.folder)}`);
      case 'delete':
        await remove(step);
        return [];
      case 'store':
        for (const [sign, flags] of [
          ['+', step.add],
          ['-', step.remove],
        ] as const) {
          const change = `UID STORE ${setOf(step)} ${sign}FLAGS.SILENT (${flags.join(' ')})`;
          if (flags.length > 0) await inFolder(step.messages[0]?.folder, change);
        }
        return [];
      case 'move':
      case 'copy': {
        const moves = step.do === 'move' && step.by === 'move';
        const answer = await inFolder(
          step.messages[0]?.folder,
          `UID ${moves ? 'MOVE' : 'COPY'} ${setOf(step)} ${name(step.to)}`,
        );
        if (step.do === 'move' && step.by === 'copy') await remove(step);
        const given = copyUids(answer);
        return step.messages.map(({ uid }) => given.get(uid ?? 0) ?? null);
      }
    }
  };
  return {
    perform,
    close: async () => {
      await connection.command('LOGOUT');
      connection.close();
    },
  };
}

function wireName(folder: string, { prefix, separator }: Spelling): string {
  if (folder === 'INBOX') return folder;
  return prefix + folder.split('/').map(encodeModifiedUtf7).join(separator);
}

/** The tagged answer and the untagged ones, one a line. */
async function withUntagged(connection: RawConnection, command: string): Promise<string> {
  const lines: string[] = [];
  const answer = await connection.command(command, ([text]) => void lines.push(String(text)));
  return [...lines, answer].join('\n');
}

const appendUid = (answer: string): number | null => Number(/\[APPENDUID \d+ (\d+)\]/.exec(answer)?.[1]) || null;

/** RFC 4315: COPYUID, old UIDs, new UIDs, both as sets in the same order. */
function copyUids(answer: string): Map<number, number> {
  const found = /\[COPYUID \d+ ([\d:,]+) ([\d:,]+)\]/.exec(answer);
  const [from, to] = [expand(found?.[1]), expand(found?.[2])];
  return new Map(from.flatMap((uid, at) => (to[at] === undefined ? [] : [[uid, to[at]]])));
}

const expand = (set = ''): number[] =>
  set.split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split(':').map(Number);
    return Array.from({ length: to - from + 1 }, (_, at) => from + at);
  });

async function deliverToMaildir(server: Dovecot, user: string, step: Step & { do: 'deliver' }): Promise<GivenUids> {
  const delivery = maildirDelivery({ server, userOf: () => user });
  const onDisk = Buffer.from(step.bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
  await delivery.deliver(user, onDisk, new Date(step.date));
  return [null];
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** '2020-02-01T02:04:05Z' to '"01-Feb-2020 02:04:05 +0000"'. */
function imapDate(date: string): string {
  const [year, month, day] = date.slice(0, 10).split('-');
  return `"${day}-${MONTHS[Number(month) - 1]}-${year} ${date.slice(11, 19)} +0000"`;
}
