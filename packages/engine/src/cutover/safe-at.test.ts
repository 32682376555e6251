import { expect, test } from 'vitest';
import { safeAt } from './safe-at.ts';

const T = Date.parse('2026-12-05T20:00:00Z');
const after = (seconds: number) => new Date(T + seconds * 1000).toISOString();

test.each`
  rule                                       | ttls           | floor  | slack | waits
  ${'the TTL, with the slack of the config'} | ${[300]}       | ${60}  | ${60} | ${360}
  ${'a tenth of the wait as slack'}          | ${[3600]}      | ${300} | ${60} | ${3960}
  ${'the longest TTL of all seen'}           | ${[60, 86400]} | ${300} | ${60} | ${95040}
  ${'the floor where the TTL is shorter'}    | ${[5]}         | ${300} | ${0}  | ${330}
  ${'the floor where nothing was cached'}    | ${[]}          | ${300} | ${60} | ${360}
`('waits $rule', ({ ttls, floor, slack, waits }) => {
  const wait = safeAt({ servedAt: T, ttls, floorMs: floor * 1000, slackMs: slack * 1000 });
  expect(new Date(wait.safeAt).toISOString()).toBe(after(waits));
});

test('the arithmetic is a sentence with every number in it', () => {
  expect(safeAt({ servedAt: T, ttls: [3600, 60], floorMs: 300_000, slackMs: 60_000 }).arithmetic).toBe(
    '2026-12-05T20:00:00Z (served everywhere) + max(TTL 3600 s, resolver floor 300 s) + slack 360 s (10 %) = 2026-12-05T21:06:00Z',
  );
});
