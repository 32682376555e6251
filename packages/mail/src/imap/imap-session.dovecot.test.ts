import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { type DovecotOptions, makeTempDir, seedMaildirs, startDovecot } from '@mxodus/lab';
import type { FetchedMessage, MailSession, OutgoingMessage } from '@mxodus/model';
import { afterEach, describe, expect, it } from 'vitest';
import { imapAccount } from './imap-account.ts';

/** What a session does where a Dovecot offers all it has, and where it offers less. */

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Line {
  compress?: boolean;
  over?: 'none' | 'starttls' | 'implicit';
}

async function signedIn({ compress = false, over = 'none', ...options }: Partial<DovecotOptions> & Line = {}) {
  const temp = await makeTempDir();
  stops.push(() => temp.remove());
  const server = await startDovecot({ dir: join(temp.path, 'd'), name: 'host', password: 'pass', ...options });
  stops.push(() => server.stop());
  const account = imapAccount({
    server: 'host',
    host: server.host,
    port: over === 'implicit' ? server.imapsPort : server.port,
    tls: over,
    ca: server.caFile,
    user: 'ann',
    compress,
    auth: { method: 'login', password: async () => 'pass' },
  });
  const writes: string[] = [];
  const { signal } = new AbortController();
  const open = async (): Promise<MailSession> => {
    const session = await account.open(signal, (command) => writes.push(command));
    stops.push(() => session.close());
    return session;
  };
  const append = async (folder: string, bodies: readonly string[], flags: readonly string[] = []): Promise<void> => {
    const appender = await account.openAppender(signal, () => undefined);
    const messages = bodies.map(
      (text): OutgoingMessage => ({
        flags,
        internalDate: 0,
        key: '',
        body: { kind: 'memory', bytes: Buffer.from(text) },
      }),
    );
    await appender.append(folder, messages);
    await appender.close();
  };
  return { server, temp: temp.path, open, append, writes };
}

const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `Message-ID: <${index + 1}@x>\r\nSubject: ${index + 1}\r\n\r\nbody\r\n`);

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function all(rows: AsyncIterable<FetchedMessage>): Promise<FetchedMessage[]> {
  const found: FetchedMessage[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

const BASE = 'IMAP4rev1 LITERAL+';

it.each([
  ['everything', {}],
  ['next to nothing', { capability: BASE }],
])('a server with %s gives every byte of a hostile mailbox, and its folders', async (_, options) => {
  const { server, open, writes } = await signedIn({ layout: 'fs', ...options });
  const truth = await seedMaildirs({ server, users: ['ann'], messagesPerUser: 200, largestBytes: 300_000 });
  const expected = truth.users.ann?.folders ?? {};
  const session = await open();
  const folders = (await session.listFolders()).filter((folder) => folder.status !== null);
  expect(folders.map(({ path, subscribed, status }) => [path, subscribed, status?.messages]).sort()).toEqual(
    Object.entries(expected)
      .map(([path, { subscribed, messages }]) => [path, subscribed, messages.length])
      .sort(),
  );
  for (const { path, status } of folders) {
    const scan = await session.scan(path, { messageIds: true });
    const uids = scan.messages.map(({ uid }) => uid);
    expect(await session.uids(path)).toEqual(uids);
    expect(await session.flags(path, { from: 1 })).toEqual(scan.messages.map(({ uid, flags }) => ({ uid, flags })));
    expect([scan.uidNext, scan.uidValidity, scan.exists]).toEqual([
      status?.uidNext,
      status?.uidValidity,
      status?.messages,
    ]);
    const bodies = new Map((await all(session.fetch(path, uids, scan.uidValidity))).map((row) => [row.uid, row.body]));
    const read = scan.messages.map(({ uid, flags, internalDate, bytes }) => {
      const body = bodies.get(uid) ?? Buffer.alloc(0);
      expect(body.length).toBe(bytes);
      const date = new Date(internalDate ?? Number.NaN).toISOString().replace('.000Z', 'Z');
      return [sha256(body), flags.join(' '), date];
    });
    const wanted = expected[path]?.messages.map((m) => [m.sha256, m.flags.join(' '), m.internalDate]);
    expect(read.sort()).toEqual(wanted?.sort());
    const headers = await all(session.fetchHeaders(path, uids));
    expect(headers.every(({ uid, body }) => bodies.get(uid)?.subarray(0, body.length).equals(body))).toBe(true);
  }
  expect(writes).toEqual([]);
});

it.each([
  ['with ESEARCH', {}],
  ['over COMPRESS', { compress: true, extra: 'protocol imap {\n mail_plugins = zlib imap_zlib\n}\n' }],
  ['over STARTTLS', { over: 'starttls' }],
  ['over TLS', { over: 'implicit' }],
  ['without ESEARCH', { capability: BASE }],
] as const)('a range is listed %s', async (_, options) => {
  const { open, append } = await signedIn(options);
  await append('INBOX', numbered(20));
  const session = await open();
  const ranges = [{ from: 5, to: 7 }, { from: 18 }, { from: 20 }, { from: 21 }, { from: 30, to: 40 }];
  const listed = [];
  for (const range of ranges) {
    const { messages, exists, uidNext } = await session.scan('INBOX', { range, messageIds: true });
    expect([exists, uidNext]).toEqual([20, 21]);
    expect(messages.every(({ uid, messageId }) => messageId === `<${uid}@x>`)).toBe(true);
    expect(await session.flags('INBOX', range)).toEqual(messages.map(({ uid, flags }) => ({ uid, flags })));
    listed.push(messages.map(({ uid }) => uid));
  }
  expect(listed).toEqual([[5, 6, 7], [18, 19, 20], [20], [], []]);
});

it('what may be set for good is told when the folder is opened for writing', async () => {
  const { open, append } = await signedIn();
  await append('INBOX', numbered(1));
  const session = await open();
  expect(await session.scan('INBOX')).toMatchObject({ permanentFlags: null });
  expect(await session.scan('INBOX', { writable: true })).toMatchObject({ permanentFlags: null, exists: 1 });
});

describe('what changed since', () => {
  it.each([
    ['QRESYNC', `${BASE} ENABLE CONDSTORE QRESYNC`, [1, 3]],
    ['CONDSTORE', `${BASE} ENABLE CONDSTORE`, null],
    ['nothing', BASE, undefined],
  ])('by %s', async (_, capability, vanished) => {
    const { open, append } = await signedIn({ capability });
    const [session, user] = [await open(), await open()];
    await append('INBOX', numbered(5));
    await append('Trash', []);
    await user.create('Other', null);
    await session.scan('Other');
    const before = await session.scan('INBOX');
    const since = { uidValidity: before.uidValidity, highestModseq: before.highestModseq ?? 'none' };
    await user.storeFlags('INBOX', [2], { add: ['\\Seen', 'work'], remove: [] });
    expect(await user.expunge('INBOX', [3, 1])).toBe('expunged');
    await append('INBOX', numbered(1), ['\\Flagged']);
    const changes = await session.changes('INBOX', since);
    if (vanished === undefined) {
      expect(changes).toBeNull();
      return;
    }
    expect(changes).toMatchObject({ uidValidity: before.uidValidity, uidNext: 7, exists: 4, vanished });
    expect(changes?.flags).toEqual([
      { uid: 2, flags: ['\\Seen', 'work'] },
      { uid: 6, flags: ['\\Flagged'] },
    ]);
    const now = { uidValidity: before.uidValidity, highestModseq: changes?.highestModseq ?? '' };
    expect(await session.changes('INBOX', now)).toMatchObject({ flags: [], vanished: vanished && [] });
    expect(await session.changes('INBOX', { ...now, uidValidity: 1 })).toBeNull();
    // Other work goes on as before.
    expect((await session.scan('INBOX')).messages.map(({ uid }) => uid)).toEqual([2, 4, 5, 6]);
    expect(await all(session.fetch('INBOX', [2, 3]))).toHaveLength(1);
  });
});

describe.each([
  ['MOVE and UIDPLUS', `${BASE} MOVE UIDPLUS`, true],
  ['UIDPLUS', `${BASE} UIDPLUS`, true],
  ['neither MOVE nor UIDPLUS', BASE, false],
])('with %s', (_, capability, uidplus) => {
  async function filled() {
    const { open, append, writes } = await signedIn({ capability });
    const session = await open();
    await session.create('Füße', null);
    await append('INBOX', numbered(9));
    writes.length = 0;
    const uidsOf = async (path: string) => (await session.scan(path)).messages.map(({ uid }) => uid);
    return { session, uidsOf, writes };
  }

  it('messages move, and no others', async () => {
    const { session, uidsOf, writes } = await filled();
    const moved = await session.move('INBOX', [8, 2, 4, 5, 77], 'Füße');
    expect(moved.leftMarked).toBe(false);
    expect(await uidsOf('INBOX')).toEqual([1, 3, 6, 7, 9]);
    const there = await session.scan('Füße', { messageIds: true });
    expect(there.messages.map(({ messageId }) => messageId).sort()).toEqual(['<2@x>', '<4@x>', '<5@x>', '<8@x>']);
    // Dovecot names the UIDs whatever it advertises.
    expect(moved.uidValidity).toBe(there.uidValidity);
    for (const { uid, messageId } of there.messages)
      expect([...moved.uids].find(([, to]) => to === uid)?.[0]).toBe(Number(messageId?.slice(1, -3)));
    expect(writes).toEqual(capability.includes('MOVE') ? ['MOVE'] : ['COPY', 'STORE', 'EXPUNGE']);
    await expect(session.move('INBOX', [1], 'Nowhere')).rejects.toMatchObject({ code: 'FOLDER_REFUSED' });
    expect(await uidsOf('INBOX')).toEqual([1, 3, 6, 7, 9]);
  });

  it('messages are copied', async () => {
    const { session, uidsOf, writes } = await filled();
    const copied = await session.copy('INBOX', [3, 1], 'Füße');
    expect([...copied.uids]).toEqual([
      [1, 1],
      [3, 2],
    ]);
    expect([await uidsOf('INBOX'), await uidsOf('Füße')]).toEqual([
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
      [1, 2],
    ]);
    expect(writes).toEqual(['COPY']);
    await expect(session.copy('INBOX', [1], 'Nowhere')).rejects.toMatchObject({ code: 'FOLDER_REFUSED' });
  });

  it('messages are expunged, and what a user marked stays', async () => {
    const { session, uidsOf } = await filled();
    expect(await session.expunge('INBOX', [1, 2])).toBe('expunged');
    await session.storeFlags('INBOX', [9], { add: ['\\Deleted'], remove: [] });
    expect(await session.expunge('INBOX', [3, 4])).toBe(uidplus ? 'expunged' : 'marked');
    expect(await session.move('INBOX', [5], 'Füße')).toMatchObject({ leftMarked: !uidplus });
    expect(await uidsOf('INBOX')).toEqual(uidplus ? [6, 7, 8, 9] : [3, 4, 5, 6, 7, 8, 9]);
    expect(await uidsOf('Füße')).toEqual([1]);
  });
});

it('flags are set and removed, by many calls at once', async () => {
  const { open, append, writes } = await signedIn();
  await append('INBOX', numbered(9));
  const session = await open();
  await Promise.all([
    session.storeFlags('INBOX', [1, 2, 3], { add: ['\\Seen', '$Label1'], remove: [] }),
    session.storeFlags('INBOX', [2], { add: ['\\Answered'], remove: ['\\Seen'] }),
    session.storeFlags('INBOX', [], { add: ['\\Seen'], remove: [] }),
  ]);
  expect((await session.flags('INBOX', { from: 1, to: 3 })).map(({ flags }) => flags)).toEqual([
    ['$Label1', '\\Seen'],
    ['$Label1', '\\Answered'],
    ['$Label1', '\\Seen'],
  ]);
  expect(writes).toEqual(['STORE', 'STORE', 'STORE']);
});

it('a large message is streamed to a file, while other work is under way', async () => {
  const { open, append, temp } = await signedIn({ saveCrlf: true });
  const large = `Subject: large\r\n\r\n${'0123456789abcdef\r\n'.repeat(1_000_000)}`;
  await append('INBOX', [large, ...numbered(50)]);
  const session = await open();
  const { uidValidity } = await session.scan('INBOX');
  const file = join(temp, 'large');
  const [size, rows, folders] = await Promise.all([
    session.download('INBOX', 1, { file, uidValidity }),
    all(session.fetch('INBOX', [2, 3, 4, 51])),
    session.listFolders(),
  ]);
  expect(size).toBe(large.length);
  expect(rows).toHaveLength(4);
  expect(folders.find(({ path }) => path === 'INBOX')?.status?.messages).toBe(51);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  expect(hash.digest('hex')).toBe(sha256(Buffer.from(large)));
  expect(await session.download('INBOX', 99, { file })).toBeNull();
});
