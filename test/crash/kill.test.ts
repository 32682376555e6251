import { expect, it } from 'vitest';
import { killRounds } from './kill-rounds.ts';

it.each([
  ['with UIDPLUS', 'multiappend'],
  ['without UIDPLUS', 'pipelined, no UIDPLUS'],
] as const)(
  'loses nothing and doubles nothing when it is killed six times and started again by the same command, %s',
  async (_, append) => {
    const { killed, differences, last, again } = await killRounds({ append, kills: 6, seed: 3 });
    expect(killed).toBe(6);
    expect(last).toMatchObject({ errors: [], exit_code: 0, buckets: { failed: 0, in_doubt: 0, cannot: 0 } });
    expect(differences).toEqual([]);
    expect(again).toMatchObject({ exit_code: 0, destination_writes: 0, buckets: { moved_now: 0 } });
  },
  300_000,
);
