import type { JournalNote, LateMail, Plan } from '@mxodus/model';
import { describe, expect, it } from 'vitest';
import { planOf } from '../views/sample-plan.ts';
import { certificateOf } from './certificate-of.ts';
import { certificateSchema } from './certificate-schema.ts';
import { BEGUN, canarySeen, canarySent, canaryTaken, ENDED, journalOf, lateMailOf } from './sample-journal.ts';

const PLAN: Plan = {
  ...planOf(['ann@example.com'], 9),
  domains: [
    {
      domain: 'example.com',
      zone: 'example.com',
      provider: 'rfc2136',
      authoritative: [],
      before: { ttl: 3600, records: [{ host: 'mx.old.example', preference: 10 }] },
      after: { ttl: 3600, records: [{ host: 'mx.new.example', preference: 5 }] },
    },
  ],
};
const RRSET = {
  ...{ name: 'example.com', rrtype: 'MX' as const },
  before: { ttl: 60, records: ['10 mx.old.example'] },
  after: { ttl: 60, records: ['5 mx.new.example'] },
};

function certify(notes: readonly JournalNote[], lateMail: readonly LateMail[] = [], alterations: number | null = 0) {
  return certificateOf({
    plan: PLAN,
    planned: [{ type: 'cutover_change', phase: 'switch', zone: 'example.com', ...RRSET }],
    entries: journalOf(notes),
    digest: notes.length === 0 ? null : 'd'.repeat(64),
    lateMail,
    alterations,
    version: '0.1.0',
    now: new Date('2026-12-09T08:00:00Z'),
  });
}

const begun = [
  ...BEGUN,
  canarySent('c1'),
  canaryTaken('c1'),
  canarySent('c2'),
  canaryTaken('c2'),
  canarySeen('c1', 'new'),
];

describe('the verdict', () => {
  it.each<[string, string, readonly JournalNote[], string]>([
    ['nothing was begun', 'not-begun', [], 'NOT BEGUN: the journal has no entry of this plan.'],
    [
      'it goes on',
      'under-way',
      begun,
      'UNDER WAY in state PROPAGATING: test mails: 2 sent, 1 arrived, 1 not found yet, 0 bounced.',
    ],
    [
      'all arrived',
      'proven',
      [...begun, canarySeen('c2', 'old'), ...ENDED],
      'PROVEN: test mails: 2 sent, 2 arrived (1 at the old servers), 0 lost, 0 bounced.',
    ],
    [
      'one is missing at the end',
      'lost',
      [...begun, ...ENDED],
      'LOST: test mails: 2 sent, 1 arrived, 1 lost, 0 bounced.',
    ],
    [
      'one is nowhere, and its sending was cut off,',
      'proven',
      [...begun, canarySeen('c2', 'new'), canarySent('c3'), ...ENDED],
      'PROVEN: test mails: 2 sent, 2 arrived, 0 lost, 0 bounced.',
    ],
    [
      'one bounced, whatever is seen of it later',
      'bounced',
      [...begun, canarySeen('c2', 'bounced', '550 no such user'), canarySeen('c2', 'new'), ...ENDED],
      'BOUNCED: test mails: 2 sent, 1 arrived, 0 lost, 1 bounced.',
    ],
    [
      'none was sent',
      'not-verified',
      [...BEGUN, ...ENDED],
      'NOT VERIFIED: no test mail was sent, so it was not measured whether mail arrives.',
    ],
    [
      'none could be sent',
      'not-verified',
      [...BEGUN, canarySent('c1'), canarySeen('c1', 'unsent', 'connection refused'), ...ENDED],
      'NOT VERIFIED: no host took any of 1 test mail, so it was not measured whether mail arrives.',
    ],
    [
      'the journal is of another plan',
      'not-begun',
      [{ state: 'DRAFT', event: 'started', facts: { plan: 'b'.repeat(64), domains: [] } }, ...ENDED],
      'NOT BEGUN: the journal has no entry of this plan.',
    ],
  ])('where %s is %s', (_when, kind, notes, text) => {
    expect(certify(notes).verdict).toEqual({ kind, text });
  });

  it('is not one of success while messages are in doubt', () => {
    const ended = ENDED.map((note) =>
      note.event === 'passed' ? { ...note, facts: { ...note.facts, in_doubt: 1 } } : note,
    );
    expect(certify([...begun, canarySeen('c2', 'new'), ...ended]).verdict).toEqual({
      kind: 'not-verified',
      text: 'NOT VERIFIED: test mails: 2 sent, 2 arrived, 0 lost, 0 bounced. 1 message of the last pass is in doubt.',
    });
  });
});

it('says when, what, by whom, and what was not measured', () => {
  const certificate = certify([...begun, ...ENDED], [], null);
  expect(certificateSchema.parse(certificate)).toEqual(certificate);
  expect(certificate.changes).toEqual([
    {
      phase: 'switch',
      zone: 'example.com',
      rrsets: [{ name: 'example.com', type: 'MX', before: RRSET.before, after: RRSET.after }],
      approved_by: 'ann',
      announced_at: '2026-12-05T19:03:00.000Z',
      accepted_at: '2026-12-05T19:04:00.000Z',
      served_at: '2026-12-05T19:05:00.000Z',
      by_hand: false,
      found_live: false,
      serial: 7,
      change_id: 'C1',
      refusals: [],
    },
  ]);
  expect(certificate.states.map(({ state }) => state)).toEqual([
    ...['DRAFT', 'AUDITED', 'SWITCHED', 'PROPAGATING', 'DRAINING', 'RESTORED'],
  ]);
  expect(certificate.gates).toEqual([
    { id: 'G1', status: 'green' },
    { id: 'G3', status: 'unknown' },
    { id: 'G4', status: 'amber' },
    { id: 'G10', status: 'green' },
  ]);
  expect(certificate.waivers).toMatchObject([{ gate: 'G3', by: 'ann' }]);
  expect(certificate.waits).toMatchObject([{ of: 'switch', until: '2026-12-05T19:12:00Z' }]);
  expect(certificate.passes).toMatchObject([{ mode: 'drain', passes: 1, moved: 2 }]);
  expect(certificate.canaries.not_arrived).toMatchObject([{ id: 'c2', why: null }]);
  expect(certificate.not_measured).toEqual([
    'how many mails strangers sent: only test mails can be counted at both ends',
    'gates that were unknown at the audit: G3',
    'whether messages were altered on the way: there is no ledger to read',
  ]);
});

it('counts late mail by cause, and names who still sends to the old side', () => {
  const rows = [
    lateMailOf({}),
    lateMailOf({ cause: 'hard-coded', sender: 'printer@example.com', path: ['printer.lan'] }),
    lateMailOf({
      cause: 'hard-coded',
      sender: 'form@example.com',
      path: ['printer.lan'],
      received: '2026-12-06T07:00:00.000Z',
    }),
    lateMailOf({ cause: 'stale-client', mailbox: 'bob@example.com', folder: 'Sent', path: [], received: null }),
  ];
  expect(certify([...BEGUN], rows).late_mail).toEqual({
    fetched: 4,
    by_cause: [
      { cause: 'hard-coded', messages: 2 },
      { cause: 'cache', messages: 1 },
      { cause: 'stale-client', messages: 1 },
    ],
    last_at: '2026-12-06T07:00:00.000Z',
    stale_clients: [{ mailbox: 'bob@example.com', messages: 1, last_at: null }],
    machines: [
      {
        host: 'printer.lan',
        cause: 'hard-coded',
        senders: ['form@example.com', 'printer@example.com'],
        messages: 2,
        last_at: '2026-12-06T07:00:00.000Z',
      },
    ],
  });
  expect(certify([], rows).late_mail.fetched).toBe(0);
});

it('says of what another terminal asked for the same as of what the run itself was told', () => {
  const asked = { by: 'ann', why: 'an audit', request: 'r1' };
  const certificate = certify([
    ...BEGUN,
    { state: 'PROPAGATING', event: 'held', facts: asked },
    { state: 'ROLLING_BACK', event: 'rolling_back', facts: { ...asked, from: 'PROPAGATING' } },
  ]);
  expect(certificateSchema.parse(certificate)).toMatchObject({
    holds: [{ by: 'ann', why: 'an audit' }],
    rollback: { by: 'ann', from: 'PROPAGATING', why: 'an audit' },
  });
});
