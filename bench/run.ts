/**
 * The benchmark: mbsync (Debian's isync), imapsync (where IMAPSYNC names one) and mxodus copy the same mailbox between the same
 * two Dovecots, in turn, in one run. Prints one table a scenario; writes them, with machine and versions, to bench/results/.
 */

import { type BenchOptions, readOptions } from './options.ts';
import { surroundings } from './output/machine.ts';
import { save } from './output/save.ts';
import { say } from './output/say.ts';
import { scenarioText } from './output/table.ts';
import { firstCopy } from './scenarios/first-copy.ts';
import { fourFolders } from './scenarios/four-folders.ts';
import { largeMessage } from './scenarios/large-message.ts';
import { manyMessages } from './scenarios/many-messages.ts';
import type { ScenarioResult } from './scenarios/scenario.ts';
import { startWorld, type World } from './world.ts';

type Scenario = (world: World, options: BenchOptions) => Promise<ScenarioResult>;

function scenariosOf({ only, large }: BenchOptions): Scenario[] {
  const scenarios: Scenario[] = [];
  if (only !== 'delay') scenarios.push((world, options) => firstCopy(world, options, 'loopback'));
  if (only !== 'loopback') scenarios.push((world, options) => firstCopy(world, options, 'delay'), fourFolders);
  if (large) scenarios.push(largeMessage, manyMessages);
  return scenarios;
}

const options = readOptions(process.argv.slice(2), process.env);
const world = await startWorld(options);
try {
  const when = new Date().toISOString();
  const around = surroundings(world);
  say(
    `${Object.values(around.versions).join(' · ')}\n${around.cores} x ${around.cpu}, load ${around.loadBefore.toFixed(2)}`,
  );
  const scenarios: ScenarioResult[] = [];
  for (const scenario of scenariosOf(options)) {
    const result = await scenario(world, options);
    scenarios.push(result);
    say(`\n${scenarioText(result)}\n`);
  }
  await save({ when, command: options.command, surroundings: around, scenarios });
} finally {
  await world.stop();
}
