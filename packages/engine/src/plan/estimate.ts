import type { PlanEstimate } from '@mxodus/model';

/** How long the first copy takes at best: what the destination's limits allow, not how fast the network is. */

export interface Pace {
  /** Mailboxes worked on at once. */
  mailboxes: number;
  /** Of one mailbox. */
  requests: { most: number; inMs: number };
  /** Of one mailbox, as on the wire. */
  upload: { mostBytes: number; inMs: number };
  /** Of message bytes, over all mailboxes; null: no limit. */
  bytesPerSecond: number | null;
  /** Of message bytes, of one mailbox in a day; null: no limit. */
  bytesPerDay: number | null;
}

/** Base64 in JSON, line ends escaped, and the JSON around it. */
export const WIRE_BYTES_PER_BYTE = 1.37;

const SECONDS_PER_DAY = 86_400;

type Bottleneck = PlanEstimate['bottleneck'];

interface Term {
  bottleneck: Bottleneck;
  seconds: number;
}

/** Of one mailbox worked on alone. One request a message and one a folder; large messages take more, which the bytes outweigh. */
export function estimateMailbox(move: { messages: number; bytes: number; folders: number }, pace: Pace): PlanEstimate {
  const { messages, bytes, folders } = move;
  const { requests, upload, bytesPerSecond, bytesPerDay } = pace;
  return slowest([
    { bottleneck: 'requests', seconds: ((messages + folders) * requests.inMs) / 1000 / requests.most },
    { bottleneck: 'upload', seconds: (bytes * WIRE_BYTES_PER_BYTE * upload.inMs) / 1000 / upload.mostBytes },
    ...(bytesPerSecond === null ? [] : [{ bottleneck: 'bytes_per_second' as const, seconds: bytes / bytesPerSecond }]),
    ...(bytesPerDay === null
      ? []
      : [{ bottleneck: 'bytes_per_day' as const, seconds: waitOfDays(bytes, bytesPerDay) }]),
  ]);
}

/** The first day's budget is there at once. */
const waitOfDays = (bytes: number, perDay: number): number =>
  Math.max(0, Math.ceil(bytes / perDay) - 1) * SECONDS_PER_DAY;

/**
 * Of all mailboxes of one destination: never shorter than its longest, nor than all of them shared out over as many as are worked on
 * at once, nor than their bytes at the rate of the server.
 */
export function estimateAll(
  each: readonly { bytes: number; estimate: PlanEstimate }[],
  pace: Pick<Pace, 'mailboxes' | 'bytesPerSecond'>,
): PlanEstimate | null {
  const [longest] = each.map(({ estimate }) => estimate).toSorted((a, b) => b.seconds - a.seconds);
  if (longest === undefined) return null;
  const work = each.reduce((sum, { estimate }) => sum + estimate.seconds, 0);
  const bytes = each.reduce((sum, mailbox) => sum + mailbox.bytes, 0);
  const { mailboxes, bytesPerSecond } = pace;
  return slowest([
    longest,
    { bottleneck: 'mailboxes', seconds: work / mailboxes },
    ...(bytesPerSecond === null ? [] : [{ bottleneck: 'bytes_per_second' as const, seconds: bytes / bytesPerSecond }]),
  ]);
}

/** Of several destinations, which are worked on at the same time. */
export const longestOf = (estimates: readonly PlanEstimate[]): PlanEstimate | null =>
  estimates.length === 0 ? null : slowest(estimates);

/** The first of equals. */
function slowest(terms: readonly Term[]): PlanEstimate {
  const first: Term = { bottleneck: 'requests', seconds: 0 };
  const { bottleneck, seconds } = terms.reduce((worst, term) => (term.seconds > worst.seconds ? term : worst), first);
  return { seconds: Math.ceil(seconds), bottleneck };
}
