import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  noUidCodes,
  openRawConnection,
  type QuirkServer,
  quoted,
  type RawConnection,
  startQuirkServer,
} from '@mxodus/lab';
import { afterEach, describe, expect, it } from 'vitest';
import { finish, type Journey, type JourneyOptions, startJourney, summaryOf } from '../journey.ts';

let journey: Journey;
let proxy: QuirkServer | undefined;
const connections: RawConnection[] = [];
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close();
  await proxy?.stop();
  proxy = undefined;
  await journey.stop();
});

async function start(options: Partial<JourneyOptions> = {}): Promise<void> {
  journey = await startJourney({
    users: ['ann'],
    seed: { messagesPerUser: 150, seed: 2, hostile: false, largestBytes: 100_000 },
    ...options,
  });
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
}

const sync = async (...args: string[]) => summaryOf(await journey.run('sync', journey.plan, '--json', ...args));

/** A user's own mail client at one end. */
async function client(end: 'old' | 'new', user = 'ann'): Promise<RawConnection> {
  const connection = await openRawConnection(journey[end]);
  connections.push(connection);
  await connection.command(`LOGIN ${user} ${journey[end].password}`);
  return connection;
}

const flagsOf = async (folder: string): Promise<string[]> => {
  const found = await journey.read('ann');
  return (found[folder]?.messages ?? []).map((message) => message.flags.join(' '));
};

describe('a second pass', () => {
  it('carries what changed at the source, and keeps what the user changed at the destination', async () => {
    await start();
    await sync();
    const [old, mine] = [await client('old'), await client('new')];
    await old.command('SELECT Archive');
    await old.command('UID STORE 1:* FLAGS.SILENT (\\Flagged)');
    await mine.command('SELECT Archive');
    await mine.command('UID STORE 1:* +FLAGS.SILENT (mine)');
    const result = await sync();
    expect(result).toMatchObject({ exit_code: 0, buckets: { moved_now: 0 } });
    const flags = await flagsOf('Archive');
    expect(flags.length).toBeGreaterThan(0);
    for (const line of flags) expect(line).toMatch(/\\Flagged.*mine|mine.*\\Flagged/);
    for (const line of flags) expect(line).not.toContain('\\Seen');
    expect(await sync()).toMatchObject({ destination_writes: 0 });
  });

  it('brings new mail and new folders, and does not bring back what the user deleted or moved away', async () => {
    await start();
    await sync();
    const [old, mine] = [await client('old'), await client('new')];
    await mine.command('SELECT INBOX');
    await mine.command('STORE 1:3 +FLAGS.SILENT (\\Deleted)');
    await mine.command('EXPUNGE');
    const left = (await journey.read('ann')).INBOX?.messages.length ?? 0;
    expect(left).toBeGreaterThan(0);
    await old.command(['APPEND INBOX ', Buffer.from('Subject: late\r\n\r\nlate\r\n')]);
    await old.command('CREATE Projects/2026');
    await old.command(['APPEND Projects/2026 ', Buffer.from('Subject: new folder\r\n\r\nx\r\n')]);
    expect(await sync()).toMatchObject({ exit_code: 0, buckets: { moved_now: 2, failed: 0 } });
    const after = await journey.read('ann');
    expect(after.INBOX?.messages).toHaveLength(left + 1);
    expect(after['Projects/2026']?.messages).toHaveLength(1);
    expect(await sync()).toMatchObject({ destination_writes: 0 });
  });

  it('keeps at the destination what was expunged at the source, and no longer counts it', async () => {
    await start();
    const first = await sync();
    const old = await client('old');
    await old.command('SELECT Archive');
    await old.command('STORE 1:2 +FLAGS.SILENT (\\Deleted)');
    await old.command('EXPUNGE');
    const second = await sync();
    expect(Number(second.source_messages)).toBeLessThan(Number(first.source_messages));
    expect(second).toMatchObject({ exit_code: 0, destination_writes: 0 });
  });
});

it('recognises what is at the destination when the ledger is lost: no message is sent a second time', async () => {
  await start({ seed: { messagesPerUser: 400, seed: 9, largestBytes: 3_000_000, bigMessages: 1 } });
  await sync();
  await rm(join(journey.dir, '.mxodus'), { recursive: true });
  const again = await sync();
  expect(again).toMatchObject({ exit_code: 0, destination_writes: 0, buckets: { already_there: 400, moved_now: 0 } });
  expect(await journey.differences()).toEqual([]);
});

describe.each([
  ['LITERAL+ and UIDPLUS', 'IMAP4rev1 LITERAL+ UIDPLUS', false],
  ['MULTIAPPEND and no APPENDUID', 'IMAP4rev1 LITERAL+ MULTIAPPEND', true],
  ['nothing beyond IMAP4rev1', 'IMAP4rev1', true],
])('a destination with %s', (_, capability, hideUids) => {
  it('gets an exact copy, hostile shapes and all, and flags still follow', async () => {
    const newPort = async (port: number): Promise<number> => {
      proxy = await startQuirkServer({ target: { host: '127.0.0.1', port }, quirks: [noUidCodes()] });
      return proxy.port;
    };
    await start({
      seed: { messagesPerUser: 300, seed: 4, largestBytes: 3_000_000, bigMessages: 1 },
      new: { capability },
      ...(hideUids ? { newPort } : {}),
    });
    expect(await sync()).toMatchObject({ exit_code: 0, buckets: { moved_now: 300 } });
    expect(await journey.differences()).toEqual([]);
    const old = await client('old');
    await old.command('SELECT INBOX');
    await old.command('UID STORE 1:* +FLAGS.SILENT (later)');
    expect(await sync()).toMatchObject({ exit_code: 0, buckets: { moved_now: 0 } });
    for (const line of await flagsOf('INBOX')) expect(line).toContain('later');
    expect(await sync()).toMatchObject({ destination_writes: 0 });
  });
});

it('stops at Ctrl-C after what is in flight, and the same command goes on', async () => {
  await start({ seed: { messagesPerUser: 1500, seed: 6, hostile: false, largestBytes: 100_000 } });
  const child = journey.spawn('sync', journey.plan, '--json');
  const finished = finish(child);
  if (child.stdout !== null) await once(child.stdout, 'data');
  child.kill('SIGINT');
  const first = await finished;
  expect(first.code).toBe(130);
  const summary = summaryOf(first);
  expect(summary).toMatchObject({ exit_code: 130, buckets: { in_doubt: 0 } });
  expect(await sync()).toMatchObject({ exit_code: 0, buckets: { failed: 0 } });
  expect(await journey.differences()).toEqual([]);
});

it('puts a message the destination refuses for good into "cannot", says why, and copies the others', async () => {
  await start();
  await writeFile(join(journey.old.home('ann'), 'Maildir', 'cur', '1300000000.M1P1.empty:2,S'), '');
  const result = await journey.run('sync', journey.plan, '--json');
  expect(summaryOf(result)).toMatchObject({
    exit_code: 3,
    source_messages: 151,
    buckets: { moved_now: 150, cannot: 1 },
  });
  expect(await sync()).toMatchObject({
    exit_code: 3,
    destination_writes: 0,
    buckets: { moved_before: 150, cannot: 1 },
  });
  const report = await journey.run('report', journey.plan, '--json');
  expect(report.stdout).toMatch(/"type":"not_moved".*zero byte/);
});

it('copies what fits when a mailbox is full, goes on with the others, and exits 3', async () => {
  await start({
    users: ['ann', 'bob'],
    new: { quota: '1M' },
    seed: { messagesPerUser: 150, seed: 8, hostile: false, largestBytes: 60_000, medianBytes: 9000 },
  });
  const result = await sync();
  expect(result).toMatchObject({ exit_code: 3, source_messages: 300 });
  const buckets: unknown = result.buckets;
  expect(buckets).toMatchObject({ cannot: 0, in_doubt: 0 });
  expect(Object.values(Object(buckets)).reduce((sum: number, count) => sum + Number(count), 0)).toBe(300);
  const report = await journey.run('report', journey.plan, '--json');
  expect(report.stdout).toMatch(/"type":"not_moved".*OVERQUOTA/);
  // What the mailbox was once too full for is not sent again and again.
  expect(Number(result.destination_writes)).toBeLessThan(400);
});

it('moves the others when one mailbox has a wrong password, and exits 4', async () => {
  await start({ users: ['ann', 'bob'], new: { users: { bob: 'changed-later-1' } } }).catch(() => undefined);
  const plan = await journey.run('plan', '--json');
  expect(plan.code).toBe(4);
  expect(plan.stdout).toContain('AUTH_FAILED');
});

it('adds mail the folder name of which the destination refuses, under the name the plan says', async () => {
  await start({ seed: { messagesPerUser: 0, seed: 1, hostile: false } });
  const old = await client('old');
  await old.command(`CREATE ${quoted('v1.2 release')}`);
  await old.command([`APPEND ${quoted('v1.2 release')} `, Buffer.from('Subject: a\r\n\r\nb\r\n')]);
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  expect(await sync()).toMatchObject({ exit_code: 0, buckets: { moved_now: 1 } });
  expect((await journey.read('ann'))['v1_2 release']?.messages).toHaveLength(1);
});
