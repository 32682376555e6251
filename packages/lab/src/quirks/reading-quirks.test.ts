import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { capabilities } from './capabilities.ts';
import type { Conversation } from './conversation.test.support.ts';
import { dropsRows, type Malformation, malformsRows, wrongSizes } from './fetch-rows.ts';
import { brokenSearch, listWithoutStatus, refuses, withoutClosed } from './listing.ts';
import { messageLimit } from './message-limit.ts';
import { answer } from './quirk.ts';
import { createQuirkWorld } from './quirk-world.test.support.ts';
import { changedUidValidity, examineInventsUidValidity } from './uid-validity.ts';

const world = createQuirkWorld();
beforeAll(world.open);
beforeEach(world.begin);
afterEach(world.end);
afterAll(world.close);
const { start } = world;

const mail = (name: string): Buffer => Buffer.from(`Subject: ${name}\r\n\r\nbody of ${name}\r\n`);

/** So many messages in INBOX, put there past the quirks. */
async function seed(count: number): Promise<void> {
  const client = await world.behind();
  const parts = Array.from({ length: count }, (_, index) => [' ', mail(`m${index + 1}`)]).flat();
  await client.command('APPEND INBOX', ...parts);
}

const rowsOf = (text: string): string[] => text.match(/^\* \d+ FETCH .*$/gm) ?? [];
const everyRow = async (client: Conversation, items: string): Promise<string> => {
  await client.command('SELECT INBOX');
  return client.command(`UID FETCH 1:* (${items})`);
};

describe('capabilities', () => {
  test('are other ones wherever they are named, and what is not offered is not there', async () => {
    const client = await start(capabilities({ only: 'IMAP4rev1 LITERAL-', add: ['APPENDLIMIT=100'] }));
    expect(await client.command('CAPABILITY')).toContain('* CAPABILITY IMAP4rev1 LITERAL- APPENDLIMIT=100\r\n');
    const other = await world.connect();
    expect(await other.command('CAPABILITY')).toMatch(/\* CAPABILITY IMAP4rev1 .*AUTH=PLAIN APPENDLIMIT=100\r\n/);
    expect(await (await world.connect()).command(`LOGIN ${world.user} pass`)).toContain(
      '[CAPABILITY IMAP4rev1 LITERAL- APPENDLIMIT=100]',
    );
    for (const command of ['ENABLE QRESYNC', 'NAMESPACE', 'LIST "" "*" RETURN (STATUS (MESSAGES))', 'UID EXPUNGE 1']) {
      expect(await client.command(command)).toMatch(/^t\d+ BAD Unknown command or argument/);
    }
    expect(await client.command('SELECT INBOX (CONDSTORE)')).toContain('BAD');
    expect(await client.command('SELECT INBOX')).not.toContain('HIGHESTMODSEQ');
    expect(await client.command('APPEND INBOX ', mail('small'))).toMatch(/OK Append completed/);
    expect(await client.command('APPEND INBOX ', Buffer.alloc(4097, 'x'))).toContain('BAD Unexpected literal');
    expect(await client.command('APPEND INBOX ', mail('a'), ' ', mail('b'))).toContain('BAD One message only');
    expect(await world.stored()).toBe(1);
  });
  test('are the others when some are removed', async () => {
    const client = await start(capabilities({ remove: ['QRESYNC', 'MOVE'] }));
    const text = await client.command('CAPABILITY');
    expect(text).toMatch(/CONDSTORE.*LIST-STATUS/);
    expect(text).not.toMatch(/QRESYNC|MOVE/);
    expect(await client.command('SELECT INBOX (CONDSTORE)')).toContain('HIGHESTMODSEQ');
    expect(await client.command('SELECT INBOX (QRESYNC (1 1))')).toContain('BAD');
  });
});

describe('FETCH rows', () => {
  test('are dropped, of the command and the message that are meant', async () => {
    await seed(3);
    const quirk = dropsRows({ uids: [2], on: /BODY/, times: 1 });
    const client = await start(quirk);
    expect(rowsOf(await everyRow(client, 'UID FLAGS'))).toHaveLength(3);
    const text = await everyRow(client, 'UID BODY.PEEK[]');
    expect(rowsOf(text).map((row) => /UID (\d)/.exec(row)?.[1])).toEqual(['1', '3']);
    expect(text).not.toContain('m2');
    expect(rowsOf(await everyRow(client, 'UID BODY.PEEK[]'))).toHaveLength(3);
    expect(quirk.hits).toBe(1);
  });
  test.each([
    [(size: number) => size + 7, /RFC822\.SIZE 34/],
    [() => 0, /RFC822\.SIZE 0/],
    [() => 4_000_000_000, /RFC822\.SIZE 4000000000/],
    [() => null, /RFC822\.SIZE NIL/],
  ])('have a wrong size (%#)', async (size, expected) => {
    await seed(2);
    const client = await start(wrongSizes(size, { uids: [2] }));
    const rows = rowsOf(await everyRow(client, 'UID RFC822.SIZE'));
    expect(rows[0]).toContain('RFC822.SIZE 27');
    expect(rows[1]).toMatch(expected);
  });
  test.each<[Malformation, string]>([
    ['unbalanced', '* 2 FETCH (UID 2 INTERNALDATE "DATE" BODY[] {27}\r\nSubject: m2\r\n\r\nbody of m2\r\n\r\n'],
    ['date-1899', '* 2 FETCH (UID 2 INTERNALDATE "30-Dec-1899" BODY[] {27}\r\nSubject: m2\r\n\r\nbody of m2\r\n)\r\n'],
    ['date-nil', '* 2 FETCH (UID 2 INTERNALDATE NIL BODY[] {27}\r\nSubject: m2\r\n\r\nbody of m2\r\n)\r\n'],
    ['body-nil', '* 2 FETCH (UID 2 INTERNALDATE "DATE" BODY[] NIL)\r\n'],
    ['body-empty', '* 2 FETCH (UID 2 INTERNALDATE "DATE" BODY[] {0}\r\n)\r\n'],
    ['body-short', '* 2 FETCH (UID 2 INTERNALDATE "DATE" BODY[] {13}\r\nSubject: m2\r\n)\r\n'],
    ['body-quoted', '* 2 FETCH (UID 2 INTERNALDATE "DATE" BODY[] "Subject: m2\r\n\r\nbody of m2\r\n")\r\n'],
  ])('are malformed: %s', async (kind, expected) => {
    await seed(3);
    const client = await start(malformsRows(kind, { uids: [2] }));
    const text = await everyRow(client, 'UID INTERNALDATE BODY.PEEK[]');
    expect(text.replace(/INTERNALDATE "[ \d]\d-\w{3}-\d{4} [^"]*"/g, 'INTERNALDATE "DATE"')).toContain(expected);
    expect(text).toMatch(/\* 1 FETCH \(UID 1 .*\{27\}\r\nSubject: m1\r\n\r\nbody of m1\r\n\)\r\n/);
    expect(text).toMatch(/\* 3 FETCH \(UID 3 .*\{27\}\r\nSubject: m3\r\n\r\nbody of m3\r\n\)\r\n/);
  });
});

test('a body is broken off with the connection', async () => {
  await seed(2);
  const client = await start(malformsRows('body-broken-off', { uids: [2] }));
  await expect(everyRow(client, 'UID BODY.PEEK[]')).rejects.toThrow('UID 2 BODY[] {27}\\r\\nSubject: m2\\r\\n"');
  expect(await everyRow(await world.signIn(), 'UID')).toContain('OK');
});

describe('MESSAGELIMIT', () => {
  test('deals with the highest UIDs and names the last', async () => {
    await seed(7);
    const client = await start(messageLimit(3));
    expect(await client.command('CAPABILITY')).toContain(' MESSAGELIMIT=3\r\n');
    const text = await everyRow(client, 'UID');
    expect(rowsOf(text)).toEqual(['* 5 FETCH (UID 5)', '* 6 FETCH (UID 6)', '* 7 FETCH (UID 7)']);
    expect(text).toContain('OK [MESSAGELIMIT 3 5] Fetch completed');
    expect(rowsOf(await client.command('UID FETCH 1:4 UID'))).toHaveLength(3);
    expect(await client.command('UID FETCH 2:4 UID')).not.toContain('MESSAGELIMIT');
    expect(rowsOf(await client.command('FETCH 1:* UID'))).toHaveLength(3);
    expect(await client.command('UID SEARCH ALL')).toMatch(/\* SEARCH 5 6 7\r\nt\d+ OK \[MESSAGELIMIT 3 5\]/);
    await client.command('CREATE Two');
    expect(await client.command('UID COPY 1:4 Two')).toContain('NO [MESSAGELIMIT 3]');
    expect(await client.command('UID COPY 1:3 Two')).toContain('OK [COPYUID');
    expect(
      await client.command(
        'APPEND INBOX',
        ...Array(4)
          .fill([' ', mail('x')])
          .flat(),
      ),
    ).toContain('NO [MESSAGELIMIT 3]');
  });
});

describe('UIDVALIDITY', () => {
  const shown = async (client: Conversation): Promise<number[]> => {
    const texts = [
      await client.command('SELECT INBOX'),
      await client.command('STATUS INBOX (UIDVALIDITY)'),
      (await client.command('APPEND INBOX ', mail('new'))).replace('APPENDUID', 'UIDVALIDITY'),
    ];
    return texts.map((text) => Number(/UIDVALIDITY (\d+)/.exec(text)?.[1]));
  };
  test('changes in every answer, of the folder that is meant', async () => {
    const quirk = changedUidValidity({ folder: 'INBOX' });
    const client = await start(quirk);
    const [before = 0, ...same] = await shown(client);
    expect(same).toEqual([before, before]);
    quirk.change();
    expect(await shown(client)).toEqual([before + 1, before + 1, before + 1]);
    const created = await client.command('CREATE Two');
    expect(created).toContain('OK');
    const real = /UIDVALIDITY (\d+)/.exec(await (await world.behind()).command('STATUS Two (UIDVALIDITY)'))?.[1];
    expect(await client.command('STATUS Two (UIDVALIDITY)')).toContain(`UIDVALIDITY ${real}`);
    expect(await client.command('UID COPY 1 Two')).toContain(`[COPYUID ${real} `);
  });
  test('changes at a command, and QRESYNC knows only the new one', async () => {
    await seed(2);
    const client = await start(changedUidValidity({ on: /^NOOP/ }));
    const [before = 0] = await shown(client);
    await client.command('NOOP');
    await client.command('ENABLE QRESYNC');
    await client.command('CLOSE');
    expect(await client.command(`SELECT INBOX (QRESYNC (${before} 1))`)).not.toContain('FETCH');
    await client.command('CLOSE');
    expect(await client.command(`SELECT INBOX (QRESYNC (${before + 1} 1))`)).toContain('FETCH');
  });
  test('is another one for each connection, or each EXAMINE', async () => {
    const client = await start(changedUidValidity({ perConnection: true }));
    const [first = 0] = await shown(client);
    expect(await shown(await world.signIn())).toEqual([first + 1, first + 1, first + 1]);
    world.server.setQuirks([examineInventsUidValidity()]);
    const courier = await world.signIn();
    const examined = async () => Number(/UIDVALIDITY (\d+)/.exec(await courier.command('EXAMINE INBOX'))?.[1]);
    const [one, two] = [await examined(), await examined()];
    const [real = 0] = await shown(courier);
    expect([one, two]).toEqual([real + 1, real + 2]);
    expect(await examined()).toBe(real);
  });
});

describe('lists', () => {
  test('SEARCH is refused, or finds nothing', async () => {
    await seed(2);
    const client = await start(brokenSearch('refused'));
    await client.command('SELECT INBOX');
    expect(await client.command('UID SEARCH ALL')).toBe('t3 NO [CANNOT] SEARCH failed\r\n');
    world.server.setQuirks([brokenSearch('finds nothing')]);
    const other = await world.signIn();
    await other.command('SELECT INBOX');
    expect(await other.command('UID SEARCH ALL')).toMatch(/^\* SEARCH\r\nt3 OK/);
    expect(await other.command('UID SEARCH RETURN (ALL COUNT) ALL')).toMatch(/^\* ESEARCH \(TAG "t4"\) UID\r\nt4 OK/);
  });
  test('LIST returns no STATUS, and no folder is [CLOSED]', async () => {
    await seed(1);
    const client = await start(
      listWithoutStatus(),
      withoutClosed(),
      refuses(/^NAMESPACE/, answer('BAD Unknown command')),
    );
    const text = await client.command('LIST "" "*" RETURN (STATUS (MESSAGES))');
    expect(text).toContain('* LIST ');
    expect(text).not.toContain('* STATUS');
    expect(await client.command('STATUS INBOX (MESSAGES)')).toContain('* STATUS INBOX (MESSAGES 1)');
    await client.command('SELECT INBOX');
    expect(await client.command('SELECT INBOX')).not.toContain('[CLOSED]');
    expect(await client.command('NAMESPACE')).toContain('BAD Unknown command');
  });
});
