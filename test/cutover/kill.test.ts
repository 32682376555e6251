import { test } from 'vitest';
import { killRun } from './kill-run.ts';

/** Before the first change, between the changes, after the switch and in the drain. */
const KILLS = [1, 4, 5, 2, 4, 3, 14, 12];

test('killed 8 times, it ends as if it never was: three changes of the MX, each made once, no mail lost or doubled', () =>
  killRun(KILLS));
