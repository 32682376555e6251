import type { CutoverState } from '@mxodus/model';
import { expect, test } from 'vitest';
import { cutoverStatus } from './status.ts';
import type { CutoverStep } from './step.ts';
import { AUTODISCOVER, domain, MINUTE, SPF, World } from './world.test.support.ts';

const isDone = (step: CutoverStep) => step.kind === 'done';

/** Passes that have to go on while nothing else may. */
const PASSES: Readonly<Partial<Record<CutoverState, string>>> = {
  SWITCHED: 'drain',
  PROPAGATING: 'drain',
  VERIFIED: 'drain',
  DRAINING: 'drain',
  ROLLING_BACK: 'reverse',
};

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
  'ROLLING_BACK',
] satisfies CutoverState[])('held in %s nothing is changed and no state is left, while passes go on', (state) => {
  const world = new World([domain('example.com', { others: [SPF, AUTODISCOVER] })]);
  if (state === 'ROLLING_BACK') {
    world.runUntil((_step, { state: reached }) => reached === 'DRAINING');
    world.rollBack();
    world.runUntil((step) => step.kind === 'pass');
  } else world.runUntil((_step, { state: reached }) => reached === state);
  world.write({ state, event: 'held', facts: { by: 'ann', why: 'the boss is on the phone' } });
  const [made, steps, since] = [world.made.length, world.steps.length, world.now];
  world.runUntil((_step, { now }) => now >= since + 8 * 60 * MINUTE);
  expect(world.state).toBe(state);
  expect(world.made).toHaveLength(made);
  const passes = world.steps.slice(steps).filter((step) => step.includes('pass'));
  expect([...new Set(passes)]).toEqual(PASSES[state] === undefined ? [] : [`${state} pass ${PASSES[state]}`]);
  expect(cutoverStatus(world.situation, [])).toMatchObject({ held: true, release: expect.stringContaining('release') });
  world.write({ state, event: 'released', facts: { by: 'ann' } });
  world.runUntil(isDone);
  expect(world.state).toBe(state === 'ROLLING_BACK' ? 'ROLLED_BACK' : 'RESTORED');
});

test('who asks for a rollback releases it', () => {
  const world = new World([domain('example.com')]);
  world.runUntil((_step, { state }) => state === 'PROPAGATING');
  world.write({ state: 'PROPAGATING', event: 'held', facts: { by: 'ann', why: 'look' } });
  world.rollBack();
  world.runUntil(isDone);
  expect(world.state).toBe('ROLLED_BACK');
});

test('a switch that turns out to be made while somebody holds it is written down, and late mail is fetched', () => {
  const world = new World([domain('example.com')]);
  world.answer = (phase) => (phase === 'switch' ? 'lost' : 'yes');
  world.runUntil(() => world.entries.some(({ facts }) => 'phase' in facts && facts.phase === 'switch'));
  world.write({ state: 'FROZEN', event: 'held', facts: { by: 'ann', why: 'no answer' } });
  const since = world.now;
  world.runUntil((_step, { now }) => now >= since + 60 * MINUTE);
  expect(world.state).toBe('SWITCHED');
  expect(world.steps).toContain('SWITCHED pass drain');
});
