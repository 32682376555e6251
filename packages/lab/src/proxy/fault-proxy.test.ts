import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Dovecot, startDovecot } from '../dovecot/dovecot.ts';
import { openRawConnection, type RawConnection } from '../imap/raw-connection.ts';
import { readMailbox } from '../imap/read-mailbox.ts';
import { makeTempDir, type TempDir } from '../process/temp-dir.ts';
import { until } from '../process/until.ts';
import { seedMaildirs } from '../seed/seed-maildirs.ts';
import { compareMailboxes } from '../truth/compare-mailboxes.ts';
import { createAnswerScanner, createCommandScanner } from './command-scanner.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';

const MAIL = Buffer.from('Subject: x\r\n\r\nA9 OK {3}\r\nbody\r\n');
const ODD_COMMANDS = 'a LOGIN {3}\r\nann {4+}\r\npass\r\nb APPEND x {5}\r\nc D\r\n {2+}\r\n)\n\r\nDONE\r\nc NOOP\r\n';
const ODD_ANSWERS = '+ go\r\n* 1 FETCH (BODY[] {7}\r\na OK x\n)\r\na OK done\r\n* OK hi\r\nb NO {x}\r\n';

describe('startFaultProxy', () => {
  let dir: TempDir;
  let server: Dovecot;
  let proxy: FaultProxy;
  let users = 0;
  let user = '';
  beforeAll(async () => {
    dir = await makeTempDir();
    server = await startDovecot({ dir: `${dir.path}/d`, name: 'd', password: 'pass' });
  });
  afterAll(async () => {
    await server.stop();
    await dir.remove();
  });
  beforeEach(async () => {
    user = `user${++users}`;
    proxy = await startFaultProxy({ target: server });
  });
  afterEach(async () => {
    await proxy.stop();
  });
  const signIn = async (): Promise<RawConnection> => {
    const connection = await openRawConnection(proxy);
    await connection.command(`LOGIN ${user} pass`);
    return connection;
  };
  const append = (connection: RawConnection): Promise<string> => connection.command(['APPEND INBOX (\\Seen) ', MAIL]);
  const stored = async (): Promise<number> => (await readMailbox(server, user, 'pass')).INBOX?.messages.length ?? -1;

  test('passes a whole hostile mailbox unchanged, late, and counts', async () => {
    const truth = await seedMaildirs({ server, users: [user], messagesPerUser: 80 });
    proxy.setDelay(1);
    const folders = await readMailbox(proxy, user, 'pass');
    expect(compareMailboxes(truth.users[user]?.folders ?? {}, folders)).toEqual([]);
    expect(proxy.commands.get('LOGIN')).toBe(1);
    expect(proxy.commands.get('EXAMINE')).toBe(Object.keys(folders).length);
    const bytes = Object.values(folders).flatMap(({ messages }) => messages.map((message) => message.bytes));
    expect(proxy.bytesToClient).toBeGreaterThan(bytes.reduce((a, b) => a + b, 0));
    expect(proxy.connections).toBe(1);
    await until('the connection is gone', () => proxy.open === 0);
  });

  test('drops the answer to a command that the server has carried out', async () => {
    const fault = proxy.cutAfterClientSends(/^APPEND/);
    const connection = await signIn();
    await expect(append(connection)).rejects.toThrow('Lost the connection');
    await fault.happened;
    expect(fault.hits).toBe(1);
    expect(await stored()).toBe(1);
    await append(await signIn());
    expect(await stored()).toBe(2);
  });

  test('lets a refusal pass, and waits for the next success', async () => {
    const fault = proxy.cutAfterClientSends(/^APPEND/);
    const connection = await signIn();
    await expect(connection.command(['APPEND Nowhere ', MAIL])).rejects.toThrow('TRYCREATE');
    expect(fault.hits).toBe(0);
    await expect(append(connection)).rejects.toThrow('Lost the connection');
    expect(await stored()).toBe(1);
  });

  test('keeps a command from the server', async () => {
    const fault = proxy.cutBeforeServerSees(/^APPEND/, { end: 'fin' });
    await expect(append(await signIn())).rejects.toThrow('Lost the connection');
    expect(fault.hits).toBe(1);
    expect(proxy.commands.get('APPEND')).toBeUndefined();
    expect(await stored()).toBe(0);
  });

  test('cuts inside a literal, so that nothing is stored', async () => {
    const fault = proxy.cutInsideCommand(/^APPEND/, 50);
    const connection = await signIn();
    const sentBefore = proxy.bytesToServer;
    await expect(append(connection)).rejects.toThrow('Lost the connection');
    await fault.happened;
    expect(proxy.bytesToServer - sentBefore).toBe(50);
    expect(await stored()).toBe(0);
  });

  test('acts on the n-th match over all connections, as often as asked, until it is cancelled', async () => {
    const fault = proxy.cutAfterClientSends(/^APPEND/, { nth: 3, times: 2 });
    const first = await signIn();
    await append(first);
    await append(first);
    await expect(append(await signIn())).rejects.toThrow('Lost the connection');
    await expect(append(first)).rejects.toThrow('Lost the connection');
    await append(await signIn());
    expect([fault.hits, await stored()]).toEqual([2, 5]);
    const other = proxy.cutBeforeServerSees(/^APPEND/);
    other.cancel();
    await append(await signIn());
    expect(other.hits).toBe(0);
  });

  test('stalls: nothing passes, nothing ends, until all is cut', async () => {
    const fault = proxy.stall(/^NOOP/);
    const connection = await signIn();
    const answer = connection.command('NOOP');
    await fault.happened;
    expect(proxy.open).toBe(1);
    expect(proxy.cutAll()).toBe(1);
    await expect(answer).rejects.toThrow('Lost the connection');
  });

  test('refuses connections while told to', async () => {
    proxy.refuse(true);
    await expect(openRawConnection(proxy)).rejects.toThrow('Lost the connection');
    proxy.refuse(false);
    (await signIn()).close();
  });

  test('passes on that the server is not there', async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const address = gone.address();
    await new Promise((resolve) => gone.close(resolve));
    if (address === null || typeof address === 'string') throw new Error('No port.');
    const broken = await startFaultProxy({ target: { host: '127.0.0.1', port: address.port } });
    await expect(openRawConnection(broken)).rejects.toThrow('Lost the connection');
    await broken.stop();
  });
});

test.each([1, 2, 5, 1000])('commands and answers are found in pieces of %i bytes', (step) => {
  const pieces = (text: string): Buffer[] => {
    const bytes = Buffer.from(text);
    return Array.from({ length: Math.ceil(bytes.length / step) }, (_, at) =>
      bytes.subarray(at * step, (at + 1) * step),
    );
  };
  const scanner = createCommandScanner();
  const sent = pieces(ODD_COMMANDS).flatMap((chunk) => scanner.feed(chunk));
  expect(Buffer.concat(sent.map(({ bytes }) => bytes)).toString()).toBe(ODD_COMMANDS);
  expect(sent.flatMap(({ begins }) => begins?.text ?? [])).toEqual(['LOGIN {3}', 'APPEND x {5}', 'NOOP']);
  expect(sent.flatMap(({ ends }) => ends?.tag ?? [])).toEqual(['a', 'b', 'c']);

  const feed = createAnswerScanner();
  const got = pieces(ODD_ANSWERS).flatMap((chunk) => feed(chunk));
  expect(Buffer.concat(got.map(({ bytes }) => bytes)).toString()).toBe(ODD_ANSWERS);
  expect(got.flatMap(({ answer }) => answer ?? [])).toEqual([
    { tag: 'a', ok: true },
    { tag: 'b', ok: false },
  ]);
});

test('a literal the server refuses is not waited for', () => {
  const scanner = createCommandScanner();
  scanner.feed(Buffer.from('a APPEND x {5}\r\n'));
  scanner.answered('a');
  expect(scanner.feed(Buffer.from('b NOOP\r\n'))).toMatchObject([{ begins: { tag: 'b' }, ends: { tag: 'b' } }]);
});
