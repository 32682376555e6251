import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Exchange365, type ImapFace, makeTempDir, startExchange, type TempDir, THROTTLED } from '@mxodus/lab';
import { givenToken, imapAccount } from '@mxodus/mail';
import type { AppendOutcome, MailAccount, OutgoingMessage } from '@mxodus/model';
import { afterEach, beforeEach, expect, it } from 'vitest';

/** The mailboxes of the simulated Microsoft 365 over IMAP, with the product's own client: sign-in, append, reading back. */

const ANN = 'ann@example.com';
const IMAP_SCOPE = 'https://outlook.office365.com/.default';
const SENT = Date.parse('2019-03-04T05:06:07Z');

let temp: TempDir;
let exchange: Exchange365;
let face: ImapFace;

beforeEach(async () => {
  temp = await makeTempDir();
  const roles = ['Mail.ReadWrite', 'IMAP.AccessAsApp'];
  const users = [{ address: ANN, locale: 'de' as const, maxMessageBytes: 3_000_000 }];
  exchange = await startExchange({ dir: temp.path, users, roles });
  face = await exchange.startImap();
});
afterEach(async () => {
  await exchange.stop();
  await temp.remove();
});

it('keeps flags, date and MIME of each message, small and large, and makes no draft of what is none', async () => {
  const appender = await account().openAppender(new AbortController().signal, () => undefined);
  expect(appender.strategy).toBe('pipelined');
  const large = mail('large', 'x'.repeat(70).concat('\r\n').repeat(20_000));
  const messages = [
    outgoing(mail('one'), ['\\Seen', '\\Answered', 'project']),
    outgoing(mail('two'), ['\\Flagged'], SENT + 1000),
    outgoing(large, []),
    outgoing(mail('draft'), ['\\Draft', '\\Seen']),
  ];
  const answer = await appender.append('Gesendete Elemente', messages);
  expect(answer.outcomes).toEqual([1, 2, 3, 4].map((uid) => ({ kind: 'stored', uid })));
  await appender.close();
  const stored = exchange.dump(ANN).folders.find(({ wellKnownName }) => wellKnownName === 'sentitems')?.messages;
  const byId = new Map(stored?.map((message) => [message.internetMessageId, message]));
  const at = '2019-03-04T05:06:07Z';
  expect(byId.get('<one@example.org>')).toMatchObject({
    isDraft: false,
    isRead: true,
    received: at,
    sent: '2019-03-01T00:00:00Z',
    categories: [],
    extended: { 'Integer 0x1080': '261', 'Integer 0x1081': '102' },
    mime: expect.any(String),
  });
  const two = { isDraft: false, isRead: false, received: '2019-03-04T05:06:08Z', flag: { flagStatus: 'flagged' } };
  expect(byId.get('<two@example.org>')).toMatchObject(two);
  expect(byId.get('<large@example.org>')).toMatchObject({ isDraft: false, isRead: false, received: at });
  expect(byId.get('<draft@example.org>')).toMatchObject({ isDraft: true, isRead: true });
  expect(byId.size).toBe(4);
});

it('lists folders with "/", and gives back what it holds under the UIDs of the append', async () => {
  const session = await account().open(new AbortController().signal, () => undefined);
  const folders = await session.listFolders();
  const roles = new Map(folders.map(({ path, role }) => [path, role]));
  expect(session.facts.namespace).toEqual({ prefix: '', separator: '/' });
  expect([...roles].filter(([, role]) => role !== null).sort()).toEqual([
    ['Entwürfe', 'drafts'],
    ['Gelöschte Elemente', 'trash'],
    ['Gesendete Elemente', 'sent'],
    ['INBOX', 'inbox'],
    ['Junk-E-Mail', 'junk'],
  ]);
  const [outcome] = await append([outgoing(mail('one'), ['\\Seen', '\\Flagged'])]);
  const scan = await session.scan('INBOX', { messageIds: true });
  const messageId = '<one@example.org>';
  const row = { uid: 1, flags: ['\\Flagged', '\\Seen'], internalDate: SENT, messageId };
  expect([outcome, scan.exists, scan.messages]).toEqual([
    { kind: 'stored', uid: 1 },
    1,
    [expect.objectContaining(row)],
  ]);
  for await (const { body } of session.fetch('INBOX', [1])) {
    expect(body.equals(mail('one'))).toBe(false);
    expect(body.toString().split('\r\n\r\n')[1]).toBe(mail('one').toString().split('\r\n\r\n')[1]);
  }
  await session.close();
});

it.each([
  {
    what: 'a line above 10,239 bytes',
    body: mail('line', 'x'.repeat(10_240)),
    response: 'BAD Command Argument Error. 11',
  },
  { what: 'too large', body: mail('big', 'x\r\n'.repeat(1_000_001)), reason: 'too-large' },
  { what: 'no folder', body: mail('one'), folder: 'Nowhere', reason: 'no-folder' },
])('refuses $what, and takes the next message', async ({ body, folder, response, reason }) => {
  const [outcome] = await append([outgoing(body, [])], folder);
  expect(outcome).toMatchObject({ kind: 'refused', ...(response ? { response } : {}), ...(reason ? { reason } : {}) });
  expect(await append([outgoing(mail('next'), []), outgoing(mail('long', 'x'.repeat(10_239)), [])])).toMatchObject([
    { kind: 'stored' },
    { kind: 'stored' },
  ]);
});

it('asks for a pause, and cuts after the commit, where the hook says so', async () => {
  face.onAppend(({ when }) => (when === 'before' ? THROTTLED : null));
  const [throttled] = await append([outgoing(mail('one'), [])]);
  expect(throttled).toMatchObject({ kind: 'refused', reason: 'busy', hint: { kind: 'pause', pauseMs: 1000 } });
  face.onAppend(({ when }) => (when === 'after' ? 'cut' : null));
  await expect(append([outgoing(mail('two'), [])])).rejects.toThrow();
  const inbox = exchange.dump(ANN).folders.find(({ wellKnownName }) => wellKnownName === 'inbox');
  expect(inbox?.messages.map(({ internetMessageId }) => internetMessageId)).toEqual(['<two@example.org>']);
});

it('lets nobody in without New-ServicePrincipal, with a token for Graph, or without IMAP.AccessAsApp', async () => {
  face.permissions.servicePrincipal = false;
  await expect(append([])).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  face.permissions.servicePrincipal = true;
  expect(await append([])).toEqual([]);
  await expect(append([], 'INBOX', `${exchange.graphUrl}/.default`)).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  exchange.setRoles(['Mail.ReadWrite']);
  await expect(append([])).rejects.toMatchObject({ code: 'AUTH_FAILED' });
});

it('signs in and is not connected where the service principal has no FullAccess', async () => {
  face.permissions.fullAccess = new Set();
  await expect(append([outgoing(mail('one'), [])])).rejects.toThrow('User is authenticated but not connected.');
  expect(exchange.dump(ANN).folders.flatMap(({ messages }) => messages)).toEqual([]);
});

function account(scope = IMAP_SCOPE): MailAccount {
  return imapAccount({
    server: 'm365',
    host: face.host,
    port: face.port,
    tls: 'implicit',
    ca: exchange.caFile,
    user: ANN,
    auth: { method: 'xoauth2', tokens: givenToken(() => accessToken(scope)) },
  });
}

async function append(messages: OutgoingMessage[], folder = 'INBOX', scope = IMAP_SCOPE): Promise<AppendOutcome[]> {
  const appender = await account(scope).openAppender(new AbortController().signal, () => undefined);
  try {
    return (await appender.append(folder, messages)).outcomes;
  } finally {
    await appender.close();
  }
}

/** By client credentials, as the simulated sign-in gives it. */
async function accessToken(scope: string): Promise<string> {
  const ca = await readFile(exchange.caFile);
  const { clientId, secret, tenant, authority } = exchange;
  const form = { client_id: clientId, client_secret: secret, grant_type: 'client_credentials', scope };
  const answered = Promise.withResolvers<string>();
  const asked = request(
    new URL(join(tenant, 'oauth2/v2.0/token'), `${authority}/`),
    { ca, method: 'POST' },
    (response) => {
      text(response).then(answered.resolve, answered.reject);
    },
  );
  asked.on('error', answered.reject);
  asked.end(new URLSearchParams(form).toString());
  const body: unknown = JSON.parse(await answered.promise);
  if (typeof body === 'object' && body !== null && 'access_token' in body) return String(body.access_token);
  throw new Error(`no token: ${JSON.stringify(body)}`);
}

function mail(name: string, body = `Body of ${name}.`): Buffer {
  const fields = [
    'Date: Fri, 1 Mar 2019 00:00:00 +0000',
    'From: Bob <bob@example.org>',
    `Subject: ${name}`,
    `Message-ID: <${name}@example.org>`,
  ];
  return Buffer.from(`${fields.join('\r\n')}\r\n\r\n${body}\r\n`);
}

function outgoing(bytes: Buffer, flags: string[], internalDate = SENT): OutgoingMessage {
  return { flags, internalDate, body: { kind: 'memory', bytes }, key: '' };
}
