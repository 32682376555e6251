import { afterEach, describe, expect, it } from 'vitest';
import { folderOf, type Script, type ScriptedServer, scriptedServer } from './scripted-server.test.support.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(script: Script): Promise<ScriptedServer> {
  const server = await scriptedServer(script);
  stops.push(() => server.close());
  return server;
}

describe('messages that move', () => {
  it('without MOVE and UIDPLUS: others are marked, so nothing is expunged', async () => {
    for (const [search, rows] of [
      ['* SEARCH 1 9', []],
      ['* SEARCH 1', ['* 9 FETCH (UID 9 FLAGS (\\DELETED))']],
      ['* SEARCH 1', ['* 9 FETCH (UID 9 FLAGS ((']],
    ] as const) {
      const { session, commands, writes } = await start({
        answer: folderOf(9, ({ command, say }) => {
          if (command === 'UID SEARCH DELETED') say(search);
          if (command === 'UID FETCH 1:* (UID FLAGS)') say(...rows, '* 1 FETCH (UID 1 FLAGS (\\Deleted))');
          return false;
        }),
      });
      expect(await session.move('INBOX', [1], 'Trash')).toEqual({
        uidValidity: null,
        uids: new Map(),
        leftMarked: true,
      });
      expect(commands).not.toContain('EXPUNGE');
      expect(writes).toEqual(['COPY', 'STORE']);
    }
  });

  it('stay where they are when they could not be copied', async () => {
    const { session, writes } = await start({
      capabilities: 'UIDPLUS',
      answer: folderOf(9, ({ command, no }) => (command.startsWith('UID COPY') ? no('[OVERQUOTA] full') : false)),
    });
    await expect(session.move('INBOX', [1], 'Trash')).rejects.toMatchObject({ code: 'SERVER_ANSWER' });
    expect(writes).toEqual(['COPY']);
  });

  it('are only those the server says it copied', async () => {
    const { session, commands } = await start({
      capabilities: 'UIDPLUS',
      answer: folderOf(9, ({ command, ok }) => {
        if (!command.startsWith('UID COPY')) return false;
        ok('[COPYUID 5 3,1 10:11] done');
        return true;
      }),
    });
    const moved = await session.move('INBOX', [1, 2, 3], 'Trash');
    expect(moved).toEqual({
      uidValidity: 5,
      uids: new Map([
        [3, 10],
        [1, 11],
      ]),
      leftMarked: false,
    });
    expect(commands.slice(1)).toEqual([
      'UID COPY 1:3 "Trash"',
      'UID STORE 1,3 +FLAGS.SILENT (\\Deleted)',
      'UID EXPUNGE 1,3',
    ]);
  });

  it.each(['[COPYUID 5 1:3 10]', '[COPYUID 5 1:4294967295 1:4294967295]', '[COPYUID x 1 2]', '[COPYUID]'])(
    'tell nothing by %s',
    async (code) => {
      const { session } = await start({
        capabilities: 'MOVE',
        answer: folderOf(9, ({ say, ok }) => {
          say(`* OK ${code} moved`);
          ok();
          return true;
        }),
      });
      expect(await session.move('INBOX', [1, 2, 3], 'Trash')).toMatchObject({ uidValidity: null, uids: new Map() });
    },
  );
});
