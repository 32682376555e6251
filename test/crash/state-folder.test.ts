import { spawn, spawnSync } from 'node:child_process';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Finished, finish, summaryOf } from '../journey.ts';
import { append, type CutWorld, eventsOf, LARGE_BYTES, startCutWorld } from './cut-world.ts';

/** A state folder that fills up, or cannot be written, while mail is moved. */

const CLI = new URL('../../apps/cli/bin/mxodus.mjs', import.meta.url).pathname;
const [UNSHARE = '', ...MOUNTING] = ['unshare', '--user', '--map-root-user', '--mount'];
const canMount = spawnSync(UNSHARE, [...MOUNTING, 'true']).status === 0;

let world: CutWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

/** Runs mxodus after the shell commands, and further ones after it, where it sees mounts of its own. */
function runAmongMounts(
  { journey: { dir, secrets } }: CutWorld,
  shell: { before: string; after?: string },
  args: readonly string[],
): Promise<Finished> {
  const [OLD_PW, NEW_PW] = secrets;
  const script = `${shell.before} || exit 99; "$@"; code=$?; ${shell.after ?? ':'}; exit $code`;
  return finish(
    spawn(UNSHARE, [...MOUNTING, 'sh', '-c', script, 'sh', process.execPath, CLI, ...args], {
      cwd: dir,
      env: { ...process.env, OLD_PW, NEW_PW, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}

describe.skipIf(!canMount)('a disk that fills up', () => {
  it.each([
    // An empty ledger takes 104 kB.
    ['the ledger grows', 260, '240k', 100, true],
    // The newest message comes first.
    ['a large message passes through it', 12, '1200k', LARGE_BYTES, false],
  ])(
    'while %s ends the pass with DISK_FULL; with more room it goes on, and nothing is lost or doubled',
    async (_, count, size, bytes, sent) => {
      world = await startCutWorld({ users: ['ann'], messages: [count, 3] });
      const { journey, sync, atSource } = world;
      await atSource('ann', [append('ann', 'INBOX', 'last', bytes)]);
      await journey.readOldAgain();
      expect(await journey.run('plan')).toMatchObject({ code: 0 });
      const [state, kept] = [join(journey.dir, '.mxodus'), join(journey.dir, 'kept')];
      await mkdir(state, { recursive: true });
      await mkdir(kept);
      const appends = world.new.add({
        side: 'commands',
        on: /^\S+ APPEND /m,
        by: 'nothing',
        times: Number.POSITIVE_INFINITY,
      });
      const full = await runAmongMounts(
        world,
        {
          before: `mount -t tmpfs -o size=${size} tmpfs ${state}`,
          after: `cp -a ${state}/. ${kept}; umount ${state}; cp -a ${kept}/. ${state}`,
        },
        ['sync', journey.plan, '--json'],
      );
      expect(full.code).toBe(5);
      expect(eventsOf(full)).toContainEqual(expect.objectContaining({ type: 'error', code: 'DISK_FULL' }));
      await access(join(state, 'ledger.db'));
      expect(appends.hits > 0).toBe(sent);
      expect(await sync()).toMatchObject({ errors: [], exit_code: 0, buckets: { failed: 0, in_doubt: 0 } });
      expect(await journey.differences()).toEqual([]);
      expect(await sync()).toMatchObject({ exit_code: 0, destination_writes: 0 });
    },
  );
});

describe.skipIf(!canMount)('a state folder on a read-only disk', () => {
  it.each([
    ['before the first pass', false],
    ['with a ledger', true],
  ])('%s ends the pass with STATE_UNWRITABLE before anything is sent', async (_, synced) => {
    world = await startCutWorld({ users: ['ann'], messages: [3, 3] });
    const { journey, sync, atSource } = world;
    expect(await journey.run('plan')).toMatchObject({ code: 0 });
    const state = join(journey.dir, '.mxodus');
    await mkdir(state, { recursive: true });
    if (synced) expect(await sync()).toMatchObject({ exit_code: 0 });
    await atSource('ann', [append('ann', 'INBOX', 'new')]);
    await journey.readOldAgain();
    const connections = world.new.connections;
    const refused = await runAmongMounts(
      world,
      { before: `mount --bind ${state} ${state} && mount -o remount,bind,ro ${state}` },
      ['sync', journey.plan],
    );
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('error STATE_UNWRITABLE') });
    expect(world.new.connections).toBe(connections);
    expect(summaryOf(await journey.run('sync', journey.plan, '--json'))).toMatchObject({ exit_code: 0 });
    expect(await journey.differences()).toEqual([]);
  });
});
