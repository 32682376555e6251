import { type CutoverStatus, type Gate, gateSchema } from '@mxodus/model';
import { describe, expect, it } from 'vitest';
import { summariseLateMail } from '../certificate/late-mail-summary.ts';
import { lateMailOf } from '../certificate/sample-journal.ts';
import { makeStyle } from '../output/style.ts';
import { changeLines, differenceLines, type PlannedChange } from './cutover-changes.ts';
import { gateLines } from './cutover-gates.ts';
import { CutoverProgress } from './cutover-progress.ts';
import { rollbackPlanText } from './cutover-rollback.ts';
import { type CutoverStatusView, statusText } from './cutover-status.ts';
import { placeText, statesRow } from './states-row.ts';

const PLAIN = makeStyle(false);
const WINDOW = { start: '2026-12-05T20:00', zone: 'Europe/Berlin' };
const NOW = () => new Date('2026-12-05T19:00:00Z');
const NO_CANARIES: CutoverStatusView['canaries'] = {
  ...{ sent: 0, arrived: 0, arrived_new: 0, arrived_old: 0, bounced: 0, unsent: 0, missing: 0 },
  ...{ slowest_ms: null, not_arrived: [] },
};

const gate = (over: Partial<Gate>): Gate =>
  gateSchema.parse({ id: 'G1', name: 'DNS health', status: 'green', why: 'both servers agree', fix: '', ...over });

const change = (over: Partial<PlannedChange>): PlannedChange => ({
  ...{ type: 'cutover_change', phase: 'switch', zone: 'example.com', name: 'example.com', rrtype: 'MX' },
  before: { ttl: 60, records: ['10 mx.old.example'] },
  after: { ttl: 60, records: ['5 mx.new.example'] },
  ...over,
});

it('lists every RRset that changes: what goes, what comes, or the TTL', () => {
  const spf = {
    before: { ttl: 300, records: ['v=spf1 a -all', 'x=1'] },
    after: { ttl: 300, records: ['v=spf1 mx -all', 'x=1'] },
  };
  const changes = [
    change({ phase: 'stage', rrtype: 'TXT', ...spf }),
    change({
      phase: 'lower',
      after: { ttl: 60, records: ['10 mx.old.example'] },
      before: { ttl: 3600, records: ['10 mx.old.example'] },
    }),
    change({ name: 'mail.example.com' }),
  ];
  expect(changeLines(changes, PLAIN)).toEqual([
    '  stage   example.com TXT',
    '      - v=spf1 a -all',
    '      + v=spf1 mx -all  (TTL 300)',
    '  lower   example.com MX',
    '      TTL 3600 -> 60',
    '  switch  mail.example.com MX  in example.com',
    '      - 10 mx.old.example',
    '      + 5 mx.new.example  (TTL 60)',
  ]);
  expect(differenceLines({ ttl: 60, records: ['10 a'] }, { ttl: 60, records: [] }, PLAIN)).toEqual([
    '- 10 a',
    'nothing is left of it',
  ]);
});

it('shows of each gate why, what to do, and who lets it pass', () => {
  const waived = { by: 'ann', until: '2026-12-06', why: 'catch-all host' };
  const gates = [
    gate({}),
    gate({
      id: 'G3',
      name: 'recipients',
      status: 'unknown',
      why: 'mx.new takes any address',
      fix: 'turn it off',
      waived,
    }),
    gate({ id: 'G9', name: 'window', status: 'amber', why: 'not open yet', fix: 'wait' }),
  ];
  expect(gateLines(gates, PLAIN)).toEqual([
    '  green   G1  DNS health  both servers agree',
    '  waived  G3  recipients  unknown: mx.new takes any address',
    '          by ann until 2026-12-06: catch-all host',
    '          fix: turn it off',
    '  amber   G9  window      not open yet',
    '          fix: wait',
  ]);
});

it('says the place of a state in the row, also on the way back', () => {
  expect(statesRow('ARMED', 60, PLAIN)).toEqual([
    'draft > audited > staged > ttl_lowered > [ARMED] > frozen >',
    'switched > propagating > verified > draining > restored >',
    'closed',
  ]);
  expect(statesRow('ROLLING_BACK', 60, PLAIN)).toEqual(['[ROLLING_BACK] > rolled_back']);
  expect([placeText('DRAFT'), placeText('CLOSED'), placeText('ROLLED_BACK')]).toEqual([
    ...['1 of 12', '12 of 12', '2 of 2, on the way back'],
  ]);
});

describe('the status', () => {
  const status: CutoverStatus = {
    ...{ v: 1, type: 'cutover_status', state: 'DRAINING', done: false, waiting_for: 'the old servers to be quiet' },
    ...{
      until: '2026-12-05T20:05:00Z',
      release: 'nobody: it goes on by itself',
      rollback_cost: '5 minutes, 2 messages',
    },
    ...{ held: false, gates: [gate({})] },
  };
  const show = (over: Partial<CutoverStatusView>): string[] =>
    statusText(
      {
        ...{
          status,
          hold: null,
          canaries: NO_CANARIES,
          lateMail: summariseLateMail([]),
          width: 100,
          words: ['acme.plan.json'],
        },
        ...{ window: WINDOW, now: NOW, ...over },
      },
      PLAIN,
    ).split('\n');

  it('says state and place, what is waited for, until when, who can release it, and the cost of going back', () => {
    expect(show({})).toEqual([
      'DRAINING (10 of 12)',
      '  draft > audited > staged > ttl_lowered > armed > frozen > switched > propagating > verified >',
      '  [DRAINING] > restored > closed',
      '',
      '  waits for the old servers to be quiet',
      '  until     2026-12-05T20:05:00Z (2026-12-05 21:05:00 in Europe/Berlin, in 1 h 05 min)',
      '  release   nobody: it goes on by itself',
      '  rollback  5 minutes, 2 messages',
      '',
      '  green  G1  DNS health  both servers agree',
    ]);
  });

  it('says so where no time is fixed, and gives commands with the names that were used', () => {
    const held = { ...status, until: null, release: 'mxodus cutover release PLAN' };
    expect(show({ status: held, words: ['my plan.json', '-c', 'a.yaml'] })).toEqual(
      expect.arrayContaining([
        '  until     no fixed time',
        "  release   mxodus cutover release 'my plan.json' -c a.yaml",
      ]),
    );
    const restored = { ...status, state: 'RESTORED', done: true, until: null } as const;
    expect(show({ status: restored }).at(-1)).toBe('Next:  mxodus cutover close acme.plan.json');
  });

  it('says who holds it and why, test mails, late mail by cause, and who still sends to the old side', () => {
    const hold = { at: '2026-12-05T18:00:00Z', by: 'ann', why: 'an audit', released_at: null, released_by: null };
    const rows = [
      lateMailOf({ cause: 'hard-coded', path: ['printer.lan'], sender: 'printer@example.com' }),
      lateMailOf({ cause: 'stale-client', path: [] }),
    ];
    const lines = show({
      hold,
      lateMail: summariseLateMail(rows),
      canaries: { ...NO_CANARIES, sent: 4, arrived: 3, arrived_new: 3, missing: 1 },
    });
    expect(lines).toEqual(
      expect.arrayContaining([
        '  HELD      by ann since 2026-12-05 18:00 UTC: an audit; nothing is changed meanwhile',
        '  test mail 4 sent, 3 arrived, 1 not found yet, 0 bounced',
        '  late mail 2 messages fetched from the old servers: 1 hard-coded, 1 stale-client; the last came',
        '  machine   printer.lan still sends there: 1 message, hard-coded, from printer@example.com',
        '  stale     a mail program of ann@example.com still writes there (1 message)',
      ]),
    );
  });
});

const WAY_BACK = {
  before: { ttl: 60, records: ['5 mx.new.example'] },
  after: { ttl: 60, records: ['10 mx.old.example'] },
};

it('shows before a rollback what it changes and costs, and the command that does it', () => {
  expect(
    rollbackPlanText(
      {
        ...{
          state: 'DRAINING',
          changes: [change({ phase: 'unswitch', ...WAY_BACK })],
          cost: 'the old MX back',
          minutes: 6,
          arrived: { messages: 12, notLookedAt: [{ address: 'bob@example.com', why: 'signed out' }] },
          domains: ['example.com'],
        },
        words: ['acme.plan.json'],
      },
      PLAIN,
    ).split('\n'),
  ).toEqual([
    'CHANGES PENDING: a rollback from DRAINING; nothing was changed by this run.',
    '  cost  the old MX back',
    '  time  at most 6 minutes until no cache sends mail to the new servers',
    '  mail  about 12 messages to copy back so far',
    '        not looked at: bob@example.com (signed out)',
    '',
    'Changes, in this order:',
    '  unswitch  example.com MX',
    '      - 5 mx.new.example',
    '      + 10 mx.old.example  (TTL 60)',
    '',
    'Next:  mxodus cutover rollback acme.plan.json --domain example.com --execute',
  ]);
});

it('keeps the wait, the hold and the test mails in sight, and is silent about what is as it should be', () => {
  const view = new CutoverProgress({ window: WINDOW, now: NOW, style: PLAIN, log: false, words: ['a.json'] });
  const entry = {
    type: 'cutover_entry',
    seq: 1,
    time: '2026-12-05T19:00:00Z',
    state: 'PROPAGATING',
    prev: '',
  } as const;
  const canary = { id: 'c1', domain: 'example.com', recipient: 'ann@example.com' };
  expect([
    ...view.on({ ...entry, event: 'held', facts: { by: 'ann', why: 'an audit' } }, NOW()),
    ...view.on({ ...entry, event: 'canary_sent', facts: canary }, NOW()),
    ...view.on({ ...entry, event: 'canary_seen', facts: { id: 'c0', at: 'old', delay_ms: 900, why: null } }, NOW()),
  ]).toEqual([
    '  PROPAGATING: held by ann: an audit',
    '  PROPAGATING: test mail c0 arrived at the old server after 900 ms',
  ]);
  const waiting = {
    waiting_for: 'a release',
    until: null,
    release: 'mxodus cutover release PLAN',
    rollback_cost: 'none',
  };
  expect(view.on({ type: 'cutover_waiting', state: 'PROPAGATING', ...waiting }, NOW())).toEqual([]);
  expect(view.block(NOW(), 100)).toEqual([
    'PROPAGATING (8 of 12)  waiting for a release',
    '  HELD      by ann: an audit',
    '  release   mxodus cutover release a.json',
    '  rollback  none',
    '  test mail 2 mails sent, 1 not found yet',
  ]);
});
