/** What a destination says it will not take (RFC 7889 APPENDLIMIT, PERMANENTFLAGS). */

/** Messages above the limit: they cannot move. null: the destination states none. */
export function tooLarge<M extends { bytes: number }>(messages: readonly M[], appendLimit: number | null): M[] {
  return appendLimit === null ? [] : messages.filter(({ bytes }) => bytes > appendLimit);
}

/** What Exchange makes of a message can be larger than the message was: from this part of the limit on it may not get in. */
const NEAR = 0.95;

/** Messages that are below the limit, and so near that they may be refused. */
export function nearLimit<M extends { bytes: number }>(messages: readonly M[], limit: number | null): M[] {
  return limit === null ? [] : messages.filter(({ bytes }) => bytes > limit * NEAR && bytes <= limit);
}

/** The largest messages first, at most `count`. */
export function largest<M extends { bytes: number; uid: number; folder: string }>(
  messages: readonly M[],
  count = 10,
): M[] {
  const order = (a: M, b: M): number => b.bytes - a.bytes || (a.folder < b.folder ? -1 : 1) || a.uid - b.uid;
  return [...messages].sort(order).slice(0, count);
}

/**
 * Flags in use that the destination does not keep. null: it takes any. An empty list is what many servers say of a folder opened
 * read-only, so it tells nothing.
 */
export function refusedKeywords(used: Iterable<string>, permanentFlags: readonly string[] | null): string[] {
  if (permanentFlags === null || permanentFlags.length === 0 || permanentFlags.includes('\\*')) return [];
  const kept = new Set(permanentFlags.map((flag) => flag.toLowerCase()));
  return [...new Set(used)].filter((flag) => flag !== '\\Recent' && !kept.has(flag.toLowerCase())).sort();
}
