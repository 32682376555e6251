import { afterEach, describe, expect, it } from 'vitest';
import {
  examined,
  folderOf,
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

describe('what changed', () => {
  const since = { uidValidity: 7, highestModseq: '100' };
  const modseq = (value: number): { more: string[] } => ({ more: [`* OK [HIGHESTMODSEQ ${value}] ok`] });

  it('by QRESYNC comes with opening the folder; a set of everything is cut at UIDNEXT', async () => {
    const { session, commands } = await start({
      capabilities: 'QRESYNC CONDSTORE ENABLE UNSELECT',
      answer: ({ command, say, ok }) => {
        if (command.startsWith('EXAMINE "B"')) {
          say(
            '* VANISHED 77',
            '* 5 FETCH (UID 5 FLAGS (\\Deleted))',
            '* OK [CLOSED] gone',
            ...examined(3, { uidNext: 9, ...modseq(120) }),
            '* VANISHED (EARLIER) 2:3,8:4294967295',
            '* VANISHED 4',
            '* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (110))',
          );
        } else if (command.startsWith('EXAMINE')) say(...examined(3));
        ok();
        return true;
      },
    });
    await session.scan('A').catch(() => undefined);
    expect(await session.changes('B', since)).toEqual({
      uidValidity: 7,
      uidNext: 9,
      exists: 3,
      highestModseq: '120',
      flags: [{ uid: 1, flags: ['\\Seen'] }],
      vanished: [2, 3, 8],
    });
    await session.changes('B', since);
    expect(commands.filter((command) => !command.startsWith('UID'))).toEqual([
      'EXAMINE "A" (CONDSTORE)',
      'UNSELECT',
      'ENABLE QRESYNC',
      'EXAMINE "B" (QRESYNC (7 100))',
      'UNSELECT',
      'EXAMINE "B" (QRESYNC (7 100))',
    ]);
  });

  it('names no UIDs where they are too many', async () => {
    const { session } = await start({
      capabilities: 'QRESYNC ENABLE',
      answer: ({ command, say, ok }) => {
        if (command.startsWith('EXAMINE'))
          say(...examined(3, { uidNext: 4_000_000_000, ...modseq(120) }), '* VANISHED (EARLIER) 1:3999999999');
        ok();
        return true;
      },
    });
    expect(await session.changes('B', since)).toMatchObject({ exists: 3, vanished: null });
  });

  it.each([
    ['another UIDVALIDITY', { uidValidity: 8, ...modseq(120) }],
    ['no MODSEQ', { more: ['* OK [NOMODSEQ] sorry'] }],
    ['a MODSEQ that went back', modseq(90)],
    ['a row nobody can read', { more: ['* OK [HIGHESTMODSEQ 120] ok', '* 1 FETCH (UID 1 FLAGS (('] }],
  ])('is not known after %s', async (_, told) => {
    for (const capabilities of ['QRESYNC ENABLE', 'CONDSTORE']) {
      const { session } = await start({
        capabilities,
        answer: ({ command, say, ok }) => {
          if (command.startsWith('EXAMINE')) say(...examined(3, told));
          if (command.startsWith('UID FETCH')) say('* 1 FETCH (UID 1 FLAGS ((');
          ok();
          return true;
        },
      });
      expect(await session.changes('B', since)).toBeNull();
    }
  });

  it('comes by CONDSTORE where QRESYNC is refused, or known to be broken', async () => {
    const { session, commands } = await start({
      capabilities: 'QRESYNC CONDSTORE ENABLE',
      answer: ({ command, say, ok, bad }) => {
        if (command.includes('(QRESYNC')) return bad('unknown parameter');
        if (command.startsWith('EXAMINE')) say(...examined(3, modseq(120)));
        if (command.startsWith('UID FETCH')) say('* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (110))');
        ok();
        return true;
      },
    });
    for (const _ of [1, 2])
      expect(await session.changes('B', since)).toMatchObject({
        flags: [{ uid: 1 }],
        vanished: null,
        highestModseq: '120',
      });
    expect(commands.slice(2)).toEqual([
      'EXAMINE "B" (CONDSTORE)',
      'UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 100)',
      'EXAMINE "B" (CONDSTORE)',
      'UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 100)',
    ]);
  });

  it('is not asked for where the server offers nothing', async () => {
    const { session, commands } = await start({ answer: folderOf(3, () => false) });
    expect(await session.changes('B', since)).toBeNull();
    expect(commands).toEqual([]);
  });
});
