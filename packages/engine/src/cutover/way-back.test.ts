import type { CutoverState, JournalEntry } from '@mxodus/model';
import { expect, test } from 'vitest';
import { appendOnly } from './append-only.ts';
import { changeGroups } from './change-groups.ts';
import { closedGates } from './gates/waivers.ts';
import { nextStep } from './next-step.ts';
import type { CutoverStep } from './step.ts';
import { type Answer, AUTODISCOVER, domain, MINUTE, MTA_STS, NS1, NS2, SPF, World } from './world.test.support.ts';

const isDone = (step: CutoverStep) => step.kind === 'done';
const SUB = domain('mail.sub.example.com', { zone: 'sub.example.com' });
const newWorld = () => new World([domain('example.com', { others: [SPF, AUTODISCOVER, MTA_STS] }), SUB]);
const AS_BEFORE = newWorld().served();

const STATES: readonly CutoverState[] = [
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
  'RESTORED',
];

/** Which undoing changes a rollback from a state has to make, apex first. */
const UNDONE: Readonly<Partial<Record<CutoverState, readonly string[]>>> = {
  DRAFT: [],
  AUDITED: [],
  STAGED: ['unstage example.com'],
  TTL_LOWERED: ['unlower sub.example.com', 'unstage example.com'],
  ARMED: ['unlower example.com', 'unlower sub.example.com', 'unstage example.com'],
  FROZEN: ['unlower example.com', 'unlower sub.example.com', 'unstage example.com'],
  SWITCHED: ['unswitch sub.example.com', 'unlower example.com', 'unlower sub.example.com', 'unstage example.com'],
  RESTORED: ['unswitch example.com', 'unswitch sub.example.com', 'unstage example.com'],
};
const AFTER_SWITCH = [
  'unswitch example.com',
  'unswitch sub.example.com',
  'unlower example.com',
  'unlower sub.example.com',
  'unstage example.com',
];

/** Runs as a process that is killed once at each kind of line in the journal, and started again. */
function runKilled(world: World): void {
  const killedAt = new Set<string>();
  world.onLine = (entry: JournalEntry) => {
    const phase = 'phase' in entry.facts ? `${entry.facts.phase} ${'zone' in entry.facts ? entry.facts.zone : ''}` : '';
    const line = `${entry.state} ${entry.event} ${phase}`;
    if (killedAt.has(line)) return;
    killedAt.add(line);
    throw new Error('killed');
  };
  for (;;) {
    try {
      world.runUntil(isDone);
      return;
    } catch (error) {
      if (!(error instanceof Error) || error.message !== 'killed') throw error;
    }
  }
}

test.each(STATES)('a rollback from %s, killed after every line: all is as before, each change made once', (state) => {
  const world = newWorld();
  world.runUntil((_step, { state: reached }) => reached === state);
  const forward = world.made.length;
  world.newMail = 3;
  world.rollBack();
  runKilled(world);
  expect(world.state).toBe('ROLLED_BACK');
  expect([world.served(NS1), world.served(NS2)]).toEqual([AS_BEFORE, AS_BEFORE]);
  expect(world.made.slice(forward)).toEqual(UNDONE[state] ?? AFTER_SWITCH);
  const isSwitched = (UNDONE[state] ?? AFTER_SWITCH).some((made) => made.startsWith('unswitch'));
  expect(world.situation.progress.reverseMessages).toBe(isSwitched ? 3 : 0);
  expect(appendOnly(world.entries)).toBe(false);
});

test.each(['stage', 'lower', 'switch', 'restore'] as const)(
  'a rollback that finds a %s in doubt looks first: what was made is undone, also a part of it, what was not is given up',
  (phase) => {
    for (const answer of ['lost', 'half', 'dropped'] satisfies Answer[]) {
      const world = newWorld();
      world.answer = (sent, zone) => (sent === phase && zone === 'example.com' ? answer : 'yes');
      world.runUntil(() => world.entries.at(-1)?.event === 'sending');
      expect(world.entries.at(-1)?.facts).toEqual({ phase, zone: 'example.com' });
      world.rollBack();
      world.answer = () => 'yes';
      world.silent.add(NS2.address);
      // Half or all of it at the server that answers is enough to know; that it has none of it is not.
      if (answer === 'dropped') expect(nextStep(world.situation).kind).toBe('wait');
      world.silent.clear();
      runKilled(world);
      expect([answer, world.state, world.served()]).toEqual([answer, 'ROLLED_BACK', AS_BEFORE]);
    }
  },
);

test('passes back go on until the new records ran out everywhere, and one more finds nothing', () => {
  const world = newWorld();
  world.runUntil((_step, { state }) => state === 'DRAINING');
  world.rollBack();
  world.runUntil((step) => step.kind === 'pass');
  const undone = world.now;
  world.runUntil((_step, { now }) => now >= undone + 5 * MINUTE);
  world.newMail = 1;
  world.runUntil((step) => step.kind === 'send' && step.phase === 'unlower');
  const { lastReverse, waits, reverseMessages } = world.situation.progress;
  expect(reverseMessages).toBe(1);
  expect((world.now - undone) / MINUTE).toBeGreaterThanOrEqual(6);
  expect(lastReverse?.started).toBeGreaterThanOrEqual(waits.unswitch?.safeAt ?? Number.POSITIVE_INFINITY);
  expect(lastReverse?.movedNow).toBe(0);
  expect(world.steps.slice(world.steps.lastIndexOf('ROLLING_BACK send unswitch example.com'))).not.toContain(
    'ROLLING_BACK pass drain',
  );
});

test('from RESTORED the wait is the long TTL: the low one is gone', () => {
  const world = newWorld();
  world.runUntil(isDone);
  world.rollBack();
  world.runUntil((step) => step.kind === 'pass');
  const undone = world.now;
  world.runUntil((_step, { situation }) => situation.progress.waits.unswitch !== undefined);
  expect(((world.situation.progress.waits.unswitch?.safeAt ?? 0) - undone) / MINUTE).toBe(66);
});

test('a server that never got the switch does not keep it from being undone, nor prove that it was', () => {
  const world = newWorld();
  world.runUntil((step) => step.kind === 'send' && step.phase === 'switch' && step.group.zone === 'example.com');
  const group = changeGroups('switch', world.plan.domains, 60).at(-1);
  const before = group?.changes.map((change) => ({ change, rrset: change.before })) ?? [];
  world.take(nextStep(world.situation));
  for (const { change, rrset } of before) world.put(NS2, change, rrset);
  world.rollBack();
  world.answer = () => 'dropped';
  world.runUntil(() => world.entries.at(-1)?.event === 'sending');
  expect(nextStep(world.situation)).toMatchObject({ kind: 'send', phase: 'unswitch' });
  world.answer = () => 'yes';
  world.runUntil(isDone);
  expect(world.served()).toEqual(AS_BEFORE);
});

test('an edit by somebody else during the rollback is drift', () => {
  const world = newWorld();
  world.runUntil((_step, { state }) => state === 'DRAINING');
  world.rollBack();
  world.runUntil((step) => step.kind === 'pass');
  world.put(NS2, 'example.com', { ttl: 60, records: ['5 somebody.example'] });
  expect(nextStep(world.situation).kind).toBe('drifted');
});

test('how the old host treated mail before the cutover is the last thing to come back', () => {
  const world = newWorld();
  world.runUntil((step) => step.kind === 'send' && step.phase === 'switch');
  const facts = { domain: 'example.com', routing: 'local', before: 'auto' };
  world.write({ state: 'FROZEN', event: 'pinned', facts });
  world.runUntil((_step, { state }) => state === 'PROPAGATING');
  world.rollBack();
  world.runUntil((step) => step.kind === 'route');
  expect(nextStep(world.situation)).toEqual({ kind: 'route', domain: 'example.com', routing: 'auto' });
  expect(world.served()).toEqual(AS_BEFORE);
  world.runUntil(isDone);
  expect(world.state).toBe('ROLLED_BACK');
});

test('sync only appends during a rollback, wherever it began; a cutover that stayed before is not forgotten', () => {
  const world = newWorld();
  world.runUntil((_step, { state }) => state === 'STAGED');
  expect(appendOnly(world.entries)).toBe(false);
  world.rollBack();
  expect(appendOnly(world.entries)).toBe(true);
  world.runUntil(isDone);
  expect(appendOnly(world.entries)).toBe(false);

  const second = newWorld();
  second.runUntil(isDone);
  second.write({ state: 'DRAFT', event: 'started', facts: { plan: 'other', domains: [] } });
  second.rollBack();
  second.write({ state: 'ROLLED_BACK', event: 'entered', facts: {} });
  expect(appendOnly(second.entries)).toBe(true);
});

test('a switch in doubt that no server shows may only lag: it is undone all the same', () => {
  const mx = { ttl: 60, records: [{ host: 'old.example', preference: 10 }] };
  const world = new World([
    domain('example.com', { before: mx, after: { ...mx, records: [{ host: 'new.example', preference: 10 }] } }),
  ]);
  world.answer = (phase) => (phase === 'switch' ? 'dropped' : 'yes');
  world.runUntil(() => world.entries.at(-1)?.event === 'sending');
  world.rollBack();
  world.answer = () => 'yes';
  world.runUntil(isDone);
  expect(world.steps).toContain('ROLLING_BACK send unswitch example.com');
  expect(world.steps).toContain('ROLLING_BACK pass reverse');
});

test('a rollback is not kept waiting by what a provider says of changes to come: the guard of each is enough', () => {
  const world = newWorld();
  world.runUntil((_step, { state }) => state === 'DRAINING');
  world.rollBack();
  const refused = { kind: 'refused', zone: 'sub.example.com', why: 'wrong key', fix: '' } as const;
  expect(closedGates(world.gates(undefined, [refused]))).toEqual([]);
});
