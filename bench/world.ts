import { join } from 'node:path';
import { type Dovecot, makeTempDir, startDovecot } from '@mxodus/lab';
import { startTime } from './measure/start-time.ts';
import type { BenchOptions } from './options.ts';
import { imapsync } from './tools/imapsync.ts';
import { mbsync } from './tools/mbsync.ts';
import { mxodus } from './tools/mxodus.ts';
import type { Tool } from './tools/tool.ts';

/** A tool and what it costs to start it, s. */
export interface Contender {
  tool: Tool;
  startSeconds: number;
}

/** The two servers all tools copy between, and the tools. */
export interface World {
  dir: string;
  old: Dovecot;
  new: Dovecot;
  contenders: readonly Contender[];
  stop(): Promise<void>;
}

const PASSWORD = 'bench-pass';

export async function startWorld({ tools: wanted, imapsync: file }: BenchOptions): Promise<World> {
  const found = [mbsync(), file === null ? null : imapsync(file), await mxodus()].filter((tool) => tool !== null);
  const tools = found.filter(({ name }) => wanted?.includes(name) ?? true);
  if (wanted === null && !tools.some(({ name }) => name === 'mbsync')) {
    throw new Error('mbsync is not installed: npm run setup -- --with bench');
  }
  const contenders: Contender[] = [];
  for (const tool of tools) contenders.push({ tool, startSeconds: await startTime(tool) });

  const temp = await makeTempDir();
  const open = (name: string): Promise<Dovecot> =>
    startDovecot({ dir: join(temp.path, name), name, password: PASSWORD, saveCrlf: true, maxUserIpConnections: 50 });
  const old = await open('old');
  const fresh = await open('new');
  return {
    dir: temp.path,
    old,
    new: fresh,
    contenders,
    stop: async () => {
      await old.stop();
      await fresh.stop();
      await temp.remove();
    },
  };
}
