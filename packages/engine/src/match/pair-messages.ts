/** What is known of a message without its body. */
export interface Fingerprint {
  uid: number;
  internalDate: number | null;
  bytes: number;
  /** undefined: not asked for. */
  messageId?: string | null;
}

export interface Pair {
  wanted: number;
  present: number;
}

export interface Pairing {
  /** One of each, with an own Message-ID: the same message. */
  sure: Pair[];
  /** Equal so far, but several, or without a Message-ID: only the content tells. */
  unclear: { wanted: number[]; present: number[] }[];
}

/**
 * Pairs the messages of one folder with those of another by Message-ID, INTERNALDATE (to the second) and size. A Message-ID alone
 * proves nothing: list copies and Sent copies share one and differ.
 */
export function pairByFingerprint(wanted: readonly Fingerprint[], present: readonly Fingerprint[]): Pairing {
  const groups = new Map<string, { wanted: number[]; present: number[]; identified: boolean }>();
  for (const message of wanted) {
    const key = keyOf(message);
    const group = groups.get(key) ?? { wanted: [], present: [], identified: typeof message.messageId === 'string' };
    group.wanted.push(message.uid);
    groups.set(key, group);
  }
  for (const message of present) groups.get(keyOf(message))?.present.push(message.uid);

  const pairing: Pairing = { sure: [], unclear: [] };
  for (const { wanted: mine, present: theirs, identified } of groups.values()) {
    const [onlyMine, onlyTheirs] = [mine[0], theirs[0]];
    if (onlyMine === undefined || onlyTheirs === undefined) continue;
    if (identified && mine.length === 1 && theirs.length === 1)
      pairing.sure.push({ wanted: onlyMine, present: onlyTheirs });
    else pairing.unclear.push({ wanted: mine, present: theirs });
  }
  return pairing;
}

const keyOf = ({ internalDate, bytes, messageId }: Fingerprint): string =>
  `${internalDate === null ? '-' : Math.floor(internalDate / 1000)} ${bytes} ${messageId ?? ''}`;

/** Pairs by content digest, as multisets: two equal messages need two partners. */
export function pairByContent(wanted: ReadonlyMap<number, string>, present: ReadonlyMap<number, string>): Pair[] {
  const free = Map.groupBy(present, ([, digest]) => digest);
  const used = new Map<string, number>();
  const pairs: Pair[] = [];
  for (const [uid, digest] of wanted) {
    const count = used.get(digest) ?? 0;
    const partner = free.get(digest)?.[count];
    if (partner === undefined) continue;
    used.set(digest, count + 1);
    pairs.push({ wanted: uid, present: partner[0] });
  }
  return pairs;
}
