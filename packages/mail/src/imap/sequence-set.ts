/** The shortest IMAP sequence-set (RFC 9051) of some UIDs: [1, 2, 3, 7] -> "1:3,7". */
export function sequenceSet(uids: readonly number[]): string {
  const sorted = [...uids].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (sorted[end + 1] === (sorted[end] ?? 0) + 1) end += 1;
    parts.push(end === start ? `${sorted[start]}` : `${sorted[start]}:${sorted[end]}`);
    start = end + 1;
  }
  return parts.join(',');
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
