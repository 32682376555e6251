import { type MailSession, MxodusError } from '@mxodus/model';
import { afterEach, expect, it } from 'vitest';
import { folderOf, type ScriptedServer, scriptedServer } from './scripted-server.test.support.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const LOST = new MxodusError('LEASE_LOST', { what: 'lost', why: 'a test', advice: 'none' });

/** Writes are forbidden from the nth on. */
async function start(nth: number, capabilities: string): Promise<ScriptedServer> {
  let told = 0;
  const server = await scriptedServer({
    capabilities,
    onWrite: () => {
      told += 1;
      if (told >= nth) throw LOST;
    },
    answer: folderOf(9, ({ command, say, no }) => {
      if (command.startsWith('UID SEARCH')) say('* SEARCH 1');
      // Refused, so that a command nobody listens to would be heard of.
      return command.startsWith('UID STORE') && nth > 1 ? no('not now') : false;
    }),
  });
  stops.push(() => server.close());
  return server;
}

const WRITES = /^(UID STORE|UID MOVE|UID COPY|UID EXPUNGE|EXPUNGE|CREATE|SUBSCRIBE)/;

it.each<[string, (session: MailSession) => Promise<unknown>]>([
  ['CREATE', (session) => session.create('New', null)],
  ['SUBSCRIBE', (session) => session.subscribe('New')],
  ['STORE', (session) => session.storeFlags('INBOX', [1, 2], { add: ['\\Seen'], remove: ['\\Flagged'] })],
  ['MOVE', (session) => session.move('INBOX', [1], 'New')],
  ['COPY', (session) => session.copy('INBOX', [1], 'New')],
  ['EXPUNGE', (session) => session.expunge('INBOX', [1])],
])('%s that the ear for writes forbids is not sent, and the session goes on', async (_, write) => {
  const { session, commands } = await start(1, 'MOVE UIDPLUS');
  await expect(write(session)).rejects.toBe(LOST);
  expect(await session.uids('INBOX')).toEqual([1]);
  expect(commands.filter((command) => WRITES.test(command))).toEqual([]);
  expect(session.usable).toBe(true);
});

it('where the second of several STOREs is forbidden, none is sent', async () => {
  const { session, commands } = await start(2, 'MESSAGELIMIT=1');
  await expect(session.storeFlags('INBOX', [1, 2], { add: ['\\Seen'], remove: [] })).rejects.toBe(LOST);
  expect(await session.uids('INBOX')).toEqual([1]);
  expect(commands.filter((command) => WRITES.test(command))).toEqual([]);
});

it('what follows a COPY in place of MOVE is not sent when it is forbidden', async () => {
  const { session, commands } = await start(2, 'UIDPLUS');
  await expect(session.move('INBOX', [1], 'New')).rejects.toBe(LOST);
  expect(commands.filter((command) => WRITES.test(command))).toEqual(['UID COPY 1 "New"']);
  expect(session.usable).toBe(true);
});
