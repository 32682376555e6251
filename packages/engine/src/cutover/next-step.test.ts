import { expect, test } from 'vitest';
import { appendOnly } from './append-only.ts';
import { changeGroups } from './change-groups.ts';
import { closedGates } from './gates/waivers.ts';
import { gatesOf } from './gates.ts';
import { nextStep } from './next-step.ts';
import { cutoverStatus } from './status.ts';
import type { CutoverStep } from './step.ts';
import { AUTODISCOVER, domain, MINUTE, MTA_STS, NS1, NS2, OLD_MX, SPF, START, World } from './world.test.support.ts';

const isSwitch = (step: CutoverStep) => step.kind === 'send' && step.phase === 'switch';
const isDone = (step: CutoverStep) => step.kind === 'done';

test('the whole way: lower, wait for the TTL, final delta, switch, drain, restore', () => {
  const world = new World([domain('example.com')]);
  world.runUntil(isDone);
  const acts = world.steps.filter((step) => !step.endsWith('wait') && !step.endsWith('note'));
  expect([...new Set(acts)]).toEqual([
    'DRAFT audit',
    'STAGED send lower example.com',
    'ARMED pass final',
    'FROZEN send switch example.com',
    'PROPAGATING pass drain',
    'DRAINING pass drain',
    'DRAINING send restore example.com',
  ]);
  expect(world.served()).toEqual(['example.com MX: 3600 10 new.example']);
});

test('records beside the MX: staged first, changed with it in one change a zone, or changed at the end', () => {
  const others = [SPF, AUTODISCOVER, MTA_STS];
  const sub = domain('mail.sub.example.com', { zone: 'sub.example.com' });
  const world = new World([domain('example.com', { others }), sub]);
  world.runUntil(isDone);
  expect(world.made).toEqual([
    'stage example.com',
    'lower sub.example.com',
    'lower example.com',
    'switch sub.example.com',
    'switch example.com',
    'restore sub.example.com',
    'restore example.com',
  ]);
  expect(world.served()).toEqual([
    'example.com MX: 3600 10 new.example',
    'example.com TXT: 1800 v=spf1 mx include:new.example -all',
    'autodiscover.example.com CNAME: 900 new.example',
    '_mta-sts.example.com TXT: 600 v=STSv1; id=2',
    'mail.sub.example.com MX: 3600 10 new.example',
  ]);
  const staged = world.entries.find(({ state }) => state === 'STAGED');
  expect((Date.parse(staged?.time ?? '') - START) / MINUTE).toBe(33);
});

test.each`
  what                                  | before   | settings                                                  | minutes
  ${'the TTL and a tenth of it'}        | ${3600}  | ${{}}                                                     | ${66}
  ${'a day where the TTL is a day'}     | ${86400} | ${{}}                                                     | ${1584}
  ${'the floor where the TTL is short'} | ${30}    | ${{}}                                                     | ${66}
  ${'the window where it opens later'}  | ${3600}  | ${{ window: { start: '2026-12-05T20:00', zone: 'UTC' } }} | ${480}
`('the switch comes after $what', ({ before, settings, minutes }) => {
  const rrset = { ...domain('x').before, ttl: before };
  const world = new World(
    [domain('example.com', { before: rrset, after: { ...domain('x').after, ttl: before } })],
    settings,
  );
  world.runUntil(isSwitch);
  expect((world.now - START) / MINUTE).toBe(minutes);
});

test('a server that lags holds the switch back: t_all is when the last one serves the low TTL', () => {
  const world = new World([domain('example.com')]);
  world.runUntil((_step, { state }) => state === 'TTL_LOWERED');
  world.put(NS2, 'example.com', { ttl: 3600, records: OLD_MX });
  for (const hours of [1, 2, 3]) {
    world.now = START + hours * 60 * MINUTE;
    expect(nextStep(world.situation)).toMatchObject({
      kind: 'wait',
      until: null,
      release: 'whoever runs ns2 (192.0.2.2:53)',
    });
  }
  world.put(NS2, 'example.com', { ttl: 60, records: OLD_MX });
  world.runUntil(isSwitch);
  expect((world.now - START) / MINUTE).toBe(180 + 66);
});

test('a server that goes back to the old TTL makes the wait begin again', () => {
  const world = new World([domain('example.com')]);
  world.runUntil((_step, { situation }) => situation.progress.waits.lower !== undefined);
  world.now += 30 * MINUTE;
  world.put(NS1, 'example.com', { ttl: 3600, records: OLD_MX });
  expect(nextStep(world.situation)).toMatchObject({ kind: 'note', note: { event: 'withdrawn' } });
  world.write({ state: world.state, event: 'withdrawn', facts: { phase: 'lower', zone: 'example.com', why: 'test' } });
  world.now += 10 * MINUTE;
  world.put(NS1, 'example.com', { ttl: 60, records: OLD_MX });
  world.runUntil(isSwitch);
  expect((world.now - START) / MINUTE).toBe(40 + 66);
});

test.each([
  'DRAFT',
  'AUDITED',
  'STAGED',
  'TTL_LOWERED',
  'ARMED',
  'FROZEN',
  'SWITCHED',
  'PROPAGATING',
  'VERIFIED',
  'DRAINING',
])('an edit by somebody else in %s is drift, on whichever server it shows', (state) => {
  for (const server of [NS1, NS2]) {
    const world = new World([domain('example.com')]);
    world.runUntil((_step, { state: reached }) => reached === state);
    world.put(server, 'example.com', { ttl: 60, records: ['5 somebody.example'] });
    expect(nextStep(world.situation).kind).toBe('drifted');
    expect(closedGates(world.gates()).map(({ id }) => id)).toContain('G15');
  }
});

test('sub-domains come before the apex; zones are switched one after the other', () => {
  const domains = [
    domain('example.com'),
    domain('mail.example.com'),
    domain('a.b.sub.example.com', { zone: 'sub.example.com' }),
  ];
  expect(changeGroups('switch', domains, 60).map(({ changes }) => changes.map(({ name }) => name))).toEqual([
    ['a.b.sub.example.com'],
    ['mail.example.com', 'example.com'],
  ]);
  const world = new World(domains);
  world.runUntil(isDone);
  expect(world.steps.filter((step) => step.includes('send'))).toEqual([
    'STAGED send lower sub.example.com',
    'TTL_LOWERED send lower example.com',
    'FROZEN send switch sub.example.com',
    'SWITCHED send switch example.com',
    'DRAINING send restore sub.example.com',
    'DRAINING send restore example.com',
  ]);
});

test('a name without an MX is not lowered, but waited for as long as caches remember its absence', () => {
  const world = new World([domain('mail.example.com', { before: { ttl: 7200, records: [] } })]);
  world.runUntil((_step, { state }) => state === 'DRAINING');
  expect(world.steps.filter((step) => step.includes('send'))).toEqual(['FROZEN send switch example.com']);
  const switched = world.situation.progress.switchedAt ?? 0;
  expect((world.now - switched) / MINUTE).toBe(132);
});

test('late mail puts the end of the drain off', () => {
  const world = new World([domain('example.com')]);
  world.runUntil((_step, { state }) => state === 'DRAINING');
  const switched = world.situation.progress.switchedAt ?? 0;
  world.runUntil((_step, { now }) => now >= switched + 110 * MINUTE);
  world.lateMail = 2;
  world.runUntil((step) => step.kind === 'send');
  expect((world.now - switched) / MINUTE).toBeGreaterThanOrEqual(170);
  expect(world.situation.progress.lateMessages).toBe(2);
});

test('a failed pass proves no quiet', () => {
  const world = new World([domain('example.com')], { drain: { every: '10m', at_least: '1h', quiet: '1h' } });
  world.runUntil((_step, { state }) => state === 'DRAINING');
  world.now += 24 * 60 * MINUTE;
  const started = new Date(world.now).toISOString();
  const facts = {
    mode: 'drain',
    started,
    complete: false,
    source_messages: 0,
    moved_now: 0,
    not_moved: 0,
    in_doubt: 0,
  } as const;
  world.write({ state: 'DRAINING', event: 'passed', facts: { ...facts, problem: 'the old server is down' } });
  expect(nextStep(world.situation)).toMatchObject({ kind: 'wait' });
  expect(world.gates().find(({ id }) => id === 'G14')).toMatchObject({ status: 'unknown' });
});

test.each(['stage', 'lower', 'switch', 'restore'] as const)('a %s in doubt is decided by the live records', (phase) => {
  const world = new World([domain('example.com', { others: [SPF] })]);
  const send = world.runUntil((step) => step.kind === 'send' && step.phase === phase);
  const change = send.kind === 'send' ? send.group.changes[0] : undefined;
  if (change === undefined) throw new Error('no change');
  world.write({ state: world.state, event: 'sending', facts: { phase, zone: 'example.com' } });
  expect(nextStep(world.situation)).toMatchObject({ kind: 'send', phase });
  world.silent.add(NS2.address);
  expect(nextStep(world.situation).kind).toBe('wait');
  world.put(NS1, change, change.after);
  expect(nextStep(world.situation)).toMatchObject({
    kind: 'note',
    note: { event: 'accepted', facts: { found_live: true } },
  });
});

test('a change by hand is asked for once, and goes through what a person types on the way', () => {
  const world = new World([domain('example.com', { provider: 'manual' })]);
  world.runUntil((step) => step.kind === 'send');
  const facts = { phase: 'lower', zone: 'example.com' } as const;
  world.write({ state: 'STAGED', event: 'sending', facts });
  world.write({ state: 'STAGED', event: 'asked', facts: { ...facts, instructions: 'do' } });
  for (const records of [[], ['10 typo.example']]) {
    world.put(NS1, 'example.com', { ttl: 60, records });
    world.put(NS2, 'example.com', { ttl: 3600, records });
    expect(nextStep(world.situation)).toMatchObject({ kind: 'wait', release: 'whoever can edit the zone example.com' });
  }
  for (const server of [NS1, NS2]) world.put(server, 'example.com', { ttl: 60, records: OLD_MX });
  expect(nextStep(world.situation)).toMatchObject({ kind: 'note', note: { state: 'TTL_LOWERED', event: 'accepted' } });
});

test.each`
  case                     | mailbox                                              | status
  ${'a complete backlog'}  | ${{ lastPass: 'complete', inDoubt: 0, failed: 0 }}   | ${'green'}
  ${'a mailbox untouched'} | ${{ lastPass: 'never', inDoubt: 0, failed: 0 }}      | ${'red'}
  ${'a pass cut short'}    | ${{ lastPass: 'incomplete', inDoubt: 0, failed: 0 }} | ${'red'}
  ${'a message in doubt'}  | ${{ lastPass: 'complete', inDoubt: 1, failed: 0 }}   | ${'red'}
  ${'a failed message'}    | ${{ lastPass: 'complete', inDoubt: 0, failed: 1 }}   | ${'red'}
`('the backlog gate is $status with $case', ({ mailbox, status }) => {
  const world = new World([domain('example.com')]);
  expect(world.gates(mailbox).find(({ id }) => id === 'G7')?.status).toBe(status);
});

test('what is not known is not green', () => {
  const world = new World([domain('example.com')]);
  world.silent.add(NS2.address);
  const inputs = { ...world.situation, backlog: { kind: 'unknown' as const, why: 'no ledger' } };
  const rehearsals = [{ kind: 'unknown' as const, zone: 'example.com', why: 'no answer', fix: '' }];
  const gates = gatesOf({ ...inputs, rehearsals, facts: null, waivers: [] });
  const closed = closedGates(gates).map(({ id, status }) => `${id} ${status}`);
  expect(closed).toEqual(expect.arrayContaining(['G1 unknown', 'G2 unknown', 'G7 unknown', 'G15 unknown']));
});

test('sync only appends from the announcement of the switch on', () => {
  const world = new World([domain('example.com')]);
  world.runUntil(isSwitch);
  expect(appendOnly(world.entries)).toBe(false);
  const facts = { phase: 'switch', zone: 'example.com' } as const;
  world.write({ state: 'FROZEN', event: 'sending', facts });
  expect(appendOnly(world.entries)).toBe(true);
  world.write({ state: 'FROZEN', event: 'refused', facts: { ...facts, why: 'guard' } });
  expect(appendOnly(world.entries)).toBe(false);
  world.runUntil(isDone);
  expect(appendOnly(world.entries)).toBe(true);
});

test('the status says what is waited for, until when, who can release it and what going back costs', () => {
  const world = new World([domain('example.com')]);
  world.runUntil((step, { state }) => state === 'TTL_LOWERED' && step.kind === 'wait');
  expect(cutoverStatus(world.situation, [])).toEqual({
    v: 1,
    type: 'cutover_status',
    state: 'TTL_LOWERED',
    done: false,
    waiting_for:
      'the old TTL to run out of every cache: 2026-12-05T12:00:00Z (served everywhere) + max(TTL 3600 s, resolver floor 300 s)' +
      ' + slack 360 s (10 %) = 2026-12-05T13:06:00Z',
    until: '2026-12-05T13:06:00.000Z',
    release: 'only time: caches keep what they have',
    rollback_cost: 'setting the TTL back; mail is not affected',
    held: false,
    gates: [],
  });
});

test('the next zone is not switched when one of its servers went back to the old TTL meanwhile, and its drain counts from its own switch', () => {
  const sub = domain('mail.sub.example.com', { zone: 'sub.example.com' });
  const world = new World([domain('example.com'), sub]);
  const isNext = (step: CutoverStep) =>
    step.kind === 'send' && step.phase === 'switch' && step.group.zone === 'example.com';
  world.runUntil((step, { state }) => state === 'SWITCHED' && isNext(step));
  const first = world.now;
  world.put(NS2, 'example.com', { ttl: 3600, records: OLD_MX });
  world.runUntil((_step, { now }) => now > first + 30 * MINUTE);
  expect(world.steps.filter((step) => step.endsWith('switch example.com'))).toEqual([]);
  world.put(NS2, 'example.com', { ttl: 60, records: OLD_MX });
  world.runUntil(isNext);
  expect(world.now - first).toBeGreaterThan(90 * MINUTE);
  expect(world.steps).toContain('SWITCHED pass drain');
  const second = world.now;
  world.runUntil((step) => step.kind === 'send' && step.phase === 'restore');
  expect(world.now - second).toBeGreaterThanOrEqual(120 * MINUTE);
});

test('time alone proves no quiet: without a last pass the gate is not green', () => {
  const world = new World([domain('example.com')]);
  world.runUntil((_step, { state }) => state === 'DRAINING');
  world.now += 5 * 60 * MINUTE;
  const quiet = () => world.gates().find(({ id }) => id === 'G14')?.status;
  expect(quiet()).toBe('amber');
  world.runUntil((step) => step.kind === 'send');
  expect(quiet()).toBe('green');
});
