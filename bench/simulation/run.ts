/**
 * How close the simulation comes to copies that are really made, by one process between two Dovecots on this machine:
 * `npm run bench:simulation`, or so many times: `npm run bench:simulation -- --runs 3`.
 */
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeTempDir, startDovecot } from '@mxodus/lab';
import { median } from '../measure/median.ts';
import { say } from '../output/say.ts';
import { type Compared, compare } from './measure.ts';
import { SCENARIOS } from './scenarios.ts';

const PASSWORD = 'bench-pass';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '1' } } });
const runs = Number(values.runs);
const temp = await makeTempDir();
const open = (name: string) =>
  startDovecot({ dir: join(temp.path, name), name, password: PASSWORD, saveCrlf: true, maxUserIpConnections: 50 });
const old = await open('old');
const fresh = await open('new');
try {
  say(`Load before: ${loadavg()[0]?.toFixed(1)}. What is measured on a busy machine takes longer.\n`);
  say('| copy | messages | MB | predicted, s | measured, s | predicted / measured | what decides, by the simulation |');
  say('|---|---|---|---|---|---|---|');
  for (const [index, scenario] of SCENARIOS.entries()) {
    const all: Compared[] = [];
    for (let run = 0; run < runs; run += 1) {
      all.push(await compare(scenario, { dir: join(temp.path, `s${index}r${run}`), old, fresh }));
    }
    say(row(scenario.name, all));
  }
} finally {
  await old.stop();
  await fresh.stop();
  await temp.remove();
}

function row(name: string, all: readonly Compared[]): string {
  const measured = median(all.map(({ measuredSeconds }) => measuredSeconds));
  const [first] = all;
  if (first === undefined) throw new Error('There was no run.');
  const { messages, bytes, predicted } = first;
  const by = predicted.last === null ? '' : `${predicted.last.kind} ${predicted.last.server ?? ''}`.trim();
  const cells = [
    ...[name, messages, (bytes / 1e6).toFixed(0), predicted.makespan.toFixed(1)],
    ...[measured.toFixed(1), (predicted.makespan / measured).toFixed(2), by],
  ];
  return `| ${cells.join(' | ')} |`;
}
