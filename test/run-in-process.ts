import { runCli } from '../apps/cli/src/commands/run-cli.ts';
import { capturedTerminal } from '../apps/cli/src/output/captured-terminal.ts';
import type { Finished } from './journey.ts';

const ROOT = new URL('..', import.meta.url).pathname;

/** The folder this process runs command lines in, and how many are under way there. */
const inside = { dir: '', running: 0 };

/**
 * Runs a command line in this process, which saves the start of another one: half a second of CPU, several hundred times in the suite.
 * null: this process is busy in another folder. Whatever needs a process of its own (signals, kill -9) is spawned.
 */
export function runInProcess(command: {
  args: readonly string[];
  dir: string;
  env: Readonly<Record<string, string>>;
}): Promise<Finished> | null {
  if (inside.running > 0 && inside.dir !== command.dir) return null;
  inside.dir = command.dir;
  return run(command);
}

async function run({ args, dir, env }: Parameters<typeof runInProcess>[0]): Promise<Finished> {
  inside.running += 1;
  try {
    process.chdir(dir);
    Object.assign(process.env, env);
    const terminal = capturedTerminal({ env: { ...process.env, NO_COLOR: '1' } });
    const code = await runCli(args, {
      terminal,
      signal: new AbortController().signal,
      now: () => new Date(),
      version: '0.1.0',
      onOutput: () => undefined,
    });
    return { code, ...terminal.text };
  } finally {
    inside.running -= 1;
    // That folder will be removed, and what runs here next would be nowhere.
    if (inside.running === 0) process.chdir(ROOT);
  }
}
