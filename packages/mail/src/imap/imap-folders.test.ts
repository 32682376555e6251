import { afterEach, describe, expect, it } from 'vitest';
import {
  literal,
  type Said,
  type Script,
  type ScriptedServer,
  scriptedServer,
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

describe('folders', () => {
  it('with names as literals, without separators, in other namespaces, and with what only LSUB knows', async () => {
    const { session } = await start({
      answer: ({ command, say }) => {
        if (command.startsWith('LIST'))
          say(
            '* LIST (\\HasNoChildren) NIL INBOX',
            `* LIST () "/" ${literal('Gr&APw-n "x"')}`,
            '* LIST (\\NoSelect) "/" Parent',
            '* LIST (\\NonExistent \\Sent) "/" "Gone"',
            '* LIST (\\Sent) "/" NIL',
          );
        if (command.startsWith('LSUB')) say('* LSUB () "/" INBOX', '* LSUB () "/" NIL', '* LSUB () "/" "Other"');
        if (command.startsWith('STATUS'))
          say(`* STATUS ${command.split(' ').slice(1, -3).join(' ')} (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)`);
        return false;
      },
    });
    const status = { messages: 1, uidNext: 2, uidValidity: 3, highestModseq: null, bytes: null };
    expect(await session.listFolders()).toEqual([
      { path: 'INBOX', levels: ['INBOX'], role: 'inbox', subscribed: true, status },
      { path: 'Grün "x"', levels: ['Grün "x"'], role: null, subscribed: false, status },
      { path: 'Parent', levels: ['Parent'], role: null, subscribed: false, status: null },
      { path: 'Gone', levels: ['Gone'], role: 'sent', subscribed: false, status: null },
      { path: 'NIL', levels: ['NIL'], role: 'sent', subscribed: true, status },
    ]);
  });

  it('take two round trips without LIST-STATUS, however many they are', async () => {
    const held: Said[] = [];
    const names = Array.from({ length: 50 }, (_, index) => `F${index}`);
    const { session } = await start({
      answer: (said) => {
        if (said.command.startsWith('LIST')) said.say(...names.map((name) => `* LIST () "/" ${name}`));
        if (!said.command.startsWith('STATUS')) return false;
        held.push(said);
        if (held.length < names.length) return true;
        for (const [index, one] of held.entries()) {
          one.say(`* STATUS F${index} (MESSAGES ${index} UIDNEXT 9 UIDVALIDITY 3)`);
          one.ok();
        }
        return true;
      },
    });
    expect((await session.listFolders()).map(({ status }) => status?.messages)).toEqual(names.map((_, index) => index));
  });

  it.each([
    [
      'a listed folder that cannot be counted',
      '* LIST () "/" Broken',
      'lists the folder "Broken" and does not open it',
    ],
    ['a row nobody can read', '* LIST (\\Sent "/" Broken', 'in a way nobody can read'],
  ])('are an error with %s', async (_, row, what) => {
    const { session } = await start({
      answer: ({ command, say, no }) => {
        if (command.startsWith('LIST')) say(row);
        if (command.startsWith('STATUS')) return no('internal error');
        return false;
      },
    });
    await expect(session.listFolders()).rejects.toMatchObject({
      code: 'SERVER_ANSWER',
      what: expect.stringContaining(what),
    });
  });

  it('are listed in a plain way where the server promises more than it understands', async () => {
    const { session } = await start({
      capabilities: 'LIST-EXTENDED LIST-STATUS SPECIAL-USE',
      answer: ({ command, say, bad }) => {
        if (command.includes('RETURN')) return bad('what?');
        if (command.startsWith('LIST')) say('* LIST () "/" INBOX');
        if (command.startsWith('LSUB')) say('* LSUB () "/" INBOX');
        if (command.startsWith('STATUS')) say('* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)');
        return false;
      },
    });
    expect(await session.listFolders()).toMatchObject([{ path: 'INBOX', subscribed: true, status: { messages: 1 } }]);
  });

  it.each([
    ['is not there', 'NO [NONEXISTENT] no', null],
    ['is not there, says a list', 'NO no such folder', null],
    ['is busy', 'NO [INUSE] try again later', 'SERVER_BUSY'],
    ['may not be read', 'NO [NOPERM] no', 'PERMISSION_DENIED'],
    ['is asked for in a wrong way', 'BAD what?', 'SERVER_ANSWER'],
  ])('the count of one that %s', async (_, answer, expected) => {
    const { session } = await start({
      answer: ({ command, tag, raw }) => command.startsWith('STATUS') && raw(`${tag} ${answer}\r\n`),
    });
    if (expected === null) expect(await session.status('X')).toBeNull();
    else await expect(session.status('X')).rejects.toMatchObject({ code: expected });
  });

  it('the count of one that is listed and refused is an error', async () => {
    const { session } = await start({
      answer: ({ command, no, say }) => {
        if (command.startsWith('STATUS')) return no('disk error');
        say('* LIST () "/" "X"');
        return false;
      },
    });
    await expect(session.status('X')).rejects.toMatchObject({ code: 'SERVER_ANSWER' });
  });

  it('quota: the one that fills up first', async () => {
    const { session } = await start({
      capabilities: 'QUOTA',
      answer: ({ say }) => {
        say(
          '* QUOTAROOT INBOX "a" "b" ""',
          '* QUOTA "a" (STORAGE 10 100 MESSAGE 1 9)',
          '* QUOTA "b" (MESSAGE 1 9 STORAGE 40 50)',
        );
        say('* QUOTA "" ()');
        return false;
      },
    });
    expect(await session.quota()).toEqual({ usedBytes: 40 * 1024, limitBytes: 50 * 1024 });
  });
});
