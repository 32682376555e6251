import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runningBelow } from '../debian/running-below.test.kit.ts';
import { courierMissing } from '../debian/unpacked-servers.ts';
import { capabilitiesOf, namespaceOf } from '../imap/list-folders.ts';
import { openRawConnection } from '../imap/raw-connection.ts';
import { readMailbox, signedIn, uidNexts } from '../imap/read-mailbox.ts';
import { makeTempDir, type TempDir } from '../process/temp-dir.ts';
import { until } from '../process/until.ts';
import { seedByImap } from '../seed/seed-by-imap.ts';
import { type Courier, type CourierOptions, startCourier } from './courier.ts';

const missing = courierMissing();

describe.skipIf(missing !== null)(`startCourier${missing === null ? '' : ` (${missing})`}`, () => {
  let dir: TempDir;
  const running: Courier[] = [];
  const start = async (name: string, options: Partial<CourierOptions> = {}): Promise<Courier> => {
    const server = await startCourier({
      dir: `${dir.path}/${name}`,
      name,
      users: ['ann', 'bob'],
      password: 'pass',
      ...options,
    });
    running.push(server);
    return server;
  };
  beforeAll(async () => {
    dir = await makeTempDir();
  });
  afterAll(async () => {
    await Promise.all(running.map((server) => server.stop()));
    await dir.remove();
  });

  test('has all folders below INBOX, and a dot between levels', async () => {
    const server = await start('names');
    await signedIn(server, 'ann', 'pass', async (connection) => {
      expect(await namespaceOf(connection)).toEqual({ separator: '.', prefix: 'INBOX.' });
      await expect(connection.command('CREATE Old')).rejects.toThrow('NO');
      await connection.command('CREATE INBOX.Old.Deep');
      await connection.command('SUBSCRIBE INBOX.Old.Deep');
    });
    expect(await readMailbox(server, 'ann', 'pass')).toEqual({
      INBOX: { subscribed: false, specialUse: null, messages: [] },
      'Old/Deep': { subscribed: true, specialUse: null, messages: [] },
    });
    expect(Object.keys(await readMailbox(server, 'bob', 'pass'))).toEqual(['INBOX']);
  });

  test.concurrent('takes a test mailbox with literals it asked for, and keeps it over a restart', async () => {
    const server = await start('seeded');
    const options = { server, users: ['ann'], messagesPerUser: 60, largestBytes: 50_000 };
    const { truth, refused } = await seedByImap({ ...options, seed: 3 });
    const folders = truth.users.ann?.folders ?? {};
    expect(Object.keys(folders)).toEqual(expect.arrayContaining(['INBOX', '日本語/受信', 'Percent 100% done']));
    const messages = Object.values(folders).flatMap((folder) => folder.messages);
    expect(messages.flatMap(({ flags }) => flags)).toEqual(
      expect.arrayContaining(['\\Seen', '\\Answered', '$Forwarded']),
    );
    expect(refused.map(({ what }) => what)).toEqual(['folder Emoji 🚀/家族👨‍👩‍👧']);
    const before = await uidNexts(server, 'ann', 'pass');
    await server.restart();
    expect(await readMailbox(server, 'ann', 'pass')).toEqual(folders);
    expect(await uidNexts(server, 'ann', 'pass')).toEqual(before);
  });

  // A wrong password takes it five seconds.
  test.concurrent('signs in with a password only, and advertises what it is told to', async () => {
    const server = await start('logins', { capability: 'IMAP4rev1 NAMESPACE' });
    await signedIn(server, 'bob', 'pass', async (connection) => {
      const capabilities = await capabilitiesOf(connection);
      expect(capabilities).toContain('NAMESPACE');
      expect(capabilities).not.toContain('UIDPLUS');
    });
    await expect(signedIn(server, 'ann', 'wrong', async () => undefined)).rejects.toThrow('Login failed');
  });

  test('two of them do not see each other, and a stopped one leaves no process and no mount', async () => {
    const [one, two] = [await start('one'), await start('two', { password: 'other' })];
    await signedIn(one, 'ann', 'pass', (connection) => connection.command('CREATE INBOX.One'));
    await signedIn(two, 'ann', 'other', (connection) => connection.command('CREATE INBOX.Two'));
    expect(Object.keys(await readMailbox(one, 'ann', 'pass')).sort()).toEqual(['INBOX', 'One']);
    expect(runningBelow(`${dir.path}/one`).length).toBeGreaterThan(3);
    await one.stop();
    await until('all its processes have ended', () => runningBelow(`${dir.path}/one`).length === 0);
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(dir.path);
    await expect(openRawConnection(one)).rejects.toThrow('Lost the connection');
    expect(Object.keys(await readMailbox(two, 'ann', 'other')).sort()).toEqual(['INBOX', 'Two']);
  });
});
