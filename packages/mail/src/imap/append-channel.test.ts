import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dovecot, type DovecotOptions, makeTempDir, readMailbox, startDovecot } from '@mxodus/lab';
import type { Appender, OutgoingMessage } from '@mxodus/model';
import { afterEach, describe, expect, it } from 'vitest';
import { imapAccount } from './imap-account.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function channelTo(options: Partial<DovecotOptions> = {}) {
  const temp = await makeTempDir();
  stops.push(() => temp.remove());
  const server = await startDovecot({
    dir: join(temp.path, 'd'),
    name: 'new',
    password: 'pass',
    saveCrlf: true,
    ...options,
  });
  stops.push(() => server.stop());
  const writes: string[] = [];
  const account = imapAccount({
    server: 'new',
    host: server.host,
    port: server.port,
    tls: 'none',
    user: 'ann',
    auth: { method: 'login', password: async () => 'pass' },
  });
  const appender = await account.openAppender(new AbortController().signal, (command) => writes.push(command));
  stops.push(() => appender.close());
  return { server, account, appender, writes, dir: temp.path };
}

const message = (index: number, bytes = 300): OutgoingMessage => ({
  flags: index % 2 === 0 ? ['\\Seen'] : ['$Forwarded', '\\Flagged'],
  internalDate: Date.UTC(2012, 1, 29, 23, 59, index % 60),
  key: '',
  body: { kind: 'memory', bytes: Buffer.from(`Subject: ${index}\r\n\r\n${'x'.repeat(bytes)}\r\n`) },
});

const hash = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');
const bytesOf = ({ body }: OutgoingMessage): Buffer => (body.kind === 'memory' ? body.bytes : Buffer.alloc(0));

async function stored(server: Dovecot): Promise<string[]> {
  const { INBOX } = await readMailbox(server, 'ann', 'pass');
  return (INBOX?.messages ?? [])
    .map((found) => `${found.sha256} ${found.flags.join(' ')} ${found.internalDate}`)
    .sort();
}

const expected = (messages: readonly OutgoingMessage[]): string[] =>
  messages
    .map((sent) => {
      const date = new Date(sent.internalDate ?? 0).toISOString().replace('.000Z', 'Z');
      return `${hash(bytesOf(sent))} ${[...sent.flags].sort().join(' ')} ${date}`;
    })
    .sort();

describe.each([
  ['multiappend', {}, 1],
  ['pipelined', { capability: 'IMAP4rev1 LITERAL+ UIDPLUS' }, 40],
  ['plain', { capability: 'IMAP4rev1 UIDPLUS' }, 40],
] as const)('a server that offers %s', (strategy, options, commands) => {
  it('gets every message with its bytes, flags and date, and tells their UIDs in order', async () => {
    const { server, appender, writes } = await channelTo(options);
    expect(appender.strategy).toBe(strategy);
    const messages = Array.from({ length: 40 }, (_, index) => message(index));
    const { outcomes } = await appender.append('INBOX', messages);
    expect(outcomes).toEqual(messages.map((_, index) => ({ kind: 'stored', uid: index + 1 })));
    expect(writes).toHaveLength(commands);
    expect(await stored(server)).toEqual(expected(messages));
  });

  it('refuses a zero-byte message alone, and stores the others', async () => {
    const { server, appender } = await channelTo(options);
    const messages = Array.from({ length: 9 }, (_, index) => message(index));
    const empty: OutgoingMessage = {
      flags: [],
      internalDate: 0,
      key: '',
      body: { kind: 'memory', bytes: Buffer.alloc(0) },
    };
    const { outcomes } = await appender.append('INBOX', [...messages.slice(0, 4), empty, ...messages.slice(4)]);
    expect(outcomes[4]).toMatchObject({ kind: 'refused', reason: 'zero-bytes' });
    expect(outcomes.filter((outcome) => outcome.kind === 'stored')).toHaveLength(9);
    expect(await stored(server)).toEqual(expected(messages));
  });
});

it('answers calls that are made at once each for its own messages, with refusals among them', async () => {
  const { account, appender } = await channelTo();
  const empty: OutgoingMessage = {
    flags: [],
    internalDate: 0,
    key: '',
    body: { kind: 'memory', bytes: Buffer.alloc(0) },
  };
  const all = Array.from({ length: 60 }, (_, index) => (index % 13 === 5 ? empty : message(index, 20 * index)));
  const calls = [0, 1, 2, 3].map((call) => all.slice(15 * call, 15 * (call + 1)));
  const answers = await Promise.all(calls.map((messages) => appender.append('INBOX', messages)));
  const outcomes = answers.flatMap((answer) => answer.outcomes);
  const sent = new Map<number, string>();
  for (const [index, outcome] of outcomes.entries()) {
    const body = all[index];
    if (body === empty) expect(outcome).toMatchObject({ kind: 'refused', reason: 'zero-bytes' });
    else if (outcome.kind === 'stored' && outcome.uid !== null && body !== undefined)
      sent.set(outcome.uid, hash(bytesOf(body)));
  }
  expect(sent.size).toBe(55);
  const session = await account.open(new AbortController().signal, () => undefined);
  const found = new Map<number, string>();
  for await (const { uid, body } of session.fetch('INBOX', [...sent.keys()])) found.set(uid, hash(body));
  const { exists } = await session.scan('INBOX');
  await session.close();
  expect([exists, found]).toEqual([55, sent]);
});

it('stores what fits under the quota and names the refusal of the rest', async () => {
  const { server, appender } = await channelTo({ quota: '1M' });
  const messages = Array.from({ length: 8 }, (_, index) => message(index, 300_000));
  const { outcomes } = await appender.append('INBOX', messages);
  const fit = outcomes.filter((outcome) => outcome.kind === 'stored').length;
  expect(fit).toBeGreaterThan(0);
  expect(outcomes.filter((outcome) => outcome.kind === 'refused').map((outcome) => outcome.reason)).toEqual(
    Array.from({ length: 8 - fit }, () => 'quota'),
  );
  expect(await stored(server)).toHaveLength(fit);
});

it('streams a large message from a file, byte for byte', async () => {
  const { server, appender, dir } = await channelTo();
  const content = `Subject: large\r\n\r\n${'0123456789abcdef\r\n'.repeat(700_000)}`;
  const path = join(dir, 'large');
  await writeFile(path, content);
  const { outcomes } = await appender.append('INBOX', [
    message(1),
    { flags: [], internalDate: 0, key: '', body: { kind: 'file', path, size: content.length } },
    message(2),
  ]);
  expect(outcomes.map((outcome) => outcome.kind)).toEqual(['stored', 'stored', 'stored']);
  const { INBOX } = await readMailbox(server, 'ann', 'pass');
  expect(INBOX?.messages.map((found) => found.sha256)).toContain(hash(content));
});

it('says which folder is not there', async () => {
  const { appender } = await channelTo();
  const { outcomes } = await appender.append('Nowhere', [message(1)]);
  expect(outcomes).toMatchObject([{ kind: 'refused', reason: 'no-folder' }]);
});

it('rejects what is under way when the server goes away, and all that comes after', async () => {
  const { server, appender }: { server: Dovecot; appender: Appender } = await channelTo();
  await appender.append('INBOX', [message(1)]);
  await server.stop();
  await expect(appender.append('INBOX', [message(2)])).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  await expect(appender.append('INBOX', [message(3)])).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
});
