import { test } from 'vitest';
import { killRun } from './kill-run.ts';

/** At nearly each thing it does. Now and then it gets one further, or a wait would never be over. */
const KILLS = Array.from({ length: 30 }, (_, index) => (index % 4 === 3 ? /"cutover_.*"cutover_/s : /"cutover_/));

test('killed 30 times, it ends as if it never was: three changes of the MX, each made once, no mail lost or doubled', () =>
  killRun(KILLS));
