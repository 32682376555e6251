/** Sequence sets and uid-sets (RFC 9051 section 9). */

/** Some servers take no command line above 8,192 bytes (RFC 7162 section 4). */
const MAX_SET_LENGTH = 7000;

/** The shortest sequence-set of some UIDs: [1, 2, 3, 7] -> "1:3,7". */
export const sequenceSet = (uids: readonly number[]): string => sets(uids, Infinity, Infinity).join(',');

/** As many sequence-sets as it takes for each to be short, and to name at most `most` UIDs. */
export const sequenceSets = (uids: readonly number[], most: number | null): string[] =>
  sets(uids, most ?? Infinity, MAX_SET_LENGTH);

function sets(uids: readonly number[], most: number, maxLength: number): string[] {
  const sorted = [...uids].sort((a, b) => a - b);
  const found: string[] = [];
  let parts: string[] = [];
  let length = 0;
  let count = 0;
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (sorted[end + 1] === (sorted[end] ?? 0) + 1 && count + end - start + 1 < most) end += 1;
    const part = end === start ? `${sorted[start]}` : `${sorted[start]}:${sorted[end]}`;
    parts.push(part);
    length += part.length + 1;
    count += end - start + 1;
    start = end + 1;
    if (length < maxLength && count < most) continue;
    found.push(parts.join(','));
    parts = [];
    length = 0;
    count = 0;
  }
  if (parts.length > 0) found.push(parts.join(','));
  return found;
}

/** The ranges of a uid-set in its own order, the lower UID first; null when it is not one. */
export function readUidSet(text: string): { low: number; high: number; backwards: boolean }[] | null {
  if (!/^\d{1,10}(:\d{1,10})?(,\d{1,10}(:\d{1,10})?)*$/.test(text)) return null;
  return text.split(',').map((part) => {
    const [first = 0, last = first] = part.split(':').map(Number);
    return { low: Math.min(first, last), high: Math.max(first, last), backwards: first > last };
  });
}

/** How many UIDs a uid-set names, without making the list: `1:4294967295` would fill the memory. */
export function countUidSet(text: string): number {
  return text.split(',').reduce((sum, part) => {
    const [first = 0, last = first] = part.split(':').map(Number);
    return sum + Math.abs(last - first) + 1;
  }, 0);
}

/** The UIDs of a uid-set in its own order (RFC 4315: the order of the appended messages). */
export function expandUidSet(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split(':').map(Number);
    const [low, high] = first <= last ? [first, last] : [last, first];
    return Array.from({ length: high - low + 1 }, (_, index) => low + index);
  });
}

/** The UIDs below `end` of a uid-set, as far as they are at most `most`; null when they are more, or it is not a uid-set. */
export function expandBelow(text: string, end: number, most: number): number[] | null {
  const ranges = readUidSet(text);
  if (ranges === null) return null;
  const uids: number[] = [];
  for (const { low, high } of ranges) {
    const last = Math.min(high, end - 1);
    if (uids.length + Math.max(0, last - low + 1) > most) return null;
    for (let uid = Math.max(1, low); uid <= last; uid += 1) uids.push(uid);
  }
  return uids;
}
