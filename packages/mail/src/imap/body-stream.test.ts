import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  allOf,
  asked,
  folderOf,
  literal,
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

describe('bodies', () => {
  const bodies = ({ command, say, ok }: Said): boolean => {
    for (const uid of asked(command)) say(`* ${uid} FETCH (UID ${uid} BODY[] ${literal(`body ${uid}`)})`);
    ok();
    return true;
  };

  it('come for the UIDs that were asked for, each once, whatever else is said', async () => {
    const { session } = await start({
      answer: folderOf(9, ({ say, ok }) => {
        say(
          '* 1 FETCH (FLAGS (\\Seen))',
          '* 3 EXPUNGE',
          '* 12 EXISTS',
          `* 1 FETCH (BODY[] ${literal('one')} UID 1)`,
          `* 1 FETCH (UID 1 BODY[] "one again")`,
          '* 2 FETCH (UID 2 BODY[] NIL)',
          '* 3 FETCH (UID 3 FLAGS ())',
          '* 4 FETCH (UID 4 BODY[] "four (quoted)")',
          `* 5 FETCH (UID 5 BODY[] ${literal('five')}`,
          `* 6 FETCH (UID 6 BODY[] ${literal('')})`,
          `* 8 FETCH (UID 8 BODY[] ${literal('nobody asked')})`,
          `* 7 FETCH (UID 7 BODY[HEADER] ${literal('header')})`,
        );
        ok();
        return true;
      }),
    });
    const rows = await allOf(session.fetch('INBOX', [1, 2, 3, 4, 5, 6, 7]));
    expect(rows.map(({ uid, body }) => [uid, String(body)])).toEqual([
      [1, 'one'],
      [4, 'four (quoted)'],
      [6, ''],
    ]);
  });

  it('are asked for by BINARY, and come as literal8 with their NUL bytes', async () => {
    const { session } = await start({
      answer: folderOf(9, ({ command, say, ok }) => {
        if (!command.includes('BINARY.PEEK[]')) return false;
        say(`* 1 FETCH (UID 1 BODY[] ${literal('not this')})`, `* 1 FETCH (UID 1 BINARY[] ~${literal('a\0b')})`);
        ok();
        return true;
      }),
    });
    const rows = await allOf(session.fetchBinary('INBOX', [1]));
    expect(rows.map(({ uid, body }) => [uid, String(body)])).toEqual([[1, 'a\0b']]);
  });

  it('that came before a refusal are given, then the refusal', async () => {
    const { session } = await start({
      answer: folderOf(9, ({ say, no }) => {
        say(`* 1 FETCH (UID 1 BODY[] ${literal('one')})`);
        no('[EXPUNGEISSUED] Some of the requested messages no longer exist.');
        return true;
      }),
    });
    const rows = session.fetch('INBOX', [1, 2])[Symbol.asyncIterator]();
    expect(await rows.next()).toMatchObject({ value: { uid: 1 } });
    await expect(rows.next()).rejects.toMatchObject({
      code: 'SERVER_ANSWER',
      what: expect.stringContaining('[EXPUNGEISSUED] Some of the requested'),
    });
    expect(await rows.next()).toEqual({ done: true, value: undefined });
    expect(session.usable).toBe(true);
  });

  it('are not given when the folder has another UIDVALIDITY, opened now or before', async () => {
    const { session } = await start({ answer: folderOf(9, bodies) });
    for (const _ of [1, 2]) {
      const rows = session.fetch('INBOX', [1, 2], 8)[Symbol.asyncIterator]();
      await expect(rows.next()).rejects.toMatchObject({ code: 'UIDVALIDITY_CHANGED' });
    }
    expect(await allOf(session.fetch('INBOX', [1, 2], 7))).toHaveLength(2);
  });

  it('of a folder that cannot be opened: what the server said to that', async () => {
    const { session } = await start({
      answer: ({ command, no, bad }) => {
        if (command.startsWith('EXAMINE')) no('[NOPERM] not yours');
        else bad('no folder is open');
        return true;
      },
    });
    await expect(allOf(session.fetch('INBOX', [1]))).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  it('of several fetches are asked for before the first are taken, and may be taken in any order', async () => {
    const { session, commands } = await start({ answer: folderOf(9, bodies) });
    const [first, second, third] = [[1, 2], [3], [4, 5]].map((uids) => session.fetch('INBOX', uids));
    if (!first || !second || !third) throw new Error('three fetches');
    expect(uidsOf(await allOf(third))).toEqual([4, 5]);
    expect(commands).toEqual([
      'EXAMINE "INBOX"',
      'UID FETCH 1:2 (UID BODY.PEEK[])',
      'UID FETCH 3 (UID BODY.PEEK[])',
      'UID FETCH 4:5 (UID BODY.PEEK[])',
    ]);
    expect(uidsOf(await allOf(first))).toEqual([1, 2]);
    expect(uidsOf(await allOf(second))).toEqual([3]);
  });

  it('of different folders each come from their own', async () => {
    const opened: string[] = [];
    const { session } = await start({
      answer: folderOf(9, (said) => {
        opened.push(said.command);
        return bodies(said);
      }),
    });
    const fetches = ['A', 'B', 'A'].map((path) => allOf(session.fetch(path, [1])));
    expect((await Promise.all(fetches)).flat().map(({ uid }) => uid)).toEqual([1, 1, 1]);
    expect(opened).toHaveLength(3);
  });

  it('are many commands where the UIDs are many', async () => {
    const { session, commands } = await start({ answer: folderOf(9, bodies) });
    const uids = Array.from({ length: 3000 }, (_, index) => index * 2 + 1);
    expect(uidsOf(await allOf(session.fetch('INBOX', uids)))).toEqual(uids);
    expect(Math.max(...commands.map((command) => command.length))).toBeLessThan(8000);
  });
});

describe('a consumer that is slow', () => {
  const megabyte = Buffer.alloc(1024 * 1024, 'x');

  /** Sends 40 MB for each fetch, as fast as they are taken. */
  async function flooding() {
    let sent = 0;
    const { session } = await start({
      answer: folderOf(99, async ({ command, raw, ok, socket }) => {
        if (!command.startsWith('UID FETCH')) return false;
        for (const uid of asked(command)) {
          raw(`* ${uid} FETCH (UID ${uid} BODY[] {${megabyte.length}}\r\n`);
          raw(megabyte);
          raw(')\r\n');
          while (socket.writableNeedDrain && !socket.destroyed) await sleep(1);
          sent += 1;
        }
        ok();
        return true;
      }),
    });
    const settled = async (): Promise<number> => {
      for (let before = -1; before !== sent; await sleep(150)) before = sent;
      return sent;
    };
    return { session, settled };
  }

  const forty = Array.from({ length: 40 }, (_, index) => index + 1);

  it('is not run over: the server waits', async () => {
    const { session, settled } = await flooding();
    const rows = session.fetch('INBOX', forty)[Symbol.asyncIterator]();
    await rows.next();
    const ahead = await settled();
    expect(ahead).toBeLessThan(30);
    let taken = 1;
    while ((await rows.next()).done !== true) taken += 1;
    expect(taken).toBe(40);
  });

  it('may stop early, and the rest is thrown away', async () => {
    const { session, settled } = await flooding();
    for await (const { uid } of session.fetch('INBOX', forty)) if (uid === 2) break;
    expect(await settled()).toBe(40);
    expect(await session.status('INBOX')).toBeNull();
  });

  it('may wait for another answer before it goes on', async () => {
    const { session } = await flooding();
    const seen: number[] = [];
    for await (const { uid } of session.fetch('INBOX', forty)) {
      if (uid === 3) await session.storeFlags('INBOX', [3], { add: ['\\Seen'], remove: [] });
      if (uid === 5) for await (const other of session.fetch('INBOX', [77])) seen.push(other.uid);
      seen.push(uid);
    }
    expect(seen).toEqual([1, 2, 3, 4, 77, ...forty.slice(4)]);
  });

  it('does not make the watchdog bark', async () => {
    let sent = 0;
    const { session } = await start({
      timeoutMs: 300,
      answer: folderOf(99, ({ command, raw, ok }) => {
        for (const uid of asked(command)) {
          raw(`* ${uid} FETCH (UID ${uid} BODY[] {${megabyte.length}}\r\n`);
          raw(megabyte);
          raw(')\r\n');
          sent += 1;
        }
        ok();
        return true;
      }),
    });
    let taken = 0;
    for await (const _ of session.fetch('INBOX', forty)) {
      if (taken === 0) await sleep(900);
      taken += 1;
    }
    expect([taken, sent]).toEqual([40, 40]);
  });
});
