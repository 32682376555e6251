import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { type Fleet, startFleet, type Worker } from '../../test/fleet/fleet-world.ts';
import { finish, summaryOf } from '../../test/journey.ts';
import { quietDisk } from '../measure/quiet-disk.ts';
import { stolenSeconds } from '../measure/stolen.ts';

const DELAY_PROCESS = new URL('../delay-process.ts', import.meta.url).pathname;

export interface Scene {
  mailboxes: number;
  messages: number;
  /** One more mailbox, with so many messages; 0: none. */
  largeMailbox?: number;
  roundTripMs: number;
  limits?: string;
}

/** A fleet without workers, and a plan; every mailbox is `u<n>`, the large one `large`. */
export async function onStage<T>(scene: Scene, work: (fleet: Fleet) => Promise<T>): Promise<T> {
  const { mailboxes, messages, largeMailbox = 0, roundTripMs, limits } = scene;
  const small = Array.from({ length: mailboxes }, (_, index) => `u${index}`);
  const delays: (() => void)[] = [];
  const delayed = async (port: number): Promise<number> => {
    if (roundTripMs === 0) return port;
    const child = fork(DELAY_PROCESS, [String(port)], { execArgv: ['--conditions=mxodus-source'] });
    const [ports] = await once(child, 'message');
    child.send(roundTripMs / 2);
    delays.push(() => child.disconnect());
    return z.tuple([z.number()]).parse(ports)[0];
  };
  const fleet = await startFleet({
    users: largeMailbox > 0 ? [...small, 'large'] : small,
    seed: { messagesPerUser: messages, seed: 21, medianBytes: 2500, largestBytes: 200_000, hostile: false, folders: 4 },
    messagesOf: largeMailbox > 0 ? { large: largeMailbox } : {},
    limits: limits ?? '{ connections: 40, connections_per_mailbox: 3 }',
    oldPort: delayed,
    newPort: delayed,
    lease: '30s',
  });
  try {
    const plan = await finish(fleet.spawn('plan'));
    if (plan.code !== 0) throw new Error(plan.stderr);
    await quietDisk();
    return await work(fleet);
  } finally {
    await fleet.stop();
    for (const stop of delays) stop();
  }
}

export interface Synced {
  seconds: number;
  messages: number;
  /** See stolenSeconds: where it is much, the machine was not ours to measure. */
  stolen: number;
  /** When each mailbox was done, seconds after the order. */
  endedAt: ReadonlyMap<string, number>;
}

const finished = z.object({ type: z.literal('mailbox_finished'), mailbox: z.string() });
const summary = z.object({ exit_code: z.literal(0), duration_ms: z.number(), source_messages: z.number() });

export async function sync(fleet: Fleet, ...options: string[]): Promise<Synced> {
  const stolenBefore = await stolenSeconds();
  const child = fleet.spawn('sync', fleet.plan, '--json', ...options);
  const started = performance.now();
  const endedAt = new Map<string, number>();
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = finished.safeParse(JSON.parse(line));
      if (event.success) endedAt.set(event.data.mailbox, (performance.now() - started) / 1000);
    });
  }
  const { duration_ms: ms, source_messages: messages } = summary.parse(summaryOf(await finish(child)));
  return { seconds: ms / 1000, messages, stolen: (await stolenSeconds()) - stolenBefore, endedAt };
}

export async function withWorkers<T>(
  fleet: Fleet,
  { workers: count, atOnce }: { workers: number; atOnce: number },
  work: () => Promise<T>,
): Promise<T> {
  const workers: Worker[] = [];
  for (let n = 0; n < count; n += 1) workers.push(await fleet.startWorker(atOnce));
  const result = await work();
  for (const worker of workers) await worker.stop();
  return result;
}
