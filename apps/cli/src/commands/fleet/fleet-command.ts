import type { CliCommand } from '../session.ts';
import { firstVerb } from './first.ts';
import type { FleetVerb } from './fleet-verb.ts';
import { cancelVerb, pauseVerb, resumeVerb } from './run-state.ts';
import { statusVerb } from './status.ts';

/** In the order of `--help`. */
const VERBS: readonly FleetVerb[] = [statusVerb, pauseVerb, resumeVerb, firstVerb, cancelVerb];

export const fleetCommand: CliCommand = (program, start) => {
  const fleet = program
    .command('fleet')
    .summary('the run that workers do: how it stands, pause, resume, cancel, this one first')
    .description('The run of a plan that the workers of a fleet do. `mxodus sync` orders it, `mxodus worker` does it.');
  for (const add of VERBS) add(fleet, start);
};
