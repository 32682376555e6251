import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../bin/mxodus.mjs', import.meta.url));

export interface Step {
  args: readonly string[];
  /** Where the config is. */
  cwd: string;
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
}

/** Runs a command of mxodus as a user would, in a process of its own, on this terminal. Resolves with its exit code. */
export async function runStep({ args, cwd, env, signal }: Step): Promise<number> {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  // A Ctrl-C at the terminal reaches the child by itself; a signal sent to this process alone is passed on.
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  const [code] = await once(child, 'close');
  signal.removeEventListener('abort', stop);
  return typeof code === 'number' ? code : 130;
}
