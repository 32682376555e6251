import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runningBelow } from '../debian/running-below.test.kit.ts';
import { cyrusMissing } from '../debian/unpacked-servers.ts';
import { capabilitiesOf, namespaceOf } from '../imap/list-folders.ts';
import { openRawConnection } from '../imap/raw-connection.ts';
import { readMailbox, signedIn, uidNexts } from '../imap/read-mailbox.ts';
import { makeTempDir, type TempDir } from '../process/temp-dir.ts';
import { until } from '../process/until.ts';
import { seedByImap } from '../seed/seed-by-imap.ts';
import { type Cyrus, type CyrusOptions, startCyrus } from './cyrus.ts';

const missing = cyrusMissing();

describe.skipIf(missing !== null)(`startCyrus${missing === null ? '' : ` (${missing})`}`, () => {
  let dir: TempDir;
  const running: Cyrus[] = [];
  const start = async (name: string, options: Partial<CyrusOptions> = {}): Promise<Cyrus> => {
    const server = await startCyrus({
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

  test.each([
    { unixHierarchySep: true, altNamespace: true, separator: '/', prefix: '' },
    { unixHierarchySep: true, altNamespace: false, separator: '/', prefix: 'INBOX/' },
    { unixHierarchySep: false, altNamespace: true, separator: '.', prefix: '' },
    { unixHierarchySep: false, altNamespace: false, separator: '.', prefix: 'INBOX.' },
  ])(
    'unixhierarchysep $unixHierarchySep, altnamespace $altNamespace: separator "$separator", prefix "$prefix"',
    async ({ separator, prefix, ...options }) => {
      const server = await start(`${separator === '/' ? 'slash' : 'dot'}-${prefix.length}`, options);
      expect(server).toMatchObject({ separator, prefix });
      await signedIn(server, 'ann', 'pass', async (connection) => {
        expect(await namespaceOf(connection)).toEqual({ separator, prefix });
        await connection.command(`CREATE "${prefix}Old" (USE (\\Archive))`);
        await connection.command(`CREATE "${prefix}Old${separator}Deep"`);
        await connection.command(`SUBSCRIBE "${prefix}Old${separator}Deep"`);
      });
      const empty = { subscribed: false, specialUse: null, messages: [] };
      expect(await readMailbox(server, 'ann', 'pass')).toEqual({
        INBOX: empty,
        Old: { subscribed: false, specialUse: '\\Archive', messages: [] },
        'Old/Deep': { subscribed: true, specialUse: null, messages: [] },
      });
      expect(Object.keys(await readMailbox(server, 'bob', 'pass'))).toEqual(['INBOX']);
    },
  );

  test('takes a test mailbox and gives it back as sent, but for what it refuses; and keeps it over a restart', async () => {
    const server = await start('seeded');
    const options = { server, users: ['ann'], messagesPerUser: 60, largestBytes: 50_000, folders: 16 };
    const { truth, refused } = await seedByImap({ ...options, seed: 3 });
    const folders = truth.users.ann?.folders ?? {};
    expect(Object.keys(folders)).toEqual(expect.arrayContaining(['INBOX', '日本語/受信', 'v1.2 release', 'Emoji 🚀']));
    expect(folders.Sent).toMatchObject({ specialUse: '\\Sent', subscribed: true });
    const messages = Object.values(folders).flatMap((folder) => folder.messages);
    expect(messages.flatMap(({ flags }) => flags)).toEqual(
      expect.arrayContaining(['\\Seen', '\\Answered', '$Forwarded']),
    );
    expect(refused.map(({ what }) => what)).toContain('folder Percent 100% done');
    expect(refused.map(({ why }) => why).join('\n')).toContain('Message contains invalid header');
    const before = await uidNexts(server, 'ann', 'pass');
    await server.restart();
    expect(await readMailbox(server, 'ann', 'pass')).toEqual(folders);
    expect(await uidNexts(server, 'ann', 'pass')).toEqual(before);
  });

  test('signs in with a password only, and lets the administrator sign in for a user', async () => {
    const server = await start('logins');
    const login = (user: string, password: string): Promise<string> =>
      signedIn(server, user, password, (connection) => connection.command('NOOP'));
    await expect(login('ann', 'pass')).resolves.toMatch(/^OK/);
    await expect(login('ann', 'wrong')).rejects.toThrow('authentication failure');
    await expect(login('eve', 'pass')).rejects.toThrow('authentication failure');
    const plain = async (text: string): Promise<string> => {
      const connection = await openRawConnection(server);
      try {
        return await connection.command(`AUTHENTICATE PLAIN ${Buffer.from(text).toString('base64')}`);
      } finally {
        connection.close();
      }
    };
    await expect(plain(`bob\0${server.admin.user}\0${server.admin.password}`)).resolves.toMatch(/^OK/);
    await expect(plain('bob\0ann\0pass')).rejects.toThrow('authentication failure');
  });

  test('hides capabilities, and limits storage', async () => {
    const server = await start('limits', { quotaKib: 100, withoutCapabilities: ['UIDPLUS', 'MULTIAPPEND'] });
    await signedIn(server, 'ann', 'pass', async (connection) => {
      const capabilities = await capabilitiesOf(connection);
      expect(capabilities).toContain('CONDSTORE');
      expect(capabilities).not.toContain('UIDPLUS');
      expect(capabilities).not.toContain('MULTIAPPEND');
      const large = Buffer.from(`Subject: x\r\n\r\n${'x'.repeat(200_000)}\r\n`);
      await expect(connection.command(['APPEND INBOX ', large])).rejects.toThrow('Over quota');
    });
  });

  test('leaves no process when it is stopped', async () => {
    const server = await start('stopped');
    expect(runningBelow(`${dir.path}/stopped`).length).toBeGreaterThan(1);
    await server.stop();
    await until('all its processes have ended', () => runningBelow(`${dir.path}/stopped`).length === 0);
    await expect(openRawConnection(server)).rejects.toThrow('Lost the connection');
  });

  test('says what is wrong with its options', async () => {
    await expect(start('odd', { users: ['Ann'] })).rejects.toThrow('not "Ann"');
    await expect(start('x'.repeat(80))).rejects.toThrow('too long');
    await expect(start('broken', { extra: 'partition-default' })).rejects.toThrow('ended before it was ready');
  });
});
