import { type Buckets, noMessages, type PassRow, type Plan, type StateCounts, type WaitRow } from '@mxodus/model';
import { expect, it } from 'vitest';
import { mailboxStandings } from './mailbox-standing.ts';
import { planOf } from './sample-plan.ts';

const ANN = 'ann@example.com';
const plan: Plan = planOf([ANN], 100);

const pass = (some: Partial<Buckets>, rest: Partial<PassRow> = {}): PassRow => ({
  id: 1,
  address: ANN,
  kind: 'sync',
  startedAt: '2026-11-22T12:00:00Z',
  finishedAt: '2026-11-22T12:05:00Z',
  exitCode: 0,
  sourceMessages: Object.values(some).reduce((sum, n) => sum + n, 0),
  buckets: { ...noMessages(), ...some },
  destinationWrites: 0,
  bytes: 0,
  flagsChanged: 0,
  error: null,
  ...rest,
});
const running = pass({}, { id: 2, finishedAt: null });
const counts = (some: Partial<StateCounts>): StateCounts => ({
  address: ANN,
  intent: 0,
  stored: 0,
  cannot: 0,
  failed: 0,
  ...some,
});

it.each([
  [
    'nothing was done',
    [],
    undefined,
    false,
    { phase: 'planned', health: 'ok', moved: 0, source_messages: 100, lag: 100 },
  ],
  [
    'the first pass runs',
    [running],
    counts({ stored: 40, intent: 10 }),
    true,
    { phase: 'syncing', health: 'ok', moved: 40, lag: 50, in_doubt: 10, error: null, running_since: running.startedAt },
  ],
  [
    'the first pass was killed',
    [running],
    counts({ stored: 40, intent: 10 }),
    false,
    { phase: 'syncing', health: 'ok', moved: 40, lag: 50, in_doubt: 10, error: 'INTERRUPTED', running_since: null },
  ],
  [
    'all was moved',
    [pass({ moved_now: 120, excluded: 5 })],
    counts({ stored: 120 }),
    false,
    {
      phase: 'in step',
      health: 'ok',
      moved: 120,
      source_messages: 120,
      lag: 0,
      last_complete_pass: '2026-11-22T12:05:00Z',
    },
  ],
  [
    'messages left the source after they were moved',
    [pass({ moved_before: 90 })],
    counts({ stored: 120 }),
    false,
    { phase: 'in step', moved: 90, source_messages: 90, lag: 0 },
  ],
  [
    'some were refused',
    [pass({ moved_now: 117, failed: 2, cannot: 1 }, { exitCode: 3 })],
    counts({ stored: 117, failed: 2, cannot: 1 }),
    false,
    { phase: 'in step', health: 'needs you', moved: 117, not_moved: 3, lag: 0 },
  ],
  [
    'a later pass lost its connection',
    [pass({ moved_now: 120 }), pass({ failed: 125 }, { id: 2, exitCode: 5, error: 'CONNECTION_LOST' })],
    counts({ stored: 120 }),
    false,
    { phase: 'syncing', health: 'waiting', moved: 120, lag: 0, error: 'CONNECTION_LOST' },
  ],
  [
    'the password is wrong',
    [pass({}, { exitCode: 4, error: 'AUTH_FAILED' })],
    undefined,
    false,
    { phase: 'syncing', health: 'needs you', moved: 0, lag: 100, error: 'AUTH_FAILED', last_complete_pass: null },
  ],
])('says how a mailbox stands when %s', (_, passes, now, working, expected) => {
  const rows = now === undefined ? [] : [now];
  const [standing] = mailboxStandings(plan, { passes, counts: rows, waits: [], working, switched: false });
  expect(standing).toMatchObject({ mailbox: ANN, ...expected });
  const { moved = 0, lag = 0, not_moved = 0, in_doubt = 0, source_messages } = standing ?? {};
  expect(moved + lag + not_moved + in_doubt).toBe(source_messages);
});

const wait: WaitRow = { address: ANN, why: 'old asked ann for a pause', until: '2026-11-22T14:32:00Z' };

it.each([
  ['waits while a process works', true, { health: 'waiting', waiting: { why: wait.why, until: wait.until } }],
  ['does not when that process is gone', false, { health: 'ok', waiting: null, error: 'INTERRUPTED' }],
])('%s', (_, working, expected) => {
  const [standing] = mailboxStandings(plan, { passes: [running], counts: [], waits: [wait], working, switched: false });
  expect(standing).toMatchObject(expected);
});

it('waits, whatever else there is to see to', () => {
  const passes = [pass({ moved_now: 98, failed: 2 }), running];
  const look = { passes, counts: [counts({ stored: 98, failed: 2 })], waits: [wait], working: true, switched: false };
  expect(mailboxStandings(plan, look)[0]).toMatchObject({ health: 'waiting', not_moved: 2 });
});

it('is cut over once the MX was switched', () => {
  const [standing] = mailboxStandings(plan, { passes: [], counts: [], waits: [], working: false, switched: true });
  expect(standing?.phase).toBe('cut over');
});
