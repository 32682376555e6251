import { defineQuirk, type QuirkServer, startQuirkServer } from '@mxodus/lab';
import { afterEach, expect, it } from 'vitest';
import { type Finished, type Journey, type JourneyOptions, startJourney, summaryOf } from '../journey.ts';
import { contents, deliver, inFolder } from './deliver.ts';

/** verify where the destination has more than was moved, and beside a sync. */

let journey: Journey;
let proxy: QuirkServer | undefined;
afterEach(async () => {
  await journey.stop();
  await proxy?.stop();
  proxy = undefined;
});

async function start(options: Partial<JourneyOptions> = {}): Promise<void> {
  journey = await startJourney({
    users: ['ann'],
    seed: { messagesPerUser: 0, seed: 1, hostile: false },
    ...options,
  });
}

const eventsOf = ({ stdout }: Finished): Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => Object(JSON.parse(line)));

it('verify names one more copy of a moved message, and says nothing about mail that only the destination has', async () => {
  await start();
  await deliver(journey.old, { count: 3 });
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  expect(await journey.run('sync', journey.plan)).toMatchObject({ code: 0 });
  await deliver(journey.new, { name: 'their own', month: 'Mar', bytes: 300 });
  expect(await journey.run('verify', journey.plan, '--level', 'bytes')).toMatchObject({ code: 0 });
  await inFolder(journey.new, 'INBOX', ['COPY 1 INBOX']);
  const verified = await journey.run('verify', journey.plan, '--level', 'bytes', '--json');
  expect(verified.code).toBe(3);
  const differences = eventsOf(verified).filter((event) => event.type === 'difference');
  expect(differences).toMatchObject([{ kind: 'extra', folder: 'INBOX', uid: null, destination_uid: 5 }]);
});

it('verify beside a sync breaks neither', async () => {
  await start({
    users: ['ann', 'bob'],
    newPort: async (port) => {
      proxy = await startQuirkServer({ target: { host: '127.0.0.1', port } });
      return proxy.port;
    },
  });
  await deliver(journey.old, { count: 3 }, 'bob');
  await deliver(journey.old, { count: 2, bytes: 2_500_000 });
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  expect(await journey.run('sync', journey.plan, '--mailbox', 'bob@*')).toMatchObject({ code: 0 });
  let verified: Promise<Finished> | undefined;
  // A large message is on disk by then, and is read from there when verify is done.
  const verifyFirst = defineQuirk('verify first', (hit) => ({
    onCommand: async ({ name }) => {
      if (name !== 'APPEND') return undefined;
      hit();
      verified ??= journey.run('verify', journey.plan, '--level', 'bytes', '--mailbox', 'bob@*');
      await verified;
      return undefined;
    },
  }));
  proxy?.setQuirks([verifyFirst]);
  const synced = await journey.run('sync', journey.plan, '--json');
  expect(await verified).toMatchObject({ code: 0 });
  expect(summaryOf(synced)).toMatchObject({ exit_code: 0, buckets: { moved_now: 2, moved_before: 3, failed: 0 } });
  expect(await contents(journey.new)).toEqual(await contents(journey.old));
});
