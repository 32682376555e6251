/**
 * Starts a foreground server which cannot outlive its owner. A small shell process stands between the two: it holds the
 * owner's pipe as its stdin, and at the end of that pipe, however the owner ended (kill -9 too), it stops the server's
 * whole session. It is in a session of its own, so a Ctrl-C reaches the owner only.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

// The guard is a job of the shell because "wait" must also notice a server that ends by itself. TERM goes to every
// process of the session: Dovecot's and BIND's children need no order. What is left after the grace time, also after a crash, is
// killed.
const WATCHDOG = `
grace=$1
shift
exec 3<&0 </dev/null
setsid "$@" 3<&- &
server=$!
{
  cat <&3 >/dev/null
  kill -s TERM -- "-$server"
  n=0
  while kill -s 0 -- "-$server" && [ $n -lt "$grace" ]; do sleep 0.05; n=$((n + 1)); done
  kill -s KILL -- "-$server"
} 2>/dev/null &
guard=$!
wait "$server"
status=$?
n=0
while kill -s 0 -- "-$server" 2>/dev/null && [ $n -lt "$grace" ]; do sleep 0.05; n=$((n + 1)); done
kill -s KILL -- "-$server" 2>/dev/null
kill "$guard" 2>/dev/null
exit $status
`;

export interface WatchedProcess {
  /** Settles when the server and its children have ended; the text says how. */
  readonly exited: Promise<string>;
  /** Polls `probe` until it is true. Throws with the end of the log when the server ends, or does not get ready in 30 s. */
  ready(probe: () => Promise<boolean>): Promise<void>;
  /** Stops the server and all its children. Harmless when it has ended already. */
  stop(): Promise<void>;
}

export interface WatchedProcessOptions {
  command: readonly [string, ...string[]];
  cwd: string;
  /** stdout and stderr are appended here. */
  outputFile: string;
  /** How long it may take to end by itself when it is stopped, before it is killed. */
  graceMs: number;
  /** The server's own log, shown when it does not start; outputFile when absent. */
  logFile?: string;
  /** Added to PATH, LC_ALL and TZ, which are all it has otherwise. */
  env?: Readonly<Record<string, string>>;
}

/** Starts the command; it is running, but not yet ready, when this returns. */
export function startWatchedProcess(options: WatchedProcessOptions): WatchedProcess {
  const output = openSync(options.outputFile, 'a');
  const child = spawn('/bin/sh', ['-c', WATCHDOG, 'sh', String(options.graceMs / 50), ...options.command], {
    cwd: options.cwd,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC', ...options.env },
    stdio: ['pipe', output, output],
    detached: true,
  });
  closeSync(output);
  const exited = whenExited(child);
  letOwnerEnd(child);
  let ended = false;
  void exited.then(() => {
    ended = true;
  });

  const explain = async (what: string): Promise<Error> => {
    const tail = (await logTail(options.outputFile)) + (options.logFile ? await logTail(options.logFile) : '');
    return new Error(`${options.command[0]} ${what}. Its log ends with:\n${tail}`);
  };
  return {
    exited,
    ready: async (probe) => {
      const deadline = Date.now() + 30_000;
      while (!(await probe())) {
        if (ended) throw await explain(`ended before it was ready (${await exited})`);
        if (Date.now() > deadline) throw await explain('was not ready within 30 s');
        await sleep(15);
      }
    },
    stop: async () => {
      child.ref();
      child.stdin?.end();
      await exited;
    },
  };
}

function whenExited(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`not started: ${error.message}`));
    child.once('exit', (code, signal) => {
      child.stdin?.destroy();
      resolve(signal ?? `exit status ${code}`);
    });
    // The pipe breaks when the watchdog ends first; 'exit' tells the same.
    child.stdin?.on('error', () => child.stdin?.destroy());
  });
}

/** A server must not keep its owner alive: an owner that has nothing left to do ends, and the server with it. */
function letOwnerEnd(child: ChildProcess): void {
  child.unref();
  const pipe = child.stdin;
  if (pipe && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
}

async function logTail(file: string): Promise<string> {
  try {
    return `${(await readFile(file, 'utf8')).trimEnd().split('\n').slice(-15).join('\n')}\n`;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
