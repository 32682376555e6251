import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScenarioResult } from '../scenarios/scenario.ts';
import type { Surroundings } from './machine.ts';
import { scenarioText } from './table.ts';

const RESULTS = new URL('../results/', import.meta.url).pathname;

export interface BenchResult {
  when: string;
  command: string;
  surroundings: Surroundings;
  scenarios: ScenarioResult[];
}

/** Writes bench/results/latest.md, to be read, and latest.json, which has every single figure. */
export async function save(result: BenchResult): Promise<void> {
  await mkdir(RESULTS, { recursive: true });
  await writeFile(join(RESULTS, 'latest.md'), resultText(result));
  await writeFile(join(RESULTS, 'latest.json'), `${JSON.stringify(result, null, 2)}\n`);
}

function resultText({ when, command, surroundings, scenarios }: BenchResult): string {
  const { cpu, cores, memoryGiB, kernel, loadBefore, versions, dovecot } = surroundings;
  const settings = Object.entries(dovecot).map(([name, value]) => `${name} = ${value}`);
  return `# Benchmark, Dovecot to Dovecot

${when.slice(0, 16)}Z · ${cores} x ${cpu}, ${memoryGiB} GiB, Linux ${kernel}, load before ${loadBefore.toFixed(2)} · ${Object.entries(
    versions,
  )
    .map(([name, version]) => (version.startsWith(name) ? version : `${name} ${version}`))
    .join(' · ')}

\`${command}\`

The tools copy in turn, between the same two servers (${settings.join(', ')}), each into a new user. Rates are messages by the wall
clock of the whole process; a table has medians, the lines below it each run. A no-change pass is the same command again. Every
copy was counted folder by folder before its figures were taken; mbsync's are not byte-exact (it adds a header). A delay holds for
every byte, not for the TCP handshake. Compare the ratios: the absolute figures are the machine's.

${scenarios.map(scenarioText).join('\n\n')}
`;
}
