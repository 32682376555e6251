import type { NamespaceShape } from '@mxodus/model';

/** Names and paths at a server: levels joined by its separator, INBOX case-insensitive at the first level only (RFC 9051 5.1). */

export const isInbox = (path: string): boolean => path.toUpperCase() === 'INBOX';

/** Servers of the `INBOX.` kind keep every folder below INBOX: a child of INBOX and a folder beside it are the same place. */
export const keepsFoldersBelowInbox = (namespace: NamespaceShape): boolean =>
  namespace.separator !== null && isInbox(namespace.prefix.slice(0, -1)) && namespace.prefix.length === 6;

export function pathOf(levels: readonly string[], namespace: NamespaceShape): string {
  const [first = ''] = levels;
  if (levels.length === 1 && first === 'INBOX') return 'INBOX';
  return namespace.prefix + levels.join(namespace.separator ?? '_');
}

export function levelsOf(path: string, namespace: NamespaceShape): string[] {
  if (isInbox(path)) return ['INBOX'];
  const below = path.startsWith(namespace.prefix) ? path.slice(namespace.prefix.length) : path;
  return namespace.separator === null ? [below] : below.split(namespace.separator);
}

/** Equal keys are one and the same folder for the server. */
export function folderKey(path: string, separator: string | null, foldsCase: boolean): string {
  const first = separator === null ? path : (path.split(separator, 1)[0] ?? path);
  const spelled = isInbox(first) ? `INBOX${path.slice(first.length)}` : path;
  return foldsCase ? spelled.normalize('NFC').toLowerCase() : spelled;
}

export interface NameCandidate {
  name: string;
  numbered: (n: number) => string;
}

const SEPARATING_MARKS = /[./\\*%]/g;
const ALL_BUT_LETTERS = /[^\p{L}\p{M}\p{N} _-]/gu;

/**
 * The names to try for one level at the destination, the most faithful first. The next one is for a server that refuses the one
 * before. None of them holds the separator or a control character: a name never becomes a level.
 */
export function nameCandidates(level: string, separator: string | null): NameCandidate[] {
  const base = withoutControls(separator === null ? level : level.replaceAll(separator, '_'));
  const plainer = base.replace(SEPARATING_MARKS, '_').replace(/^~/, '_').trim();
  const letters = base.replace(ALL_BUT_LETTERS, '_').trim();
  const ascii = letters.replace(/[^\x20-\x7e]/gu, '_');
  return [
    ...[base, plainer, shortened(base, 60)].map((name) => candidate(name, (n) => `${name} (${n})`)),
    ...[letters, shortened(letters, 60), shortened(ascii, 40)].map((name) => candidate(name, (n) => `${name}_${n}`)),
    // Not its characters are refused, but the name itself: it is reserved.
    reserved(shortened(ascii, 40)),
  ];
}

const reserved = (name: string): NameCandidate => ({ name: `${name}_2`, numbered: (n) => `${name}_${n + 1}` });

const candidate = (name: string, numbered: (n: number) => string): NameCandidate =>
  name === '' ? { name: '_', numbered: (n) => `_${n}` } : { name, numbered };

const withoutControls = (name: string): string => name.replace(/[\x00-\x1f\x7f]/g, '_');

const shortened = (name: string, length: number): string => [...name].slice(0, length).join('').trim();
