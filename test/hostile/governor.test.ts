import { join } from 'node:path';
import {
  connectionLimit,
  makeTempDir,
  type QuirkServer,
  type Quirks,
  startDovecot,
  startQuirkServer,
  throttling,
} from '@mxodus/lab';
import { governed, imapAccount } from '@mxodus/mail';
import type { Appender, MailAccount, OutgoingMessage, ServerBurden, TrafficBook, Wait } from '@mxodus/model';
import { type InlineGovernor, inlineGovernor } from '@mxodus/queue';
import { afterEach, expect, it } from 'vitest';

/** Servers that want less, and limits of the config, against the governor as the program uses it. */

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const never = new AbortController().signal;
const noWrites = (): void => undefined;

interface Place {
  server: QuirkServer;
  governor: InlineGovernor;
  waits: Wait[];
  account(user: string): MailAccount;
}

async function start(
  options: { quirks?: Quirks; burden?: Partial<ServerBurden>; book?: TrafficBook; maxUserIpConnections?: number } = {},
): Promise<Place> {
  const temp = await makeTempDir();
  stops.push(() => temp.remove());
  const { quirks = [], maxUserIpConnections = 50 } = options;
  const dovecot = await startDovecot({
    dir: join(temp.path, 'd'),
    name: 'new',
    password: 'pass',
    maxUserIpConnections,
  });
  stops.push(() => dovecot.stop());
  const server = await startQuirkServer({ target: { host: dovecot.host, port: dovecot.port }, quirks });
  stops.push(() => server.stop());
  const burden = { connections: 20, connectionsPerMailbox: 4, bytesPerSecond: null, bytesPerDay: null };
  const governor = inlineGovernor(
    { new: { ...burden, ...options.burden } },
    { book: options.book ?? null, now: () => new Date() },
  );
  const waits: Wait[] = [];
  const account = (user: string): MailAccount =>
    governed(
      imapAccount({
        server: 'new',
        host: server.host,
        port: server.port,
        tls: 'none',
        user,
        auth: { method: 'login', password: async () => 'pass' },
      }),
      governor,
      (wait) => {
        if (wait !== null) waits.push(wait);
      },
    );
  return { server, governor, waits, account };
}

async function appenderOf(account: MailAccount, signal = never): Promise<Appender> {
  const appender = await account.openAppender(signal, noWrites);
  stops.push(() => appender.close());
  return appender;
}

const messageOf = (bytes: number): OutgoingMessage => ({
  flags: [],
  internalDate: 0,
  key: '',
  body: { kind: 'memory', bytes: Buffer.from(`Subject: x\r\n\r\n${'x'.repeat(bytes - 16)}\r\n`) },
});

it('makes the pause the server asks for, over all connections of the login, and not one of another login', async () => {
  const throttled = throttling({ nths: [5, 15], backoffMs: 1500 });
  const { account, waits } = await start({ quirks: [throttled] });
  const appenders = await Promise.all([appenderOf(account('ann')), appenderOf(account('ann'))]);
  let stored = 0;
  const copy = async (appender: Appender): Promise<void> => {
    for (let n = 0; n < 10; ) {
      const { outcomes } = await appender.append('INBOX', [messageOf(200)]);
      if (outcomes[0]?.kind !== 'stored') continue;
      stored += 1;
      n += 1;
    }
  };
  await Promise.all(appenders.map(copy));
  expect([stored, throttled.waits.length, throttled.ignored()]).toEqual([20, 2, 0]);
  expect(Math.min(...throttled.waits)).toBeGreaterThanOrEqual(1500);
  expect(waits[0]?.why).toBe(
    'new asked ann for a pause: "Request is throttled. Suggested Backoff Time: 1500 milliseconds"',
  );
});

it.each([
  ['Gmail', { quirks: [connectionLimit(2)] }],
  ['Dovecot itself', { maxUserIpConnections: 2 }],
])('takes no more connections than %s allows, once it was told', async (_, options) => {
  const { account, governor, server } = await start(options);
  const ann = account('ann');
  const open = [await ann.open(never, noWrites), await ann.open(never, noWrites)];
  await expect(ann.open(never, noWrites)).rejects.toMatchObject({ code: 'SERVER_BUSY' });
  expect(governor.allowance({ server: 'new', user: 'ann' })).toBe(2);
  const made = server.connections;
  await expect(ann.open(never, noWrites)).rejects.toMatchObject({ code: 'SERVER_BUSY' });
  expect(server.connections).toBe(made);
  await open[0]?.close();
  const [again] = [await ann.open(never, noWrites), await open[1]?.close()];
  expect(await again.status('INBOX')).toMatchObject({ messages: 0 });
  await again.close();
});

it('keeps to the bytes a second over all logins, in both directions', async () => {
  const bytesPerSecond = 100_000;
  const { account } = await start({ burden: { bytesPerSecond } });
  const users = ['ann', 'bob'];
  const began = performance.now();
  await Promise.all(
    users.map(async (user) => {
      const appender = await appenderOf(account(user));
      for (let n = 0; n < 4; n += 1) await appender.append('INBOX', [messageOf(20_000), messageOf(10_000)]);
      const session = await account(user).open(never, noWrites);
      let read = 0;
      for await (const { body } of session.fetch('INBOX', [1, 2, 3])) read += body.length;
      expect(read).toBe(50_000);
      await session.close();
    }),
  );
  // 240 kB there and 100 kB back, of which one second's worth and the last row of each need not be waited for.
  const least = ((240_000 + 100_000 - 2 * 20_000) / bytesPerSecond - 1) * 1000;
  expect(performance.now() - began).toBeGreaterThanOrEqual(least);
});

it('waits for midnight when the budget of the day is used up, also after a restart, and stops at once when told to', async () => {
  const days = new Map<string, number>();
  const book: TrafficBook = {
    spent: async ({ user }, day) => days.get(`${user} ${day}`) ?? 0,
    add: async ({ user }, day, bytes) => void days.set(`${user} ${day}`, (days.get(`${user} ${day}`) ?? 0) + bytes),
  };
  const first = await start({ burden: { bytesPerDay: 50_000 }, book });
  const appender = await appenderOf(first.account('ann'));
  expect((await appender.append('INBOX', [messageOf(30_000)])).outcomes).toMatchObject([{ kind: 'stored' }]);
  await first.governor.close();
  expect([...days.values()]).toEqual([30_000]);

  const second = await start({ burden: { bytesPerDay: 50_000 }, book });
  const abort = new AbortController();
  const other = await appenderOf(second.account('ann'), abort.signal);
  const held = other.append('INBOX', [messageOf(30_000)]);
  await expect.poll(() => second.waits).toHaveLength(1);
  const { why, until } = second.waits[0] ?? { why: '', until: null };
  expect(why).toBe('the daily budget of 50 kB for ann at new is used up');
  expect(until).toMatch(/T00:00:00\.000Z$/);
  const session = await second.account('ann').open(never, noWrites);
  expect(await session.status('INBOX')).toMatchObject({ messages: 0 });
  await session.close();
  const bob = await appenderOf(second.account('bob'));
  expect((await bob.append('INBOX', [messageOf(30_000)])).outcomes).toMatchObject([{ kind: 'stored' }]);
  abort.abort(new Error('stopped'));
  await expect(held).rejects.toThrow('stopped');
});
