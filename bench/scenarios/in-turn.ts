import type { DataSet } from '../data-set/data-set.ts';
import { say } from '../output/say.ts';
import type { Contender, World } from '../world.ts';
import { type CopyOnce, copyOnce } from './copy-once.ts';
import type { ToolRow } from './scenario.ts';

/** What a tool copies: not every tool can be given the same number of messages. */
export interface Share {
  contender: Contender;
  data: DataSet;
  sourceUser: string;
}

export interface InTurn extends Pick<CopyOnce, 'ports' | 'verify' | 'beforeAgain'> {
  world: World;
  /** Names the destination users. */
  label: string;
  shares: readonly Share[];
  runs: number;
  /** Before each copy. */
  beforeFirst?: () => void;
}

/** Each tool copies once in each run; every other run in the opposite order, so that none always comes after the same one. */
export async function inTurn(turn: InTurn): Promise<ToolRow[]> {
  const { world, label, shares, runs, ...rest } = turn;
  const rows = shares.map(({ contender, data }): ToolRow => {
    return { tool: contender.tool.name, messages: data.messages, startSeconds: contender.startSeconds, runs: [] };
  });
  for (let run = 1; run <= runs; run += 1) {
    const order = shares.map((share, at) => ({ share, row: rows[at] }));
    for (const { share, row } of run % 2 === 1 ? order : order.reverse()) {
      const { contender, data, sourceUser } = share;
      const user = `${label}-${contender.tool.name}-${run}`;
      turn.beforeFirst?.();
      const copied = await copyOnce({ ...rest, world, tool: contender.tool, data, sourceUser, user });
      row?.runs.push(copied);
      const again = copied.again.map(({ seconds }) => seconds.toFixed(2)).join(' ');
      say(
        `  ${user}: first ${copied.first.seconds.toFixed(1)} s (${(data.messages / copied.first.seconds).toFixed(0)} messages/s), again ${again} s, peak ${copied.first.peakMegabytes} MB`,
      );
    }
  }
  return rows;
}
