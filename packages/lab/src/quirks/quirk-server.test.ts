import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { readMailbox } from '../imap/read-mailbox.ts';
import { until } from '../process/until.ts';
import { seedMaildirs } from '../seed/seed-maildirs.ts';
import { compareMailboxes } from '../truth/compare-mailboxes.ts';
import { answer, bye, defineQuirk, type Quirk } from './quirk.ts';
import { createQuirkWorld } from './quirk-world.test.support.ts';

const MIB = 1024 * 1024;

const world = createQuirkWorld();
beforeAll(world.open);
beforeEach(world.begin);
afterEach(world.end);
afterAll(world.close);
const { start, stored } = world;
const onCommand = (onCommand: NonNullable<Quirk['onCommand']>): Quirk => defineQuirk('test', () => ({ onCommand }));
const onAppend = (onAppend: NonNullable<Quirk['onAppend']>): Quirk => defineQuirk('test', () => ({ onAppend }));

test('a hostile mailbox passes unchanged', async () => {
  const truth = await seedMaildirs({ server: world.dovecot, users: [world.user], messagesPerUser: 80 });
  await start();
  const folders = await readMailbox(world.server, world.user, 'pass');
  expect(compareMailboxes(truth.users[world.user]?.folders ?? {}, folders)).toEqual([]);
  expect(world.server.commands.get('EXAMINE')).toBe(Object.keys(folders).length);
});

test('every byte of a literal passes in both directions, however the stream is cut', async () => {
  const client = await start();
  const body = Buffer.from(Array.from({ length: 600 }, (_, index) => (index % 200) + 14));
  const wire = Buffer.concat([
    Buffer.from(`a APPEND INBOX (\\Seen) ~{${body.length}+}\r\n`),
    body,
    Buffer.from('\r\n'),
  ]);
  for (let at = 0; at < wire.length; at += 7) {
    client.send(wire.subarray(at, at + 7));
    if (at % 70 === 0) await sleep(1);
  }
  expect(await client.until(/^a .*\r\n/m)).toContain('a OK [APPENDUID');
  await client.command('SELECT INBOX');
  const fetched = await client.command('FETCH 1 BODY.PEEK[]');
  expect(fetched).toContain(`{${body.length}}\r\n${body.toString('latin1')})\r\n`);
});

test('a synchronising literal is asked for; one the server refuses is not waited for', async () => {
  const client = await start();
  client.send('a APPEND INBOX {5}\r\n');
  expect(await client.until(/\+ .*\r\n/)).toMatch(/^\+ /);
  client.send('hello\r\n');
  await client.until(/^a OK/m);
  client.send('b APPEND Nowhere {5}\r\n');
  await client.until(/^b NO .*\r\n/m);
  expect(await client.command('NOOP')).toMatch(/^t2 OK/);
});

test('pipelined commands are answered in order, those answered here too', async () => {
  const client = await start(
    onCommand(async ({ text }) => {
      if (text === 'NOOP slow') await sleep(20);
      return /^NOOP ./.test(text) ? answer('NO not this one') : undefined;
    }),
  );
  client.send('a SELECT INBOX\r\nb NOOP slow\r\nc APPEND INBOX {3+}\r\nabc\r\nd NOOP x\r\ne NOOP\r\n');
  const text = await client.until(/^e .*\r\n/m);
  expect(text.match(/^[a-e] (?:OK|NO|BAD)/gm)).toEqual(['a OK', 'b NO', 'c OK', 'd NO', 'e OK']);
});

test.each(['refused', 'taken'] as const)(
  'an APPEND answered here never reaches the server: literals %s',
  async (how) => {
    const client = await start(
      onCommand(({ name }) => (name === 'APPEND' ? { kind: 'answer', text: 'NO never', literals: how } : undefined)),
    );
    expect(await client.command('APPEND INBOX ', Buffer.from('x LOGOUT\r\n'))).toMatch(/^t2 NO never\r\n$/);
    client.send('a APPEND INBOX {5}\r\n');
    if (how === 'taken') {
      expect(await client.until(/\r\n/)).toMatch(/^\+ /);
      client.send('hello (\\Seen) {2}\r\n');
      await client.until(/^\+ .*\r\n/m);
      client.send('hi\r\n');
    }
    expect(await client.until(/\r\n/)).toBe('a NO never\r\n');
    expect(await client.command('NOOP')).toMatch(/^t3 OK/);
    expect(await stored()).toBe(0);
  },
);

test('a message refused for its last byte is not stored, nor are those sent with it', async () => {
  const client = await start(
    onAppend(() => {
      let text = '';
      return {
        kind: 'watch',
        onBytes: (bytes) => {
          text += bytes.toString('latin1');
          return undefined;
        },
        onEnd: () => (text.endsWith('!') ? answer('NO no shouting') : undefined),
      };
    }),
  );
  expect(await client.command('APPEND INBOX ', Buffer.from('hello!'))).toBe('t2 NO no shouting\r\n');
  const three = [Buffer.from('one'), ' (\\Seen) ', Buffer.from('two!'), ' ', Buffer.from('three')];
  expect(await client.command('APPEND INBOX ', ...three)).toBe('t3 NO no shouting\r\n');
  client.send('a APPEND INBOX {4}\r\n');
  await client.until(/^\+ .*\r\n/);
  client.send('two! {5}\r\n');
  expect(await client.until(/\r\n/)).toBe('a NO no shouting\r\n');
  expect(await stored()).toBe(0);
  expect(await client.command('APPEND INBOX ', Buffer.from('hello'), ' ', Buffer.from('two'))).toContain(
    'OK [APPENDUID',
  );
  expect(await stored()).toBe(2);
});

test('what a quirk asks the server stays between them', async () => {
  const seen: string[][] = [];
  const client = await start(
    onCommand(async ({ name }, connection) => {
      if (name === 'UID FETCH') seen.push(await connection.ask('UID SEARCH 1:*'));
      return undefined;
    }),
  );
  await client.command('APPEND INBOX ', Buffer.from('x'), ' ', Buffer.from('y'));
  client.send('a SELECT INBOX\r\nb UID FETCH 1:* UID\r\n');
  const text = await client.until(/^b OK.*\r\n/m);
  expect(seen).toEqual([['* SEARCH 1 2']]);
  expect(text).not.toContain('SEARCH');
  expect(text.match(/FETCH \(UID \d\)/g)).toHaveLength(2);
});

test('BYE reaches a client that is still sending', async () => {
  const client = await start(onAppend(() => ({ kind: 'watch', onBytes: () => bye('enough') })));
  client.send(`a APPEND INBOX {${4 * MIB}+}\r\n`);
  client.send(Buffer.alloc(4 * MIB, 'a\r\n'));
  expect(await client.rest()).toContain('* BYE enough\r\n');
  await until('the connection is gone', () => world.server.open === 0);
  expect(await stored()).toBe(0);
});

test('after silence nothing comes, and the connection stays', async () => {
  const client = await start(onCommand(({ name }) => (name === 'NOOP' ? { kind: 'silence' } : undefined)));
  client.send('a NOOP\r\nb CAPABILITY\r\n');
  await sleep(100);
  expect(world.server.open).toBe(1);
  client.close();
  await expect(client.rest()).resolves.toBe('');
  await until('the connection is gone', () => world.server.open === 0);
});

test('a mistake in a quirk is told, and not taken for a server that hangs up', async () => {
  const client = await start(
    onCommand(({ name }) => {
      if (name === 'NOOP') throw new Error('oops');
      return undefined;
    }),
  );
  await expect(client.command('NOOP')).rejects.toThrow('ended');
  await expect(world.server.stop()).rejects.toThrow('The quirk "test" failed: oops');
  await start();
});

test('bytes of a message the client does not take stay at the server', async () => {
  const client = await start();
  const body = Buffer.alloc(48 * MIB, `${'m'.repeat(76)}\r\n`);
  expect(await client.command('APPEND INBOX ', body)).toContain('OK [APPENDUID');
  await client.command('SELECT INBOX');
  client.socket.removeAllListeners('data');
  client.socket.pause();
  const before = process.memoryUsage().arrayBuffers;
  client.send('f FETCH 1 BODY.PEEK[]\r\n');
  await sleep(300);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * MIB);
  const hash = createHash('sha256');
  let [left, head] = [body.length, Buffer.alloc(0)];
  for await (const chunk of client.socket as AsyncIterable<Buffer>) {
    let bytes = chunk;
    if (left === body.length) {
      head = Buffer.concat([head, chunk]);
      const start = head.indexOf(`{${body.length}}\r\n`);
      if (start === -1) continue;
      bytes = head.subarray(start + `{${body.length}}\r\n`.length);
    }
    hash.update(bytes.subarray(0, left));
    left -= Math.min(left, bytes.length);
    if (left === 0) break;
  }
  expect(hash.digest('hex')).toBe(createHash('sha256').update(body).digest('hex'));
});
