import { type HeaderFingerprint, munged } from './header-fields.ts';

export interface HeaderEntry {
  uid: number;
  /** null: what the server says of it cannot be relied on. */
  bytes: number | null;
  fields: HeaderFingerprint;
}

/**
 * How far the size of a copy may be from the original's: servers add a field of their own, fold others, and make bare LF CRLF (one
 * byte a line, some 2 % of text).
 */
export const sizeTolerance = (bytes: number): number => 512 + Math.ceil(bytes * 0.02);

/**
 * Groups the messages of both sides that may be one another's copies: equal Message-ID (or none), Date, From and Subject, or equal
 * once Cyrus made X of their 8-bit bytes; and sizes within what servers rewrite. It is never sure: list copies and Sent copies agree in all of it. Only the content tells, so each
 * message of a group has at least one on the other side that is near enough in size. In the order given; n log n.
 */
export function pairByHeader(
  wanted: readonly HeaderEntry[],
  present: readonly HeaderEntry[],
): { unclear: { wanted: number[]; present: number[] }[] } {
  const groups = grouped({ wanted, present }, ({ fields }) => keyOf(munged(fields)));
  return { unclear: groups.flatMap((group) => byExactHeader(group)).flatMap((group) => bySize(group)) };
}

interface Group {
  wanted: readonly HeaderEntry[];
  present: readonly HeaderEntry[];
}

/** Equal keys of both sides, in the order of `wanted`. */
function grouped({ wanted, present }: Group, by: (entry: HeaderEntry) => string): Group[] {
  const groups = new Map<string, { wanted: HeaderEntry[]; present: HeaderEntry[] }>();
  for (const entry of wanted) {
    const key = by(entry);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { wanted: [entry], present: [] });
    else group.wanted.push(entry);
  }
  for (const entry of present) groups.get(by(entry))?.present.push(entry);
  return [...groups.values()];
}

/** Where nothing has an X for each 8-bit byte, different bytes are different messages. */
function byExactHeader(group: Group): Group[] {
  const has8Bit = ({ fields }: HeaderEntry): boolean => /[\x80-\xff]/.test(keyOf(fields));
  const all = [...group.wanted, ...group.present];
  return all.every(has8Bit) ? grouped(group, ({ fields }) => keyOf(fields)) : [group];
}

const keyOf = ({ messageId, date, from, subject }: HeaderFingerprint): string =>
  JSON.stringify([messageId, date, from, subject]);

interface Sized extends HeaderEntry {
  bytes: number;
}

const isSized = (entry: HeaderEntry): entry is Sized => entry.bytes !== null;

function bySize(group: Group): { wanted: number[]; present: number[] }[] {
  if (group.present.length === 0) return [];
  const sized = { wanted: group.wanted.filter(isSized), present: group.present.filter(isSized) };
  if (sized.wanted.length < group.wanted.length || sized.present.length < group.present.length) {
    const uids = (entries: readonly HeaderEntry[]): number[] => entries.map(({ uid }) => uid);
    return [{ wanted: uids(group.wanted), present: uids(group.present) }];
  }
  const wanted = nearAny(sized.wanted, sized.present);
  const present = nearAny(sized.present, sized.wanted);
  if (wanted.length < 2 && present.length < 2)
    return wanted.map(({ uid }, index) => ({ wanted: [uid], present: present.slice(index).map((entry) => entry.uid) }));
  // Cut where no size of either side is near the next one.
  const sizes = [...new Set([...wanted, ...present].map(({ bytes }) => bytes))].sort((a, b) => a - b);
  const clusters = new Map<number, number>();
  let cluster = 0;
  for (const [index, size] of sizes.entries()) {
    if (index > 0 && size - (sizes[index - 1] ?? size) > sizeTolerance(size)) cluster += 1;
    clusters.set(size, cluster);
  }
  const found = new Map<number, { wanted: number[]; present: number[] }>();
  const groupOf = ({ bytes }: Sized): { wanted: number[]; present: number[] } => {
    const key = clusters.get(bytes) ?? 0;
    const known = found.get(key) ?? { wanted: [], present: [] };
    found.set(key, known);
    return known;
  };
  for (const entry of wanted) groupOf(entry).wanted.push(entry.uid);
  for (const entry of present) groupOf(entry).present.push(entry.uid);
  return [...found.values()];
}

/** Those of `mine` with at least one of `theirs` near enough; the bound is that of the larger of the two. */
function nearAny(mine: readonly Sized[], theirs: readonly Sized[]): Sized[] {
  const sizes = theirs.map(({ bytes }) => bytes).sort((a, b) => a - b);
  return mine.filter(({ bytes }) => {
    const at = firstAtLeast(sizes, bytes);
    const [below, above] = [sizes[at - 1], sizes[at]];
    return (
      (above !== undefined && above - bytes <= sizeTolerance(above)) ||
      (below !== undefined && bytes - below <= sizeTolerance(bytes))
    );
  });
}

function firstAtLeast(ascending: readonly number[], value: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
