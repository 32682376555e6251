import { execFile } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Dovecot, signedIn } from '@mxodus/lab';
import { afterEach, expect, it } from 'vitest';
import { add, flag, makeFolder, move, play, remove, standing } from '../delta/play.ts';
import { type Journey, type JourneyOptions, startJourney, summaryOf } from '../journey.ts';

/** Which message is which, when the numbers that said so are gone. */

let journey: Journey | undefined;
afterEach(async () => {
  await journey?.stop();
  journey = undefined;
});

async function start(own: Partial<JourneyOptions> = {}): Promise<Journey> {
  journey = await startJourney({
    users: ['ann'],
    seed: { messagesPerUser: 0, hostile: false, folders: 1 },
    ...own,
  });
  return journey;
}

async function sync({ run, plan }: Journey): Promise<Record<string, unknown>> {
  return summaryOf(await run('sync', plan, '--json'));
}

/** Five messages, copied. */
async function copied(): Promise<Journey> {
  const world = await start();
  await play(world.old, 'ann', [makeFolder('Work'), ...['a', 'b', 'c', 'd'].map((one) => add(one)), add('w', 'Work')]);
  expect(await world.run('plan')).toMatchObject({ code: 0 });
  expect(await sync(world)).toMatchObject({ exit_code: 0, buckets: { moved_now: 5 } });
  return world;
}

/** As when a host rebuilds a mailbox: every folder gets another UIDVALIDITY, its messages other UIDs. */
async function forgetUids(server: Dovecot): Promise<void> {
  const home = server.home('ann');
  for (const name of await readdir(home, { recursive: true })) {
    if (/(^|\/)dovecot([.-]|$)/.test(name)) await rm(join(home, name), { force: true, recursive: true });
  }
}

/** With owners and times, which a server looks at. */
const copyTree = (from: string, to: string) => promisify(execFile)('cp', ['-a', from, to]);

async function putAside(path: string): Promise<{ putBack: () => Promise<void> }> {
  await copyTree(path, `${path}.aside`);
  return {
    putBack: async () => {
      await rm(path, { recursive: true });
      await copyTree(`${path}.aside`, path);
    },
  };
}

it.each(['old', 'new'] as const)(
  'a new UIDVALIDITY of every folder of the %s host brings nothing back and sends nothing again',
  async (end) => {
    const world = await copied();
    await play(world.new, 'ann', [remove('b'), makeFolder('Mine'), move('c', 'Mine'), flag('d', '\\Seen')]);
    await forgetUids(world[end]);
    const kept = { INBOX: ['a', 'd \\Seen'], Mine: ['c'], Work: ['w'] };
    expect(await sync(world)).toMatchObject({ exit_code: 0, buckets: { moved_before: 5, moved_now: 0, failed: 0 } });
    expect(await standing(world.new, 'ann')).toEqual(kept);

    // What changes later still finds its copy.
    await play(world.old, 'ann', [flag('a', '\\Flagged'), move('w', 'INBOX', 'Work'), add('new')]);
    expect(await sync(world)).toMatchObject({ exit_code: 0, buckets: { moved_now: 2, failed: 0 } });
    expect(await standing(world.new, 'ann')).toEqual({
      INBOX: ['a \\Flagged', 'd \\Seen', 'new', 'w'],
      Mine: ['c'],
    });
    expect(await sync(world)).toMatchObject({ destination_writes: 0 });
  },
);

it('a ledger restored from a backup finds at the destination what was moved since', async () => {
  const world = await copied();
  const ledger = await putAside(join(world.dir, '.mxodus'));
  await play(world.old, 'ann', [add('e'), add('f'), add('g', 'Work')]);
  expect(await sync(world)).toMatchObject({ buckets: { moved_now: 3 } });
  await ledger.putBack();
  expect(await sync(world)).toMatchObject({
    exit_code: 0,
    destination_writes: 0,
    buckets: { moved_before: 5, already_there: 3, moved_now: 0 },
  });
});

it('a destination restored from a backup gets what it lost, and nothing else', async () => {
  const world = await copied();
  const mail = await putAside(world.new.home('ann'));
  await play(world.old, 'ann', [add('e'), add('f'), add('g', 'Work')]);
  await sync(world);
  await mail.putBack();
  await play(world.new, 'ann', [remove('b')]);
  expect(await sync(world)).toMatchObject({ exit_code: 0, buckets: { failed: 0 } });
  expect(await standing(world.new, 'ann')).toEqual({ INBOX: ['a', 'c', 'd', 'e', 'f'], Work: ['g', 'w'] });
  expect(await sync(world)).toMatchObject({ destination_writes: 0 });
});

it('a source restored from a backup, with other mail under the UIDs of the lost: each message once', async () => {
  const world = await copied();
  const mail = await putAside(world.old.home('ann'));
  await play(world.old, 'ann', [add('lost'), add('also lost')]);
  await sync(world);
  await mail.putBack();
  await play(world.old, 'ann', [{ do: 'add', message: 'other', folder: 'INBOX', date: '03-Jan-2020 11:00:00 +0000' }]);
  expect(await sync(world)).toMatchObject({ exit_code: 0, buckets: { moved_now: 1, failed: 0 } });
  expect((await standing(world.new, 'ann')).INBOX).toEqual(['a', 'also lost', 'b', 'c', 'd', 'lost', 'other']);
  expect(await sync(world)).toMatchObject({ destination_writes: 0 });
});

it('equal messages stay as many as they were when the ledger is lost', async () => {
  const world = await start();
  await play(world.old, 'ann', [add('same'), add('same'), add('same'), add('one')]);
  expect(await world.run('plan')).toMatchObject({ code: 0 });
  await sync(world);
  await play(world.new, 'ann', [remove('same')]);
  await rm(join(world.dir, '.mxodus'), { recursive: true });
  expect(await sync(world)).toMatchObject({ buckets: { already_there: 3, moved_now: 1 } });
  expect((await standing(world.new, 'ann')).INBOX).toEqual(['one', 'same', 'same', 'same']);
});

const COMMON =
  'Date: Thu, 2 Jan 2020 10:00:00 +0000\r\nFrom: bob@example.test\r\nMessage-ID: <common@example.test>\r\n';

async function append(server: Dovecot, user: string, message: { header?: string; body: string; second: number }) {
  await signedIn(server, user, server.password, async (connection) => {
    const subject = `Subject: common\r\n${COMMON}\r\n`;
    const bytes = Buffer.from(`${message.header ?? ''}${subject}${message.body}\r\n`);
    await connection.command([`APPEND INBOX "02-Jan-2020 10:00:0${message.second} +0000" `, bytes]);
  });
}

it('a destination another tool filled is recognised although that tool added a header and lost the dates', async () => {
  const world = await start();
  await append(world.old, 'ann', { body: 'the very words', second: 1 });
  await append(world.new, 'ann', { header: 'X-Tool: 1\r\n', body: 'the very words', second: 2 });
  expect(await world.run('plan')).toMatchObject({ code: 0 });
  expect(await sync(world)).toMatchObject({ buckets: { already_there: 1, moved_now: 0 } });
  expect((await standing(world.new, 'ann')).INBOX).toEqual(['common']);
});

it('an equal Message-ID over other words is another message', async () => {
  const world = await start();
  await append(world.old, 'ann', { body: 'the very words', second: 1 });
  await append(world.new, 'ann', { body: 'many other words', second: 1 });
  expect(await world.run('plan')).toMatchObject({ code: 0 });
  expect(await sync(world)).toMatchObject({ buckets: { already_there: 0, moved_now: 1 } });
});

it('two sources of one destination mailbox bring one copy of each message', async () => {
  const world = await start({ users: ['ann', 'standby'], into: 'ann' });
  await play(world.old, 'ann', [add('only old'), flag('only old', '\\Seen')]);
  await play(world.old, 'standby', [add('only standby')]);
  await append(world.old, 'ann', { header: 'Received: from a by mx1\r\n', body: 'delivered twice', second: 1 });
  await append(world.old, 'standby', { header: 'Received: from a by backup\r\n', body: 'delivered twice', second: 5 });
  expect(await world.run('plan')).toMatchObject({ code: 0 });
  expect(await sync(world)).toMatchObject({ exit_code: 0, buckets: { moved_now: 3, already_there: 1 } });
  expect((await standing(world.new, 'ann')).INBOX).toEqual(['common', 'only old \\Seen', 'only standby']);
  expect(await sync(world)).toMatchObject({ destination_writes: 0 });

  await play(world.old, 'standby', [add('late')]);
  expect(await sync(world)).toMatchObject({ buckets: { moved_now: 1 } });
  expect(await sync(world)).toMatchObject({ destination_writes: 0 });
});
