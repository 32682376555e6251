import type { Alteration } from '@mxodus/model';
import type { ExtendedProperty } from './mime/graph-message.ts';
import { ICON_INDEX, LAST_VERB, LAST_VERB_TIME } from './properties.ts';
import { systemTime } from './system-time.ts';

/**
 * What IMAP flags and keywords are in Exchange (facts/exchange-graph.md §5):
 *
 *   \Seen                isRead
 *   \Flagged             flag.flagStatus
 *   \Answered            the verb 102 (103: to all), with its icon and time; settable at creation only
 *   $Forwarded           the verb 104, with its icon and time; settable at creation only; there is one verb, the reply wins
 *   \Draft               no flag: a message is made as a draft or not
 *   $Junk, Junk          0x1083 at creation; later the folder says it
 *   $NotJunk, NonJunk    nothing: the folder says it
 *   \Deleted             nothing: such a message would only wait to vanish
 *   other keywords       categories
 */

const REPLIED = 102;
const REPLIED_TO_ALL = 103;
const FORWARDED = 104;
const ICONS: ReadonlyMap<number, number> = new Map([
  [REPLIED, 261],
  [FORWARDED, 262],
]);
/** PidTagIconIndex of a message nobody answered. */
const NO_ICON = -1;

/** The mark of a client that learnt a message as junk; not in the published list of properties. */
export const JUNK_MARK = 'Integer 0x1083';

/** What is asked of an item by `$expand` so that its flags can be told. */
export const FLAG_PROPERTIES: readonly string[] = [LAST_VERB, JUNK_MARK];

/** An Outlook category is a string of this many characters at most. */
const LONGEST_CATEGORY = 255;

export interface CreateFlags {
  /** isRead, flag and categories, as the JSON of the create has them. */
  message: Readonly<Record<string, unknown>>;
  properties: readonly ExtendedProperty[];
  /** \Draft is set. */
  draft: boolean;
  alterations: readonly Alteration[];
}

/** @param now the time a reply or forward is dated with, which IMAP does not keep; milliseconds since the epoch */
export function toCreate(flags: readonly string[], now: number): CreateFlags {
  const wanted = sortFlags(flags);
  const verb = wanted.answered ? REPLIED : wanted.forwarded ? FORWARDED : null;
  const alterations = wanted.lost.map(({ flag, why }) => ({ what: `the flag ${flag} is left out`, why }));
  if (wanted.answered && wanted.forwarded) {
    alterations.push({ what: 'the flag $Forwarded is left out', why: 'Exchange keeps one of replied and forwarded' });
  }
  const { categories, changed } = cleanCategories(wanted.keywords);
  for (const { keyword, category } of changed) {
    alterations.push({
      what: `the keyword "${keyword}" is the category "${category}"`,
      why: `a category has no comma or semicolon and ${LONGEST_CATEGORY} characters at most`,
    });
  }
  return {
    message: {
      isRead: wanted.seen,
      ...(wanted.flagged ? { flag: { flagStatus: 'flagged' } } : {}),
      ...(categories.length > 0 ? { categories } : {}),
    },
    properties: [
      ...(verb === null ? [] : [...verbProperties(verb), { id: LAST_VERB_TIME, value: systemTime(now) }]),
      ...(wanted.junk ? [{ id: JUNK_MARK, value: '1' }] : []),
    ],
    draft: wanted.draft,
    alterations,
  };
}

/** What an item tells about its flags; `properties` by the ids of FLAG_PROPERTIES. */
export interface ItemFlags {
  isRead: boolean;
  isDraft: boolean;
  flagStatus: string | null;
  categories: readonly string[];
  properties: ReadonlyMap<string, string>;
}

/** Sorted, as IMAP has them. A category an IMAP keyword cannot hold (with blanks, brackets) is spelled with "_". */
export function fromItem(item: ItemFlags): string[] {
  const verb = Number(item.properties.get(LAST_VERB) ?? 0);
  const flags = new Set(item.categories.map(keywordOf).filter((keyword) => keyword !== ''));
  if (item.isRead) flags.add('\\Seen');
  if (item.flagStatus === 'flagged') flags.add('\\Flagged');
  if (item.isDraft) flags.add('\\Draft');
  if (verb === REPLIED || verb === REPLIED_TO_ALL) flags.add('\\Answered');
  if (verb === FORWARDED) flags.add('$Forwarded');
  if (item.properties.get(JUNK_MARK) === '1') flags.add('$Junk');
  return [...flags].sort();
}

export interface FlagChange {
  add: readonly string[];
  remove: readonly string[];
}

/** What a change of flags asks of an item. */
export interface FlagPatch {
  /** isRead and flag: a PATCH to fixed values, whatever the item has. Empty: neither changes. */
  fixed: Readonly<Record<string, unknown>>;
  /** The categories changed, from those there are; null: keywords are no part of the change. */
  categories: ((current: readonly string[]) => string[]) | null;
  /** The extended properties changed, from the verb there is; null: none is. They need Mail-Advanced.ReadWrite.All. */
  properties: ((current: ReadonlyMap<string, string>) => ExtendedProperty[]) | null;
  /** The flags the properties stand for, as they were given. */
  byProperties: readonly string[];
  /** Never set, whatever the permissions. */
  refused: readonly { flag: string; why: string }[];
}

export function patchFor(change: FlagChange): FlagPatch {
  const [add, remove] = [sortFlags(change.add), sortFlags(change.remove)];
  const fixed: Record<string, unknown> = {};
  if (add.seen || remove.seen) fixed.isRead = add.seen;
  if (add.flagged || remove.flagged) fixed.flag = { flagStatus: add.flagged ? 'flagged' : 'notFlagged' };
  const byProperties = [...change.add, ...change.remove].filter((flag) => isKept(flag));
  return {
    fixed,
    categories: add.keywords.length + remove.keywords.length === 0 ? null : (current) => recategorized(current, change),
    properties: byProperties.length === 0 ? null : (current) => changedProperties(current, { add, remove }),
    byProperties,
    refused: [
      ...add.lost,
      ...remove.lost,
      ...[...change.add, ...change.remove].filter(isDraft).map((flag) => ({
        flag,
        why: 'Exchange decides at creation whether a message is a draft',
      })),
    ],
  };
}

interface SortedFlags {
  seen: boolean;
  flagged: boolean;
  answered: boolean;
  forwarded: boolean;
  draft: boolean;
  junk: boolean;
  keywords: string[];
  lost: { flag: string; why: string }[];
}

const isDraft = (flag: string): boolean => flag.toLowerCase() === '\\draft';

/** One of those that are extended properties. */
const isKept = (flag: string): boolean => /^(\\answered|\$?forwarded|\$?junk)$/i.test(flag);

function sortFlags(flags: readonly string[]): SortedFlags {
  const sorted: SortedFlags = {
    seen: false,
    flagged: false,
    answered: false,
    forwarded: false,
    draft: false,
    junk: false,
    keywords: [],
    lost: [],
  };
  for (const flag of flags) {
    switch (flag.toLowerCase()) {
      case '\\seen':
        sorted.seen = true;
        break;
      case '\\flagged':
        sorted.flagged = true;
        break;
      case '\\answered':
        sorted.answered = true;
        break;
      case '$forwarded':
      case 'forwarded':
        sorted.forwarded = true;
        break;
      case '\\draft':
        sorted.draft = true;
        break;
      case '$junk':
      case 'junk':
        sorted.junk = true;
        break;
      case '\\recent':
        break;
      case '$notjunk':
      case 'notjunk':
      case 'nonjunk':
        sorted.lost.push({ flag, why: 'in Exchange the folder says whether a message is junk' });
        break;
      case '\\deleted':
        sorted.lost.push({ flag, why: 'Exchange has no messages that wait to be expunged' });
        break;
      default:
        if (flag.startsWith('\\')) sorted.lost.push({ flag, why: 'Exchange does not know it' });
        else sorted.keywords.push(flag);
    }
  }
  return sorted;
}

const verbProperties = (verb: number): ExtendedProperty[] => [
  { id: LAST_VERB, value: String(verb) },
  { id: ICON_INDEX, value: String(ICONS.get(verb) ?? NO_ICON) },
];

function changedProperties(
  current: ReadonlyMap<string, string>,
  { add, remove }: { add: SortedFlags; remove: SortedFlags },
): ExtendedProperty[] {
  const verb = Number(current.get(LAST_VERB) ?? 0);
  const isReply = verb === REPLIED || verb === REPLIED_TO_ALL;
  const properties: ExtendedProperty[] = [];
  if (add.answered && !isReply) properties.push(...verbProperties(REPLIED));
  else if (add.forwarded && !isReply && verb !== FORWARDED) properties.push(...verbProperties(FORWARDED));
  else if ((remove.answered && isReply) || (remove.forwarded && verb === FORWARDED))
    properties.push(...verbProperties(0));
  const isJunk = current.get(JUNK_MARK) === '1';
  if (add.junk && !isJunk) properties.push({ id: JUNK_MARK, value: '1' });
  if (remove.junk && isJunk) properties.push({ id: JUNK_MARK, value: '0' });
  return properties;
}

function categoryOf(keyword: string): string {
  const plain = keyword.replace(/[,;\x00-\x1f\x7f]/g, '_').trim();
  return [...plain].slice(0, LONGEST_CATEGORY).join('');
}

function cleanCategories(keywords: readonly string[]): {
  categories: string[];
  changed: { keyword: string; category: string }[];
} {
  const byKey = new Map<string, string>();
  const changed: { keyword: string; category: string }[] = [];
  for (const keyword of keywords) {
    const category = categoryOf(keyword);
    if (category !== keyword) changed.push({ keyword, category });
    if (category !== '' && !byKey.has(category.toLowerCase())) byKey.set(category.toLowerCase(), category);
  }
  return { categories: [...byKey.values()], changed };
}

/** RFC 9051 flag-keyword: an atom. */
const keywordOf = (category: string): string => category.replace(/[\x00-\x20\x7f(){%*"\\\]]/g, '_');

/** A category is taken for the keyword it was made of, or is shown as. */
function recategorized(current: readonly string[], { add, remove }: FlagChange): string[] {
  const gone = new Set(sortFlags(remove).keywords.map((keyword) => categoryOf(keyword).toLowerCase()));
  const kept = current.filter((one) => !gone.has(one.toLowerCase()) && !gone.has(keywordOf(one).toLowerCase()));
  const has = new Set(kept.flatMap((one) => [one.toLowerCase(), keywordOf(one).toLowerCase()]));
  const added = cleanCategories(sortFlags(add).keywords).categories.filter((one) => !has.has(one.toLowerCase()));
  return [...kept, ...added];
}
