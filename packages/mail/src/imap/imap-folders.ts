import type { Folder, FolderRole, FolderStatus, NamespaceShape } from '@mxodus/model';
import type { ImapFlow, ListResponse } from 'imapflow';
import type { Attribute } from './raw-command.ts';

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

export const STATUS_ITEMS = {
  messages: true,
  uidNext: true,
  uidValidity: true,
  highestModseq: true,
  size: true,
} as const;

type StatusAnswer = NonNullable<ListResponse['status']>;

export function folderStatus(status: StatusAnswer | undefined): FolderStatus | null {
  if (status?.messages === undefined || status.uidNext === undefined || status.uidValidity === undefined) return null;
  return {
    messages: status.messages,
    uidNext: status.uidNext,
    uidValidity: Number(status.uidValidity),
    highestModseq: status.highestModseq === undefined ? null : String(status.highestModseq),
    bytes: typeof status.size === 'number' ? status.size : status.size === undefined ? null : Number(status.size),
  };
}

export const isSelectable = (entry: ListResponse): boolean =>
  ![...entry.flags].some((flag) => ['\\noselect', '\\nonexistent'].includes(flag.toLowerCase()));

export function toFolder(entry: ListResponse, namespace: NamespaceShape, status: FolderStatus | null): Folder {
  return {
    path: entry.path,
    levels: levelsOf(entry.path, namespace),
    role: roleOf(entry),
    // Left out by imapflow for folders nobody subscribed (2.10.2), whatever its types say.
    subscribed: entry.subscribed === true,
    status,
  };
}

/** imapflow also guesses roles from names; only what the server says counts. INBOX is one by definition. */
function roleOf(entry: ListResponse): FolderRole | null {
  if (entry.path === 'INBOX') return 'inbox';
  if (entry.specialUse === undefined || entry.specialUseSource !== 'extension') return null;
  return ROLES[entry.specialUse.toLowerCase()] ?? null;
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
  return { prefix: personal?.prefix ?? '', separator: separator === '' ? null : separator };
}

/** Prefixes of other users' and shared folders: not this person's mail. */
export function foreignPrefixes(client: ImapFlow): string[] {
  const spaces = client.namespaces;
  if (!spaces) return [];
  return [spaces.other, spaces.shared]
    .flatMap((list) => (list === false ? [] : list))
    .map((space) => space.prefix)
    .filter((prefix) => prefix !== '');
}

/** `(USE (\\Sent))` of CREATE (RFC 6154). */
export function specialUse(role: FolderRole | null): Attribute[] {
  if (role === null || role === 'inbox') return [];
  return [
    [{ type: 'ATOM', value: 'USE' }, [{ type: 'ATOM', value: `\\${role.charAt(0).toUpperCase()}${role.slice(1)}` }]],
  ];
}
