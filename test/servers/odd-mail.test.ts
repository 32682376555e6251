import { chown, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  courierMissing,
  cyrusMissing,
  openRawConnection,
  type RawConnection,
  readMailbox,
  seedByImap,
  seedMaildirs,
  startCourier,
  startCyrus,
  startDovecot,
} from '@mxodus/lab';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Finished,
  type JourneyBetween,
  type JourneyServer,
  type JourneyStart,
  startJourneyBetween,
  summaryOf,
} from '../journey.ts';

/** What one make of server does with mail that no two treat alike. */

const SEED = { messagesPerUser: 90, seed: 7, largestBytes: 100_000, folders: 6 };

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start<Old extends JourneyServer, New extends JourneyServer>(
  options: Omit<JourneyBetween<Old, New>, 'users'>,
) {
  const journey = await startJourneyBetween({ users: ['ann'], ...options });
  stops.push(journey.stop);
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  return { ...journey, sync: async () => summaryOf(await journey.run('sync', journey.plan, '--json')) };
}

const dovecot = ({ dir, name, password }: JourneyStart) =>
  startDovecot({ dir, name, password, saveCrlf: true, maxUserIpConnections: 50 });

async function client(server: JourneyServer): Promise<RawConnection> {
  const connection = await openRawConnection(server);
  stops.push(async () => connection.close());
  await connection.command(`LOGIN ann ${server.password}`);
  return connection;
}

/** The seed's kinds of the messages that are not at the destination as they were at the source. */
const kindsOf = (differences: readonly string[]): string[] =>
  differences.flatMap((line) => /: missing (?:hostile:)?(\S+)/.exec(line)?.[1] ?? []).sort();

const alterationsOf = ({ stdout }: Finished): string[] =>
  stdout.split('\n').filter((line) => line.includes('"type":"alteration"'));

const cyrusGone = cyrusMissing();
const courierGone = courierMissing();
const why = (missing: string | null): string => (missing === null ? '' : ` (skipped: ${missing})`);

describe.skipIf(cyrusGone !== null)(`Cyrus${why(cyrusGone)}`, () => {
  it('as the source: every odd message and folder name it has arrives exactly, and is known again without a ledger', async () => {
    const journey = await start({
      old: startCyrus,
      new: (at) => startDovecot({ ...at, users: {}, saveCrlf: true, layout: 'fs', maxUserIpConnections: 50 }),
      seed: async (server) => (await seedByImap({ server, users: ['ann'], ...SEED, folders: 18 })).truth,
    });
    const first = await journey.sync();
    expect(first).toMatchObject({ exit_code: 0, buckets: { moved_now: first.source_messages } });
    expect(await journey.differences()).toEqual([]);
    await journey.loseLedger();
    expect(await journey.sync()).toMatchObject({
      destination_writes: 0,
      buckets: { already_there: first.source_messages },
    });
  });

  it('as the destination: what it refuses is repaired and reported, and nothing else changes', async () => {
    const journey = await start({
      old: dovecot,
      // By its default it puts an X for every 8-bit byte in a header.
      new: (at) => startCyrus({ ...at, extra: 'munge8bit: no' }),
      seed: (server) => seedMaildirs({ server, users: ['ann'], ...SEED }),
    });
    expect(await journey.sync()).toMatchObject({ exit_code: 0, buckets: { moved_now: 90 } });
    const changed = kindsOf(await journey.differences());
    // A NUL arrives as NUL, which Dovecot shows as 0x80 (2.3, 2026-11): these are exact.
    const altered = changed.filter((kind) => !kind.startsWith('nul-'));
    expect(new Set(altered)).toEqual(new Set(['header-bad-line', 'no-separator', 'one-byte']));
    const named = alterationsOf(await journey.run('report', journey.plan, '--json'));
    expect(named.filter((line) => !line.includes('NUL'))).toHaveLength(altered.length);
    expect(await journey.sync()).toMatchObject({ exit_code: 0, destination_writes: 0 });
    await journey.loseLedger();
    expect(await journey.sync()).toMatchObject({ exit_code: 0, destination_writes: 0, buckets: { already_there: 90 } });
  });

  it('as the destination: full, it says "Over quota" without a code; what fits is moved, and the rest is not sent again and again', async () => {
    const journey = await start({
      old: dovecot,
      new: (at) => startCyrus({ ...at, quotaKib: 300 }),
      seed: (server) => seedMaildirs({ server, users: ['ann'], ...SEED, hostile: false }),
    });
    const first = await journey.sync();
    expect(first).toMatchObject({ exit_code: 3, source_messages: 90, buckets: { in_doubt: 0 } });
    expect(Number(first.destination_writes)).toBeLessThan(150);
    const moved = Number(Object(first.buckets).moved_now);
    expect(moved).toBeGreaterThan(10);
    const there = await journey.read('ann');
    expect(Object.values(there).flatMap((folder) => folder.messages)).toHaveLength(moved);
  });

  it('as the destination: a message with one keyword more than a folder takes is moved without it', async () => {
    const journey = await start({
      old: dovecot,
      new: startCyrus,
      seed: (server) => seedMaildirs({ server, users: ['ann'], messagesPerUser: 0, hostile: false, folders: 6 }),
    });
    const user = await client(journey.old);
    for (let number = 0; number < 104; number++) {
      await user.command([`APPEND INBOX (\\Seen word${number}) `, Buffer.from(`Subject: ${number}\r\n\r\nx\r\n`)]);
    }
    expect(await journey.sync()).toMatchObject({ exit_code: 0, buckets: { moved_now: 104 } });
    const found = (await journey.read('ann')).INBOX?.messages ?? [];
    expect(found).toHaveLength(104);
    expect(found.filter(({ flags }) => flags.includes('\\Seen'))).toHaveLength(104);
    expect(found.filter(({ flags }) => flags.length === 2)).toHaveLength(100);
    expect(alterationsOf(await journey.run('report', journey.plan, '--json'))).toHaveLength(4);
    expect(await journey.sync()).toMatchObject({ exit_code: 0, destination_writes: 0 });
  });

  it('at both ends: the administrator signs in for each user', async () => {
    const journey = await start({
      auth: {
        old: '{ method: plain, user: cyrus, password: { env: OLD_PW } }',
        new: '{ method: plain, user: cyrus, password: { env: NEW_PW } }',
      },
      old: (at) => startCyrus({ ...at, unixHierarchySep: false, altNamespace: false }),
      new: startCyrus,
      seed: async (server) =>
        (await seedByImap({ server, users: ['ann'], ...SEED, messagesPerUser: 20, hostile: false })).truth,
    });
    expect(await journey.sync()).toMatchObject({ exit_code: 0, buckets: { moved_now: 20 } });
    expect(await journey.differences()).toEqual([]);
  });
});

describe.skipIf(courierGone !== null)(`Courier${why(courierGone)}`, () => {
  it('as the source: a folder no client ever opened keeps its UIDs between two passes', async () => {
    const journey = await start({
      old: startCourier,
      new: dovecot,
      roles: false,
      seed: async (server) => {
        await seedByImap({ server, users: ['ann'], ...SEED, messagesPerUser: 10, hostile: false });
        await deliver(server.home('ann'), 'Delivered', 5);
        return { users: { ann: { folders: await readMailbox(server, 'ann', server.password) } } };
      },
    });
    expect(await journey.sync()).toMatchObject({ exit_code: 0, buckets: { moved_now: 15 } });
    expect(await journey.differences()).toEqual([]);
    expect(await journey.sync()).toMatchObject({ destination_writes: 0, buckets: { moved_before: 15 } });
  });

  it('as the destination: it keeps every message, but neither a lone CR nor a missing last line end', async () => {
    const journey = await start({
      old: dovecot,
      new: startCourier,
      roles: false,
      seed: (server) => seedMaildirs({ server, users: ['ann'], ...SEED }),
    });
    expect(await journey.sync()).toMatchObject({ exit_code: 0, buckets: { moved_now: 90 } });
    const rewritten = ['bare-cr', 'crcrlf', 'ends-in-cr', 'no-final-newline', 'no-separator', 'one-byte'];
    expect(new Set(kindsOf(await journey.differences()))).toEqual(new Set(rewritten));
    const found = Object.values(await journey.read('ann')).flatMap((folder) => folder.messages);
    expect(found).toHaveLength(90);
    expect(await journey.sync()).toMatchObject({ exit_code: 0, destination_writes: 0 });
  });
});

/** Mail as a delivery agent leaves it: Courier gives it UIDs when a client opens the folder. */
async function deliver(home: string, folder: string, count: number): Promise<void> {
  const { uid, gid } = await stat(home);
  const path = join(home, 'Maildir', `.${folder}`);
  for (const part of ['', 'cur', 'new', 'tmp']) {
    await mkdir(join(path, part));
    await chown(join(path, part), uid, gid);
  }
  const files = Array.from({ length: count }, (_, at) => join(path, 'new', `170000000${at}.M1P1.mda`));
  for (const file of [...files, join(path, 'maildirfolder')]) {
    await writeFile(
      file,
      file.endsWith('mda') ? `Subject: delivered\nMessage-ID: <${file.length}.${file.at(-10)}@x>\n\n${file}\n` : '',
    );
    await chown(file, uid, gid);
  }
}
