import type { TLSSocket } from 'node:tls';
import type { SimItem } from '../../mailbox/item.ts';
import { type MailboxStore, mailboxOf } from '../../mailbox/store.ts';
import type { SimUser, SimWorld } from '../../sim-world.ts';
import { append, appendArguments, TOO_LARGE } from './append.ts';
import { type Command, readCommand, textOf, type Value } from './command.ts';
import { fetchRow, search, sequence } from './fetch.ts';
import { fitsPattern, folderNamed, type ListedFolder, listedFolders, wireName } from './folders.ts';
import type { AppendHook } from './imap-face.ts';
import { type ImapPermissions, signIn, type VerifyToken } from './sign-in.ts';
import { SocketReader } from './socket-reader.ts';
import { uidsOf } from './uids.ts';

export interface ConnectionOptions {
  world: SimWorld;
  verify: VerifyToken;
  permissions: ImapPermissions;
  hook: AppendHook;
}

const CAPABILITIES =
  'IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+';
const UNKNOWN = 'BAD Command Error. 12';
const ARGUMENTS = 'BAD Command Argument Error. 12';
const NO_FOLDER = "NO The specified folder doesn't exist.";

/** What a connection knows: nobody yet; a user; a user and the folder that is open. */
interface Session {
  user: SimUser | null;
  connected: boolean;
  selected: { folder: ListedFolder; writable: boolean } | null;
}

/** Answers commands in their order until LOGOUT, or until the client goes. */
export async function serveConnection(socket: TLSSocket, options: ConnectionOptions): Promise<void> {
  const reader = new SocketReader(socket);
  const session: Session = { user: null, connected: false, selected: null };
  const say = (line: string): void => {
    if (!socket.destroyed) socket.write(Buffer.from(`${line}\r\n`, 'latin1'));
  };
  say('* OK The Microsoft Exchange IMAP4 service is ready. [c2ltdWxhdGVk]');
  const asked = {
    goAhead: () => say('+ Ready for additional command text.'),
    refusal: (head: string, bytes: number): string | null => {
      if (session.user === null || !/^\S+ APPEND /i.test(head)) return null;
      return bytes > session.user.maxMessageBytes ? TOO_LARGE : null;
    },
  };
  for (;;) {
    const read = await readCommand(reader, asked);
    if (read === null) return;
    if (read.kind === 'refused') {
      say(`${read.tag} ${read.text}`);
      continue;
    }
    const { command } = read;
    const answer = await answerTo(command, { session, say, reader, options });
    if (answer === 'cut') return void socket.destroy();
    say(`${command.tag} ${answer}`);
    if (command.name === 'LOGOUT') return;
  }
}

interface Conversation {
  session: Session;
  say(line: string): void;
  reader: SocketReader;
  options: ConnectionOptions;
}

/** The tagged answer without its tag; 'cut' where the hook wants none. */
async function answerTo(command: Command, conversation: Conversation): Promise<string> {
  const { session, say, options } = conversation;
  switch (command.name) {
    case 'CAPABILITY':
      say(`* CAPABILITY ${CAPABILITIES}`);
      return 'OK CAPABILITY completed.';
    case 'NOOP':
      if (session.selected !== null && session.user !== null) say(`* ${itemsIn(session, options.world).size} EXISTS`);
      return 'OK NOOP completed.';
    case 'ID':
      say('* ID ("name" "Microsoft.Exchange.Imap4.Imap4Server" "version" "15.20")');
      return 'OK ID completed';
    case 'LOGOUT':
      say('* BYE Microsoft Exchange Server IMAP4 server signing off.');
      return 'OK LOGOUT completed.';
    case 'AUTHENTICATE':
      return authenticate(command.values, conversation);
    case 'LOGIN':
      // Basic authentication is gone.
      return 'NO LOGIN failed.';
    default:
  }
  if (session.user === null) return 'BAD Command received in Invalid state.';
  if (!session.connected) return 'BAD User is authenticated but not connected.';
  return mailboxAnswer(command, conversation, mailboxOf(options.world, session.user));
}

async function authenticate(
  values: readonly Value[],
  { session, say, reader, options }: Conversation,
): Promise<string> {
  const failed = 'NO AUTHENTICATE failed.';
  if (session.user !== null) return 'BAD Command received in Invalid state.';
  if (textOf(values[0])?.toUpperCase() !== 'XOAUTH2') return failed;
  let response = textOf(values[1]);
  if (response === null) {
    say('+ ');
    const line = await reader.line(64 * 1024);
    if (line === null || line.tooLong) return failed;
    response = line.bytes.toString('latin1');
  }
  const signedIn = signIn(response, options);
  if (signedIn.kind === 'refused') return failed;
  session.user = signedIn.user;
  session.connected = signedIn.connected;
  return 'OK AUTHENTICATE completed.';
}

async function mailboxAnswer(command: Command, conversation: Conversation, store: MailboxStore): Promise<string> {
  const { session, say, options } = conversation;
  const { name, values } = command;
  const folders = listedFolders(store, options.world.switches.imapSlashNames);
  const named = (value: Value | undefined): ListedFolder | undefined => {
    const text = textOf(value);
    return text === null ? undefined : folderNamed(folders, text);
  };
  switch (name) {
    case 'NAMESPACE':
      say('* NAMESPACE (("" "/")) NIL NIL');
      return 'OK NAMESPACE completed.';
    case 'LIST':
    case 'LSUB':
      return list(name, values, { folders, say });
    case 'STATUS': {
      const folder = named(values[0]);
      if (folder === undefined) return NO_FOLDER;
      const items = values[1]?.kind === 'list' ? values[1].values.map(textOf) : [];
      say(
        `* STATUS ${wireName(folder.path)} (${items.map((item) => statusItem(item ?? '', folder, store)).join(' ')}) `,
      );
      return 'OK STATUS completed.';
    }
    case 'SELECT':
    case 'EXAMINE': {
      const folder = named(values[0]);
      session.selected = null;
      if (folder === undefined) return `NO ${textOf(values[0]) ?? ''} doesn't exist.`;
      session.selected = { folder, writable: name === 'SELECT' };
      for (const line of opened(folder, store, session.selected.writable)) say(line);
      return `OK [READ-${session.selected.writable ? 'WRITE' : 'ONLY'}] ${name} completed.`;
    }
    case 'UNSELECT':
    case 'CLOSE':
      session.selected = null;
      return `OK ${name} completed.`;
    case 'SUBSCRIBE':
    case 'UNSUBSCRIBE':
      return named(values[0]) === undefined ? NO_FOLDER : `OK ${name} completed.`;
    case 'APPEND':
      return appendAnswer(values, conversation, { store, folders });
    case 'SEARCH':
    case 'UID SEARCH':
    case 'FETCH':
    case 'UID FETCH':
      return readAnswer(command, conversation, store);
    default:
      return UNKNOWN;
  }
}

function list(
  name: 'LIST' | 'LSUB',
  values: readonly Value[],
  { folders, say }: { folders: readonly ListedFolder[]; say: (line: string) => void },
): string {
  const [reference, pattern] = [textOf(values[0]), textOf(values[1])];
  if (reference === null || pattern === null) return ARGUMENTS;
  if (reference === '' && pattern === '') say('* LIST (\\Noselect) "/" ""');
  for (const { path, attributes } of folders) {
    if (fitsPattern(path, `${reference}${pattern}`)) say(`* ${name} (${attributes.join(' ')}) "/" ${wireName(path)}`);
  }
  return `OK ${name} completed.`;
}

function statusItem(item: string, { folder }: ListedFolder, store: MailboxStore): string {
  const uids = uidsOf(store);
  const values: Readonly<Record<string, () => number>> = {
    MESSAGES: () => uids.of(folder).size,
    UNSEEN: () => folder.unread,
    RECENT: () => 0,
    UIDNEXT: () => uids.next(folder),
    UIDVALIDITY: () => uids.uidValidity(folder),
  };
  return `${item.toUpperCase()} ${values[item.toUpperCase()]?.() ?? 0}`;
}

function opened({ folder }: ListedFolder, store: MailboxStore, writable: boolean): string[] {
  const uids = uidsOf(store);
  const items = [...uids.of(folder).values()];
  const firstUnseen = items.findIndex(({ isRead }) => !isRead);
  return [
    `* ${items.length} EXISTS`,
    '* 0 RECENT',
    '* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)',
    `* OK [PERMANENTFLAGS (${writable ? '\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent' : ''})] Permanent flags`,
    ...(firstUnseen < 0 ? [] : [`* OK [UNSEEN ${firstUnseen + 1}] Is the first unseen message`]),
    `* OK [UIDVALIDITY ${uids.uidValidity(folder)}] UIDVALIDITY value`,
    `* OK [UIDNEXT ${uids.next(folder)}] The next unique identifier value`,
  ];
}

async function appendAnswer(
  values: readonly Value[],
  { session, options }: Conversation,
  { store, folders }: { store: MailboxStore; folders: readonly ListedFolder[] },
): Promise<string> {
  const given = appendArguments(values);
  if (given === null || session.user === null) return ARGUMENTS;
  const about = { user: session.user, folder: given.folder, bytes: given.message.length };
  const before = options.hook({ ...about, when: 'before' });
  if (before !== null) return before;
  const answer = await append(store, folderNamed(folders, given.folder), given);
  return options.hook({ ...about, when: 'after' }) ?? answer;
}

function readAnswer(command: Command, { session, say, options }: Conversation, store: MailboxStore): string {
  const { selected } = session;
  if (selected === null) return 'BAD Command received in Invalid state.';
  const byUid = command.name.startsWith('UID ');
  const rows = [...uidsOf(store).of(selected.folder.folder)].map(([uid, item], index) => ({
    uid,
    item,
    number: index + 1,
  }));
  const customHeaders = options.world.switches.mimeCustomHeaders;
  if (command.name.endsWith('SEARCH')) {
    const found = search(rows, command.values, customHeaders);
    if (found === null) return ARGUMENTS;
    say(`* SEARCH${found.map(({ uid, number }) => ` ${byUid ? uid : number}`).join('')}`);
    return 'OK SEARCH completed.';
  }
  const last = byUid ? (rows.at(-1)?.uid ?? 0) : rows.length;
  const wanted = sequence(textOf(command.values[0]) ?? '', last);
  if (wanted === null || command.values[1] === undefined) return ARGUMENTS;
  for (const row of rows) {
    if (!wanted(byUid ? row.uid : row.number)) continue;
    const line = fetchRow(row, { items: command.values[1], byUid, customHeaders });
    if (line === null) return ARGUMENTS;
    say(line);
  }
  return 'OK FETCH completed.';
}

function itemsIn({ user, selected }: Session, world: SimWorld): ReadonlyMap<number, SimItem> {
  if (user === null || selected === null) return new Map();
  return uidsOf(mailboxOf(world, user)).of(selected.folder.folder);
}
