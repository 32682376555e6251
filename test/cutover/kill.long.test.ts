import { test } from 'vitest';
import { killRun } from './kill-run.ts';

test('killed 30 times, it ends as if it never was: three changes of the MX, each made once, no mail lost or doubled', () =>
  killRun(30));
