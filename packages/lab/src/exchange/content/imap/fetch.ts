import type { SimItem } from '../../mailbox/item.ts';
import { endOfHeader, fieldValue, headerFields, headerSection } from '../mime/header-fields.ts';
import { type WriteMimeOptions, writeMime } from '../mime/write-mime.ts';
import { textOf, type Value } from './command.ts';
import { writeDateTime } from './date-time.ts';

export interface Row {
  uid: number;
  /** Its place in the folder, from 1. */
  number: number;
  item: SimItem;
}

/** A sequence-set (RFC 3501, 9) as a test; null: it is none. */
export function sequence(text: string, last: number): ((number: number) => boolean) | null {
  if (!/^(\d+|\*)(:(\d+|\*))?(,(\d+|\*)(:(\d+|\*))?)*$/.test(text)) return null;
  const ranges = text.split(',').map((part) => {
    const ends = part.split(':').map((end) => (end === '*' ? last : Number(end)));
    return { low: Math.min(...ends), high: Math.max(...ends) };
  });
  return (number) => ranges.some(({ low, high }) => number >= low && number <= high);
}

/** ALL, UID set, HEADER field text, SEEN and their like; all keys must fit. null: a key nobody here knows. */
export function search(
  rows: readonly Row[],
  keys: readonly Value[],
  customHeaders: WriteMimeOptions['customHeaders'],
): Row[] | null {
  const words = keys.map(textOf);
  let found = [...rows];
  for (let at = 0; at < words.length; at += 1) {
    const key = words[at]?.toUpperCase() ?? '';
    const simple = SIMPLE[key];
    if (simple !== undefined) found = found.filter(({ item }) => simple(item));
    else if (key === 'HEADER') {
      const [name, text] = [words[at + 1], words[at + 2]];
      if (typeof name !== 'string' || typeof text !== 'string') return null;
      found = found.filter(({ item }) => headerHas(item, { name, text, customHeaders }));
      at += 2;
    } else if (key === 'CHARSET') at += 1;
    else {
      const isUid = key === 'UID';
      const set = sequence(words[at + (isUid ? 1 : 0)] ?? '', (isUid ? rows.at(-1)?.uid : rows.length) ?? 0);
      if (set === null) return null;
      found = found.filter(({ uid, number }) => set(isUid ? uid : number));
      if (isUid) at += 1;
    }
  }
  return found;
}

const SIMPLE: Readonly<Record<string, (item: SimItem) => boolean>> = {
  ALL: () => true,
  SEEN: ({ isRead }) => isRead,
  UNSEEN: ({ isRead }) => !isRead,
  FLAGGED: ({ flag }) => flag.flagStatus === 'flagged',
  UNFLAGGED: ({ flag }) => flag.flagStatus !== 'flagged',
  DRAFT: ({ isDraft }) => isDraft,
  UNDRAFT: ({ isDraft }) => !isDraft,
  ANSWERED: (item) => isAnswered(item),
  UNANSWERED: (item) => !isAnswered(item),
  DELETED: () => false,
  UNDELETED: () => true,
};

function headerHas(
  item: SimItem,
  { name, text, customHeaders }: { name: string; text: string; customHeaders: WriteMimeOptions['customHeaders'] },
): boolean {
  const value =
    name.toLowerCase() === 'message-id'
      ? item.internetMessageId
      : fieldValue(headerFields(headerSection(writeMime(item, { customHeaders }))), name);
  return value?.toLowerCase().includes(text.toLowerCase()) === true;
}

const isAnswered = ({ extended }: SimItem): boolean => ['102', '103'].includes(extended.get('Integer 0x1081') ?? '');

function flagsOf(item: SimItem): string {
  const flags = [
    ...(item.isRead ? ['\\Seen'] : []),
    ...(isAnswered(item) ? ['\\Answered'] : []),
    ...(item.flag.flagStatus === 'flagged' ? ['\\Flagged'] : []),
    ...(item.isDraft ? ['\\Draft'] : []),
  ];
  return `(${flags.join(' ')})`;
}

/** `* 1 FETCH (...)` without its line end; null: an item nobody here knows. */
export function fetchRow(
  { uid, number, item }: Row,
  { items, byUid, customHeaders }: { items: Value; byUid: boolean; customHeaders: WriteMimeOptions['customHeaders'] },
): string | null {
  const names = items.kind === 'list' ? items.values.map(textOf) : [textOf(items)];
  const asked = byUid && !names.some((name) => name?.toUpperCase() === 'UID') ? ['UID', ...names] : names;
  let mime: Buffer | undefined;
  const whole = (): Buffer => {
    mime ??= writeMime(item, { customHeaders });
    return mime;
  };
  const parts: string[] = [];
  for (const name of asked) {
    const part = fetchItem(name?.toUpperCase() ?? '', { uid, item, whole });
    if (part === null) return null;
    parts.push(part);
  }
  return `* ${number} FETCH (${parts.join(' ')})`;
}

function fetchItem(
  name: string,
  { uid, item, whole }: { uid: number; item: SimItem; whole: () => Buffer },
): string | null {
  switch (name) {
    case 'UID':
      return `UID ${uid}`;
    case 'FLAGS':
      return `FLAGS ${flagsOf(item)}`;
    case 'INTERNALDATE':
      return `INTERNALDATE "${writeDateTime(item.received)}"`;
    case 'RFC822.SIZE':
      return `RFC822.SIZE ${whole().length}`;
    case 'RFC822':
      return `RFC822 ${literal(whole())}`;
    case 'RFC822.HEADER':
      return `RFC822.HEADER ${literal(whole().subarray(0, endOfHeader(whole())))}`;
    default:
  }
  const [, section, from, length] = /^BODY(?:\.PEEK)?\[([^\]]*)\](?:<(\d+)\.(\d+)>)?$/.exec(name) ?? [];
  if (section === undefined) return null;
  const bytes = sectionOf(section, whole());
  if (bytes === null) return null;
  const part = from === undefined ? bytes : bytes.subarray(Number(from), Number(from) + Number(length));
  return `BODY[${section}]${from === undefined ? '' : `<${from}>`} ${literal(part)}`;
}

function sectionOf(section: string, mime: Buffer): Buffer | null {
  const body = endOfHeader(mime);
  if (section === '') return mime;
  if (section === 'HEADER') return mime.subarray(0, body);
  if (section === 'TEXT') return mime.subarray(body);
  const names = /^HEADER\.FIELDS \(([^)]*)\)$/.exec(section)?.[1]?.split(' ');
  if (names === undefined) return null;
  const fields = headerFields(headerSection(mime)).filter(({ name }) => names.includes(name.toUpperCase()));
  return Buffer.from(`${fields.map(({ lines }) => `${lines}\r\n`).join('')}\r\n`, 'latin1');
}

const literal = (bytes: Buffer): string => `{${bytes.length}}\r\n${bytes.toString('latin1')}`;
