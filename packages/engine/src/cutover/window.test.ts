import { expect, test } from 'vitest';
import { windowOpensAt } from './window.ts';

test.each`
  start                    | zone               | opens
  ${'2026-12-05T20:00'}    | ${'Europe/London'} | ${'2026-12-05T20:00:00.000Z'}
  ${'2026-07-05T20:00'}    | ${'Europe/London'} | ${'2026-07-05T19:00:00.000Z'}
  ${'2026-12-05T20:00:30'} | ${'Asia/Kolkata'}  | ${'2026-12-05T14:30:30.000Z'}
`('$start in $zone is $opens', ({ start, zone, opens }) => {
  expect(new Date(windowOpensAt({ start, zone }) ?? 0).toISOString()).toBe(opens);
});

test.each`
  case                            | start                 | zone
  ${'an hour that happens twice'} | ${'2026-10-25T01:30'} | ${'Europe/London'}
  ${'an hour that is left out'}   | ${'2026-03-29T01:30'} | ${'Europe/London'}
  ${'a zone that does not exist'} | ${'2026-12-05T20:00'} | ${'Europe/Lodnon'}
  ${'a day that does not exist'}  | ${'2026-02-30T20:00'} | ${'Europe/London'}
`('refuses $case', ({ start, zone }) => {
  expect(() => windowOpensAt({ start, zone })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
});

test('"now" is always open', () => {
  expect(windowOpensAt('now')).toBeNull();
});
