import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { PassThrough, Writable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { Wire } from './wire.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0).reverse()) stop();
});

/** Both ends of a loopback connection, a wire at one of them. */
async function connected(timeoutMs = 60_000) {
  const listening = createServer();
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const accepted = once(listening, 'connection');
  const socket = connect((listening.address() as AddressInfo).port, '127.0.0.1');
  const [server]: Socket[] = await accepted;
  listening.close();
  if (server === undefined) throw new Error('nobody connected');
  const wire = new Wire(socket, socket, { timeoutMs, signal: new AbortController().signal });
  stops.push(() => server.destroy(), wire.close.bind(wire));
  return { wire, server };
}

/** A line that takes `delayMs` for every piece it is given, and holds one. */
function slowLine(delayMs: number, timeoutMs: number) {
  const input = new PassThrough();
  const sent: Buffer[] = [];
  const output = new Writable({
    highWaterMark: 1,
    write: (chunk: Buffer, _, done) => {
      sent.push(chunk);
      setTimeout(done, delayMs);
    },
  });
  const wire = new Wire(input, output, { timeoutMs, signal: new AbortController().signal });
  stops.push(() => wire.close());
  return { wire, input, sent };
}

describe('the watchdog', () => {
  it('leaves a message alone that takes longer than its limit, as long as bytes leave', async () => {
    const { wire, input, sent } = slowLine(60, 300);
    const answer = wire.answer('X1');
    for (let piece = 0; piece < 15; piece += 1) await wire.write(Buffer.alloc(1000));
    expect(wire.usable).toBe(true);
    input.write('X1 OK stored\r\n');
    expect(await answer).toEqual({ status: 'OK', text: 'stored' });
    expect(Buffer.concat(sent)).toHaveLength(15_000);
  });

  it('ends the connection when nothing moves, and says so to every command under way', async () => {
    const { wire } = await connected(100);
    const answers = [wire.answer('X1'), wire.answer('X2')];
    for (const answer of answers)
      await expect(answer).rejects.toMatchObject({
        code: 'CONNECTION_LOST',
        message: expect.stringContaining('no answer for 0.1 s'),
      });
    expect(wire.usable).toBe(false);
    await expect(wire.answer('X3')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });
});

describe('answers', () => {
  it('find their command by tag, in whatever order and pieces they come', async () => {
    const { wire, server } = await connected();
    const answers = ['X1', 'X2', 'X3'].map((tag) => wire.answer(tag));
    server.write('X3 BAD what\r\nX1 O');
    server.write('K [APPENDUID 1 7] done\r\n* 7 EXISTS\r\nx9 OK nobody asked\r\nX2 no [OVERQUOTA] full\r\n');
    expect(await Promise.all(answers)).toEqual([
      { status: 'OK', text: '[APPENDUID 1 7] done' },
      { status: 'NO', text: '[OVERQUOTA] full' },
      { status: 'BAD', text: 'what' },
    ]);
  });

  it('are not looked for in a literal of an untagged response', async () => {
    const { wire, server } = await connected();
    const answer = wire.answer('X1');
    const literal = 'X1 NO this is mail\r\n+ so is this\r\nX1 NO and this\r\n';
    const text = `* 1 FETCH (BODY[] {${literal.length}}\r\n${literal})\r\nX1 OK the answer\r\n`;
    for (const piece of [text.slice(0, 9), text.slice(9, 40), text.slice(40)]) server.write(piece);
    expect(await answer).toEqual({ status: 'OK', text: 'the answer' });
  });

  it('before the literal is asked for end the wait for it', async () => {
    const { wire, server } = await connected();
    const refused = wire.answer('X1');
    const refusal = wire.continuation(refused);
    server.write('X1 NO [TOOBIG] too large\r\n');
    expect(await refusal).toEqual({ status: 'NO', text: '[TOOBIG] too large' });
    const asked = wire.continuation(wire.answer('X2'));
    server.write('+ go on\r\n');
    expect(await asked).toBe('go on');
  });
});

describe('continuation requests', () => {
  it('go to the oldest command that waits for one, and not to one that was answered without', async () => {
    const { wire, server } = await connected();
    const [first, second, third] = ['X1', 'X2', 'X3'].map((tag) => wire.continuation(wire.answer(tag)));
    server.write('X1 NO [TOOBIG] too large\r\n');
    expect(await first).toMatchObject({ status: 'NO' });
    server.write('+ go on\r\nX3 NO not you\r\n');
    expect(await second).toBe('go on');
    expect(await third).toMatchObject({ status: 'NO' });
  });

  it('nobody waits for mean nothing', async () => {
    const { wire, server } = await connected();
    const answer = wire.answer('X1');
    server.write('+ idling\r\n+\r\nX1 OK done\r\n');
    expect(await answer).toEqual({ status: 'OK', text: 'done' });
  });
});

it('untagged responses go to the oldest command that takes them', async () => {
  const { wire, server } = await connected();
  const heard: string[] = [];
  const listening = (who: string, wanted: string) => ({
    untagged: ({ name }: { name: string }) => name === wanted && heard.push(`${who} ${name}`) > 0,
    row: () => heard.push(`${who} FETCH`) > 0,
  });
  const first = wire.answer('X1', listening('first', 'LIST'));
  const second = wire.answer('X2', listening('second', 'STATUS'));
  server.write('* STATUS x (y 1)\r\n* 1 FETCH (UID 1)\r\nX1 OK\r\n* LIST () "/" x\r\n* 1 FETCH (UID 1)\r\nX2 OK\r\n');
  await Promise.all([first, second]);
  expect(heard).toEqual(['second STATUS', 'first FETCH', 'second FETCH']);
});

it('commands that are sent together leave together, each with a tag nobody can guess', async () => {
  const { wire, server } = await connected();
  const seen = once(server, 'data');
  const answers = wire.together(() => [wire.command('NOOP'), wire.command('CHECK')]);
  const [text]: Buffer[] = await seen;
  const [, first, second] = /^(X\w{6}1) NOOP\r\n(X\w{6}2) CHECK\r\n$/.exec(String(text)) ?? [];
  server.write(`X1 OK\r\n${second} OK two\r\n${first} OK one\r\n`);
  expect((await Promise.all(answers)).map((answer) => answer.text)).toEqual(['one', 'two']);
});

it('a connection the server ends says with what words', async () => {
  const { wire, server } = await connected();
  const answer = wire.answer('X1');
  server.end('* BYE Disconnected for inactivity\r\n');
  await expect(answer).rejects.toMatchObject({
    code: 'CONNECTION_LOST',
    message: expect.stringContaining('the server said: Disconnected for inactivity'),
  });
  await expect(wire.write('X2 NOOP\r\n')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
});
