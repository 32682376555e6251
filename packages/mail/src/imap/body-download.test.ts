import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  allOf,
  asked,
  folderOf,
  literal,
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

describe('a download', () => {
  async function target(): Promise<string> {
    const dir = await mkdtemp(join(tmpdir(), 'mx-'));
    stops.push(() => rm(dir, { recursive: true, force: true }));
    return join(dir, 'body');
  }
  const big = Array.from({ length: 60_000 }, (_, index) => `line ${index}\r\nX1 OK\r\n`).join('');

  it.each([
    ['UID first', `* 3 FETCH (UID 3 BODY[] ${literal(big)})`, big],
    ['UID last', `* 3 FETCH (BODY[] ${literal(big)} UID 3)`, big],
    ['quoted', '* 3 FETCH (UID 3 BODY[] "short")', 'short'],
    ['empty', `* 3 FETCH (UID 3 BODY[] ${literal('')})`, ''],
    ['after news', `* 4 FETCH (UID 4 FLAGS ())\r\n* 3 FETCH (UID 3 BODY[] ${literal('x')} FLAGS (\\Seen))`, 'x'],
    [
      'after the body of another message',
      `* 4 FETCH (UID 4 BODY[] ${literal(big)})\r\n* 3 FETCH (UID 3 BODY[] ${literal('x')})`,
      'x',
    ],
  ])('writes what comes %s', async (_, row, body) => {
    const { session } = await start({ answer: folderOf(9, ({ say }) => !say(row)) });
    const file = await target();
    expect(await session.download('INBOX', 3, { file, uidValidity: 7 })).toBe(body.length);
    expect(await readFile(file, 'latin1')).toBe(body);
  });

  it.each([
    ['NIL', '* 3 FETCH (UID 3 BODY[] NIL)'],
    ['nothing', '* 3 EXPUNGE'],
    ['another message', `* 4 FETCH (UID 4 BODY[] ${literal(big)})`],
    ['another message, UID last', `* 4 FETCH (BODY[] ${literal(big)} UID 4)`],
    ['a header', `* 3 FETCH (UID 3 BODY[HEADER] ${literal('x')})`],
    ['a row nobody can read', `* 3 FETCH (UID 3 BODY[] ${literal('x')}`],
  ])('gives nothing when the server sends %s', async (_, row) => {
    const { session } = await start({ answer: folderOf(9, ({ say }) => !say(row)) });
    expect(await session.download('INBOX', 3, { file: await target() })).toBeNull();
    expect(session.usable).toBe(true);
  });

  it('throws when the folder has another UIDVALIDITY, and when the disk does not take it', async () => {
    const { session } = await start({
      answer: folderOf(9, ({ say }) => !say(`* 3 FETCH (UID 3 BODY[] ${literal(big)})`)),
    });
    await expect(session.download('INBOX', 3, { file: await target(), uidValidity: 8 })).rejects.toMatchObject({
      code: 'UIDVALIDITY_CHANGED',
    });
    await expect(session.download('INBOX', 3, { file: join(await target(), 'no', 'such') })).rejects.toMatchObject({
      what: expect.stringContaining('ENOENT'),
    });
    expect(await session.download('INBOX', 3, { file: await target() })).toBe(big.length);
  });

  it('of another message is not taken out of a fetch that came before', async () => {
    const { session } = await start({
      answer: folderOf(9, ({ command, say }) => {
        for (const uid of asked(command)) say(`* ${uid} FETCH (BODY[] ${literal(`${uid}${big}`)} UID ${uid})`);
        return false;
      }),
    });
    const file = await target();
    const [rows, size] = await Promise.all([
      allOf(session.fetch('INBOX', [1, 2])),
      session.download('INBOX', 3, { file }),
    ]);
    expect(rows.map(({ body }) => body.length)).toEqual([big.length + 1, big.length + 1]);
    expect(size).toBe(big.length + 1);
    expect(await readFile(file, 'latin1')).toBe(`3${big}`);
  });
});
