import { SPECIAL_USE } from '../dovecot/dovecot-conf.ts';
import { capabilitiesOf, listFolders, type Namespace, namespaceOf } from '../imap/list-folders.ts';
import { encodeModifiedUtf7 } from '../imap/modified-utf7.ts';
import { type ImapServer, quoted, type RawConnection } from '../imap/raw-connection.ts';
import { readMailbox, signedIn } from '../imap/read-mailbox.ts';
import type { Truth } from '../truth/truth.ts';
import { buildMailbox } from './mailbox-builder.ts';
import { type MailboxWriter, type StoredMessage, SYSTEM_FLAGS } from './mailbox-writer.ts';
import { servedBytes } from './served-bytes.ts';
import { type TestMailboxOptions, testMailbox } from './test-mailbox.ts';

export interface SeedByImapOptions extends TestMailboxOptions {
  server: ImapServer & { password: string };
  users: readonly string[];
}

export interface SeededByImap {
  /** Read back from the server: what it took, as it shows it. */
  truth: Truth;
  /** What it did not take, in its own words: a folder with all its messages, or a message. */
  refused: { user: string; what: string; why: string }[];
}

interface Mailbox {
  folders: { name: string; subscribed: boolean }[];
  messages: { folder: string; message: StoredMessage }[];
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * Fills test mailboxes with CREATE, SUBSCRIBE and APPEND, for a server whose storage only itself can write. Each may have
 * an empty INBOX. Whatever the server refuses is left out.
 */
export async function seedByImap(options: SeedByImapOptions): Promise<SeededByImap> {
  const { server, users } = options;
  const seeded: SeededByImap = { truth: { users: {} }, refused: [] };
  for (const user of users) {
    const { refused, appended } = await signedIn(server, user, server.password, async (connection) => {
      const namespace = await namespaceOf(connection);
      const plan = testMailbox(user, options, namespace.separator === '/');
      return fill(connection, namespace, buildMailbox(plan, collector()));
    });
    seeded.refused.push(...refused.map((one) => ({ user, ...one })));
    const folders = await readMailbox(server, user, server.password);
    const found = Object.values(folders).reduce((sum, folder) => sum + folder.messages.length, 0);
    if (found !== appended) throw new Error(`${user} has ${found} messages after ${appended} were taken.`);
    seeded.truth.users[user] = { folders };
  }
  return seeded;
}

function collector(): MailboxWriter<Mailbox> {
  const mailbox: Mailbox = { folders: [], messages: [] };
  return {
    addFolder: (name, { subscribed }) => void mailbox.folders.push({ name, subscribed }),
    store: (folder, message) => void mailbox.messages.push({ folder, message }),
    finish: () => mailbox,
  };
}

type Refused = { what: string; why: string }[];

async function fill(
  connection: RawConnection,
  namespace: Namespace,
  mailbox: Mailbox,
): Promise<{ refused: Refused; appended: number }> {
  const refused: Refused = [];
  let appended = 0;
  const tried = async (what: string, parts: string | readonly (string | Buffer)[]): Promise<boolean> => {
    try {
      await connection.command(parts);
      return true;
    } catch (error) {
      if (!(error instanceof Error) || !/ answered (NO|BAD)/.test(error.message)) throw error;
      refused.push({ what, why: error.message });
      return false;
    }
  };
  const present = new Map((await listFolders(connection)).map((folder) => [folder.name, folder.wireName]));
  const takesRoles = (await capabilitiesOf(connection)).has('CREATE-SPECIAL-USE');
  const wireNames = new Map<string, string>();
  for (const { name, subscribed } of mailbox.folders) {
    const wireName = quoted(present.get(name) ?? wireNameOf(namespace, name));
    const role = SPECIAL_USE[name];
    const use = role !== undefined && takesRoles ? ` (USE (${role}))` : '';
    if (!present.has(name) && !(await tried(`folder ${name}`, `CREATE ${wireName}${use}`))) continue;
    wireNames.set(name, wireName);
    if (subscribed) await connection.command(`SUBSCRIBE ${wireName}`);
  }
  for (const { folder, message } of mailbox.messages) {
    const wireName = wireNames.get(folder);
    if (wireName === undefined) continue;
    const flags = [...message.flags.map((letter) => SYSTEM_FLAGS[letter]), ...message.keywords].join(' ');
    const head = `APPEND ${wireName} (${flags}) "${dateTime(message.time)}" `;
    if (await tried(`${message.kind} for ${folder}`, [head, servedBytes(message.bytes)])) appended++;
  }
  return { refused, appended };
}

function wireNameOf({ prefix, separator }: Namespace, name: string): string {
  return `${prefix}${name.split('/').map(encodeModifiedUtf7).join(separator)}`;
}

/** RFC 3501 date-time, UTC. */
function dateTime(time: number): string {
  const date = new Date(time * 1000);
  const day = String(date.getUTCDate()).padStart(2, '0');
  return `${day}-${MONTHS[date.getUTCMonth()]}-${date.getUTCFullYear()} ${date.toISOString().slice(11, 19)} +0000`;
}
