import { join } from 'node:path';
import { type DovecotOptions, makeTempDir, readMailbox, seedMaildirs, startDovecot } from '@mxodus/lab';
import { afterEach, describe, expect, it } from 'vitest';
import { imapAccount } from './imap-account.ts';
import type { ImapAccountOptions } from './imap-options.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function startServer(options: Partial<DovecotOptions> = {}) {
  const temp = await makeTempDir();
  stops.push(() => temp.remove());
  const server = await startDovecot({ dir: join(temp.path, 'd'), name: 'host', password: 'pass', ...options });
  stops.push(() => server.stop());
  const account = (own: Partial<ImapAccountOptions> = {}) =>
    imapAccount({
      server: 'host',
      host: server.host,
      port: server.port,
      tls: 'none',
      user: 'ann',
      auth: { method: 'login', password: async () => 'pass' },
      ...own,
    });
  const open = async (own: Partial<ImapAccountOptions> = {}, writes: string[] = []) => {
    const session = await account(own).open(new AbortController().signal, (command) => writes.push(command));
    stops.push(() => session.close());
    return session;
  };
  return { server, open };
}

it('lists every folder of a hostile mailbox with its counts, roles and subscriptions, and reads every message', async () => {
  const { server, open } = await startServer({ layout: 'fs' });
  const truth = await seedMaildirs({ server, users: ['ann'], messagesPerUser: 300, largestBytes: 1_000_000 });
  const expected = truth.users.ann?.folders ?? {};
  const session = await open();
  const folders = (await session.listFolders()).filter((folder) => folder.status !== null);
  const counts = Object.fromEntries(folders.map((folder) => [folder.levels.join('/'), folder.status?.messages]));
  expect(counts).toEqual(
    Object.fromEntries(Object.entries(expected).map(([name, { messages }]) => [name, messages.length])),
  );
  for (const folder of folders) {
    const known = expected[folder.levels.join('/')];
    expect({ name: folder.path, subscribed: folder.subscribed }).toEqual({
      name: folder.path,
      subscribed: known?.subscribed,
    });
    const scan = await session.scan(folder.path);
    expect(scan.messages.map((message) => message.flags.join(' ')).sort()).toEqual(
      known?.messages.map((m) => m.flags.join(' ')).sort(),
    );
    const uids = scan.messages.map((message) => message.uid);
    const got: number[] = [];
    for await (const { uid } of session.fetch(folder.path, uids)) got.push(uid);
    expect(got.sort((a, b) => a - b)).toEqual(uids);
  }
});

it('creates and subscribes folders with awkward names, once each', async () => {
  const { server, open } = await startServer();
  const writes: string[] = [];
  const session = await open({}, writes);
  const names = [
    'a & b',
    '100%',
    'st*r',
    'say "hi"',
    'back\\slash',
    '\\lead',
    'two  spaces',
    'Größe/日本語',
    'NIL',
    '{12}',
    '(paren)',
  ];
  for (const name of names) {
    await session.create(name, null);
    await session.subscribe(name);
    await session.create(name, null);
  }
  expect(writes.filter((command) => command === 'SUBSCRIBE')).toHaveLength(names.length);
  const found = await readMailbox(server, 'ann', 'pass');
  expect(
    Object.keys(found)
      .filter((name) => found[name]?.subscribed)
      .sort(),
  ).toEqual([...names].sort());
  for (const name of names) expect((await session.scan(name)).messages).toEqual([]);
});

it.each([
  ['new name', 'free'],
  ['INBOX', 'taken'],
  ['v1.2 release', 'refused'],
])('says that the name "%s" is %s, without creating it', async (name, kind) => {
  const { open } = await startServer();
  const session = await open();
  expect(await session.probeName(name)).toMatchObject({ kind });
  expect(await session.status('new name')).toBeNull();
});

it('sees the levels below a personal prefix', async () => {
  const { open } = await startServer({ prefix: 'INBOX.', separator: '.' });
  const session = await open();
  await session.create('INBOX.Work.2024', null);
  expect(session.facts.namespace).toEqual({ prefix: 'INBOX.', separator: '.' });
  const folders = await session.listFolders();
  expect(folders.find((folder) => folder.path === 'INBOX.Work.2024')?.levels).toEqual(['Work', '2024']);
  expect(folders.find((folder) => folder.path === 'INBOX')?.levels).toEqual(['INBOX']);
});

it('tells the quota', async () => {
  const { open } = await startServer({ quota: '2M' });
  expect(await (await open()).quota()).toEqual({ usedBytes: 0, limitBytes: 2 * 1024 * 1024 });
});

it('signs in for a user as the master user', async () => {
  const { open } = await startServer({ master: { user: 'admin', password: 'master-pass' } });
  const session = await open({
    auth: { method: 'master', user: 'admin', separator: '*', password: async () => 'master-pass' },
  });
  expect((await session.listFolders()).map((folder) => folder.path)).toContain('INBOX');
});

describe('connecting', () => {
  it.each([
    ['a wrong password', {}, { auth: { method: 'login', password: async () => 'wrong' } }, 'AUTH_FAILED'],
    ['a wrong password by SASL PLAIN', {}, { auth: { method: 'plain', password: async () => 'wrong' } }, 'AUTH_FAILED'],
    ['STARTTLS that is not offered', { tls: 'none' }, { tls: 'starttls' }, 'TLS_NOT_OFFERED'],
    ['an expired certificate', { certificate: 'expired' }, { tls: 'starttls', ca: 'lab' }, 'TLS_CERTIFICATE'],
    [
      'a certificate for another host',
      { certificate: 'wrong-host' },
      { tls: 'implicit', ca: 'lab' },
      'TLS_CERTIFICATE',
    ],
    ['an authority nobody trusts', {}, { tls: 'implicit' }, 'TLS_CERTIFICATE'],
    ['a port where nothing listens', {}, { port: 1 }, 'SERVER_UNREACHABLE'],
    ['a host that does not exist', {}, { host: 'nowhere.invalid' }, 'SERVER_UNREACHABLE'],
    ['a port that does not speak TLS', {}, { tls: 'implicit', port: 'cleartext' }, 'TLS_FAILED'],
  ] as const)('to %s is told apart', async (_, options, login, code) => {
    const { server, open } = await startServer(options);
    const { ca, port, ...own } = { ca: undefined, port: undefined, ...login };
    const implicit = 'tls' in login && login.tls === 'implicit';
    const attempt = open({
      ...own,
      port: typeof port === 'number' ? port : implicit && port === undefined ? server.imapsPort : server.port,
      ...(ca === undefined ? {} : { ca: server.caFile }),
    });
    await expect(attempt).rejects.toMatchObject({ code });
    await expect(attempt).rejects.not.toMatchObject({ what: expect.stringContaining('pass') });
  });

  it.each(['starttls', 'implicit'] as const)(
    'over %s verifies the certificate and says what was negotiated',
    async (tls) => {
      const { server, open } = await startServer({ tls: 'required' });
      const session = await open({ tls, port: tls === 'implicit' ? server.imapsPort : server.port, ca: server.caFile });
      expect(session.facts.tls).toBe('TLSv1.3');
    },
  );
});
