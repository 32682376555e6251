import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib';
import { type FaultProxy, makeTempDir, readMailbox, startDovecot, startFaultProxy, until } from '@mxodus/lab';
import type { OutgoingMessage } from '@mxodus/model';
import { afterEach, describe, expect, it } from 'vitest';
import { compressed } from './compress.ts';
import { imapAccount } from './imap-account.ts';
import { Wire } from './wire.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Both ends of a connection; `ours` asks for COMPRESS and the other end answers with `answer`. */
async function askFor(answer: string | Buffer) {
  const listening = createServer();
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const accepted = once(listening, 'connection');
  const ours = connect((listening.address() as AddressInfo).port, '127.0.0.1');
  const [server]: Socket[] = await accepted;
  listening.close();
  if (server === undefined) throw new Error('nobody connected');
  server.on('error', () => undefined);
  stops.push(
    () => server.destroy(),
    () => ours.destroy(),
  );
  const asking = compressed(ours, new AbortController().signal);
  const [question]: Buffer[] = await once(server, 'data');
  server.pause();
  expect(String(question)).toBe('Z1 COMPRESS DEFLATE\r\n');
  server.write(answer);
  return { server, ours, asking };
}

const wireOver = async (asking: ReturnType<typeof compressed>): Promise<Wire> => {
  const { input, output } = await asking;
  return new Wire(input, output, { timeoutMs: 600_000, signal: new AbortController().signal });
};

/** What a server deflates, flushed. */
async function deflated(text: string): Promise<Buffer> {
  const deflate = createDeflateRaw();
  const pieces: Buffer[] = [];
  deflate.on('data', (piece: Buffer) => pieces.push(piece));
  deflate.write(text);
  await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
  return Buffer.concat(pieces);
}

describe('COMPRESS=DEFLATE', () => {
  it('inflates what follows the OK, even in the same packet', async () => {
    const after = await deflated('* OK hello\r\n+ go on\r\n');
    const { asking } = await askFor(Buffer.concat([Buffer.from('* OK note\r\nZ1 OK DEFLATE active\r\n'), after]));
    const wire = await wireOver(asking);
    const never = wire.answer('X1');
    expect(await wire.continuation(never)).toBe('go on');
  });

  it('stays in clear where the server declines', async () => {
    const { server, asking } = await askFor('Z1 NO not today\r\n');
    const wire = await wireOver(asking);
    const answer = wire.answer('X1');
    await wire.write('X1 NOOP\r\n');
    const [sent]: Buffer[] = await once(server.resume(), 'data');
    expect(String(sent)).toBe('X1 NOOP\r\n');
    server.write('X1 OK\r\n');
    expect(await answer).toMatchObject({ status: 'OK' });
  });

  it('says so when the connection ends in place of an answer', async () => {
    const { server, asking } = await askFor('* BYE\r\n');
    server.destroy();
    await expect(asking).rejects.toMatchObject({ code: expect.stringMatching(/EConnectionClosed|ECONNRESET/) });
  });

  it('flushes each write', async () => {
    const { server, asking } = await askFor('Z1 OK\r\n');
    const wire = await wireOver(asking);
    const seen: string[] = [];
    server.pipe(createInflateRaw()).on('data', (text: Buffer) => seen.push(text.toString()));
    await wire.write('X1 NOOP', '\r\n');
    await until('the server has it', () => seen.join('') === 'X1 NOOP\r\n');
    await wire.write('X2 NOOP\r\n');
    await until('the server has both', () => seen.join('') === 'X1 NOOP\r\nX2 NOOP\r\n');
  });

  it.each([
    ['ends', (server: Socket) => server.end()],
    ['resets', (server: Socket) => server.resetAndDestroy()],
  ])('every command rejects when the server %s the connection', async (_, end) => {
    const { server, asking } = await askFor('Z1 OK\r\n');
    const wire = await wireOver(asking);
    const answer = wire.answer('X1');
    end(server);
    await expect(answer).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });

  it('delivers what came before the end', async () => {
    const { server, asking } = await askFor('Z1 OK\r\n');
    const wire = await wireOver(asking);
    const answer = wire.answer('X1');
    server.end(await deflated('X1 OK stored\r\n'));
    expect(await answer).toEqual({ status: 'OK', text: 'stored' });
  });

  it('lets go of the socket when the wire is closed', async () => {
    const { server, asking } = await askFor('Z1 OK\r\n');
    const closed = once(server.resume(), 'close');
    (await wireOver(asking)).close();
    await closed;
  });

  it('holds back who writes faster than the line takes it', async () => {
    const { server, ours, asking } = await askFor('Z1 OK\r\n');
    const { input, output } = await asking;
    const wire = new Wire(input, output, { timeoutMs: 600_000, signal: new AbortController().signal });
    const chunk = randomBytes(256 * 1024);
    let written = 0;
    const writing = (async () => {
      for (; written < 80; written += 1) await wire.write(chunk);
    })();
    await until('the line is full', () => ours.writableNeedDrain);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(written).toBeLessThan(60);
    expect(output.writableLength + ours.writableLength).toBeLessThanOrEqual(1024 * 1024);
    let received = 0;
    server.pipe(createInflateRaw()).on('data', (bytes: Buffer) => {
      received += bytes.length;
    });
    await writing;
    await until('all is there', () => received === 80 * chunk.length);
  });
});

describe('a server that compresses', () => {
  const messages = Array.from(
    { length: 60 },
    (_, index): OutgoingMessage => ({
      flags: ['\\Seen'],
      internalDate: Date.UTC(2020, 1, 1),
      key: '',
      body: {
        kind: 'memory',
        bytes: Buffer.from(`Subject: ${index}\r\n\r\n${'the same words again\r\n'.repeat(400)}`),
      },
    }),
  );

  async function copyBoth(compress: boolean): Promise<{ proxy: FaultProxy; bodies: string[]; read: number }> {
    const temp = await makeTempDir();
    const dovecot = await startDovecot({ dir: join(temp.path, 'd'), name: 'd', password: 'pass', compress: true });
    const proxy = await startFaultProxy({ target: dovecot });
    stops.push(
      () => temp.remove(),
      () => dovecot.stop(),
      () => proxy.stop(),
    );
    const account = imapAccount({
      server: 'd',
      host: proxy.host,
      port: proxy.port,
      tls: 'none',
      user: 'ann',
      auth: { method: 'login', password: async () => 'pass' },
      compress,
    });
    const signal = new AbortController().signal;
    const appender = await account.openAppender(signal, () => undefined);
    const { outcomes } = await appender.append('INBOX', messages);
    expect(outcomes.every((outcome) => outcome.kind === 'stored')).toBe(true);
    await appender.close();
    const session = await account.open(signal, () => undefined);
    let read = 0;
    for await (const { body } of session.fetch(
      'INBOX',
      [...messages.keys()].map((index) => index + 1),
    )) {
      read += body.length;
    }
    await session.close();
    const { INBOX } = await readMailbox(dovecot, 'ann', 'pass');
    return { proxy, bodies: (INBOX?.messages ?? []).map((found) => found.sha256), read };
  }

  it('gets and gives the same mail in a tenth of the bytes, where the config asks for it', async () => {
    const clear = await copyBoth(false);
    const small = await copyBoth(true);
    expect(small.bodies).toHaveLength(messages.length);
    expect(small.bodies).toEqual(clear.bodies);
    expect(small.read).toBe(clear.read);
    expect(small.proxy.bytesToServer * 10).toBeLessThan(clear.proxy.bytesToServer);
    expect(small.proxy.bytesToClient * 10).toBeLessThan(clear.proxy.bytesToClient);
  });
});
