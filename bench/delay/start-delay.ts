import { fork } from 'node:child_process';
import { once } from 'node:events';

/** A line with a round trip in front of each of several servers. */
export interface Delay {
  /** Ports to use in place of the servers', in their order. */
  ports: readonly number[];
  /** From now on, for what is sent from now on. */
  setRoundTrip(ms: number): void;
  stop(): Promise<void>;
}

const PROGRAM = new URL('../delay-process.ts', import.meta.url);

/** Starts the process that delays. The TCP handshake takes no time on it, everything after that does. */
export async function startDelay(targets: readonly number[], roundTripMs: number): Promise<Delay> {
  const child = fork(PROGRAM, targets.map(String), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [ports] = await once(child, 'message');
  if (!Array.isArray(ports)) throw new Error('The delay process did not tell its ports.');
  const setRoundTrip = (ms: number): void => void child.send(ms / 2);
  setRoundTrip(roundTripMs);
  return {
    ports: ports.map(Number),
    setRoundTrip,
    stop: async () => {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}
