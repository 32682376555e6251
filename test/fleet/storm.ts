import { setTimeout as sleep } from 'node:timers/promises';
import { finish, summaryOf } from '../journey.ts';
import { startFleet, type Worker } from './fleet-world.ts';

export interface Storm {
  mailboxes: number;
  messagesPerMailbox: number;
  workers: number;
  kills: number;
  /** Between two kills. */
  pauseMs: number;
  /** How long the copy takes at least, so that all of it happens in its midst: a limit of bytes a second. */
  seconds: number;
  seed: number;
}

/** Of a message with a median of 1500. */
const MEAN_BYTES = 4000;

/**
 * A sync by workers that are killed one after the other, each replaced by a new one, while Redis is restarted, then emptied, and
 * PostgreSQL restarted. It has to end by itself.
 */
export async function storm({ mailboxes, messagesPerMailbox, workers: count, kills, pauseMs, seconds, seed }: Storm) {
  const bytesPerSecond = Math.ceil((mailboxes * messagesPerMailbox * MEAN_BYTES) / seconds);
  const users = Array.from({ length: mailboxes }, (_, index) => `u${index}`);
  const fleet = await startFleet({
    users,
    seed: { messagesPerUser: messagesPerMailbox, seed, medianBytes: 1500, hostile: false, folders: 5 },
    limits: `{ connections: 24, connections_per_mailbox: 3, bytes_per_second: ${bytesPerSecond} }`,
    slice: '5s',
    lease: '4s',
  });
  try {
    const plan = await fleet.run('plan');
    if (plan.code !== 0) throw new Error(plan.stderr);
    let workers: Worker[] = [];
    for (let n = 0; n < count; n += 1) workers.push(await fleet.startWorker(4));
    const following = finish(fleet.spawn('sync', fleet.plan, '--json'));
    let over = false;
    const done = following.finally(() => {
      over = true;
    });
    const blows: (() => Promise<unknown>)[] = [
      () => fleet.redis.restart(),
      () => fleet.redis.flushAll(),
      () => fleet.postgres.restart(),
    ];
    let killed = 0;
    for (let turn = 0; killed < kills && !over; turn += 1) {
      await sleep(pauseMs);
      const [victim] = workers.splice((turn * 7) % workers.length, 1);
      await victim?.kill();
      killed += 1;
      workers = [...workers, await fleet.startWorker(4)];
      if (killed % Math.max(1, Math.floor(kills / 4)) === 0) await blows.shift()?.();
    }
    const summary = summaryOf(await done);
    const differences = await fleet.differences();
    const again = summaryOf(await finish(fleet.spawn('sync', fleet.plan, '--json')));
    const logs = workers.map((worker) => worker.log()).join('');
    const codes: (number | null)[] = [];
    for (const worker of workers) codes.push(await worker.stop());
    return { killed, blowsLeft: blows.length, summary, differences, again, codes, logs };
  } finally {
    await fleet.stop();
  }
}
