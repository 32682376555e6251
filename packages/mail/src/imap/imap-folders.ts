import {
  type Folder,
  type FolderRole,
  type FolderStatus,
  MxodusError,
  type NameProbe,
  type NamespaceShape,
  type ServerFacts,
} from '@mxodus/model';
import type { ImapFlow } from 'imapflow';
import { decodeName, type FolderNames } from './folder-names.ts';
import type { Value } from './response-cursor.ts';
import { nameRefusal } from './server-make.ts';
import { refusal, type SessionLine } from './session-line.ts';
import { settled } from './uid-windows.ts';
import { readPairs, readResponseCode, type Untagged } from './untagged.ts';
import type { Listener, TaggedAnswer } from './wire.ts';

const ROLES: Readonly<Record<string, FolderRole>> = {
  '\\all': 'all',
  '\\archive': 'archive',
  '\\drafts': 'drafts',
  '\\flagged': 'flagged',
  '\\important': 'important',
  '\\inbox': 'inbox',
  '\\junk': 'junk',
  '\\sent': 'sent',
  '\\trash': 'trash',
};

/** One LIST row (RFC 9051 7.3.1). */
interface Listed {
  path: string;
  /** Lower case. */
  attributes: readonly string[];
}

/** Collects LIST, LSUB and STATUS rows. */
class Listing implements Listener {
  /** A row nobody can read: a folder may be in it. */
  unreadable: string | null = null;
  readonly folders: Listed[] = [];
  readonly subscribed = new Set<string>();
  readonly status = new Map<string, FolderStatus>();
  readonly #names: FolderNames;

  constructor(names: FolderNames) {
    this.#names = names;
  }

  untagged({ name, cursor }: Untagged): boolean {
    cursor.skipSpaces();
    switch (name) {
      case 'LIST': {
        const listed = this.#listed(cursor.list(), cursor);
        this.folders.push(listed);
        if (listed.attributes.includes('\\subscribed')) this.subscribed.add(listed.path);
        return true;
      }
      case 'LSUB': {
        const { path, attributes } = this.#listed(cursor.list(), cursor);
        // `LSUB "" "*"` never has it; where it has, only a child is subscribed (RFC 3501 6.3.9).
        if (!attributes.includes('\\noselect')) this.subscribed.add(path);
        return true;
      }
      case 'STATUS': {
        const path = this.#names.path(cursor.astring());
        cursor.skipSpaces();
        const status = folderStatus(readPairs(cursor.list()));
        if (status !== null) this.status.set(path, status);
        return true;
      }
      default:
        return false;
    }
  }

  malformed(response: string): void {
    if (/^\* (LIST|LSUB)\b/i.test(response)) this.unreadable ??= response;
  }

  #listed(attributes: readonly Value[], cursor: Untagged['cursor']): Listed {
    cursor.skipSpaces();
    // The separator; the namespace tells it already.
    cursor.nstring();
    cursor.skipSpaces();
    const path = this.#names.path(cursor.astring());
    return { path, attributes: attributes.map((attribute) => String(attribute).toLowerCase()) };
  }
}

/** All folders of the account's own namespace with their counts: one round trip with LIST-STATUS (RFC 5819), else two. */
export async function listFolders(
  line: SessionLine,
  { namespace, foreign }: { namespace: NamespaceShape; foreign: readonly string[] },
): Promise<Folder[]> {
  const listing = await listed(line);
  if (listing.unreadable !== null) throw unreadable(line, listing.unreadable);
  const own = unique(listing.folders).filter(({ path }) => !foreign.some((prefix) => path.startsWith(prefix)));
  const missing = own.filter((folder) => isSelectable(folder) && !listing.status.has(folder.path));
  const asked = missing.map(async ({ path }) => {
    listing.status.set(path, await statusOrThrow(line, path));
  });
  await settled(asked);
  return own.map((folder) => ({
    path: folder.path,
    levels: levelsOf(folder.path, namespace),
    role: roleOf(folder),
    subscribed: listing.subscribed.has(folder.path),
    status: isSelectable(folder) ? (listing.status.get(folder.path) ?? null) : null,
  }));
}

async function listed(line: SessionLine): Promise<Listing> {
  const extended = line.has('LIST-EXTENDED');
  const returned: string[] = [];
  if (extended) returned.push('SUBSCRIBED');
  if (line.has('SPECIAL-USE') && (extended || line.has('LIST-STATUS'))) returned.push('SPECIAL-USE');
  if (line.has('LIST-STATUS')) returned.push(`STATUS (${statusItems(line)})`);
  const pattern = '"" "*"';
  const ask = async (returns: string, lsub: boolean): Promise<{ listing: Listing; answer: TaggedAnswer }> => {
    const listing = new Listing(line.names);
    const [answer, subscriptions] = await line.wire.together(() =>
      Promise.all([
        line.answer(`LIST ${pattern}${returns}`, listing),
        ...(lsub ? [line.answer(`LSUB ${pattern}`, listing)] : []),
      ]),
    );
    if (answer?.status === 'NO') throw line.error(refusal(answer), 'LIST');
    if (subscriptions?.status === 'NO') throw line.error(refusal(subscriptions), 'LSUB');
    return { listing, answer };
  };
  if (returned.length > 0) {
    const { listing, answer } = await ask(` RETURN (${returned.join(' ')})`, !extended);
    if (answer.status === 'OK') return listing;
    // A server may promise more than it understands.
  }
  const { listing, answer } = await ask('', true);
  if (answer.status === 'OK') return listing;
  throw line.error(refusal(answer), 'LIST');
}

const unreadable = (line: SessionLine, response: string): MxodusError =>
  new MxodusError('SERVER_ANSWER', {
    what: `the server lists a folder in a way nobody can read: "${response}"`,
    why: 'it is broken, or something on the way changes its answers',
    advice: 'repair or rename the folder at the server, then the same command',
    where: line.where,
  });

/** A subscribed folder may be listed once for LIST and once more. */
function unique(folders: readonly Listed[]): Listed[] {
  const byPath = new Map<string, Listed>();
  for (const folder of folders) if (!byPath.has(folder.path)) byPath.set(folder.path, folder);
  return [...byPath.values()];
}

const isSelectable = ({ attributes }: Listed): boolean =>
  !attributes.includes('\\noselect') && !attributes.includes('\\nonexistent');

/** Only what the server says counts. INBOX is one by definition. */
function roleOf({ path, attributes }: Listed): FolderRole | null {
  if (path === 'INBOX') return 'inbox';
  for (const attribute of attributes) {
    const role = ROLES[attribute];
    if (role !== undefined) return role;
  }
  return null;
}

/** null: no such folder. */
export async function statusOf(line: SessionLine, path: string): Promise<FolderStatus | null> {
  const { answer, listing } = await askStatus(line, path);
  if (answer.status === 'OK') return listing.status.get(path) ?? null;
  const { code } = line.error(refusal(answer), 'STATUS');
  if (answer.status === 'BAD' || code !== 'SERVER_ANSWER') throw line.error(refusal(answer), 'STATUS');
  if (/^\s*\[NONEXISTENT\]/i.test(answer.text)) return null;
  // NO may mean anything: whether the folder is there only LIST tells.
  if ((await listOne(line, path, listing)) !== 'listed') return null;
  if (!listing.folders.some((folder) => folder.path === path && isSelectable(folder))) return null;
  throw line.error(refusal(answer), 'STATUS');
}

/** `words`: the server refuses the name itself, so there is no such folder. Sends at once. */
async function listOne(line: SessionLine, path: string, listener: Listener): Promise<'listed' | { words: string }> {
  const command = `LIST "" ${line.names.quoted(path)}`;
  const answer = await line.answer(command, listener);
  if (answer.status === 'OK') return 'listed';
  // Courier 5.0.13 of a name with a character beyond U+FFFF, "Emoji &2D3egA-" (2026-11).
  if (answer.status === 'NO' && /^Error in IMAP command/i.test(answer.text)) return { words: answer.text };
  throw line.error(refusal(answer), command);
}

/** What CREATE would meet. Courier tells a name it cannot have from one it has not by LIST alone, Cyrus only by CREATE. */
export async function probeName(line: SessionLine, facts: ServerFacts, path: string): Promise<NameProbe> {
  const answer = await line.answer(`STATUS ${line.names.quoted(path)} (MESSAGES)`);
  if (answer.status === 'OK') return { kind: 'taken' };
  const { name, text } = readResponseCode(answer.text);
  if (name === 'CANNOT' || answer.status === 'BAD' || /not allowed|invalid|illegal|too long/i.test(answer.text))
    return { kind: 'refused', why: text };
  const why = nameRefusal(facts, path);
  if (why !== null) return { kind: 'refused', why };
  const listed = line.courier ? await listOne(line, path, new Listing(line.names)) : 'listed';
  return listed === 'listed' ? { kind: 'free' } : { kind: 'refused', why: listed.words };
}

async function askStatus(line: SessionLine, path: string): Promise<{ answer: TaggedAnswer; listing: Listing }> {
  const listing = new Listing(line.names);
  line.selectOnce(path);
  const answer = await line.answer(`STATUS ${line.names.quoted(path)} (${statusItems(line)})`, listing);
  return { answer, listing };
}

/** A folder that is listed and cannot be counted would be lost in silence; it is an error instead. */
async function statusOrThrow(line: SessionLine, path: string): Promise<FolderStatus> {
  const { answer, listing } = await askStatus(line, path);
  const status = listing.status.get(path);
  if (answer.status === 'OK' && status !== undefined) return status;
  const refused = answer.status === 'OK' ? undefined : line.error(refusal(answer), 'STATUS');
  if (refused?.code === 'SERVER_BUSY') throw refused;
  throw new MxodusError('SERVER_ANSWER', {
    what: `the server lists the folder "${path}" and does not open it`,
    why: 'it may be damaged, or the account may not read it',
    advice: 'repair it at the server, or leave it out (`sync.folders.exclude`)',
    where: line.where,
    cause: refused,
  });
}

function statusItems(line: SessionLine): string {
  const items = ['MESSAGES', 'UIDNEXT', 'UIDVALIDITY'];
  if (line.has('CONDSTORE') || line.has('QRESYNC')) items.push('HIGHESTMODSEQ');
  if (line.has('STATUS=SIZE')) items.push('SIZE');
  return items.join(' ');
}

function folderStatus(pairs: ReadonlyMap<string, Value>): FolderStatus | null {
  const number = (name: string): number | null => {
    const value = pairs.get(name);
    return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : null;
  };
  const [messages, uidNext, uidValidity] = [number('MESSAGES'), number('UIDNEXT'), number('UIDVALIDITY')];
  if (messages === null || uidNext === null || uidValidity === null) return null;
  const modseq = pairs.get('HIGHESTMODSEQ');
  return {
    messages,
    uidNext,
    uidValidity,
    // 0: this folder has none (RFC 7162 3.1.2.2).
    highestModseq: typeof modseq === 'string' && modseq !== '0' ? modseq : null,
    bytes: number('SIZE'),
  };
}

export function levelsOf(path: string, { prefix, separator }: NamespaceShape): string[] {
  if (path === 'INBOX') return ['INBOX'];
  const below = prefix !== '' && path.startsWith(prefix) ? path.slice(prefix.length) : path;
  return separator === null ? [below] : below.split(separator);
}

/** The first personal namespace (RFC 2342), as told before mxodus made imapflow forget the prefix. */
export function personalNamespace(client: ImapFlow): NamespaceShape {
  const personal = client.namespaces?.personal[0];
  const separator = personal?.delimiter ?? client.namespace?.delimiter ?? '';
  return { prefix: decodeName(personal?.prefix ?? ''), separator: separator === '' ? null : separator };
}

/** Prefixes of other users' and shared folders: not this person's mail. */
export function foreignPrefixes(client: ImapFlow): string[] {
  const spaces = client.namespaces;
  if (!spaces) return [];
  return [spaces.other, spaces.shared]
    .flatMap((list) => (list === false ? [] : list))
    .map((space) => decodeName(space.prefix))
    .filter((prefix) => prefix !== '');
}

/** ` (USE (\Sent))` of CREATE (RFC 6154). */
export const specialUse = (role: FolderRole | null): string =>
  role === null || role === 'inbox' ? '' : ` (USE (\\${role.charAt(0).toUpperCase()}${role.slice(1)}))`;
