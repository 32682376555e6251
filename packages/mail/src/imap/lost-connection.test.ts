import { afterEach, describe, expect, it } from 'vitest';
import { allOf, folderOf, type Script, type ScriptedServer, scriptedServer } from './scripted-server.test.support.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(script: Script): Promise<ScriptedServer> {
  const server = await scriptedServer(script);
  stops.push(() => server.close());
  return server;
}

describe('a connection that ends', () => {
  it.each([
    ['in the middle of a body', { fin: '* 1 FETCH (UID 1 BODY[] {100}\r\nhalf' }, 'CONNECTION_LOST'],
    ['with words', { fin: '* BYE Server shutting down.\r\n' }, 'CONNECTION_LOST'],
    ['because it is busy', { fin: '* BYE [UNAVAILABLE] Too many connections from your IP\r\n' }, 'SERVER_BUSY'],
    ['in garbage', { say: '* 1 FETCH (UID 1 BODY[] {99999999999}\r\n' }, 'SERVER_ANSWER'],
    ['in silence', {}, 'SERVER_TIMEOUT'],
  ])('%s says so to everything under way', async (_, { fin, say }: { fin?: string; say?: string }, code) => {
    const { session } = await start({
      timeoutMs: 400,
      answer: folderOf(9, ({ raw, socket }) => {
        if (say !== undefined) raw(say);
        if (fin !== undefined) socket.end(fin);
        return true;
      }),
    });
    const work = [
      allOf(session.fetch('INBOX', [1])),
      session.uids('INBOX'),
      session.storeFlags('INBOX', [1], { add: ['\\Seen'], remove: [] }),
    ];
    for (const result of await Promise.allSettled(work)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code } });
      expect(String(result.status === 'rejected' && result.reason)).not.toContain('while messages were sent');
    }
    expect(session.usable).toBe(false);
    await expect(session.listFolders()).rejects.toMatchObject({ code });
    await session.close();
  });

  it('is kept alive while nothing is asked', async () => {
    const { session, commands } = await start({ timeoutMs: 300, answer: folderOf(1, () => false) });
    const noops = (): number => commands.filter((command) => command === 'NOOP').length;
    await expect.poll(noops, { timeout: 20_000 }).toBeGreaterThan(2);
    expect(session.usable).toBe(true);
    expect(await session.status('INBOX')).toBeNull();
  });
});
