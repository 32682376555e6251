import { decodeModifiedUtf7 } from './modified-utf7.ts';
import type { RawConnection } from './raw-connection.ts';
import type { Response } from './response-reader.ts';

export interface ListedFolder {
  /** Unicode, '/' between levels, no personal prefix. */
  name: string;
  /** As the server spells it, to be quoted in a command. */
  wireName: string;
  subscribed: boolean;
  specialUse: string | null;
}

const ROLES = new Set(['\\all', '\\archive', '\\drafts', '\\flagged', '\\junk', '\\sent', '\\trash', '\\important']);

interface ListRow {
  attributes: string[];
  delimiter: string | null;
  wireName: string;
}

/** Lists what the signed-in user can select, with roles and subscriptions. */
export async function listFolders(connection: RawConnection): Promise<ListedFolder[]> {
  const capabilities = await capabilitiesOf(connection);
  const extended = capabilities.has('LIST-EXTENDED') && capabilities.has('SPECIAL-USE');
  const { prefix } = capabilities.has('NAMESPACE') ? await namespaceOf(connection) : { prefix: '' };
  const listed = await rows(connection, `LIST "" "*"${extended ? ' RETURN (SPECIAL-USE)' : ''}`);
  // Courier (5.0, 2026-11) lists the parent of a subscribed folder, which is not subscribed, as \Noselect.
  const subscribed = new Set(
    (await rows(connection, 'LSUB "" "*"')).filter(isSelectable).map((row) => inboxAware(row.wireName)),
  );
  return listed.filter(isSelectable).map((row) => ({
    name: readableName(row, prefix),
    wireName: row.wireName,
    subscribed: subscribed.has(inboxAware(row.wireName)),
    specialUse: row.attributes.find((name) => ROLES.has(name.toLowerCase())) ?? null,
  }));
}

/** The CAPABILITY words, upper case. */
export async function capabilitiesOf(connection: RawConnection): Promise<Set<string>> {
  const words = new Set<string>();
  await connection.command('CAPABILITY', ([text]) => {
    if (typeof text !== 'string' || !text.startsWith('* CAPABILITY ')) return;
    for (const word of text.slice(13).split(' ')) words.add(word.toUpperCase());
  });
  return words;
}

/** Where the signed-in user's own folders are. */
export interface Namespace {
  prefix: string;
  separator: string;
}

/** RFC 2342: the first personal namespace. Throws when the server names none. */
export async function namespaceOf(connection: RawConnection): Promise<Namespace> {
  const found: Namespace[] = [];
  await connection.command('NAMESPACE', ([text]) => {
    const match =
      typeof text === 'string' ? /^\* NAMESPACE \(\(("(?:\\.|[^"\\])*") ("(?:\\.|[^"\\])*")/.exec(text) : null;
    if (match?.[1] && match[2]) found.push({ prefix: unquote(match[1]), separator: unquote(match[2]) });
  });
  const [first] = found;
  if (!first) throw new Error('The server names no personal namespace.');
  return first;
}

async function rows(connection: RawConnection, command: string): Promise<ListRow[]> {
  const found: ListRow[] = [];
  await connection.command(command, (response) => {
    const row = listRow(response);
    if (row) found.push(row);
  });
  return found;
}

function isSelectable(row: ListRow): boolean {
  return !row.attributes.some((name) => /^\\(noselect|nonexistent)$/i.test(name));
}

function listRow([text, literal]: Response): ListRow | null {
  if (typeof text !== 'string') return null;
  const match = /^\* (?:LIST|LSUB) \(([^)]*)\) (NIL|"(?:\\.|[^"\\])*") (.*)$/.exec(text);
  if (!match) return null;
  const [, attributes = '', delimiter = 'NIL', rest = ''] = match;
  const inQuotes = /^"(?:\\.|[^"\\])*"/.exec(rest);
  let wireName = rest.replace(/ \(.*$/, '');
  if (rest === '' && typeof literal === 'object' && literal.kind === 'bytes')
    wireName = literal.bytes.toString('latin1');
  else if (inQuotes) wireName = unquote(inQuotes[0]);
  return {
    attributes: attributes.split(' ').filter((word) => word !== ''),
    delimiter: delimiter === 'NIL' ? null : unquote(delimiter),
    wireName,
  };
}

function readableName({ wireName, delimiter }: ListRow, prefix: string): string {
  if (wireName.toUpperCase() === 'INBOX') return 'INBOX';
  const own = wireName.startsWith(prefix) ? wireName.slice(prefix.length) : wireName;
  const levels = delimiter ? own.split(delimiter) : [own];
  return levels.map(decodeModifiedUtf7).join('/');
}

function inboxAware(wireName: string): string {
  return wireName.toUpperCase() === 'INBOX' ? 'INBOX' : wireName;
}

function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/g, '$1');
}
