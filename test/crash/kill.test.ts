import { expect, it } from 'vitest';
import { killRounds } from './kill-rounds.ts';

/** Fifty of them: npm run kills. */
it.each([
  ['six times', 'with UIDPLUS', 'multiappend', 6],
  ['three times', 'without UIDPLUS', 'pipelined, no UIDPLUS', 3],
] as const)(
  'loses nothing and doubles nothing when it is killed %s and started again by the same command, %s',
  async (_, _how, append, kills) => {
    const { killed, differences, last, again } = await killRounds({ append, kills, seed: 3 });
    expect(killed).toBe(kills);
    expect(last).toMatchObject({ errors: [], exit_code: 0, buckets: { failed: 0, in_doubt: 0, cannot: 0 } });
    expect(differences).toEqual([]);
    expect(again).toMatchObject({ exit_code: 0, destination_writes: 0, buckets: { moved_now: 0 } });
  },
  300_000,
);
