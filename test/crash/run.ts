import { parseArgs } from 'node:util';
import { killRounds } from './kill-rounds.ts';

/** The kills of kill.test.ts for longer: `node --conditions=mxodus-source test/crash/run.ts --kills 50 --seed 1`. Ends with 1 on a finding. */
const { values } = parseArgs({
  options: { kills: { type: 'string', default: '50' }, seed: { type: 'string', default: '1' } },
});
const [kills, seed] = [Math.ceil(Number(values.kills) / 2), Number(values.seed)];

for (const append of ['multiappend', 'pipelined, no UIDPLUS'] as const) {
  const { killed, differences, last, again } = await killRounds({ append, kills, seed });
  const done = last.exit_code === 0 && again.exit_code === 0 && again.destination_writes === 0;
  const fine = done && differences.length === 0 && killed === kills;
  const lines = [
    `${fine ? 'ok' : 'FAILED'}  ${append}: killed ${killed} times, seed ${seed}`,
    ...differences,
    ...(fine ? [] : [JSON.stringify(last), JSON.stringify(again)]),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (!fine) process.exitCode = 1;
}
