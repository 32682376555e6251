import { test } from 'vitest';
import { killRun } from './kill-run.ts';

/** Before the first change, between the changes, while caches run out, after the switch and in the drain. */
const KILLS = [
  /"event":"started"/,
  /"state":"STAGED"/,
  /"cutover_waiting".*"state":"TTL_LOWERED"/,
  /"state":"ARMED"/,
  /"event":"accepted","facts":{"phase":"switch"/,
  /"state":"PROPAGATING"/,
  /"serves":"new"/,
  /"event":"sending","facts":{"phase":"restore"/,
];

test('killed 8 times, it ends as if it never was: three changes of the MX, each made once, no mail lost or doubled', () =>
  killRun(KILLS));
