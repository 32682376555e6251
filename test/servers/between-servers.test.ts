import {
  courierMissing,
  cyrusMissing,
  openRawConnection,
  quoted,
  type RawConnection,
  seedByImap,
  seedMaildirs,
  startCourier,
  startCyrus,
  startDovecot,
  type Truth,
} from '@mxodus/lab';
import { afterEach, describe, expect, it } from 'vitest';
import { type JourneyServer, type JourneyStart, startJourneyBetween, summaryOf } from '../journey.ts';

/** One make of server, as the old or the new one. */
interface Make {
  missing: string | null;
  start(at: JourneyStart): Promise<JourneyServer>;
  /** A server of this make that holds a test mailbox. */
  seeded(at: JourneyStart): Promise<{ server: JourneyServer; truth: Truth }>;
  prefix: string;
  separator: string;
  /** RFC 6154. */
  roles: boolean;
}

const SEED = { messagesPerUser: 60, seed: 5, hostile: false, largestBytes: 100_000 };

function byImap(make: Omit<Make, 'seeded'>): Make {
  return {
    ...make,
    seeded: async (at) => {
      const server = await make.start(at);
      return { server, truth: (await seedByImap({ server, users: at.users, ...SEED })).truth };
    },
  };
}

function dovecot(options: { separator?: '/' | '.'; prefix?: string; layout?: 'fs' }): Make {
  const start = ({ dir, name, password }: JourneyStart) =>
    startDovecot({ dir, name, password, maxUserIpConnections: 50, saveCrlf: true, ...options });
  return {
    missing: null,
    start,
    seeded: async (at) => {
      const server = await start(at);
      return { server, truth: await seedMaildirs({ server, users: at.users, ...SEED }) };
    },
    prefix: options.prefix ?? '',
    separator: options.separator ?? '/',
    roles: true,
  };
}

function cyrus(unixHierarchySep: boolean, altNamespace: boolean): Make {
  const separator = unixHierarchySep ? '/' : '.';
  return byImap({
    missing: cyrusMissing(),
    start: (at) => startCyrus({ ...at, unixHierarchySep, altNamespace }),
    prefix: altNamespace ? '' : `INBOX${separator}`,
    separator,
    roles: true,
  });
}

const MAKES = {
  'Dovecot with "/"': dovecot({ layout: 'fs' }),
  'Dovecot with "INBOX." and "."': dovecot({ prefix: 'INBOX.', separator: '.' }),
  'Cyrus with "/"': cyrus(true, true),
  'Cyrus with "INBOX." and "."': cyrus(false, false),
  Courier: byImap({
    missing: courierMissing(),
    start: (at) => startCourier(at),
    prefix: 'INBOX.',
    separator: '.',
    roles: false,
  }),
} satisfies Record<string, Make>;

const PAIRS: readonly (readonly [keyof typeof MAKES, keyof typeof MAKES])[] = [
  ['Cyrus with "INBOX." and "."', 'Dovecot with "/"'],
  ['Dovecot with "/"', 'Cyrus with "/"'],
  ['Dovecot with "INBOX." and "."', 'Cyrus with "INBOX." and "."'],
  ['Courier', 'Dovecot with "INBOX." and "."'],
  ['Dovecot with "/"', 'Courier'],
  ['Cyrus with "/"', 'Courier'],
];

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(old: Make, fresh: Make) {
  let truth: Truth = { users: {} };
  const journey = await startJourneyBetween({
    users: ['ann'],
    old: async (at) => {
      const seeded = await old.seeded(at);
      truth = seeded.truth;
      return seeded.server;
    },
    new: fresh.start,
    seed: async () => truth,
    roles: old.roles && fresh.roles,
  });
  stops.push(journey.stop);
  return journey;
}

/** A user's own mail client. */
async function client(server: JourneyServer): Promise<RawConnection> {
  const connection = await openRawConnection(server);
  stops.push(async () => connection.close());
  await connection.command(`LOGIN ann ${server.password}`);
  return connection;
}

describe.each(PAIRS)('from %s to %s', (from, to) => {
  const [old, fresh]: [Make, Make] = [MAKES[from], MAKES[to]];
  const missing = old.missing ?? fresh.missing;
  const skipped = missing === null ? '' : ` (skipped: ${missing})`;

  it.skipIf(missing !== null)(`copies exactly, writes nothing again, and follows what changes${skipped}`, async () => {
    const journey = await start(old, fresh);
    const sync = async () => summaryOf(await journey.run('sync', journey.plan, '--json'));
    expect(await journey.run('plan')).toMatchObject({ code: 0 });
    const first = await sync();
    expect(first).toMatchObject({ exit_code: 0, source_messages: 60, buckets: { moved_now: 60 } });
    expect(await journey.differences()).toEqual([]);
    expect(await sync()).toMatchObject({ exit_code: 0, destination_writes: 0, buckets: { moved_before: 60 } });

    expect(journey.truth.users.ann?.folders.Archive?.messages.length).toBeGreaterThan(3);
    const user = await client(journey.old);
    await user.command(['APPEND INBOX (\\Seen $Forwarded) "02-Feb-2022 10:00:00 +0100" ', mail('late')]);
    const folder = quoted(`${old.prefix}Projects${old.separator}2026`);
    await user.command(`CREATE ${folder}`);
    await user.command(`SUBSCRIBE ${folder}`);
    await user.command([`APPEND ${folder} "03-Feb-2022 10:00:00 +0100" `, mail('in a new folder')]);
    await user.command(`SELECT ${quoted(`${old.prefix}Archive`)}`);
    await user.command('UID STORE 1:* FLAGS.SILENT (\\Flagged)');
    await user.command('UID STORE 1:3 +FLAGS.SILENT (Work)');
    await user.command('CLOSE');

    expect(await sync()).toMatchObject({ exit_code: 0, buckets: { moved_now: 2, moved_before: 60 } });
    await journey.readOldAgain();
    expect(await journey.differences()).toEqual([]);
  });
});

function mail(text: string): Buffer {
  return Buffer.from(`From: bob@example.test\r\nSubject: ${text}\r\nMessage-ID: <${text.length}@x>\r\n\r\n${text}\r\n`);
}
