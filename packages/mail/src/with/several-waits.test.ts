import type { Wait } from '@mxodus/model';
import { expect, it } from 'vitest';
import { severalWaits } from './several-waits.ts';

const wait = (why: string, until: string | null): Wait => ({ why, until });
const SOON = wait('soon', '2026-11-22T12:00:00.000Z');
const LATE = wait('late', '2026-11-22T18:00:00.000Z');
const OPEN = wait('open', null);

const turn = (): Promise<void> => Promise.resolve();

it('tells the wait that ends last, anew when that is another, and null when nobody waits any more', async () => {
  const told: (string | null)[] = [];
  const ear = severalWaits((last) => told.push(last?.why ?? null));
  const [first, second, third] = [ear(), ear(), ear()];
  for (const step of [
    () => first(OPEN),
    () => second(SOON),
    () => third(LATE),
    () => first(null),
    () => second(null),
    () => second(SOON),
    () => third(null),
    () => second(null),
    () => second(null),
  ]) {
    step();
    await turn();
  }
  expect(told).toEqual(['open', 'soon', 'late', 'soon', null]);
});

it('tells it anew when its end changed', async () => {
  const told: (string | null)[] = [];
  const one = severalWaits((last) => told.push(last?.until ?? null))();
  for (const wait of [SOON, { ...SOON }, { ...SOON, until: LATE.until }, null]) {
    one(wait);
    await turn();
  }
  expect(told).toEqual([SOON.until, LATE.until, null]);
});

it('tells once of what happens at once', async () => {
  const told: (string | null)[] = [];
  const ear = severalWaits((last) => told.push(last?.why ?? null));
  const [first, second] = [ear(), ear()];
  first(SOON);
  second(LATE);
  await turn();
  first(null);
  second(null);
  await turn();
  expect(told).toEqual(['late', null]);
});
