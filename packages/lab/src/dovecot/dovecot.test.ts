import { readFile } from 'node:fs/promises';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { capabilitiesOf } from '../imap/list-folders.ts';
import { openRawConnection, quoted } from '../imap/raw-connection.ts';
import { readMailbox, signedIn } from '../imap/read-mailbox.ts';
import { makeTempDir, type TempDir } from '../process/temp-dir.ts';
import { APPEND_CAPABILITIES, DELTA_CAPABILITIES, dovecotCapability } from './capabilities.ts';
import { type Dovecot, type DovecotOptions, dovecotErrors, startDovecot } from './dovecot.ts';

describe('startDovecot', () => {
  let dir: TempDir;
  const running: Dovecot[] = [];
  const start = async (name: string, options: Partial<DovecotOptions> = {}): Promise<Dovecot> => {
    const server = await startDovecot({ dir: `${dir.path}/${name}`, name, password: 'pass', ...options });
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

  test('by default takes cleartext logins, and offers STARTTLS and TLS with a certificate the CA vouches for', async () => {
    const server = await start('default');
    const connection = await openRawConnection(server);
    const before = await capabilitiesOf(connection);
    connection.close();
    expect(before).toContain('STARTTLS');
    expect(before).not.toContain('LOGINDISABLED');
    const variants = [
      server,
      { ...server, tls: 'starttls' as const },
      { ...server, tls: 'implicit' as const, port: server.imapsPort },
    ];
    for (const variant of variants) {
      expect(Object.keys(await readMailbox(variant, 'ann', 'pass'))).toEqual(['INBOX']);
    }
    expect(await dovecotErrors(server)).toEqual([]);
  });

  test('with TLS required refuses a login in cleartext', async () => {
    const server = await start('required', { tls: 'required' });
    const connection = await openRawConnection(server);
    expect(await capabilitiesOf(connection)).toContain('LOGINDISABLED');
    await expect(connection.command('LOGIN ann pass')).rejects.toThrow('PRIVACYREQUIRED');
    connection.close();
    expect(Object.keys(await readMailbox({ ...server, tls: 'starttls' }, 'ann', 'pass'))).toEqual(['INBOX']);
  });

  test('without TLS offers none', async () => {
    const server = await start('none', { tls: 'none' });
    expect(server.imapsPort).toBe(0);
    const connection = await openRawConnection(server);
    expect(await capabilitiesOf(connection)).not.toContain('STARTTLS');
    await expect(connection.command('STARTTLS')).rejects.toThrow('BAD');
    connection.close();
  });

  test.each([
    ['expired', 'CERT_HAS_EXPIRED'],
    ['wrong-host', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ] as const)('shows a certificate that is %s', async (certificate, code) => {
    const server = await start(certificate, { certificate });
    const ca = await readFile(server.caFile);
    const error = await new Promise<unknown>((resolve, reject) => {
      const socket = connectTls({ host: 'localhost', port: server.imapsPort, ca });
      socket.once('error', resolve);
      socket.once('secureConnect', () => {
        socket.destroy();
        reject(new Error('The certificate was taken.'));
      });
    });
    expect(error).toMatchObject({ code });
  });

  test('knows every user by the common password, some by their own, and a master for all', async () => {
    const server = await start('logins', { users: { bob: 'bobs' }, master: { user: 'boss', password: 'key' } });
    const login = (user: string, password: string): Promise<string> =>
      signedIn(server, user, password, (connection) => connection.command('NOOP'));
    await expect(login('ann', 'pass')).resolves.toMatch(/^OK/);
    await expect(login('bob', 'bobs')).resolves.toMatch(/^OK/);
    await expect(login('bob*boss', 'key')).resolves.toMatch(/^OK/);
    await expect(login('ann*boss', 'key')).resolves.toMatch(/^OK/);
    await expect(login('ann', 'wrong')).rejects.toThrow('AUTHENTICATIONFAILED');
    await expect(login('bob', 'pass')).rejects.toThrow('AUTHENTICATIONFAILED');
    await expect(login('ann*bob', 'bobs')).rejects.toThrow('AUTHENTICATIONFAILED');
  });

  test('puts folders below a prefix, and lists roles', async () => {
    const server = await start('prefix', { separator: '.', prefix: 'INBOX.' });
    await signedIn(server, 'ann', 'pass', async (connection) => {
      await expect(connection.command('CREATE "Sent"')).rejects.toThrow('NO');
      await connection.command('CREATE "INBOX.Sent"');
      await connection.command('CREATE "INBOX.A.B"');
      await connection.command('SUBSCRIBE "INBOX.A.B"');
    });
    const folders = await readMailbox(server, 'ann', 'pass');
    expect(folders).toEqual({
      INBOX: { subscribed: false, specialUse: null, messages: [] },
      Sent: { subscribed: false, specialUse: '\\Sent', messages: [] },
      'A/B': { subscribed: true, specialUse: null, messages: [] },
    });
  });

  test('lets a name contain a dot with layout fs only', async () => {
    const [old, fresh] = [await start('fs', { layout: 'fs' }), await start('maildir')];
    const create = (server: Dovecot): Promise<string> =>
      signedIn(server, 'ann', 'pass', (connection) => connection.command('CREATE "v1.2 release"'));
    await expect(create(old)).resolves.toMatch(/^OK/);
    await expect(create(fresh)).rejects.toThrow('NO');
  });

  test('keeps line ends only when told to', async () => {
    const stored = async (server: Dovecot): Promise<number | undefined> => {
      await signedIn(server, 'ann', 'pass', (connection) =>
        connection.command(['APPEND INBOX ', Buffer.from('Subject: x\r\n\r\na\r\r\nb\r')]),
      );
      return (await readMailbox(server, 'ann', 'pass')).INBOX?.messages[0]?.bytes;
    };
    expect(await stored(await start('crlf', { saveCrlf: true }))).toBe(20);
    expect(await stored(await start('plain'))).toBe(18);
  });

  test('advertises what it is told to, and limits storage and connections', async () => {
    const server = await start('limits', { capability: 'IMAP4rev1 UIDPLUS', quota: '100k', maxUserIpConnections: 2 });
    const first = await openRawConnection(server);
    await first.command('LOGIN ann pass');
    expect([...(await capabilitiesOf(first))]).toEqual(['IMAP4REV1', 'UIDPLUS']);
    await expect(first.command(['APPEND INBOX ', Buffer.alloc(200_000, 'x')])).rejects.toThrow('OVERQUOTA');
    const second = await openRawConnection(server);
    await second.command('LOGIN ann pass');
    const third = await openRawConnection(server);
    await expect(third.command('LOGIN ann pass')).rejects.toThrow('LIMIT');
    for (const connection of [first, second, third]) connection.close();
  });

  test('has names for what it advertises, whole and cut down', async () => {
    const shown = async (name: string, capability?: string): Promise<string[]> => {
      const server = await start(name, capability === undefined ? {} : { capability });
      return signedIn(server, 'ann', 'pass', async (connection) => [...(await capabilitiesOf(connection))]);
    };
    const all = dovecotCapability().toUpperCase().split(' ');
    expect(await shown('all')).toEqual(all);
    expect(await shown('condstore', DELTA_CAPABILITIES.condstore)).toEqual(
      all.filter((name) => name !== 'LIST-STATUS' && name !== 'QRESYNC'),
    );
    expect(await shown('unpipelined', APPEND_CAPABILITIES['plain, no UIDPLUS'])).toEqual(
      all.filter((name) => !['MULTIAPPEND', 'LITERAL+', 'UIDPLUS'].includes(name)),
    );
  });

  test('keeps the mail and the ports over a restart', async () => {
    const server = await start('again');
    await signedIn(server, 'ann', 'pass', (connection) =>
      connection.command([`APPEND ${quoted('INBOX')} `, Buffer.from('Subject: kept\r\n\r\n')]),
    );
    await server.restart();
    expect((await readMailbox(server, 'ann', 'pass')).INBOX?.messages).toHaveLength(1);
    await server.stop();
    await expect(openRawConnection(server)).rejects.toThrow('Lost the connection');
  });

  test('says why it does not start', async () => {
    await expect(start('broken', { extra: 'nonsense = 1' })).rejects.toThrow('nonsense');
    await expect(start('x'.repeat(80))).rejects.toThrow('too long');
  });
});
