import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  allOf,
  folderOf,
  literal,
  type Script,
  type ScriptedServer,
  scriptedServer,
  uidsOf,
} from './scripted-server.test.support.ts';
import { makeOf, nameRefusal } from './server-make.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function courier(answer: Script['answer']): Promise<ScriptedServer> {
  const server = await scriptedServer({ capabilities: 'UIDPLUS ACL ACL2=UNION', answer });
  stops.push(() => server.close());
  return server;
}

describe('Courier', () => {
  const whole = 'Subject: x\r\n\r\nwhole\r\n';
  const holdsOne = folderOf(1, ({ command, say }) => {
    if (command.includes('RFC822)')) say(`* 1 FETCH (UID 1 RFC822 ${literal(whole)})`);
    else if (command.includes('HEADER')) say(`* 1 FETCH (UID 1 BODY[HEADER] ${literal('Subject: x\r\n\r\n')})`);
    else if (command.includes('RFC822.SIZE')) say('* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 9)');
    else if (command.includes('STORE')) return false;
    else if (command.includes('FLAGS')) say('* 1 FETCH (UID 1 FLAGS ())');
    return false;
  });

  it('gives bodies by RFC822, only in a folder that EXAMINE opened, which SELECT opened once before', async () => {
    const { session, commands } = await courier(holdsOne);
    const bodies = async () => (await allOf(session.fetch('A', [1], 7))).map(({ body }) => body.toString());
    expect(await bodies()).toEqual([whole]);
    expect(await bodies()).toEqual([whole]);
    expect(commands).toEqual(['SELECT "A"', 'EXAMINE "A"', 'UID FETCH 1 (UID RFC822)', 'UID FETCH 1 (UID RFC822)']);
    commands.length = 0;
    await session.storeFlags('A', [1], { add: ['\\Flagged'], remove: [] });
    expect(await bodies()).toEqual([whole]);
    expect(uidsOf(await allOf(session.fetchHeaders('A', [1])))).toEqual([1]);
    expect(await bodies()).toEqual([whole]);
    expect(commands).toEqual([
      'SELECT "A"',
      'UID STORE 1 +FLAGS.SILENT (\\Flagged)',
      'EXAMINE "A"',
      'UID FETCH 1 (UID RFC822)',
      'SELECT "A"',
      'UID FETCH 1 (UID BODY.PEEK[HEADER])',
      'EXAMINE "A"',
      'UID FETCH 1 (UID RFC822)',
    ]);
  });

  it('gives a download by RFC822 too', async () => {
    const { session, commands } = await courier(holdsOne);
    const dir = await mkdtemp(join(tmpdir(), 'mx-'));
    stops.push(() => rm(dir, { recursive: true, force: true }));
    const file = join(dir, 'body');
    expect(await session.download('A', 1, { file, uidValidity: 7 })).toBe(whole.length);
    expect(await readFile(file, 'latin1')).toBe(whole);
    expect(commands).toEqual(['SELECT "A"', 'EXAMINE "A"', 'UID FETCH 1 (UID RFC822)']);
  });

  it('is asked for no body while EXAMINE is not answered with OK', async () => {
    const { session, commands } = await courier((said) =>
      said.command.startsWith('EXAMINE') ? said.no('not now') : holdsOne(said),
    );
    await session.scan('A');
    await expect(allOf(session.fetch('A', [1]))).rejects.toMatchObject({ code: 'SERVER_ANSWER' });
    expect(commands.filter((command) => command.includes('RFC822)'))).toEqual([]);
  });

  it('lists and counts what SELECT opened: it forgets the UIDVALIDITY it only tells to EXAMINE or STATUS', async () => {
    const { session, commands } = await courier((said) => {
      const { command, say } = said;
      if (command.startsWith('LIST')) return !say('* LIST () "." INBOX');
      if (command.startsWith('STATUS')) return !say('* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 7)');
      return holdsOne(said);
    });
    const status = 'STATUS "INBOX" (MESSAGES UIDNEXT UIDVALIDITY)';
    await session.listFolders();
    expect(commands.slice(2)).toEqual(['SELECT "INBOX"', status]);
    await session.status('INBOX');
    await allOf(session.fetch('INBOX', [1]));
    await session.scan('INBOX');
    expect(commands.slice(4)).toEqual([
      status,
      'EXAMINE "INBOX"',
      'UID FETCH 1 (UID RFC822)',
      'SELECT "INBOX"',
      expect.stringContaining('RFC822.SIZE'),
    ]);
  });

  const GARBLED = 'Error in IMAP command received by server.';
  it('refuses a name beyond U+FFFF by its words to LIST and CREATE', async () => {
    const { session } = await courier(({ command, no }) => {
      if (command.startsWith('STATUS') || command.startsWith('SELECT'))
        return no('Mailbox does not exist, or must be subscribed to.');
      return command.includes('&2D3egA-') ? no(GARBLED) : false;
    });
    expect(await session.probeName('INBOX.🚀')).toEqual({ kind: 'refused', why: GARBLED });
    expect(await session.status('INBOX.🚀')).toBeNull();
    await expect(session.create('INBOX.🚀', null)).rejects.toMatchObject({ code: 'FOLDER_REFUSED' });
    expect(await session.probeName('INBOX.ü')).toEqual({ kind: 'free' });
    expect(await session.status('INBOX.ü')).toBeNull();
  });
});

describe('Cyrus', () => {
  const facts = (separator: string, product: string | null = 'Cyrus IMAPD 3.6.1') => ({
    tls: 'none',
    capabilities: [],
    namespace: { prefix: '', separator },
    appendLimit: null,
    product,
  });

  it.each(['!', '"', '%', ';', '<', '>', '\\', '`', '{', '|', '}'])('refuses %s in a name', (character) => {
    for (const separator of ['/', '.'])
      expect(nameRefusal(facts(separator), `a${character}b`)).toMatch(/^Cyrus takes none of ! .* in the name/);
  });

  it('refuses "^" where "/" separates levels, and "/" where "." does', () => {
    expect(nameRefusal(facts('/'), 'a^b')).toContain(' ^ ');
    expect(nameRefusal(facts('.'), 'a/b')).toContain(' / ');
    expect([nameRefusal(facts('/'), 'a/b'), nameRefusal(facts('.'), 'a^b')]).toEqual([null, null]);
  });

  it('takes any other, and other servers take these', () => {
    expect(nameRefusal(facts('/'), "#$&'()*+,-.:=?@[]_~ Größe 🚀")).toBeNull();
    expect(nameRefusal(facts('/', 'Dovecot'), 'a!b')).toBeNull();
    expect(nameRefusal(facts('/', null), 'a!b')).toBeNull();
  });

  it('that has such a folder is believed', async () => {
    const server = await scriptedServer({
      greeting: 'host Cyrus IMAP 3.6.1 server ready',
      answer: ({ command, no }) => (command.includes('"a!c"') ? no('Mailbox does not exist') : false),
    });
    stops.push(() => server.close());
    expect(await server.session.probeName('a!b')).toEqual({ kind: 'taken' });
    expect(await server.session.probeName('a!c')).toMatchObject({ kind: 'refused' });
  });
});

it.each([
  [['ACL2=UNION'], 'hello', 'Courier-IMAP'],
  [[], 'Courier-IMAP ready. Copyright 1998-2019 Double Precision, Inc.', 'Courier-IMAP'],
  [[], 'host Cyrus IMAP 3.6.1-Debian-3.6.1-4+deb12u5 server ready', 'Cyrus IMAP'],
  [['ACL'], 'Dovecot ready.', null],
])('a server with %j that greets with "%s" is %s', (capabilities, greeting, make) => {
  expect(makeOf(capabilities, greeting)).toBe(make);
});
