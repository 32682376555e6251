import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeLedger } from '../contract.ts';
import { openSqliteLedger, readSqliteLedger } from './sqlite-ledger.ts';

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'mxodus-ledger-'));

describeLedger('sqlite', async () => {
  const folder = newFolder();
  return {
    open: () => openSqliteLedger(join(folder, 'state', 'ledger.db')),
    read: () => readSqliteLedger(join(folder, 'state', 'ledger.db')),
    dispose: async () => rmSync(folder, { recursive: true, force: true }),
  };
});

const ANN = { address: 'ann@example.com', source: 'old', destination: 'new' };
const INBOX = { source: 'INBOX', uidValidity: 7, destination: 'INBOX' };

let folder = '';
let path = '';
beforeEach(() => {
  folder = newFolder();
  path = join(folder, 'ledger.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const LEDGER = JSON.stringify(new URL('./sqlite-ledger.ts', import.meta.url).href);
const moduleArguments = (code: string): string[] => [
  '--conditions=mxodus-source',
  '--input-type=module',
  '-e',
  `import { openSqliteLedger, readSqliteLedger } from ${LEDGER};\n${code}`,
];

const OPENER =
  "await openSqliteLedger(process.argv[1]).then(() => console.log('opened'), (error) => console.log(error.code));";

const START = `
  const ledger = await openSqliteLedger(process.argv[1]);
  const mailbox = await ledger.openMailbox(${JSON.stringify(ANN)});
  const pass = await ledger.startPass(mailbox, { kind: 'sync', planSha256: 'abc', startedAt: '2026-11-22T13:00:00Z' });
  const folder = await ledger.openFolder(mailbox, ${JSON.stringify(INBOX)});
  const batch = (first) => Array.from({ length: 100 }, (_, index) => first + index);
  const write = (first) => ledger.writeIntents(folder.id, pass, batch(first).map((uid) =>
    ({ uid, bytes: 1, internalDate: 2, flags: '', floor: 1, digest: null, emailId: null })));
  const settle = (first) => ledger.settle(folder.id, pass, batch(first).map((uid) =>
    ({ uid, kind: 'stored', destinationUid: uid })));
`;

/** Writes batch after batch and says so after each. */
const WRITER = `${START}
  for (let first = 1; ; first += 100) {
    await write(first);
    console.log('sent ' + first);
    await settle(first);
    console.log('settled ' + first);
  }
`;

/** Writes until it fails; prints the code, how many intents it was promised, and how many are there. */
const FILLER = `${START}
  let promised = 0;
  try {
    for (;;) {
      await write(promised + 1);
      promised += 100;
    }
  } catch (error) {
    const messages = await ledger.messages(folder.id);
    console.log(error.code, promised, messages.length);
  }
`;

const run = promisify(execFile);
const [UNSHARE = '', ...MOUNTING] = ['unshare', '--user', '--map-root-user', '--mount'];
const canMount = spawnSync(UNSHARE, [...MOUNTING, 'true']).status === 0;

describe('two processes', () => {
  it('finds every row a killed process was told is safe, and can be read while it writes', async () => {
    const child = spawn(process.execPath, [...moduleArguments(WRITER), path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const last = { sent: 0, settled: 0 };
    const lines = createInterface(child.stdout).on('line', (line) => {
      const [word, first] = line.split(' ');
      if (word === 'sent' || word === 'settled') last[word] = Number(first) + 99;
    });
    while (last.settled < 5000) await once(lines, 'line');

    const reader = await readSqliteLedger(path);
    const [seen] = (await reader?.counts()) ?? [];
    expect(seen?.stored).toBeGreaterThanOrEqual(5000);
    await reader?.close();

    child.kill('SIGKILL');
    await exited;
    await new Promise((resolve) => setImmediate(resolve));
    const ledger = await openSqliteLedger(path);
    const [counts] = await ledger.counts();
    expect(counts?.stored).toBeGreaterThanOrEqual(last.settled);
    expect((counts?.stored ?? 0) + (counts?.intent ?? 0)).toBeGreaterThanOrEqual(last.sent);
    expect(((counts?.stored ?? 0) + (counts?.intent ?? 0)) % 100).toBe(0);
    await ledger.close();
  });

  it('opens a new ledger in several processes at once', async () => {
    const opened = Array.from({ length: 4 }, () => run(process.execPath, [...moduleArguments(OPENER), path]));
    expect((await Promise.all(opened)).map(({ stdout }) => stdout.trim())).toEqual(Array(4).fill('opened'));
  });
});

describe('a large folder', () => {
  it('is written and read with 100,000 messages in little memory', async () => {
    const ledger = await openSqliteLedger(path);
    const mailbox = await ledger.openMailbox(ANN);
    const pass = await ledger.startPass(mailbox, {
      kind: 'sync',
      planSha256: 'abc',
      startedAt: '2026-11-22T13:00:00Z',
    });
    const { id } = await ledger.openFolder(mailbox, INBOX);
    for (let first = 1; first < 100_000; first += 1000) {
      const uids = Array.from({ length: 1000 }, (_, index) => first + index);
      const row = { bytes: 12_000, internalDate: 1_700_000_000_000, flags: '\\Seen', emailId: null, found: true };
      await ledger.adopt(
        id,
        pass,
        uids.map((uid) => ({ uid, ...row, destinationUid: uid, digest: `digest ${uid}` })),
      );
    }
    const before = process.memoryUsage.rss();
    const messages = await ledger.messages(id);
    expect(messages).toHaveLength(100_000);
    expect(process.memoryUsage.rss() - before).toBeLessThan(150e6);
    await ledger.close();
  });
});

describe('reading only', () => {
  it('does not make a ledger', async () => {
    expect(await readSqliteLedger(path)).toBeNull();
    expect(existsSync(path)).toBe(false);
  });

  it('takes an empty file for no ledger', async () => {
    writeFileSync(path, '');
    expect(await readSqliteLedger(path)).toBeNull();
  });

  it('reads a ledger that was closed', async () => {
    const ledger = await openSqliteLedger(path);
    await ledger.openMailbox(ANN);
    await ledger.close();
    const reader = await readSqliteLedger(path);
    expect(await reader?.lastPasses()).toEqual([]);
    await reader?.close();
  });
});

describe('trouble', () => {
  const corruptions: [string, string, () => Promise<void> | void][] = [
    [
      'text',
      'STATE_CORRUPT',
      () => writeFileSync(path, 'this is not a database, it only has the name of one\n'.repeat(99)),
    ],
    ['another program’s database', 'STATE_CORRUPT', () => new DatabaseSync(path).exec('create table songs (title)')],
    [
      'a ledger of a newer mxodus',
      'STATE_CORRUPT',
      async () => {
        await (await openSqliteLedger(path)).close();
        const db = new DatabaseSync(path);
        db.exec("insert into mxodus_schema values (99, 'later')");
        db.close();
      },
    ],
    ['a folder', 'STATE_UNWRITABLE', () => mkdirSync(path)],
  ];
  it.each(corruptions)('says what is wrong when the path is %s', async (_, code, make) => {
    await make();
    await expect(openSqliteLedger(path)).rejects.toMatchObject({ code });
    await expect(readSqliteLedger(path)).rejects.toMatchObject({ code });
  });

  it('says which schema it knows', async () => {
    await corruptions[2]?.[2]();
    await expect(openSqliteLedger(path)).rejects.toMatchObject({
      what: `the ledger ${path} has schema version 99; this mxodus knows versions up to 3`,
      advice: 'use that mxodus, or a newer one, for this project',
    });
  });

  it('says what is wrong when the folder is a file', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(openSqliteLedger(join(folder, 'file', 'ledger.db'))).rejects.toMatchObject({
      code: 'STATE_UNWRITABLE',
      exitCode: 2,
    });
  });

  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

  it('says what is wrong when the folder cannot be written', async () => {
    chmodSync(folder, 0o555);
    const { stdout } = await run(process.execPath, [...moduleArguments(OPENER), path], nobody);
    chmodSync(folder, 0o700);
    expect(stdout.trim()).toBe('STATE_UNWRITABLE');
  });

  it.skipIf(!canMount)('says that the disk is full, and keeps what it was told is safe', async () => {
    const shell = `mount -t tmpfs -o size=1m tmpfs ${folder} && exec "$@"`;
    const node = [process.execPath, ...moduleArguments(FILLER), path];
    const { stdout } = await run(UNSHARE, [...MOUNTING, 'sh', '-c', shell, 'sh', ...node]);
    const [code, promised, found] = stdout.trim().split(' ');
    expect(code).toBe('DISK_FULL');
    expect(Number(promised)).toBeGreaterThan(1000);
    expect(found).toBe(promised);
  });
});
