/**
 * What a fleet of workers does on this machine, with real mail servers, Redis and PostgreSQL: `npm run bench:fleet`, or one of them:
 * `npm run bench:fleet -- --only workers,overhead,fairness`.
 */
import { parseArgs } from 'node:util';
import { say } from '../output/say.ts';
import { fairness } from './fairness.ts';
import { overhead } from './overhead.ts';
import { severalWorkers } from './several-workers.ts';

const SCENARIOS = { workers: severalWorkers, overhead, fairness };

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const wanted = values.only?.split(',');
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  if (wanted === undefined || wanted.includes(name)) say(await scenario());
}
