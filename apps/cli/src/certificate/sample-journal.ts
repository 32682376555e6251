import type { JournalEntry, JournalNote, LateMail } from '@mxodus/model';

/** A journal made of notes, a minute apart. For tests. */
export function journalOf(notes: readonly JournalNote[], start = '2026-12-05T19:00:00.000Z'): JournalEntry[] {
  return notes.map((note, index) => ({
    ...note,
    seq: index + 1,
    time: new Date(Date.parse(start) + index * 60_000).toISOString(),
    prev: '0'.repeat(64),
  }));
}

const SHA = 'a'.repeat(64);
const about = { phase: 'switch', zone: 'example.com' } as const;

/** Up to the switch, of the plan of `planOf`. */
export const BEGUN: readonly JournalNote[] = [
  { state: 'DRAFT', event: 'started', facts: { plan: SHA, domains: ['example.com'] } },
  { state: 'DRAFT', event: 'approved', facts: { plan: SHA, by: 'ann', hash_given: true } },
  {
    state: 'AUDITED',
    event: 'audited',
    facts: {
      ttl_seen: 3600,
      gates: { G10: 'green', G1: 'green', G4: 'amber', G3: 'unknown' },
      waived: [{ gate: 'G3', by: 'ann', until: '2026-12-06', why: 'catch-all host' }],
    },
  },
  { state: 'SWITCHED', event: 'sending', facts: about },
  { state: 'SWITCHED', event: 'accepted', facts: { ...about, serial: 7, change_id: 'C1', found_live: false } },
  { state: 'PROPAGATING', event: 'served', facts: about },
  {
    state: 'PROPAGATING',
    event: 'timed',
    facts: {
      phase: 'switch',
      t_all: '2026-12-05T19:05:00Z',
      safe_at: '2026-12-05T19:12:00Z',
      arithmetic: '19:05 + max(TTL 60 s, resolver floor 300 s) + slack 60 s = 19:12',
    },
  },
];

export const ENDED: readonly JournalNote[] = [
  { state: 'DRAINING', event: 'entered', facts: {} },
  {
    state: 'DRAINING',
    event: 'passed',
    facts: {
      ...{ mode: 'drain', started: '2026-12-05T19:20:00Z', complete: true, source_messages: 9, moved_now: 2 },
      ...{ not_moved: 0, in_doubt: 0, problem: null },
    },
  },
  { state: 'RESTORED', event: 'entered', facts: {} },
];

export const canarySent = (id: string): JournalNote => ({
  ...{ state: 'PROPAGATING', event: 'canary_sent' },
  facts: { id, domain: 'example.com', recipient: 'ann@example.com' },
});

export const canaryTaken = (id: string): JournalNote => ({
  ...{ state: 'PROPAGATING', event: 'canary_taken' },
  facts: { id },
});

export const canarySeen = (
  id: string,
  at: 'new' | 'old' | 'bounced' | 'unsent',
  why: string | null = null,
): JournalNote => ({
  ...{ state: 'PROPAGATING', event: 'canary_seen' },
  facts: { id, at, delay_ms: at === 'new' ? 1500 : null, why },
});

export const lateMailOf = (row: Partial<LateMail>): LateMail => ({
  v: 1,
  mailbox: 'ann@example.com',
  folder: 'INBOX',
  uid_validity: 1,
  uid: 1,
  message_id: null,
  sender: 'shop@example.net',
  received: '2026-12-05T20:00:00.000Z',
  submitted: null,
  after_switch_ms: 60_000,
  path: ['web.example.net', 'mx.example.net'],
  cause: 'cache',
  why: '',
  ...row,
});
