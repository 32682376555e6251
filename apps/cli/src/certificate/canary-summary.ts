import type { JournalEntry } from '@mxodus/model';
import type { Certificate } from './certificate-schema.ts';

interface Canary {
  id: string;
  recipient: string;
  sentAt: string;
  taken: boolean;
  seen: { at: 'new' | 'old' | 'bounced' | 'unsent'; delayMs: number | null; why: string | null } | null;
}

/** What became of the test mails. One whose sending was cut off, and that is nowhere, is not known to have left: it counts as unsent. */
export function summariseCanaries(entries: readonly JournalEntry[]): Certificate['canaries'] {
  const all = [...canariesOf(entries).values()];
  const at = (where: NonNullable<Canary['seen']>['at']): number => all.filter(({ seen }) => seen?.at === where).length;
  const missing = all.filter(({ seen, taken }) => seen === null && taken);
  const cutOff = all.filter(({ seen, taken }) => seen === null && !taken).length;
  const delays = all.flatMap(({ seen }) => (seen?.delayMs == null ? [] : [seen.delayMs]));
  const lost = [...missing, ...all.filter(({ seen }) => seen?.at === 'bounced')];
  return {
    sent: all.length - at('unsent') - cutOff,
    arrived: at('new') + at('old'),
    arrived_new: at('new'),
    arrived_old: at('old'),
    bounced: at('bounced'),
    unsent: at('unsent') + cutOff,
    missing: missing.length,
    slowest_ms: delays.length === 0 ? null : Math.max(...delays),
    not_arrived: lost.map(({ id, recipient, sentAt, seen }) => ({
      ...{ id, recipient, sent_at: sentAt, why: seen?.why ?? null },
    })),
  };
}

/** What was seen first stays: no mail is in two places. */
function canariesOf(entries: readonly JournalEntry[]): Map<string, Canary> {
  const canaries = new Map<string, Canary>();
  for (const entry of entries) {
    if (entry.event === 'canary_sent') {
      const { id, recipient } = entry.facts;
      canaries.set(id, { id, recipient, sentAt: entry.time, taken: false, seen: null });
    }
    if (entry.event === 'canary_taken') {
      const canary = canaries.get(entry.facts.id);
      if (canary !== undefined) canary.taken = true;
    }
    if (entry.event !== 'canary_seen') continue;
    const canary = canaries.get(entry.facts.id);
    if (canary === undefined || canary.seen !== null) continue;
    const { at, delay_ms, why } = entry.facts;
    canary.seen = { at, delayMs: delay_ms, why };
  }
  return canaries;
}
