/**
 * The soak: users of two real Dovecots do what users do, at both ends, while passes run, are killed and lose their lines; again
 * and again the destination must be what a model of it says.
 *
 *   npm run soak -- [--minutes 60] [--seed N] [--episode K] [--rounds 12] [--policy keep|trash|mirror]
 *                   [--without move,rename] [--keep FOLDER] [--tell]
 *
 * An episode has servers and settings of its own, drawn from the seed; `--seed N --episode K` plays one of them again.
 */
import { parseArgs } from 'node:util';
import { playEpisode } from './episode.ts';
import { SoakFailure } from './soak-failure.ts';
import { STEP_NAMES } from './user/choice.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    episode: { type: 'string' },
    rounds: { type: 'string', default: '12' },
    policy: { type: 'string' },
    without: { type: 'string', default: '' },
    keep: { type: 'string' },
    tell: { type: 'boolean', default: false },
  },
});
const { seed, policy = null, keep = null } = values;
if (policy !== null && policy !== 'keep' && policy !== 'trash' && policy !== 'mirror') {
  throw new Error('--policy: keep, trash or mirror');
}
const without = new Set(values.without.split(',').filter((name) => name !== ''));
const unknown = [...without].filter((name) => !STEP_NAMES.some((known) => known === name));
if (unknown.length > 0) throw new Error(`--without ${unknown.join(',')}: there are ${STEP_NAMES.join(', ')}`);

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const started = Date.now();
const enough = (): boolean => Date.now() - started > Number(values.minutes) * 60_000;
const only = values.episode === undefined ? null : Number(values.episode);
const totals = { episodes: 0, rounds: 0, passes: 0, disturbed: 0, events: 0, messages: 0 };
try {
  for (let episode = only ?? 1; !enough(); episode += 1) {
    const { rounds, messages } = await playEpisode({
      seed,
      episode,
      rounds: Number(values.rounds),
      policy,
      users: ['ann', 'bob'],
      without,
      keep,
      enough,
      say,
      tell: values.tell ? say : () => undefined,
    });
    totals.episodes += 1;
    totals.messages += messages;
    for (const round of rounds) {
      totals.rounds += 1;
      totals.passes += round.passes;
      totals.disturbed += round.disturbed;
      totals.events += round.event === 'none' ? 0 : 1;
    }
    say(`  ${rounds.length} rounds, ${messages} messages at the end, as the model says`);
    if (only !== null) break;
  }
  const { episodes, rounds, passes, disturbed, events, messages } = totals;
  say(
    `\nseed ${seed}: ${episodes} episodes, ${rounds} rounds, ${passes} passes (${disturbed} disturbed), ${events} lost ledgers and new UIDVALIDITYs, ${messages} messages: no difference`,
  );
} catch (error) {
  if (!(error instanceof SoakFailure)) throw error;
  say(`\nFAILED, seed ${seed} (npm run soak -- --seed ${seed} --episode ${only ?? totals.episodes + 1} --tell)\n`);
  for (const line of error.lines) say(line);
  process.exitCode = 1;
}
// All servers are stopped; a connection that a cut left half open is no reason to stay.
process.exit();
