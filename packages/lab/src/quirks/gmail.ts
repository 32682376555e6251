import { createHash } from 'node:crypto';
import { listFolders } from '../imap/list-folders.ts';
import { quoted } from '../imap/raw-connection.ts';
import { signedIn } from '../imap/read-mailbox.ts';
import { capabilities } from './capabilities.ts';
import { connectionLimit } from './endings.ts';
import { refusesNames } from './folder-names.ts';
import { bandwidthLimit, refusesNul, tooBig } from './message-content.ts';
import { type Command, defineQuirk, type Quirk } from './quirk.ts';
import { mailboxName } from './wire-text.ts';

/** Gmail as it was in 2026-11, over a Dovecot with separator '/' whose folders hold copies (COPY, not APPEND) of messages. */

export const GMAIL_APPEND_LIMIT = 35_651_584;
const CAPABILITIES = `IMAP4rev1 UNSELECT IDLE NAMESPACE ID CHILDREN X-GM-EXT-1 UIDPLUS ENABLE MOVE CONDSTORE ESEARCH LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE APPENDLIMIT=${GMAIL_APPEND_LIMIT}`;

/** Folder to its RFC 6154 role. */
const ROLES: Readonly<Record<string, string>> = {
  '[Gmail]/All Mail': '\\All',
  '[Gmail]/Drafts': '\\Drafts',
  '[Gmail]/Important': '\\Important',
  '[Gmail]/Sent Mail': '\\Sent',
  '[Gmail]/Spam': '\\Junk',
  '[Gmail]/Starred': '\\Flagged',
  '[Gmail]/Trash': '\\Trash',
};
/** Folder to its label; null: being there is no label. The others are labels by their name. */
const LABELS: Readonly<Record<string, string | null>> = {
  INBOX: '\\Inbox',
  '[Gmail]/All Mail': null,
  '[Gmail]/Drafts': '\\Draft',
  '[Gmail]/Important': '\\Important',
  '[Gmail]/Sent Mail': '\\Sent',
  '[Gmail]/Spam': null,
  '[Gmail]/Starred': '\\Starred',
  '[Gmail]/Trash': null,
};

export interface GmailOptions {
  /** Who looks up which folders hold a message. */
  account(): { user: string; password: string };
  /** Signed-in connections. Default 15. */
  connections?: number;
  /** Bytes that may be appended. Default: any. */
  bandwidth?: number;
}

export function gmail({ account, connections = 15, bandwidth }: GmailOptions): Quirk[] {
  return [
    capabilities({ only: CAPABILITIES }),
    gmailRoles(),
    gmailMessages(account),
    refusesNul(),
    tooBig(GMAIL_APPEND_LIMIT),
    refusesNames({ refused: (name) => /^ | $| {2}|\^/.test(name), text: 'NO [CANNOT] Invalid folder name. (Failure)' }),
    connectionLimit(connections),
    bandwidthLimit(bandwidth ?? Number.POSITIVE_INFINITY),
  ];
}

/** LIST says what each of Gmail's own folders is; [Gmail] itself cannot be selected. */
export function gmailRoles(): Quirk {
  return defineQuirk('Gmail roles', (hit) => ({
    onResponse: (response) => {
      const [, attributes, rest, name] =
        /^\* LIST \(([^)]*)\) ((?:NIL|"(?:\\.|[^"\\])*") ("(?:\\.|[^"\\])*"|\S+).*)$/.exec(response.text) ?? [];
      if (attributes === undefined || name === undefined) return undefined;
      const folder = mailboxName(name);
      const role = folder === '[Gmail]' ? '\\NoSelect' : ROLES[folder];
      const others = attributes
        .split(' ')
        .filter((word) => word !== '' && !isRole(word) && !/^\\noselect$/i.test(word));
      const now = role === undefined ? others : [...others, role];
      hit();
      response.text = `* LIST (${now.join(' ')}) ${rest}`;
      return undefined;
    },
  }));
}

const isRole = (word: string): boolean => Object.values(ROLES).includes(word) || word === '\\Archive';

interface Asked {
  items: readonly string[];
  folder: string | null;
}

/** X-GM-MSGID, equal for the copies of a message in several folders, X-GM-THRID and X-GM-LABELS. */
export function gmailMessages(account: GmailOptions['account']): Quirk {
  const asked = new WeakMap<Command, Asked>();
  /** Folders by GUID, as they were when a folder was opened last. */
  let folders: Promise<Map<string, Set<string>>> | null = null;
  return defineQuirk('Gmail messages', (hit) => ({
    onCommand: (command) => {
      if (command.name === 'SELECT' || command.name === 'EXAMINE') folders = null;
      const items = command.name.endsWith('FETCH') ? (command.text.match(/X-GM-(?:MSGID|THRID|LABELS)/gi) ?? []) : [];
      if (items.length === 0) return undefined;
      hit();
      asked.set(command, { items: items.map((item) => item.toUpperCase()), folder: command.selected });
      let first = true;
      // Dovecot keeps its GUID when it copies a message.
      command.text = command.text.replace(/ ?X-GM-(?:MSGID|THRID|LABELS)/gi, (item) => {
        const blank = item.startsWith(' ') ? ' ' : '';
        const instead = first ? `${blank}X-GUID` : '';
        first = false;
        return instead;
      });
      return undefined;
    },
    onResponse: async (response, { target }) => {
      const about = response.command && asked.get(response.command);
      const guid = /X-GUID ("(?:\\.|[^"\\])*"|[^\s)]+)/.exec(response.text)?.[1];
      if (!about || guid === undefined) return undefined;
      const labels = async (): Promise<string> => {
        folders ??= foldersOf(target, account());
        const others = [...((await folders).get(guid) ?? [])].filter((folder) => folder !== about.folder);
        return `(${others.flatMap(labelOf).sort().join(' ')})`;
      };
      const values = await Promise.all(
        about.items.map(async (item) => `${item} ${item === 'X-GM-LABELS' ? await labels() : idOf(guid)}`),
      );
      response.text = response.text.replace(/X-GUID (?:"(?:\\.|[^"\\])*"|[^\s)]+)/, () => values.join(' '));
      return undefined;
    },
  }));
}

/** 63 bits, decimal. */
function idOf(guid: string): string {
  return (createHash('sha256').update(guid).digest().readBigUInt64BE() >> 1n).toString();
}

function labelOf(folder: string): string[] {
  const label = folder in LABELS ? LABELS[folder] : folder;
  return label === null || label === undefined ? [] : [/^[\w&/.+-]+$/.test(label) ? label : quoted(label)];
}

async function foldersOf(
  target: { host: string; port: number },
  { user, password }: { user: string; password: string },
): Promise<Map<string, Set<string>>> {
  return signedIn(target, user, password, async (connection) => {
    const found = new Map<string, Set<string>>();
    for (const { wireName } of await listFolders(connection)) {
      await connection.command(`EXAMINE ${quoted(wireName)}`);
      await connection.command('UID FETCH 1:* (X-GUID)', ([text]) => {
        const guid = typeof text === 'string' ? /X-GUID ("(?:\\.|[^"\\])*"|[^\s)]+)/.exec(text)?.[1] : undefined;
        if (guid !== undefined) found.set(guid, (found.get(guid) ?? new Set()).add(mailboxName(wireName)));
      });
    }
    return found;
  });
}
