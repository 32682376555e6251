import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type RawServer, type Script, startHost, startRawServer } from './raw-server.test.support.ts';
import { createSmtpClient } from './smtp-client.ts';

const { signal } = new AbortController();
const client = createSmtpClient({ helo: 'probe.test', timeoutMs: 250, pauseMs: 0 });
const ADDRESSES = ['a@x.test', 'b@x.test', 'c@x.test'];
const MAIL = { from: 'me@elsewhere.test', to: 'a@x.test', raw: Buffer.from('Subject: x\r\n\r\nbody\r\n') };

const hosts: RawServer[] = [];
async function host(script: Script | ((socket: Socket) => void)): Promise<RawServer> {
  const started = await (typeof script === 'function' ? startRawServer(script) : startHost(script));
  hosts.push(started);
  return started;
}
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((one) => one.stop()));
});

/** Writes as fast as it is read, or each `everyMs`, until the other side has enough. */
function endless(text: string, everyMs = 0): (socket: Socket) => void {
  return (socket) => {
    const timer = setInterval(() => socket.writable && socket.write(text), everyMs);
    socket.on('close', () => clearInterval(timer));
  };
}

const NO_SMTP = 'it does not speak SMTP: "HTTP/1.1 400 Bad Request"';
const SILENT = 'no answer within 0.25 s';

describe.each<[string, (socket: Socket) => void, string]>([
  ['says nothing', () => undefined, SILENT],
  ['greets with 421', (socket) => socket.write('421 4.3.2 too busy\r\n'), 'it greets with 421 4.3.2 too busy'],
  ['greets with 554', (socket) => socket.end('554 5.7.1 go away\r\n'), 'it greets with 554 5.7.1 go away'],
  ['hangs up', (socket) => socket.end(), 'it closed the connection'],
  ['speaks HTTP', (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'), NO_SMTP],
  ['has an endless banner', endless('220-more\r\n'.repeat(20)), 'it sent a reply of more than 200 lines'],
  ['drips an endless banner', endless('220-more\r\n', 20), SILENT],
  ['has a line of 200 KB', (socket) => socket.write('2'.repeat(200_000)), 'it sent a line of more than 8192 octets'],
  ['never ends a line', endless('220 x'.repeat(1000)), 'it sent a line of more than 8192 octets'],
  ['talks without end', endless('220 x\r\n'.repeat(300)), 'it talks without being asked'],
  ['answers with two codes', (socket) => socket.write('220-x\r\n250 y\r\n'), 'it does not speak SMTP: "250 y"'],
  ['sends bytes', (socket) => socket.write(Buffer.from([0x1b, 0x5b, 0x32, 0x0a])), 'it does not speak SMTP: "?[2"'],
])('a host that %s', (_, onConnect, why) => {
  test('is unreachable, and asked no more', async () => {
    const { target } = await host(onConnect);
    expect(await client.greet(target, signal)).toEqual({ kind: 'unreachable', blocked: false, why });
    expect(await client.send(target, MAIL, signal)).toEqual({ kind: 'unreachable', why });
    const answers = await client.recipients(target, ADDRESSES, signal);
    expect([...answers.entries()]).toEqual(ADDRESSES.map((address) => [address, { kind: 'unasked', why }]));
    expect(hosts[0]?.connections).toBe(3);
  });
});

describe('a host that goes wrong later', () => {
  test('a reply to EHLO without end', async () => {
    const { target } = await host({ ehlo: '250-x\r\n'.repeat(1000) });
    expect(await client.greet(target, signal)).toMatchObject({ why: 'it sent a reply of more than 200 lines' });
  });

  test('an address it hangs up at is unasked, the others are answered', async () => {
    const rude = await host({
      answer: (line, socket) => {
        if (line === 'RCPT TO:<b@x.test>') socket.destroy();
        return line === 'RCPT TO:<b@x.test>' ? null : undefined;
      },
    });
    const answers = await client.recipients(rude.target, ADDRESSES, signal);
    expect([...answers.values()].map(({ kind }) => kind)).toEqual(['accepted', 'unasked', 'accepted']);
    expect(answers.get('b@x.test')).toEqual({ kind: 'unasked', why: 'it closed the connection' });
    expect(rude.connections).toBe(3);
  });

  test('one that hangs up at every address is left alone soon', async () => {
    const rude = await host({
      answer: (line, socket) => {
        if (line.startsWith('RCPT')) socket.destroy();
        return line.startsWith('RCPT') ? null : undefined;
      },
    });
    const many = Array.from({ length: 50 }, (_, index) => `u${index}@x.test`);
    const answers = await client.recipients(rude.target, many, signal);
    expect(new Set([...answers.values()].map(({ kind }) => kind))).toEqual(new Set(['unasked']));
    expect(answers.size).toBe(50);
    expect(rude.connections).toBe(3);
  });

  test('one that allows three commands a connection is asked on, as long as it answers', async () => {
    let left = 0;
    const strict = await host({
      ehlo: '250 strict.test\r\n',
      answer: (line, socket) => {
        if (line.startsWith('EHLO')) left = 3;
        else left -= 1;
        if (left < 0) socket.end('421 4.7.0 too many\r\n');
        return left < 0 ? null : undefined;
      },
    });
    const many = Array.from({ length: 12 }, (_, index) => `u${index}@x.test`);
    const answers = await client.recipients(strict.target, many, signal);
    const kinds = [...answers.values()].map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'accepted').length).toBeGreaterThanOrEqual(6);
    expect(kinds.every((kind) => kind === 'accepted' || kind === 'later')).toBe(true);
  });

  test('a tarpit costs no more than the life of a few connections', async () => {
    const slow = await host({
      ehlo: '250 tarpit.test\r\n',
      answer: (line, socket) => {
        if (line.startsWith('EHLO')) return undefined;
        setTimeout(() => socket.writable && socket.write('250 ok\r\n'), 60);
        return null;
      },
    });
    const many = Array.from({ length: 400 }, (_, index) => `u${index}@x.test`);
    const quick = createSmtpClient({ helo: 'probe.test', timeoutMs: 150, pauseMs: 0 });
    const given = new AbortController();
    const timer = setTimeout(() => given.abort(new Error('enough')), 1000);
    // What it does answer counts, so an honest slow host is not left alone; who waits may always end it.
    await expect(quick.recipients(slow.target, many, given.signal)).rejects.toThrow('enough');
    clearTimeout(timer);
    expect(slow.connections).toBeGreaterThan(1);
    const dead = await host({ answer: (line) => (line.startsWith('MAIL') ? null : undefined) });
    const answers = await client.recipients(dead.target, many, signal);
    expect([...answers.values()].every(({ kind }) => kind === 'unasked')).toBe(true);
    expect(dead.connections).toBe(3);
  });

  test('an abort ends it at once, with its reason', async () => {
    const silent = await host(() => undefined);
    for (const ask of [
      (at: AbortSignal) => client.greet(silent.target, at),
      (at: AbortSignal) => client.recipients(silent.target, ADDRESSES, at),
      (at: AbortSignal) => client.send(silent.target, MAIL, at),
    ]) {
      const given = new AbortController();
      setImmediate(() => given.abort(new Error('stop')));
      await expect(ask(given.signal)).rejects.toThrow('stop');
      await expect(ask(given.signal)).rejects.toThrow('stop');
    }
  });
});

function hangUp(socket: Socket): null {
  socket.destroy();
  return null;
}

describe('what became of a mail', () => {
  test.each<[string, string, (socket: Socket) => string | null, object]>([
    ['taken', '.', () => '250 2.0.0 queued\r\n', { kind: 'accepted', code: 250 }],
    ['refused at the end', '.', () => '554 5.6.0 spam\r\n', { kind: 'refused', code: 554 }],
    ['put off at the end', '.', () => '451 4.3.0 later\r\n', { kind: 'later', code: 451 }],
    ['cut after the dot', '.', hangUp, { kind: 'unknown' }],
    [
      'no answer after the dot',
      '.',
      () => null,
      { kind: 'unknown', why: `the message was sent whole, and then ${SILENT}` },
    ],
    ['nonsense after the dot', '.', () => 'what?\r\n', { kind: 'unknown' }],
    ['a strange yes', '.', () => '354 more\r\n', { kind: 'unknown' }],
    ['cut at DATA', 'DATA', hangUp, { kind: 'unreachable' }],
    ['DATA refused', 'DATA', () => '554 5.5.1 no\r\n', { kind: 'refused', code: 554 }],
    ['no 354', 'DATA', () => '250 ok\r\n', { kind: 'unreachable' }],
    ['sender refused', `MAIL FROM:<${MAIL.from}>`, () => '550 5.7.1 no\r\n', { kind: 'refused', code: 550 }],
  ])('%s', async (_, at, does, expected) => {
    const { target } = await host({ answer: (line, socket) => (line === at ? does(socket) : undefined) });
    expect(await client.send(target, MAIL, signal)).toMatchObject(expected);
  });
});
