import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import {
  type Dovecot,
  makeTempDir,
  startDovecot,
  startFaultProxy,
  startTokenServer,
  type TempDir,
  type TokenServer,
} from '@mxodus/lab';
import { configSchema, type ImapServerConfig, type MailAccount } from '@mxodus/model';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { mailAccounts } from './mail-account.ts';

let temp: TempDir;
let tokens: TokenServer;
let dovecot: Dovecot;

/** Whoever asks gets a token for the user named in the form, or for ann. */
const userOf = (form: Readonly<Record<string, string>>): string => {
  const claims: unknown =
    form.assertion === undefined
      ? {}
      : JSON.parse(Buffer.from(form.assertion.split('.')[1] ?? '', 'base64url').toString());
  return form.refresh_token?.replace('refresh-of-', '') ?? String(Reflect.get(Object(claims), 'sub') ?? 'ann');
};

beforeAll(async () => {
  temp = await makeTempDir();
  tokens = await startTokenServer({ userOf });
  dovecot = await startDovecot({
    dir: join(temp.path, 'd'),
    name: 'd',
    password: 'pass',
    master: { user: 'boss', password: 'key' },
    introspection: tokens.introspection,
    compress: true,
  });
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(
    join(temp.path, 'account.json'),
    JSON.stringify({
      client_email: 'mover@project.example',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      token_uri: tokens.tokenUrl,
    }),
  );
  for (const [name, text] of Object.entries({
    boss: 'key',
    ann: 'refresh-of-ann',
    bob: 'refresh-of-bob',
    plain: 'pass',
  }))
    await writeFile(join(temp.path, name), text);
});
afterAll(async () => {
  await dovecot.stop();
  await tokens.stop();
  await temp.remove();
});

let asked = 0;
beforeEach(() => {
  asked = tokens.requests.length;
});

/** The server of a config with this `auth`, as it is after parsing. */
function serverWith(auth: unknown, more: object = {}): ImapServerConfig {
  const { servers } = configSchema.parse({
    version: 1,
    project: 'acme',
    servers: { d: { kind: 'imap', host: dovecot.host, port: dovecot.port, tls: 'none', auth, ...more } },
    mailboxes: [{ address: 'ann@example.com', source: 'd' }],
    assign: [{ match: '*', to: 'd' }],
  });
  if (servers.d?.kind !== 'imap') throw new Error('no IMAP server');
  return servers.d;
}

async function signsIn(account: MailAccount): Promise<void> {
  await (await account.open(new AbortController().signal, () => undefined)).close();
}

const refresh = () => ({ token_url: tokens.tokenUrl, client_id: 'client' });
const app = () => ({ tenant: 't', client_id: 'c', authority: tokens.origin, credential: { secret: { file: 'boss' } } });

it.each<[string, () => object, string | null, number]>([
  ['login', () => ({ method: 'login' }), 'plain', 0],
  ['plain', () => ({ method: 'plain' }), 'plain', 0],
  ['plain with an admin', () => ({ method: 'plain', user: 'boss', password: { file: 'boss' } }), null, 0],
  ['master', () => ({ method: 'master', user: 'boss', password: { file: 'boss' } }), null, 0],
  ['a ready token', () => ({ method: 'xoauth2', token: { command: ['cat', 'token'] } }), null, 0],
  ["the mailbox's own refresh token", () => ({ method: 'xoauth2', refresh: refresh() }), 'ann', 1],
  [
    'one refresh token',
    () => ({
      method: 'xoauth2',
      refresh: { ...refresh(), refresh_token: { file: 'ann' }, client_secret: { file: 'boss' } },
    }),
    null,
    1,
  ],
  ['an app', () => ({ method: 'xoauth2', app: app() }), null, 1],
  [
    'a service account',
    () => ({ method: 'xoauth2', service_account: { key_file: { file: 'account.json' } } }),
    null,
    1,
  ],
])('%s of the config signs in', async (_, auth, password, requests) => {
  await writeFile(join(temp.path, 'token'), tokens.issue('ann'));
  const of = { server: 'd', user: 'ann', password: password === null ? null : { file: password } };
  await signsIn(mailAccounts(temp.path)(of, serverWith(auth())));
  expect(tokens.requests.length - asked).toBe(requests);
});

it('keeps one token for each user, over all accounts that are made', async () => {
  const open = mailAccounts(temp.path);
  const config = serverWith({ method: 'xoauth2', refresh: refresh() });
  for (const user of ['ann', 'bob', 'ann', 'bob']) {
    await signsIn(open({ server: 'd', user, password: { file: user } }, config));
  }
  expect(tokens.requests.slice(asked).map((form) => form.refresh_token)).toEqual(['refresh-of-ann', 'refresh-of-bob']);
});

it('keeps one token of an app for all users', async () => {
  const open = mailAccounts(temp.path);
  const config = serverWith({ method: 'xoauth2', app: app() });
  await signsIn(open({ server: 'd', user: 'ann', password: null }, config));
  // The lab's token is for ann; what counts is that bob is tried with it, then with a second one.
  await expect(signsIn(open({ server: 'd', user: 'bob', password: null }, config))).rejects.toMatchObject({
    code: 'AUTH_FAILED',
  });
  expect(tokens.requests.length - asked).toBe(2);
});

it('says which mailbox has no secret', async () => {
  const account = mailAccounts(temp.path)(
    { server: 'd', user: 'ann', password: null },
    serverWith({ method: 'xoauth2', refresh: refresh() }),
  );
  await expect(signsIn(account)).rejects.toMatchObject({
    code: 'SECRET_MISSING',
    what: 'there is no refresh token for user ann of server "d"',
  });
});

it('waits for a silent server as long as the config says', async () => {
  const silent = createServer();
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const began = performance.now();
  const account = mailAccounts(temp.path)(
    { server: 'd', user: 'ann', password: { file: 'plain' } },
    serverWith({ method: 'login' }, { port, timeout: '300ms' }),
  );
  await expect(signsIn(account)).rejects.toMatchObject({ code: 'SERVER_TIMEOUT' });
  // The default is 30 s for a greeting.
  expect(performance.now() - began).toBeLessThan(20_000);
  silent.close();
});

it.each([
  [true, 1],
  [false, undefined],
])('compress: %s', async (compress, commands) => {
  const proxy = await startFaultProxy({ target: dovecot });
  const account = mailAccounts(temp.path)(
    { server: 'd', user: 'ann', password: { file: 'plain' } },
    serverWith({ method: 'login' }, { port: proxy.port, compress }),
  );
  await signsIn(account);
  expect(proxy.commands.get('COMPRESS')).toBe(commands);
  await proxy.stop();
});
