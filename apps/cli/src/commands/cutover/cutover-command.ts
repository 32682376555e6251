import type { CliCommand } from '../session.ts';
import { checkVerb } from './check.ts';
import { closeVerb } from './close.ts';
import { holdVerb } from './hold.ts';
import { notifyVerb } from './notify.ts';
import { releaseVerb } from './release.ts';
import { reportVerb } from './report.ts';
import { rollbackVerb } from './rollback.ts';
import { runVerb } from './run.ts';
import { simulateVerb } from './simulate.ts';
import { statusVerb } from './status.ts';
import type { CutoverVerb } from './verb.ts';

/** In the order of `--help`. */
const VERBS: readonly CutoverVerb[] = [
  checkVerb,
  simulateVerb,
  notifyVerb,
  runVerb,
  statusVerb,
  holdVerb,
  releaseVerb,
  rollbackVerb,
  closeVerb,
  reportVerb,
];

export const cutoverCommand: CliCommand = (program, start) => {
  const cutover = program
    .command('cutover')
    .summary('switch the MX: lower the TTL, wait, final delta, switch, drain, restore')
    .description('Switches the MX of the plan’s domains with no mail lost. `run` changes nothing without --execute.');
  for (const add of VERBS) add(cutover, start);
};
