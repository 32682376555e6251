import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Dovecot, dovecotErrors, startDovecot } from '../dovecot/dovecot.ts';
import { readMailbox, signedIn, uidNexts } from '../imap/read-mailbox.ts';
import { makeTempDir, type TempDir } from '../process/temp-dir.ts';
import { compareMailboxes } from '../truth/compare-mailboxes.ts';
import type { FolderMap, Truth, TruthMessage } from '../truth/truth.ts';
import { HOSTILE_KINDS } from './hostile-messages.ts';
import { COMPANY_PEOPLE, seedCompany } from './seed-company.ts';
import { seedMaildirs } from './seed-maildirs.ts';

function messagesOf(folders: FolderMap | undefined): TruthMessage[] {
  return Object.values(folders ?? {}).flatMap((folder) => folder.messages);
}

describe('a hostile seed', () => {
  let dir: TempDir;
  let server: Dovecot;
  let truth: Truth;
  let actual: FolderMap;
  beforeAll(async () => {
    dir = await makeTempDir();
    server = await startDovecot({ dir: `${dir.path}/fs`, name: 'fs', password: 'pass', layout: 'fs' });
    truth = await seedMaildirs({ server, users: ['ann'], messagesPerUser: 400, bigMessages: 1 });
    actual = await readMailbox(server, 'ann', 'pass');
  });
  afterAll(async () => {
    await server.stop();
    await dir.remove();
  });

  test('is what the server serves, byte for byte, with nothing in its error log', async () => {
    const expected = truth.users.ann?.folders ?? {};
    expect(compareMailboxes(expected, actual)).toEqual([]);
    expect(messagesOf(expected)).toHaveLength(400);
    expect(await dovecotErrors(server)).toEqual([]);
    const counts = Object.entries(expected).map(([name, folder]) => [name, folder.messages.length]);
    const statuses = await uidNexts(server, 'ann', 'pass');
    expect(Object.fromEntries(counts)).toEqual(
      Object.fromEntries(Object.entries(statuses).map(([name, status]) => [name, status.messages])),
    );
  });

  test.each(HOSTILE_KINDS)('has a message of kind %s, served as the truth says', (kind) => {
    const served = new Set(messagesOf(actual).map(({ sha256 }) => sha256));
    const expected = messagesOf(truth.users.ann?.folders).filter((message) => message.kind === `hostile:${kind}`);
    expect(expected.length).toBeGreaterThan(0);
    expect(expected.filter(({ sha256 }) => !served.has(sha256))).toEqual([]);
  });

  test('has the odd folders, one empty one, parents that cannot be selected, and all roles', async () => {
    const names = Object.keys(actual);
    for (const name of [
      'v1.2 release',
      '日本語/受信',
      'Emoji 🚀/家族👨‍👩‍👧',
      'Cafe\u0301',
      'Caf\u00e9',
      'case',
      'CASE',
      'x'.repeat(100),
    ]) {
      expect(names).toContain(name);
    }
    expect(names).toContain('Quote "and" back\\slash');
    expect(names).toContain('Ghost parent/Only child');
    expect(names).not.toContain('Ghost parent');
    expect(actual.Empty?.messages).toEqual([]);
    const roles = Object.values(actual).flatMap((folder) => folder.specialUse ?? []);
    expect(roles.sort()).toEqual(['\\Archive', '\\Drafts', '\\Junk', '\\Sent', '\\Trash']);
    expect(Object.values(actual).some((folder) => !folder.subscribed)).toBe(true);
  });

  test('has every system flag, keywords, equal doubles, edge dates, and one message of 25 MB', () => {
    const all = messagesOf(actual);
    const flags = new Set(all.flatMap((message) => message.flags));
    for (const flag of ['\\Seen', '\\Answered', '\\Flagged', '\\Deleted', '\\Draft', '$Forwarded'])
      expect(flags).toContain(flag);
    const keys = Object.values(actual).map(({ messages }) =>
      messages.map(({ sha256, internalDate }) => sha256 + internalDate),
    );
    expect(keys.some((list) => new Set(list).size < list.length)).toBe(true);
    expect(all.map(({ internalDate }) => internalDate)).toContain('2012-02-29T23:59:59Z');
    expect(all.filter(({ bytes }) => bytes > 24_000_000)).toHaveLength(1);
  });

  test('is taken by a Maildir++ host with a prefix too, but for names with dots', async () => {
    const other = await startDovecot({
      dir: `${dir.path}/pp`,
      name: 'pp',
      password: 'pass',
      separator: '.',
      prefix: 'INBOX.',
    });
    const seeded = await seedMaildirs({
      server: other,
      users: ['ann@example.test'],
      messagesPerUser: 100,
      folders: 40,
    });
    const expected = seeded.users['ann@example.test']?.folders ?? {};
    expect(Object.keys(expected)).toHaveLength(40);
    expect(compareMailboxes(expected, await readMailbox(other, 'ann@example.test', 'pass'))).toEqual([]);
    expect(Object.keys(expected)).not.toContain('v1.2 release');
    await other.stop();
  });

  test('depends on the options only', async () => {
    const seed = (name: string, number: number): Promise<Truth> =>
      seedMaildirs({
        server: { home: (user) => `${dir.path}/${name}/${user}`, layout: 'fs' },
        users: ['ann', 'bob'],
        messagesPerUser: 100,
        seed: number,
      });
    const first = await seed('1', 7);
    expect(await seed('2', 7)).toEqual(first);
    expect(await seed('3', 8)).not.toEqual(first);
    expect(first.users.ann).not.toEqual(first.users.bob);
  });

  test('differs from a mailbox in which one flag has changed', async () => {
    await signedIn(server, 'ann', 'pass', async (connection) => {
      await connection.command('SELECT INBOX');
      await connection.command('STORE 1 FLAGS (\\Flagged $Once)');
      await connection.command('SUBSCRIBE Empty');
    });
    const lines = compareMailboxes(truth.users.ann?.folders ?? {}, await readMailbox(server, 'ann', 'pass'));
    expect(lines.filter((line) => line.startsWith('"INBOX"'))).toEqual([
      expect.stringContaining('flags ($Once \\Flagged)'),
    ]);
  });
});

describe('seedCompany', () => {
  test('gives twelve people so many messages, which their host serves', async () => {
    const dir = await makeTempDir();
    const server = await startDovecot({ dir: `${dir.path}/old`, name: 'old', password: 'pass', layout: 'fs' });
    const truth = await seedCompany({ server, messages: 1500 });
    expect(Object.keys(truth.users)).toEqual(COMPANY_PEOPLE);
    expect(Object.values(truth.users).flatMap(({ folders }) => messagesOf(folders))).toHaveLength(1500);
    for (const user of COMPANY_PEOPLE) {
      expect(compareMailboxes(truth.users[user]?.folders ?? {}, await readMailbox(server, user, 'pass'))).toEqual([]);
    }
    await server.stop();
    await dir.remove();
  });
});
