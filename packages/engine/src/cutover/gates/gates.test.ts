import { expect, test } from 'vitest';
import { gatesOf } from '../gates.ts';
import { domain, MINUTE, World } from '../world.test.support.ts';
import type { Rehearsal } from './gate.ts';
import { closedGates, withWaiver } from './waivers.ts';

const red = { name: 'n', status: 'red', why: 'w', fix: 'f' } as const;
const NOON = Date.parse('2026-12-06T12:00:00Z');

test.each`
  what                                    | gate     | until           | passes   | says
  ${'holds on its last day'}              | ${'G3'}  | ${'2026-12-06'} | ${true}  | ${'w'}
  ${'has ended the day before'}           | ${'G3'}  | ${'2026-12-05'} | ${false} | ${'the waiver of ann ended with 2026-12-05'}
  ${'for another gate says nothing'}      | ${'G4'}  | ${'2026-12-09'} | ${false} | ${'w'}
  ${'cannot open the wait for caches'}    | ${'G8'}  | ${'2026-12-09'} | ${false} | ${'G8 cannot be waived'}
  ${'cannot open the window'}             | ${'G9'}  | ${'2026-12-09'} | ${false} | ${'G9 cannot be waived'}
  ${'cannot open the read-back'}          | ${'G11'} | ${'2026-12-09'} | ${false} | ${'G11 cannot be waived'}
  ${'cannot open what others changed'}    | ${'G15'} | ${'2026-12-09'} | ${false} | ${'G15 cannot be waived'}
  ${'with no date at all never did hold'} | ${'G3'}  | ${'2026-13-40'} | ${false} | ${'ended'}
`('a waiver $what', ({ gate, until, passes, says }) => {
  const id = gate === 'G4' ? 'G3' : gate;
  for (const status of ['red', 'unknown'] as const) {
    const found = withWaiver({ ...red, id, status }, [{ gate, by: 'ann', until, why: 'known' }], NOON);
    expect(found.status).toBe(status);
    expect(found.why).toContain(says);
    expect(closedGates([found])).toHaveLength(passes ? 0 : 1);
    expect(found.waived).toEqual(passes ? { by: 'ann', until, why: 'known' } : undefined);
  }
});

const allowed = { kind: 'allowed', zone: 'example.com', minTtl: 0, atomic: true, compareAndSwap: true } as const;

test.each`
  provider                      | rehearsal                                | status     | says
  ${'that can do it'}           | ${allowed}                               | ${'green'} | ${'may make the next change'}
  ${'with a TTL floor'}         | ${{ ...allowed, minTtl: 300 }}           | ${'red'}   | ${'no TTL below 300 s'}
  ${'without compare-and-swap'} | ${{ ...allowed, compareAndSwap: false }} | ${'amber'} | ${'would be overwritten'}
`('a provider $provider is $status', ({ rehearsal, status, says }) => {
  const world = new World([domain('example.com')]);
  const backlog = { kind: 'unknown', why: '' } as const;
  const rehearsals: Rehearsal[] = [rehearsal];
  const gates = gatesOf({ ...world.situation, rehearsals, backlog, facts: null, waivers: [] });
  expect(gates.find(({ id }) => id === 'G2')).toMatchObject({ status, why: expect.stringContaining(says) });
});

test('what was never asked is not green', () => {
  const world = new World([domain('example.com')], { probe: {} });
  const green = world.gates().flatMap(({ id, status }) => (status === 'green' ? [id] : []));
  for (const id of ['G3', 'G4', 'G5']) expect(green).not.toContain(id);
});

test('after its end the window is closed, and it is so before that where the old TTL outlasts it', () => {
  const window = { start: '2026-12-05T20:00', end: '2026-12-05T22:00', zone: 'UTC' };
  const world = new World([domain('example.com')], { window });
  const status = () => world.gates().find(({ id }) => id === 'G9');
  expect(status()).toMatchObject({ status: 'amber', why: 'opens at 2026-12-05T20:00:00.000Z' });
  world.runUntil((_step, { state }) => state === 'FROZEN');
  expect(status()).toMatchObject({ status: 'green' });
  world.now += 2 * 60 * MINUTE;
  expect(status()).toMatchObject({ status: 'red', why: expect.stringContaining('closed at 2026-12-05T22:00') });

  const slow = new World([domain('example.com', { before: { ...domain('x').before, ttl: 86_400 } })], { window });
  expect(slow.gates().find(({ id }) => id === 'G9')).toMatchObject({
    status: 'red',
    why: expect.stringContaining('before the old TTL runs out'),
  });
});

test.each`
  run                     | given    | status
  ${'nobody has run it'}  | ${null}  | ${'amber'}
  ${'--execute alone'}    | ${false} | ${'amber'}
  ${'its hash was given'} | ${true}  | ${'green'}
`('the approval is $status: $run', ({ given, status }) => {
  const world = new World([domain('example.com')]);
  if (given !== null) {
    world.write({ state: 'DRAFT', event: 'approved', facts: { plan: 'abc', by: 'ann', hash_given: given } });
  }
  expect(world.gates().find(({ id }) => id === 'G10')?.status).toBe(status);
});
