import { afterEach, describe, expect, it } from 'vitest';
import {
  allOf,
  asked,
  examined,
  folderOf,
  type Said,
  type Script,
  type ScriptedServer,
  scriptedServer,
  uidsOf,
} from './scripted-server.test.support.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(script: Script): Promise<ScriptedServer> {
  const server = await scriptedServer(script);
  stops.push(() => server.close());
  return server;
}

describe('a scan', () => {
  const row = (uid: number, more = ''): string =>
    `* ${uid} FETCH (UID ${uid} FLAGS () INTERNALDATE "07-Feb-2023 10:00:00 +0000" RFC822.SIZE ${uid * 100}${more})`;

  it('lists by its UID alone what the server garbles or leaves out, with the size asked singly', async () => {
    const { session, commands } = await start({
      answer: folderOf(5, ({ command, say, ok, no }) => {
        if (command.startsWith('UID FETCH 1:* '))
          say(row(1), row(2).slice(0, -3), row(4), row(4), '* 1 EXPUNGE', row(5));
        else if (command === 'UID SEARCH ALL') say('* SEARCH 1 2 3 4 5');
        else if (command === 'UID FETCH 2 (UID RFC822.SIZE)') say('* 2 FETCH (RFC822.SIZE 222 UID 2)');
        else if (command === 'UID FETCH 3 (UID RFC822.SIZE)') return no('no such luck');
        ok();
        return true;
      }),
    });
    const { messages } = await session.scan('INBOX');
    expect(messages.map(({ uid, bytes }) => [uid, bytes])).toEqual([
      [1, 100],
      [2, 222],
      [3, 0],
      [4, 400],
      [5, 500],
    ]);
    expect(messages[1]).toEqual({ uid: 2, flags: [], internalDate: null, bytes: 222 });
    expect(commands).toHaveLength(7);
  });

  it('of a part asks what is there as well, and never takes the last message for a new one', async () => {
    const { session } = await start({
      capabilities: 'ESEARCH',
      answer: folderOf(9, ({ command, say, ok }) => {
        if (command.startsWith('UID FETCH 8:*')) say(row(8));
        if (command === 'UID SEARCH RETURN (ALL) UID 8:*') say('* ESEARCH (TAG "x") UID ALL 8:9');
        if (command.startsWith('UID FETCH 3:4')) say(row(4), row(3), row(9));
        if (command === 'UID SEARCH RETURN (ALL) UID 3:4') say('* ESEARCH (TAG "x") UID ALL 3:4');
        ok();
        return true;
      }),
    });
    expect(uidsOf((await session.scan('INBOX', { range: { from: 8 } })).messages)).toEqual([8, 9]);
    const part = await session.scan('INBOX', { range: { from: 3, to: 4 } });
    expect(part).toMatchObject({ exists: 9, uidNext: 10, uidValidity: 7 });
    expect(uidsOf(part.messages)).toEqual([3, 4]);
    expect((await session.scan('INBOX', { range: { from: 10 } })).messages).toEqual([]);
  });

  it('sends everything at once when the folder is known not to be empty', async () => {
    const held: Said[] = [];
    const { session, commands } = await start({
      capabilities: 'OBJECTID',
      answer: (said) => {
        if (said.command.startsWith('STATUS')) {
          said.say('* STATUS "INBOX" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 7)');
          return false;
        }
        held.push(said);
        if (held.length < 2) return true;
        held[0]?.say(...examined(1));
        held[0]?.ok();
        said.say(row(1, ' EMAILID (M1) BODY[HEADER.FIELDS (MESSAGE-ID)] "Message-ID: <a@b>"'));
        said.ok();
        return true;
      },
    });
    await session.status('INBOX');
    const { messages } = await session.scan('INBOX', { messageIds: true });
    expect(messages).toMatchObject([{ uid: 1, emailId: 'M1', messageId: '<a@b>' }]);
    expect(commands.slice(1)).toEqual([
      'EXAMINE "INBOX"',
      'UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE EMAILID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])',
    ]);
  });

  it('of an empty folder asks for nothing, which some servers take amiss', async () => {
    const { session, commands } = await start({ answer: folderOf(0, ({ bad }) => bad('no messages')) });
    expect(await session.scan('INBOX')).toMatchObject({ exists: 0, messages: [] });
    expect(commands).toEqual(['EXAMINE "INBOX"']);
  });

  it('reads what Gmail adds', async () => {
    const { session } = await start({
      capabilities: 'X-GM-EXT-1 OBJECTID',
      answer: folderOf(1, ({ command, say, ok }) => {
        expect(command).toContain('RFC822.SIZE X-GM-MSGID X-GM-LABELS)');
        say(row(1, ' X-GM-MSGID 1278455344230334865 X-GM-LABELS ("\\\\Inbox" "Gr&APw-n")'));
        ok();
        return true;
      }),
    });
    const { messages } = await session.scan('INBOX');
    expect(messages).toMatchObject([{ emailId: '1278455344230334865', labels: ['\\Inbox', 'Grün'] }]);
  });

  it('asks for UIDNEXT where opening the folder does not tell it', async () => {
    const { session } = await start({
      capabilities: 'ACL2=UNION',
      answer: ({ command, say, ok }) => {
        if (command.startsWith('STATUS')) say('* STATUS INBOX (UIDNEXT 77)');
        else if (command === 'SELECT "INBOX"') say('* 0 EXISTS', '* OK [UIDVALIDITY 5] ok');
        else return false;
        ok();
        return true;
      },
    });
    expect(await session.scan('INBOX')).toMatchObject({ uidNext: 77, uidValidity: 5 });
  });
});

describe('a server that limits how many messages a command may touch', () => {
  const limited = 'MESSAGELIMIT=10';

  it('gets a dense folder in windows, and its own answer is gone on from', async () => {
    const { session, commands } = await start({
      capabilities: limited,
      answer: folderOf(25, ({ command, say, ok }) => {
        if (command.startsWith('UID SEARCH')) return false;
        const uids = asked(command.replace(':*', ':25')).filter((uid) => uid <= 25);
        // The second window is answered in two parts.
        const given = command.includes(' 11:20 ') ? uids.slice(5) : uids;
        for (const uid of given.toReversed()) say(`* ${uid} FETCH (UID ${uid} FLAGS () RFC822.SIZE 1)`);
        ok(given.length < uids.length ? `[MESSAGELIMIT 10 ${given[0]}] partial` : 'done');
        return true;
      }),
    });
    const { messages } = await session.scan('INBOX');
    expect(uidsOf(messages)).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
    expect(commands.slice(1).map((command) => command.split(' ')[2])).toEqual(['1:10', '11:20', '21:*', '11:15']);
  });

  it('is asked again and again for a sparse folder', async () => {
    const uids = Array.from({ length: 25 }, (_, index) => (index + 1) * 1_000_000);
    const { session, commands } = await start({
      capabilities: limited,
      answer: ({ command, say, ok }) => {
        if (command.startsWith('EXAMINE')) say(...examined(25, { uidNext: 25_000_001 }));
        const high = Number(/ 1:(\d+)(?: |$)/.exec(command)?.[1] ?? 25_000_000);
        const given = uids.filter((uid) => uid <= high).slice(-10);
        if (command.startsWith('UID SEARCH')) say(`* SEARCH ${given.join(' ')}`);
        if (command.startsWith('UID FETCH')) for (const uid of given) say(`* 1 FETCH (UID ${uid} FLAGS ())`);
        ok((given[0] ?? 0) > 1_000_000 ? `[MESSAGELIMIT 10 ${given[0]}] partial` : 'done');
        return true;
      },
    });
    expect(await session.uids('INBOX')).toEqual(uids);
    expect(uidsOf(await session.flags('INBOX', { from: 1 }))).toEqual(uids);
    expect(commands).toHaveLength(7);
  });

  it('never gets a command for more', async () => {
    const { session, commands } = await start({
      capabilities: `${limited} MOVE UIDPLUS`,
      answer: folderOf(99, () => false),
    });
    const uids = Array.from({ length: 25 }, (_, index) => index * 2 + 1);
    await allOf(session.fetch('INBOX', uids));
    await session.storeFlags('INBOX', uids, { add: ['\\Seen'], remove: [] });
    await session.move('INBOX', uids, 'Trash');
    await session.expunge('INBOX', uids);
    const sets = commands.filter((command) => command.startsWith('UID')).map((command) => command.split(' ')[2] ?? '');
    expect(sets.map((set) => set.split(',').length)).toEqual([10, 10, 5, 10, 10, 5, 10, 10, 5, 10, 10, 5, 10, 10, 5]);
  });
});

describe('all UIDs', () => {
  it('are fetched where SEARCH does not find them all', async () => {
    const { session } = await start({
      answer: folderOf(4, ({ command, say, ok }) => {
        if (command === 'UID SEARCH ALL') say('* SEARCH 1 2');
        if (command === 'UID FETCH 1:* (UID)') say(...[1, 2, 3, 4].map((uid) => `* ${uid} FETCH (UID ${uid})`));
        ok();
        return true;
      }),
    });
    expect(await session.uids('INBOX')).toEqual([1, 2, 3, 4]);
  });

  it('are an error, not none, when the answer cannot be read', async () => {
    const { session } = await start({
      capabilities: 'ESEARCH',
      answer: folderOf(4, ({ say, ok }) => {
        say('* ESEARCH (TAG "x") UID ALL 1:4294967295');
        ok();
        return true;
      }),
    });
    await expect(session.uids('INBOX')).rejects.toMatchObject({ code: 'SERVER_ANSWER' });
  });
});
