import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type FaultProxy, startFaultProxy } from '@mxodus/lab';
import { afterEach, describe, expect, it } from 'vitest';
import { finish, type Journey, startJourney, summaryOf } from '../journey.ts';
import { BEFORE, type Case, DELETES, FLAGS, MOVES } from './cases.ts';
import { play, standing } from './play.ts';

/** The pass that follows the cases is killed at one step after another; each time the world is put back to what it was before. */

/** Each has a write of another kind, or several that belong together. */
const NAMES: ReadonlySet<string> = new Set([
  'set at the source',
  'moved at the source into a new folder',
  'moved and flagged at the source',
  'moved at the source there and back',
  'moved at the source, moved elsewhere at the destination',
  'copied at the source',
  'one of two equal messages moved at the source',
  'a folder renamed at the source',
  'deleted at the source',
  'one of two equal messages deleted at the source',
]);
const CASES: readonly Case[] = [...MOVES, ...DELETES.mirror, ...FLAGS].filter(({ name }) => NAMES.has(name));
const TIMEOUT_MS = 300_000;
const WRITES = /^(APPEND|CREATE|SUBSCRIBE|UID MOVE|UID COPY|UID STORE|UID EXPUNGE|EXPUNGE)/;

let journey: Journey | undefined;
let proxy: FaultProxy | undefined;
afterEach(async () => {
  await proxy?.stop();
  await journey?.stop();
  [journey, proxy] = [undefined, undefined];
});

const userOf = (index: number): string => `u${index + 1}`;

async function start(capability: string | undefined): Promise<{ world: Journey; between: FaultProxy }> {
  let between: FaultProxy | undefined;
  const world = await startJourney({
    users: CASES.map((_, index) => userOf(index)),
    seed: { messagesPerUser: 0, hostile: false, folders: 1 },
    config: 'sync: { settle: 1s, deletes: mirror }',
    limits: '{ connections: 40, connections_per_mailbox: 2 }',
    new: capability === undefined ? {} : { capability },
    newPort: async (port) => {
      between = await startFaultProxy({ target: { host: '127.0.0.1', port } });
      return between.port;
    },
  });
  [journey, proxy] = [world, between];
  if (between === undefined) throw new Error('the proxy was not started');
  return { world, between };
}

/** With owners and times, which a server looks at. */
const copy = (from: string, to: string) => promisify(execFile)('cp', ['-a', from, to]);

/** The mail of both servers and the ledger, put aside and put back. */
function snapshots(world: Journey) {
  const kept = [dirname(world.old.home('u1')), dirname(world.new.home('u1')), join(world.dir, '.mxodus')];
  const aside = (index: number): string => join(world.dir, `aside-${index}`);
  return {
    take: async (): Promise<void> => {
      for (const [index, path] of kept.entries()) await copy(path, aside(index));
    },
    putBack: async (): Promise<void> => {
      for (const [index, path] of kept.entries()) {
        await rm(path, { recursive: true, force: true });
        await copy(aside(index), path);
      }
    },
  };
}

async function found(world: Journey): Promise<Record<string, unknown>> {
  const entries = CASES.map(async ({ name }, index) => [name, await standing(world.new, userOf(index))] as const);
  return Object.fromEntries(await Promise.all(entries));
}

const expected = Object.fromEntries(CASES.map((one) => [one.name, one.expect]));

describe.each([
  ['MOVE', undefined],
  ['UIDPLUS and no MOVE', 'IMAP4rev1 LITERAL+ MULTIAPPEND UIDPLUS NAMESPACE SPECIAL-USE LIST-STATUS'],
])('a destination with %s', (_, capability) => {
  it(
    'ends as the tables say, wherever the pass before was killed',
    async () => {
      const { world, between } = await start(capability);
      const sync = async () => summaryOf(await world.run('sync', world.plan, '--json'));
      for (const [index, { before = BEFORE }] of CASES.entries()) await play(world.old, userOf(index), before);
      expect(await world.run('plan')).toMatchObject({ code: 0 });
      expect(await sync()).toMatchObject({ exit_code: 0 });
      for (const [index, { source = [], destination = [] }] of CASES.entries()) {
        await play(world.old, userOf(index), source);
        await play(world.new, userOf(index), destination);
      }
      const { take, putBack } = snapshots(world);
      await take();
      for (const [step, when] of STEPS) {
        const child = world.spawn('sync', world.plan, '--json');
        const fault =
          when === 'before'
            ? between.cutBeforeServerSees(WRITES, { nth: step })
            : between.cutAfterClientSends(WRITES, { nth: step });
        void fault.happened.then(() => child.kill('SIGKILL'));
        const { code } = await finish(child);
        expect({ step, when, killed: code === null }).toEqual({ step, when, killed: true });
        fault.cancel();
        expect({ step, when, ...(await sync()) }).toMatchObject({ exit_code: 0, buckets: { failed: 0, in_doubt: 0 } });
        expect({ step, when, found: await found(world) }).toEqual({ step, when, found: expected });
        expect({ step, when, ...(await sync()) }).toMatchObject({ step, destination_writes: 0 });
        await putBack();
      }
    },
    TIMEOUT_MS,
  );
});

/** Which write of the pass is the last one seen, and whether the server did it. */
const STEPS = [
  [1, 'after'],
  [3, 'before'],
  [5, 'after'],
  [7, 'after'],
  [9, 'before'],
  [11, 'after'],
] as const;
