import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A worker of a fleet, in a process of its own, that may be killed. */
export interface Worker {
  readonly process: ChildProcess;
  /** What it logged so far. */
  readonly log: () => string;
  /** Where its health and metrics are. */
  readonly address: string;
  /** kill -9, and it is gone. */
  kill(): Promise<void>;
  /** As an operator stops it. Returns its exit code. */
  stop(): Promise<number | null>;
}

/** By the real command line; resolves when it takes jobs. */
export async function startWorker(
  spawn: (...args: string[]) => ChildProcess,
  atOnce: number,
  ...more: string[]
): Promise<Worker> {
  const child = spawn('worker', '-c', 'mxodus.yaml', '--listen', '127.0.0.1:0', '--at-once', String(atOnce), ...more);
  let log = '';
  const { promise: ready, resolve, reject } = Promise.withResolvers<string>();
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
    const address = /"listen":"([^"]+)"/.exec(log)?.[1];
    if (address !== undefined) resolve(address);
  });
  child.stdout?.resume();
  const ended = once(child, 'exit');
  ended.then(
    () => reject(new Error(`the worker ended before it was ready: ${log}`)),
    (error: unknown) => reject(error),
  );
  return {
    process: child,
    log: () => log,
    address: await ready,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      return child.exitCode;
    },
  };
}
