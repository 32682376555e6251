import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDiary } from './diary.ts';
import type { DeletePolicy } from './model/complete-pass.ts';
import { createPerson } from './person.ts';
import { createRandom } from './random.ts';
import { playRound, type RoundResult } from './round.ts';
import { SoakFailure } from './soak-failure.ts';
import { drawVariant } from './variant.ts';
import { startWorld } from './world.ts';

export interface EpisodeOptions {
  seed: string;
  /** Of the seed: servers, config and people anew. */
  episode: number;
  rounds: number;
  /** null: drawn. */
  policy: DeletePolicy | null;
  users: readonly string[];
  /** Kinds of steps nobody takes. */
  without: ReadonlySet<string>;
  /** When the episode fails, this folder gets the config, plan, ledger and mail, and what the passes of the last round printed. */
  keep: string | null;
  /** true: stop before the next round. */
  enough(): boolean;
  say(text: string): void;
  /** Every step and pass. */
  tell(text: string): void;
}

export interface EpisodeResult {
  rounds: RoundResult[];
  messages: number;
}

/** Throws SoakFailure, with the steps that led to it. */
export async function playEpisode(options: EpisodeOptions): Promise<EpisodeResult> {
  const { seed, episode, users, without, say } = options;
  const name = `${seed}/${episode}`;
  const variant = drawVariant(createRandom(`${name}/variant`), options.policy);
  say(`episode ${episode}: ${variant.text}`);
  const diary = createDiary(options.tell);
  const world = await startWorld(variant, users);
  try {
    const planned = await world.journey.run('plan', '--json');
    if (planned.code !== 0) throw new SoakFailure([`plan ended with ${planned.code}`, planned.stdout, planned.stderr]);
    const { deletedFlag, policy } = variant;
    const people = users.map((user) => createPerson({ world, user, diary, deletedFlag, without }));
    const rounds: RoundResult[] = [];
    for (let number = 0; number < options.rounds && !options.enough(); number += 1) {
      const random = createRandom(`${name}/${number}`);
      const seconds = rounds.at(-1)?.seconds ?? 1.5;
      rounds.push(await playRound({ world, people, diary, random, policy, number, seconds }));
    }
    return { rounds, messages: people.reduce((sum, { mailbox }) => sum + mailbox.messages.size, 0) };
  } catch (error) {
    if (options.keep !== null) {
      await cp(world.journey.dir, options.keep, { recursive: true, filter: isNoSocket });
      await writeFile(join(options.keep, 'passes.txt'), diary.outputs());
    }
    if (!(error instanceof SoakFailure)) throw error;
    const story = diary.about(error.lines);
    throw new SoakFailure([...error.lines, `episode ${episode}: ${variant.text}`, 'What happened:', ...story]);
  } finally {
    await world.stop();
  }
}

/** The servers' own folders are left out: their sockets cannot be copied. */
const isNoSocket = (path: string): boolean => !/\/(old|new)\/run(\/|$)/.test(path);
