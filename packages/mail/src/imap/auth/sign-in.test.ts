import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Dovecot,
  type DovecotOptions,
  makeTempDir,
  readMailbox,
  startDovecot,
  startTokenServer,
  type TokenServer,
} from '@mxodus/lab';
import type { MailAccount } from '@mxodus/model';
import { afterEach, describe, expect, it } from 'vitest';
import { refreshGrant } from '../../auth/grants.ts';
import { givenToken, grantedToken } from '../../auth/token-source.ts';
import { imapAccount } from '../imap-account.ts';
import type { ImapAuth } from '../imap-options.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const signal = new AbortController().signal;
const write = () => undefined;

async function dovecot(options: Partial<DovecotOptions>): Promise<Dovecot> {
  const temp = await makeTempDir();
  stops.push(() => temp.remove());
  const server = await startDovecot({ dir: join(temp.path, 'd'), name: 'd', password: 'pass', ...options });
  stops.push(() => server.stop());
  return server;
}

const accountOf = ({ host, port }: { host: string; port: number }, auth: ImapAuth, user = 'ann'): MailAccount =>
  imapAccount({ server: 'd', host, port, tls: 'none', user, auth });

async function signsIn(account: MailAccount): Promise<void> {
  await (await account.open(signal, write)).close();
}

/** Puts a message into whatever mailbox the account opens. */
async function leaveMark(account: MailAccount): Promise<void> {
  const appender = await account.openAppender(signal, write);
  const body = { kind: 'memory' as const, bytes: Buffer.from('Subject: mark\r\n\r\n') };
  const { outcomes } = await appender.append('INBOX', [{ flags: [], internalDate: null, key: '', body }]);
  expect(outcomes).toMatchObject([{ kind: 'stored' }]);
  await appender.close();
}

const marks = async (server: Dovecot, user: string, password = 'pass'): Promise<number> =>
  (await readMailbox(server, user, password)).INBOX?.messages.length ?? -1;

const password = (text: string) => async () => text;

describe('an admin', () => {
  const master = { user: 'boss', password: 'key' };

  it.each<[string, ImapAuth]>([
    ['USER*MASTER', { method: 'master', user: 'boss', separator: '*', password: password('key') }],
    ['SASL PLAIN with both names', { method: 'plain', admin: 'boss', password: password('key') }],
  ])('opens the mailbox of the user, by %s', async (_, auth) => {
    const server = await dovecot({ master });
    await leaveMark(accountOf(server, auth));
    expect([await marks(server, 'ann'), await marks(server, 'boss')]).toEqual([1, 0]);
  });

  it('with a wrong password is refused', async () => {
    const server = await dovecot({ master });
    const auth: ImapAuth = { method: 'plain', admin: 'boss', password: password('wrong') };
    await expect(signsIn(accountOf(server, auth))).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  });

  it('never gets its own mailbox in place of the one of the user, where only LOGIN is offered', async () => {
    const lines: string[] = [];
    const server = await saying((tag, line) => {
      lines.push(line);
      return `${tag} OK done\r\n`;
    }, 'IMAP4rev1');
    const auth: ImapAuth = { method: 'plain', admin: 'boss', password: password('key') };
    await expect(signsIn(accountOf(server, auth))).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      what: expect.stringContaining('does not offer SASL PLAIN'),
    });
    expect(lines.join()).toMatch(/LOGIN "?boss/);
  });

  it('never gets its own mailbox from a Courier, which answers OK and leaves the user out', async () => {
    const capabilities = 'IMAP4rev1 AUTH=PLAIN SASL-IR ACL ACL2=UNION';
    const server = await saying((tag) => `${tag} OK LOGIN Ok.\r\n`, capabilities);
    const admin: ImapAuth = { method: 'plain', admin: 'boss', password: password('key') };
    const refused = { code: 'AUTH_FAILED', what: 'Courier signed boss in as itself, not as ann' };
    await expect(signsIn(accountOf(server, admin))).rejects.toMatchObject(refused);
    await expect(accountOf(server, admin).openAppender(signal, write)).rejects.toMatchObject(refused);
    await signsIn(accountOf(server, { method: 'plain', password: password('pass') }));
  });
});

describe('a token', () => {
  async function oauth(lifetime = 3600): Promise<{ tokens: TokenServer; server: Dovecot }> {
    const tokens = await startTokenServer({
      userOf: ({ refresh_token: refresh }) => (refresh === 'refresh-of-ann' ? 'ann' : null),
    });
    stops.push(() => tokens.stop());
    tokens.setLifetime(lifetime);
    return { tokens, server: await dovecot({ introspection: tokens.introspection }) };
  }
  const refreshed = ({ tokenUrl }: TokenServer, refreshToken = 'refresh-of-ann'): ImapAuth => ({
    method: 'xoauth2',
    tokens: grantedToken(refreshGrant({ tokenUrl, clientId: 'client', refreshToken: password(refreshToken) })),
  });

  it('opens the mailbox it is for, and is asked for once', async () => {
    const { tokens, server } = await oauth();
    const account = accountOf(server, refreshed(tokens));
    await leaveMark(account);
    await signsIn(account);
    await Promise.all([signsIn(account), signsIn(account)]);
    expect(tokens.requests).toHaveLength(1);
    expect(await marks(server, 'ann')).toBe(1);
  });

  it.each(['OAUTHBEARER', 'XOAUTH2'])('goes by %s, and opens no mailbox of another user', async (mechanism) => {
    const tokens = await startTokenServer({ userOf: () => 'ann' });
    stops.push(() => tokens.stop());
    const extra = `auth_mechanisms = plain ${mechanism.toLowerCase()}\n`;
    const server = await dovecot({ introspection: tokens.introspection, extra });
    await signsIn(accountOf(server, refreshed(tokens)));
    await expect(signsIn(accountOf(server, refreshed(tokens), 'bob'))).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  });

  it('that expires between two connections is replaced before the second', async () => {
    const { tokens, server } = await oauth(2);
    const account = accountOf(server, refreshed(tokens));
    await signsIn(account);
    await sleep(2100);
    const refusals = tokens.introspections;
    await signsIn(account);
    expect(tokens.requests).toHaveLength(2);
    expect(tokens.introspections).toBe(refusals + 1);
  });

  it('that was revoked early is replaced once', async () => {
    const { tokens, server } = await oauth();
    const account = accountOf(server, refreshed(tokens));
    await signsIn(account);
    tokens.revokeAll();
    await signsIn(account);
    expect(tokens.requests).toHaveLength(2);
  });

  it('that is refused again after it was replaced once is the end', async () => {
    const { tokens, server } = await oauth(0);
    const error: unknown = await signsIn(accountOf(server, refreshed(tokens))).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'AUTH_FAILED', what: expect.stringContaining('refused the sign-in') });
    expect(tokens.requests).toHaveLength(2);
    expect(whole(error)).not.toMatch(/access-|refresh-of/);
  });

  it('whose refresh token was revoked says what the endpoint says', async () => {
    const { tokens, server } = await oauth();
    const error: unknown = await signsIn(accountOf(server, refreshed(tokens, 'old-one'))).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({
      code: 'AUTH_FAILED',
      what: expect.stringContaining('invalid_grant: Token has been revoked.'),
    });
    expect(whole(error)).not.toContain('old-one');
  });

  it('that something else renews is read anew for each connection, and once more when refused', async () => {
    const { tokens, server } = await oauth();
    const read = [tokens.issue('ann'), 'outdated', tokens.issue('ann'), 'outdated', 'outdated'];
    let reads = 0;
    const given = givenToken(async () => read[reads++] ?? '');
    const account = accountOf(server, { method: 'xoauth2', tokens: given });
    await signsIn(account);
    await signsIn(account);
    expect(reads).toBe(3);
    await expect(signsIn(account)).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    expect(reads).toBe(5);
  });

  it('that is none is not sent', async () => {
    const account = accountOf(
      { host: '127.0.0.1', port: 1 },
      { method: 'xoauth2', tokens: givenToken(password('a\r\nb')) },
    );
    await expect(signsIn(account)).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  });

  it('is of no use to a server without XOAUTH2', async () => {
    const server = await dovecot({});
    const account = accountOf(server, { method: 'xoauth2', tokens: givenToken(password('token')) });
    await expect(signsIn(account)).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      what: 'the server does not offer XOAUTH2 or OAUTHBEARER',
    });
  });
});

/** Everything of an error that could reach a log. */
const whole = (error: unknown): string => {
  const parts: unknown[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    parts.push(at.stack, ...Object.getOwnPropertyNames(at).map((name) => JSON.stringify(Reflect.get(at, name))));
  }
  return parts.join('\n');
};

/** A server that says this to the first command after its capabilities. */
async function saying(
  answer: (tag: string, line: string) => string,
  capabilities = 'IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR',
): Promise<{ host: string; port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write(`* OK [CAPABILITY ${capabilities}] hi\r\n`);
    socket.on('data', (data) => {
      for (const line of data.toString('latin1').split('\r\n').slice(0, -1)) {
        const [tag = '', verb] = line.split(' ');
        if (verb === 'CAPABILITY') {
          socket.write(`* CAPABILITY ${capabilities}\r\n${tag} OK done\r\n`);
        } else socket.write(answer(tag, line));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => server.close());
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

it('one connection too many asks for fewer of this user', async () => {
  const server = await dovecot({ maxUserIpConnections: 1 });
  const account = accountOf(server, { method: 'login', password: password('pass') });
  const first = await account.open(signal, write);
  await expect(account.openAppender(signal, write)).rejects.toMatchObject({
    code: 'SERVER_BUSY',
    hint: { kind: 'fewer-connections', scope: 'login', words: expect.stringContaining('mail_max_userip_connections') },
  });
  await first.close();
});

describe('a refused sign-in', () => {
  const token: ImapAuth = { method: 'xoauth2', tokens: givenToken(password('secret-token-1')) };

  it.each<[string, (tag: string) => string, string, object | undefined]>([
    [
      'by too many connections',
      (tag) => `${tag} NO [ALERT] Too many simultaneous connections. (Failure)\r\n`,
      'SERVER_BUSY',
      { kind: 'fewer-connections', scope: 'login' },
    ],
    [
      'by a throttle that names its time',
      (tag) => `${tag} NO [THROTTLED] Try again in 40 seconds\r\n`,
      'SERVER_BUSY',
      { kind: 'pause', pauseMs: 40_000 },
    ],
    [
      'with BYE',
      () => '* BYE [UNAVAILABLE] Maximum number of connections from your IP exceeded\r\n',
      'SERVER_BUSY',
      { kind: 'fewer-connections', scope: 'host' },
    ],
    ['for good', (tag) => `${tag} NO [AUTHENTICATIONFAILED] Invalid credentials\r\n`, 'AUTH_FAILED', undefined],
  ])('%s', async (_, answer, code, hint) => {
    const server = await saying(answer);
    const error: unknown = await signsIn(accountOf(server, token)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, ...(hint === undefined ? {} : { hint }) });
    expect(Reflect.get(Object(error), 'hint') === undefined).toBe(hint === undefined);
  });

  it('with a challenge is answered with an empty line, and ends', async () => {
    const lines: string[] = [];
    const challenge = Buffer.from('{"status":"400","schemes":"bearer"}').toString('base64');
    let open = '';
    const server = await saying((tag, line) => {
      lines.push(line);
      if (line === '') return `${open} NO SASL authentication failed\r\n`;
      open = tag;
      return `+ ${challenge}\r\n`;
    });
    await expect(signsIn(accountOf(server, token))).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    expect(lines).toEqual([expect.stringMatching(/^\S+ AUTHENTICATE XOAUTH2 /), '']);
  });

  it('whose answer repeats the command shows neither the token nor its base64', async () => {
    const server = await saying((tag, line) => `${tag} BAD what is ${line}? secret-token-1\r\n`);
    const error: unknown = await signsIn(accountOf(server, token)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'AUTH_FAILED', what: expect.stringContaining('***') });
    expect(whole(error)).not.toContain('secret-token-1');
    expect(whole(error)).not.toContain(Buffer.from('secret-token-1').toString('base64').slice(4, 14));
    expect(whole(error)).not.toContain(Buffer.from('user=ann').toString('base64').slice(0, 8));
  });
});
