import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../bin/mxodus.mjs', import.meta.url));

export interface ChildRun {
  args: readonly string[];
  /** Where the config is. */
  cwd: string;
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
  /** Told of each line of --json. */
  onLine?: (line: unknown) => void;
}

export interface Child {
  /** null: it was killed. */
  ended: Promise<number | null>;
  kill(signal: 'SIGKILL' | 'SIGTERM'): void;
}

/** Runs a command of mxodus as a user would, in a process of its own, and reads what it says as JSON lines. */
export function runChild({ args, cwd, env, signal, onLine }: ChildRun): Child {
  const child = spawn(process.execPath, [CLI, ...args, '--json'], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const value = jsonOf(line);
    if (value !== null) onLine?.(value);
  });
  return {
    ended: once(child, 'close').then(([code]) => {
      signal.removeEventListener('abort', stop);
      return typeof code === 'number' ? code : null;
    }),
    kill: (how) => void child.kill(how),
  };
}

/** A line that kill -9 cut is no line. */
function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
