import type { HeaderFingerprint } from './header-fields.ts';
import type { Pair } from './pair-messages.ts';

export interface WantedCopy {
  uid: number;
  internalDate: number | null;
  fields: HeaderFingerprint;
}

export interface PresentCopy {
  uid: number;
  internalDate: number;
  messageId: string | null;
  subject: string;
  from: string;
}

/**
 * Copies that carry no key of ours, in a mail system that makes its own form of a message: another tool brought them, or they were written
 * in a way that cannot keep a key. Equal are date of arrival (to the second) and Message-ID; without a Message-ID (such systems make one up) the
 * sender and a subject of plain ASCII. As multisets: each copy is the copy of one message.
 *
 * @param of.dates false: copies were dated otherwise. Equal are Message-ID, sender and subject then.
 */
export function pairKeyless(
  wanted: readonly WantedCopy[],
  present: readonly PresentCopy[],
  { dates }: { dates: boolean } = { dates: true },
): Pair[] {
  if (!dates) return pairUndated(wanted, present);
  const byId = Map.groupBy(present, ({ internalDate, messageId }) => idKey(internalDate, messageId));
  const taken = new Set<number>();
  const pairs: Pair[] = [];
  const take = (uid: number, copy: PresentCopy | undefined): void => {
    if (copy === undefined) return;
    taken.add(copy.uid);
    pairs.push({ wanted: uid, present: copy.uid });
  };
  for (const { uid, internalDate, fields } of wanted) {
    if (internalDate === null || fields.messageId === null) continue;
    take(uid, byId.get(idKey(internalDate, fields.messageId))?.shift());
  }
  const bySecond = Map.groupBy(
    present.filter(({ uid }) => !taken.has(uid)),
    ({ internalDate }) => second(internalDate),
  );
  for (const { uid, internalDate, fields } of wanted) {
    if (internalDate === null || fields.messageId !== null) continue;
    const copies = bySecond.get(second(internalDate)) ?? [];
    take(
      uid,
      copies.find((copy) => !taken.has(copy.uid) && looksLike(fields, copy)),
    );
  }
  return pairs;
}

function pairUndated(wanted: readonly WantedCopy[], present: readonly PresentCopy[]): Pair[] {
  const byId = Map.groupBy(present, ({ messageId }) => idKey(0, messageId));
  return wanted.flatMap(({ uid, fields }) => {
    const copies = fields.messageId === null ? [] : (byId.get(idKey(0, fields.messageId)) ?? []);
    // An encoded subject cannot be compared, and says nothing against it.
    const at = copies.findIndex((copy) => isSender(fields, copy) && (!isPlain(fields) || looksLike(fields, copy)));
    const [copy] = at < 0 ? [] : copies.splice(at, 1);
    return copy === undefined ? [] : [{ wanted: uid, present: copy.uid }];
  });
}

const second = (date: number): number => Math.floor(date / 1000);

/** null matches nothing: two messages without a Message-ID are not the same for that. */
const idKey = (date: number, messageId: string | null): string =>
  messageId === null ? 'none' : `${second(date)} ${withLowerDomain(messageId)}`;

const withLowerDomain = (id: string): string => id.replace(/@[^@]*$/, (domain) => domain.toLowerCase());

const PLAIN = /^[\x20-\x7e]*$/;

const isPlain = ({ subject }: HeaderFingerprint): boolean => PLAIN.test(subject ?? '') && !subject?.includes('=?');

const isSender = ({ from }: HeaderFingerprint, copy: PresentCopy): boolean =>
  copy.from === '' ? from === null : (from ?? '').includes(copy.from.toLowerCase());

const looksLike = (fields: HeaderFingerprint, copy: PresentCopy): boolean =>
  isPlain(fields) && (fields.subject ?? '').trim() === copy.subject.trim() && isSender(fields, copy);
