/** How a message looks without its content. */
export interface Look {
  /** Milliseconds; compared to the second, which is all INTERNALDATE holds. */
  internalDate: number | null;
  bytes: number;
  /** Of the header; null: not known. */
  digest: string | null;
}

export interface LookPairing<A, B> {
  sure: { a: A; b: B }[];
  /** May be the same, and what is known does not tell which: only the content does. */
  unclear: { a: A[]; b: B[] }[];
  /** Those that nothing on the other side looks like. */
  left: { a: A[]; b: B[] };
}

interface Group<A, B> {
  a: A[];
  b: B[];
}

/**
 * Pairs two multisets by (INTERNALDATE, size, digest). Linear; in the order given.
 *
 *   the digests of one date and size                    answer
 *   equal, as many on each side                         sure, the first with the first
 *   equal, not as many on each side                     unclear
 *   not known on one side at least                      unclear with all that is left of the same date and size
 *   known and different                                 not the same message
 */
export function pairLooks<A extends Look, B extends Look>(ours: readonly A[], theirs: readonly B[]): LookPairing<A, B> {
  const pairing: LookPairing<A, B> = { sure: [], unclear: [], left: { a: [], b: [] } };
  for (const group of grouped(ours, theirs, ({ internalDate, bytes }) => `${second(internalDate)} ${bytes}`)) {
    const rest = pairEqualDigests(group, pairing);
    const unknown = { a: rest.a.some(hasNoDigest), b: rest.b.some(hasNoDigest) };
    const [ourDigests, theirDigests] = [digestsOf(rest.a), digestsOf(rest.b)];
    const mayMatch = (look: Look, others: { digests: ReadonlySet<string>; unknown: boolean; any: boolean }): boolean =>
      look.digest === null ? others.any : others.unknown || others.digests.has(look.digest);
    const mayMatchTheirs = (look: A): boolean =>
      mayMatch(look, { digests: theirDigests, unknown: unknown.b, any: rest.b.length > 0 });
    const mayMatchOurs = (look: B): boolean =>
      mayMatch(look, { digests: ourDigests, unknown: unknown.a, any: rest.a.length > 0 });
    const unclear = { a: rest.a.filter(mayMatchTheirs), b: rest.b.filter(mayMatchOurs) };
    if (unclear.a.length > 0) pairing.unclear.push(unclear);
    for (const look of rest.a) if (!mayMatchTheirs(look)) pairing.left.a.push(look);
    for (const look of rest.b) if (!mayMatchOurs(look)) pairing.left.b.push(look);
  }
  return pairing;
}

/** Adds the sure pairs of a group to `pairing`, and gives back the rest. */
function pairEqualDigests<A extends Look, B extends Look>(group: Group<A, B>, pairing: LookPairing<A, B>): Group<A, B> {
  if (group.a.length === 0 || group.b.length === 0) return group;
  const rest: Group<A, B> = { a: group.a.filter(hasNoDigest), b: group.b.filter(hasNoDigest) };
  const known = <L extends Look>(looks: readonly L[]): L[] => looks.filter((look) => !hasNoDigest(look));
  for (const { a, b } of grouped(known(group.a), known(group.b), ({ digest }) => digest ?? '')) {
    if (a.length !== b.length) {
      for (const look of a) rest.a.push(look);
      for (const look of b) rest.b.push(look);
      continue;
    }
    for (const [index, ours] of a.entries()) {
      const theirs = b[index];
      if (theirs !== undefined) pairing.sure.push({ a: ours, b: theirs });
    }
  }
  return rest;
}

function grouped<A extends Look, B extends Look>(
  ours: readonly A[],
  theirs: readonly B[],
  keyOf: (look: Look) => string,
): Iterable<Group<A, B>> {
  const groups = new Map<string, Group<A, B>>();
  const groupOf = (look: Look): Group<A, B> => {
    const key = keyOf(look);
    const known = groups.get(key);
    if (known !== undefined) return known;
    const made: Group<A, B> = { a: [], b: [] };
    groups.set(key, made);
    return made;
  };
  for (const look of ours) groupOf(look).a.push(look);
  for (const look of theirs) groupOf(look).b.push(look);
  return groups.values();
}

const hasNoDigest = ({ digest }: Look): boolean => digest === null;

const digestsOf = (looks: readonly Look[]): ReadonlySet<string> =>
  new Set(looks.flatMap(({ digest }) => (digest === null ? [] : [digest])));

const second = (date: number | null): string => (date === null ? '-' : String(Math.floor(date / 1000)));
