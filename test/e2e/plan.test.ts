import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Dovecot,
  type DovecotOptions,
  encodeModifiedUtf7,
  makeTempDir,
  openRawConnection,
  quoted,
  readMailbox,
  seedMaildirs,
  startDovecot,
  type TempDir,
  type Truth,
  uidNexts,
} from '@mxodus/lab';
import { imapAccount } from '@mxodus/mail';
import { type MailAccount, type MxodusEvent, type PlanMailbox, planSchema } from '@mxodus/model';
import { inlineEngine } from '@mxodus/queue';
import { auditMailbox, checkServers, hashPlan, makePlan, type PlanResult, readPlan, writePlan } from '@mxodus/runner';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const PASSWORD = 'lab-secret-4471';
const RULES = { exclude: ['Junk'], map: { 'Sent Items': 'Sent/Older' } };
const NO_RULES = { exclude: [], map: {} };

let temp: TempDir;
let truth: Truth;
const servers: Dovecot[] = [];

async function start(name: string, options: Partial<DovecotOptions> = {}): Promise<Dovecot> {
  const server = await startDovecot({ dir: join(temp.path, name), name, password: PASSWORD, ...options });
  servers.push(server);
  return server;
}

const account = (server: Dovecot, user: string, password = PASSWORD): MailAccount =>
  imapAccount({
    server: server.name,
    host: server.host,
    port: server.port,
    tls: 'none',
    user,
    auth: { method: 'login', password: async () => password },
  });

type Command = string | readonly (string | Buffer)[];

/** Sends commands as the user, by the lab's own client. */
async function asUser(server: Dovecot, user: string, commands: readonly Command[]): Promise<void> {
  const connection = await openRawConnection({ host: server.host, port: server.port });
  await connection.command(`LOGIN ${user} ${PASSWORD}`);
  for (const command of commands) await connection.command(command);
  connection.close();
}

const append = (folder: string, bytes: number, flags = ''): Command => [
  `APPEND "${folder}" (${flags}) "02-Jan-2023 10:00:00 +0000" `,
  Buffer.from(`Subject: x\r\n\r\n${'x'.repeat(bytes - 14)}`),
];

let old: Dovecot;

beforeAll(async () => {
  temp = await makeTempDir();
  old = await start('old', { layout: 'fs' });
  truth = await seedMaildirs({
    server: old,
    users: ['ann', 'bob'],
    messagesPerUser: 300,
    seed: 5,
    largestBytes: 300_000,
  });
});

afterAll(async () => {
  for (const server of servers) await server.stop();
  await temp.remove();
});

const audit = (
  source: MailAccount,
  destination: MailAccount,
  rules: Parameters<typeof auditMailbox>[1]['rules'] = NO_RULES,
): Promise<PlanMailbox> =>
  auditMailbox(
    { address: 'ann@example.test', destinationAddress: 'ann@new.example.test', wave: null, source, destination },
    { rules, signal: new AbortController().signal, emit: () => undefined },
  );

const foldersOf = (user: string) => truth.users[user]?.folders ?? {};

describe('the audit of a hostile mailbox', () => {
  let plain: Dovecot;
  let plan: PlanMailbox;

  beforeAll(async () => {
    plain = await start('plain');
    plan = await audit(account(old, 'ann'), account(plain, 'ann'), RULES);
  });

  test('counts every message and byte the source has', () => {
    const seen = plan.folders.map(({ source, messages, bytes }) => [source, messages, bytes]);
    const there = Object.entries(foldersOf('ann')).map(([name, { messages }]) => [
      name,
      messages.length,
      messages.reduce((sum, message) => sum + message.bytes, 0),
    ]);
    expect(seen.sort()).toEqual(there.sort());
  });

  test('leaves out what the config excludes, and still counts it', () => {
    const junk = plan.folders.filter((folder) => folder.excluded);
    expect(junk.map(({ source }) => source)).toEqual(['Junk']);
    const total = plan.folders.reduce((sum, folder) => sum + folder.messages, 0);
    expect(plan.messages).toBe(total - (junk[0]?.messages ?? 0));
  });

  test('keeps every name the destination takes, and gives those with a dot another', () => {
    const renamed = plan.folders.filter((folder) => folder.source !== folder.destination);
    expect(Object.fromEntries(renamed.map(({ source, destination }) => [source, destination]))).toEqual({
      'v1.2 release': 'v1_2 release',
      'Dots/a.b.c': 'Dots/a_b_c',
      'Sent Items': 'Sent/Older',
    });
    expect(renamed.map(({ renamed: why }) => why)).toContainEqual(
      expect.stringMatching(/^the destination refuses the name: /),
    );
  });

  test('gives each folder a place of its own that the destination really makes', async () => {
    const places = plan.folders.filter(({ excluded }) => !excluded).map(({ destination }) => destination);
    expect(new Set(places).size).toBe(places.length);
    const create = places
      .filter((path) => path !== 'INBOX')
      .map((path) => `CREATE ${quoted(encodeModifiedUtf7(path))}`);
    await asUser(plain, 'proof', create);
    expect(Object.keys(await readMailbox(plain, 'proof', PASSWORD)).sort()).toEqual(places.sort());
  });

  test('names the ten largest messages, the largest first', () => {
    const sizes = Object.entries(foldersOf('ann'))
      .filter(([name]) => name !== 'Junk')
      .flatMap(([, { messages }]) => messages.map(({ bytes }) => bytes))
      .sort((a, b) => b - a);
    expect(plan.largest.map(({ bytes }) => bytes)).toEqual(sizes.slice(0, 10));
  });

  test('changes nothing at either end', async () => {
    expect(Object.keys(await readMailbox(plain, 'ann', PASSWORD))).toEqual(['INBOX']);
    const before = await uidNexts(old, 'ann', PASSWORD);
    const flags = (await readMailbox(old, 'bob', PASSWORD)).INBOX?.messages.map((message) => message.flags);
    await audit(account(old, 'bob'), account(plain, 'bob'));
    expect(await uidNexts(old, 'ann', PASSWORD)).toEqual(before);
    expect((await readMailbox(old, 'bob', PASSWORD)).INBOX?.messages.map((message) => message.flags)).toEqual(flags);
  });

  test('says the same again', async () => {
    expect(await audit(account(old, 'ann'), account(plain, 'ann'), RULES)).toEqual(plan);
  });
});

describe('the audit of a destination', () => {
  const inbox = [append('INBOX', 1000, '\\Seen Urgent'), append('INBOX', 70_000), append('INBOX', 2000)];

  test.each<[string, Partial<DovecotOptions>, (path: string) => string]>([
    ['dots', { separator: '.' }, (path) => path.replaceAll('.', '_').replaceAll('/', '.')],
    [
      'dots below INBOX',
      { separator: '.', prefix: 'INBOX.' },
      (path) => `INBOX.${path.replaceAll('.', '_').replaceAll('/', '.')}`,
    ],
    ['the layout of the source', { layout: 'fs' }, (path) => path],
  ])('with %s keeps all of a name that can be kept', async (name, options, expected) => {
    const server = await start(name.replaceAll(' ', '-').slice(0, 12), options);
    const plan = await audit(account(old, 'bob'), account(server, 'bob'));
    for (const { source, destination } of plan.folders) {
      expect([source, destination]).toEqual([source, source === 'INBOX' ? 'INBOX' : expected(source)]);
    }
    const places = plan.folders.map(({ destination }) => destination).filter((path) => path !== 'INBOX');
    await asUser(
      server,
      'proof',
      places.map((path) => `CREATE ${quoted(encodeModifiedUtf7(path))}`),
    );
  });

  test('says what will not fit, what is too large, and what is there already', async () => {
    const small = await start('small', { quota: '60K' });
    const from = await start('from');
    await asUser(from, 'eve', inbox);
    await asUser(small, 'eve', [append('INBOX', 1000), append('INBOX', 1000)]);
    const plan = await audit(account(from, 'eve'), account(small, 'eve'));
    expect(plan).toMatchObject({
      messages: 3,
      bytes: 73_000,
      destination_messages: 2,
      destination_quota: { used_bytes: 2048, limit_bytes: 60 * 1024 },
      fits: false,
    });
    // One of the two looks like one of the source.
    expect(plan.destination_bytes_after).toBe(2048 + 72_000);
    expect(plan.warnings.map(({ code, text }) => `${code} ${text}`)).toEqual([
      'DOES_NOT_FIT the destination would hold 72.3 KiB and its quota is 60.0 KiB: raise it by 12.3 KiB',
      'DESTINATION_NOT_EMPTY the destination holds 2 messages already; one looks like a message of the source (same size and date)',
    ]);
  });

  test('says which messages are above APPENDLIMIT, and that UIDPLUS is missing', async () => {
    const from = servers.find(({ name }) => name === 'from');
    if (from === undefined) throw new Error('the test before this one starts it');
    const limited = await start('limited', { capability: 'IMAP4rev1 NAMESPACE LITERAL+ APPENDLIMIT=50000' });
    const plan = await audit(account(from, 'eve'), account(limited, 'eve'));
    expect(plan.too_large).toEqual([{ folder: 'INBOX', uid: 2, bytes: 70_000 }]);
    expect(plan.destination_capabilities).toEqual(['LITERAL+']);
    expect(plan.destination_bytes_after).toBe(3000);
    expect(plan.warnings.map(({ code }) => code)).toEqual(['TOO_LARGE', 'NO_UIDPLUS']);
  });

  test('says which folder has which role', async () => {
    const from = await start('roles-from');
    const to = await start('roles-to');
    await asUser(from, 'joe', ['CREATE Sent', 'CREATE Sent/2019', 'CREATE Trash']);
    await asUser(to, 'joe', ['CREATE Sent']);
    const plan = await audit(account(from, 'joe'), account(to, 'joe'));
    expect(plan.folders.map(({ source, destination, role }) => [source, destination, role])).toEqual([
      ['INBOX', 'INBOX', 'inbox'],
      ['Sent', 'Sent', 'sent'],
      ['Sent/2019', 'Sent/2019', null],
      ['Trash', 'Trash', 'trash'],
    ]);
  });
});

describe('making a plan', () => {
  const events: MxodusEvent[] = [];

  const make = (
    users: readonly MailAccount[],
    destination: Dovecot,
    signal = new AbortController().signal,
  ): Promise<PlanResult> => {
    events.length = 0;
    return makePlan({
      project: 'acme',
      version: '0.1.0',
      configSha256: 'c'.repeat(64),
      servers: { old: { kind: 'imap', host: old.host, port: old.port, tls: 'none' } },
      mailboxes: users.map((source) => ({
        address: `${source.user}@example.test`,
        destinationAddress: `${source.user}@new.example.test`,
        wave: null,
        source,
        destination: account(destination, source.user),
      })),
      rules: { deletes: 'keep', newest_first: true, folders: NO_RULES },
      domains: [],
      warnings: [],
      engine: inlineEngine({ old: 2, plain: 2 }),
      signal,
      emit: (event) => events.push(event),
      now: () => new Date('2026-11-22T12:00:00Z'),
    });
  };

  const plain = (): Dovecot => {
    const found = servers.find(({ name }) => name === 'plain');
    if (found === undefined) throw new Error('started by the first tests');
    return found;
  };

  test('gives a plan that is read back as it was written, and not once it was edited', async () => {
    const result = await make([account(old, 'ann'), account(old, 'bob')], plain());
    if (result.kind !== 'made') throw new Error('no plan');
    expect(planSchema.safeParse(result.plan).error).toBeUndefined();
    expect(hashPlan(result.plan)).toBe(result.plan.sha256);
    expect(events.map((event) => event.type)).toEqual(['mailbox_audited', 'mailbox_audited']);
    const path = join(temp.path, 'acme.plan.json');
    expect(await writePlan(path, result.plan, { replace: false })).toBe('new');
    expect(await readPlan(path)).toEqual(result.plan);
    const text = await readFile(path, 'utf8');
    expect(text).not.toContain(PASSWORD);
    await writeFile(path, text.replace('"fits": true', '"fits": false'));
    await expect(readPlan(path)).rejects.toMatchObject({ code: 'PLAN_EDITED', exitCode: 2 });
  });

  test('is stopped by a signal in the middle, and makes none', async () => {
    const stop = new AbortController();
    const made = make([account(old, 'ann'), account(old, 'bob')], plain(), stop.signal);
    stop.abort();
    await expect(made).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
  });

  test('tells every mailbox that cannot be looked at, and makes none', async () => {
    const wrong = [account(old, 'ann'), account(old, 'max', 'wrong-1'), account(old, 'kim', 'wrong-2')];
    const result = await make(wrong, plain());
    expect(result).toMatchObject({ kind: 'failed', exitCode: 4 });
    const told = events.map((event) => (event.type === 'error' ? event.code : event.type)).sort();
    expect(told).toEqual(['AUTH_FAILED', 'AUTH_FAILED', 'mailbox_audited']);
    expect(JSON.stringify([result, events])).not.toMatch(/wrong-[12]/);
  });
});

test('a check signs in everywhere, tells each server once, and goes on past a wrong password', async () => {
  const destination = servers.find(({ name }) => name === 'plain');
  if (destination === undefined) throw new Error('started by the first tests');
  const events: MxodusEvent[] = [];
  const limits = { connections: 3, connectionsPerMailbox: 2 };
  const result = await checkServers({
    servers: { old: { host: old.host, ...limits }, plain: { host: destination.host, ...limits } },
    logins: [
      { mailbox: 'max@example.test', role: 'source', account: account(old, 'ann', 'wrong-3') },
      { mailbox: 'ann@example.test', role: 'source', account: account(old, 'ann') },
      { mailbox: 'ann@example.test', role: 'destination', account: account(destination, 'ann') },
      { mailbox: 'bob@example.test', role: 'destination', account: account(destination, 'bob') },
    ],
    engine: inlineEngine({ old: 1, plain: 1 }),
    signal: new AbortController().signal,
    emit: (event) => events.push(event),
  });
  expect(result.exitCode).toBe(4);
  expect(result.errors.map(({ code }) => code)).toEqual(['AUTH_FAILED']);
  const logins = events.flatMap((e) => (e.type === 'login_checked' ? [`${e.mailbox} ${e.role} ${e.ok}`] : []));
  expect(logins.sort()).toEqual([
    'ann@example.test destination true',
    'ann@example.test source true',
    'bob@example.test destination true',
    'max@example.test source false',
  ]);
  const told = events.flatMap((e) => (e.type === 'server_checked' ? [[e.server, e.tls, e.writes_by, e.product]] : []));
  expect(told.sort()).toEqual([
    ['old', 'none', null, expect.stringContaining('Dovecot')],
    ['plain', 'none', 'multiappend', expect.stringContaining('Dovecot')],
  ]);
  const messages = Object.values(foldersOf('ann')).reduce((sum, folder) => sum + folder.messages.length, 0);
  expect(events).toContainEqual(expect.objectContaining({ type: 'login_checked', ok: true, messages }));
  expect(JSON.stringify(events)).not.toContain('wrong-3');
});
