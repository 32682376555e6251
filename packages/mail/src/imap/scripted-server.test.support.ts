import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { FetchedMessage, MailSession } from '@mxodus/model';
import { imapAccount } from './imap-account.ts';

/** An IMAP server that says what a test tells it to. Signing in and LOGOUT it knows by itself. */
export interface ScriptedServer {
  /** The commands it got since the sign-in, without their tags. */
  commands: string[];
  /** Commands that changed something, as the session reported them. */
  writes: string[];
  session: MailSession;
  close(): void;
}

export interface Said {
  /** `EXAMINE "INBOX"` */
  command: string;
  tag: string;
  /** Says lines, each with its end. */
  say(...lines: string[]): true;
  /** Says exactly this. */
  raw(bytes: string | Buffer): true;
  ok(text?: string): true;
  no(text: string): true;
  bad(text: string): true;
  socket: Socket;
}

export interface Script {
  capabilities?: string;
  /** Default: `ready`. */
  greeting?: string;
  timeoutMs?: number;
  /** Told before the command is noted in `writes`. */
  onWrite?(command: string): void;
  /** false: the command gets OK. */
  answer(said: Said): boolean | Promise<boolean>;
}

/** What EXAMINE says about a folder. */
export const examined = (
  exists: number,
  { uidValidity = 7, uidNext = exists + 1, more = [] as string[] } = {},
): string[] => [
  `* ${exists} EXISTS`,
  '* FLAGS (\\Seen)',
  `* OK [UIDVALIDITY ${uidValidity}] ok`,
  `* OK [UIDNEXT ${uidNext}] ok`,
  ...more,
];

export async function scriptedServer({
  capabilities = '',
  greeting = 'ready',
  timeoutMs = 60_000,
  onWrite = () => undefined,
  answer,
}: Script): Promise<ScriptedServer> {
  const commands: string[] = [];
  const offered = `IMAP4rev1 ${capabilities}`.trim();
  const sockets = new Set<Socket>();
  const listening = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.write(`* OK [CAPABILITY ${offered}] ${greeting}\r\n`);
    let text = '';
    let work: Promise<unknown> = Promise.resolve();
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const [tag = '', ...rest] = text.slice(0, end).split(' ');
        text = text.slice(end + 2);
        const command = rest.join(' ');
        const raw = (bytes: string | Buffer): true => {
          if (!socket.destroyed) socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
          return true;
        };
        const said: Said = {
          command,
          tag,
          socket,
          raw,
          say: (...lines) => raw(lines.map((line) => `${line}\r\n`).join('')),
          ok: (words = 'done') => raw(`${tag} OK ${words}\r\n`),
          no: (words) => raw(`${tag} NO ${words}\r\n`),
          bad: (words) => raw(`${tag} BAD ${words}\r\n`),
        };
        work = work.then(async () => {
          if (!signsIn(said, offered)) await toScript(said);
        });
      }
    });
  });
  const toScript = async (said: Said): Promise<void> => {
    commands.push(said.command);
    const answered = await answer(said);
    if (answered === false) said.ok();
  };
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const writes: string[] = [];
  const account = imapAccount({
    server: 'script',
    host: '127.0.0.1',
    port: (listening.address() as AddressInfo).port,
    tls: 'none',
    user: 'ann',
    auth: { method: 'login', password: async () => 'pass' },
    timeoutMs,
  });
  const session = await account.open(new AbortController().signal, (command) => {
    onWrite(command);
    writes.push(command);
  });
  return {
    commands,
    writes,
    session,
    close: () => {
      for (const socket of sockets) socket.destroy();
      listening.close();
    },
  };
}

function signsIn({ command, say, ok }: Said, offered: string): boolean {
  const verb = command.split(' ')[0]?.toUpperCase();
  if (verb === 'CAPABILITY') say(`* CAPABILITY ${offered}`);
  else if (verb === 'NAMESPACE') say('* NAMESPACE (("" "/")) NIL NIL');
  else if (verb === 'ID') say('* ID NIL');
  else if (verb === 'LIST' && command === 'LIST "" ""') say('* LIST (\\Noselect) "/" ""');
  else if (verb === 'LOGOUT') say('* BYE bye');
  else if (verb !== 'LOGIN') return false;
  ok(verb === 'LOGIN' ? `[CAPABILITY ${offered}] signed in` : 'done');
  return true;
}

/** Opens any folder with the UIDs 1 to `exists`, and answers the rest with `more`. */
export const folderOf =
  (exists: number, more: Script['answer']): Script['answer'] =>
  (said) => {
    if (!/^(EXAMINE|SELECT) /.test(said.command)) return more(said);
    said.say(...examined(exists));
    return said.ok('[READ-ONLY] done');
  };

export const literal = (text: string): string => `{${text.length}}\r\n${text}`;

/** The UIDs a command fetches. */
export function asked(command: string): number[] {
  const set = /^UID FETCH (\S+)/.exec(command)?.[1] ?? '';
  return set.split(',').flatMap((part) => {
    const [low = 0, high = low] = part.split(':').map(Number);
    return Array.from({ length: high - low + 1 }, (_, index) => low + index);
  });
}

export async function allOf(rows: AsyncIterable<FetchedMessage>): Promise<FetchedMessage[]> {
  const found: FetchedMessage[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

export const uidsOf = (rows: readonly { uid: number }[]): number[] => rows.map(({ uid }) => uid);
