import { join } from 'node:path';
import {
  connectionLimit,
  type Dovecot,
  makeTempDir,
  type Quirks,
  startDovecot,
  startFaultProxy,
  startQuirkServer,
  throttling,
} from '@mxodus/lab';
import {
  type Governor,
  MxodusError,
  type OutgoingMessage,
  type SlowDown,
  type Wait,
  type WaitOptions,
} from '@mxodus/model';
import { afterEach, describe, expect, it } from 'vitest';
import { imapAccount } from '../index.ts';
import { governed } from './throttle.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const never = new AbortController().signal;
const noWrites = (): void => undefined;

/** Lets everything through, and writes down what it was asked and told. */
class Record implements Governor {
  readonly calls: string[] = [];
  readonly hints: SlowDown[] = [];
  readonly waits: WaitOptions[] = [];
  open = 0;
  well = 0;
  crossedBytes = 0;
  hold: Promise<void> = Promise.resolve();

  async connection(_: unknown, wait: WaitOptions): Promise<() => void> {
    this.calls.push('connection');
    this.waits.push(wait);
    this.open += 1;
    let held = true;
    return () => {
      if (held) this.open -= 1;
      held = false;
    };
  }

  async admit(_: unknown, bytes: number, wait: WaitOptions): Promise<void> {
    this.calls.push(`admit ${bytes}`);
    this.waits.push(wait);
    await this.hold;
  }

  crossed(_: unknown, bytes: number): void {
    this.calls.push(`crossed ${bytes}`);
    this.crossedBytes += bytes;
  }

  async caughtUp(): Promise<void> {
    this.calls.push('caughtUp');
    await this.hold;
  }

  /** With how many connections were open when it was said. */
  slowDown(_: unknown, hint: SlowDown): void {
    this.calls.push(`slowDown ${this.open}`);
    this.hints.push(hint);
  }

  wentWell(): void {
    this.well += 1;
  }

  allowance(): number {
    return 4;
  }
}

async function startServer(): Promise<Dovecot> {
  const temp = await makeTempDir();
  stops.push(() => temp.remove());
  const server = await startDovecot({ dir: join(temp.path, 'd'), name: 'host', password: 'pass' });
  stops.push(() => server.stop());
  return server;
}

function accountOf(port: number, onWait: (wait: Wait | null) => void = () => undefined) {
  const governor = new Record();
  const account = imapAccount({
    server: 'host',
    host: '127.0.0.1',
    port,
    tls: 'none',
    user: 'ann',
    auth: { method: 'login', password: async () => 'pass' },
  });
  return { governor, account: governed(account, governor, onWait) };
}

async function startQuirks(quirks: Quirks): Promise<number> {
  const server = await startServer();
  const quirky = await startQuirkServer({ target: { host: server.host, port: server.port }, quirks });
  stops.push(() => quirky.stop());
  return quirky.port;
}

const messageOf = (bytes: number): OutgoingMessage => {
  const head = 'Subject: x\r\nMessage-ID: <x@example.com>\r\n\r\n';
  return {
    flags: [],
    internalDate: 0,
    key: '',
    body: { kind: 'memory', bytes: Buffer.from(`${head}${'x'.repeat(bytes - head.length - 2)}\r\n`) },
  };
};

describe('a session', () => {
  it('asks before each command, once; bodies are counted as they come', async () => {
    const { governor, account } = accountOf((await startServer()).port);
    const appender = await account.openAppender(never, noWrites);
    await appender.append('INBOX', [messageOf(1000), messageOf(2000)]);
    await appender.close();
    expect(governor.calls).toEqual(['connection', 'admit 3000']);
    governor.calls.length = 0;

    const session = await account.open(never, noWrites);
    const { messages } = await session.scan('INBOX');
    const uids = messages.map(({ uid }) => uid);
    const sizes: number[] = [];
    for await (const { body } of session.fetch('INBOX', uids)) sizes.push(body.length);
    for await (const _ of session.fetch('INBOX', [])) sizes.push(0);
    await session.status('INBOX');
    await session.storeFlags('INBOX', uids, { add: ['\\Seen'], remove: [] });
    expect(sizes).toEqual([1000, 2000]);
    const rows = ['admit 1', 'crossed 1000', 'caughtUp', 'crossed 2000', 'caughtUp'];
    expect(governor.calls).toEqual(['connection', 'admit 0', ...rows, 'admit 0', 'admit 0']);
    governor.calls.length = 0;

    const temp = await makeTempDir();
    stops.push(() => temp.remove());
    expect(await session.download('INBOX', uids[0] ?? 0, { file: join(temp.path, 'body') })).toBe(1000);
    for await (const { body } of session.fetchHeaders('INBOX', uids.slice(1))) sizes.push(body.length);
    await session.close();
    const header = sizes.at(-1) ?? 0;
    expect(governor.calls).toEqual(['admit 1', 'crossed 1000', 'admit 1', `crossed ${header}`, 'caughtUp']);
    // Both sign-ins, the append, scan, fetch, status, store, download and the headers.
    expect([governor.open, governor.well]).toEqual([0, 9]);
  });

  it('asks whether an append may be completed after all waits, and passes on what that throws', async () => {
    const { governor, account } = accountOf((await startServer()).port);
    const lost = new MxodusError('LEASE_LOST', { what: 'lost', why: 'a test', advice: 'none' });
    const appender = await account.openAppender(never, noWrites, () => {
      governor.calls.push('asked');
      throw lost;
    });
    await expect(appender.append('INBOX', [messageOf(1000)])).rejects.toBe(lost);
    expect(governor.calls).toEqual(['connection', 'admit 1000', 'asked']);
    expect([appender.usable, governor.open]).toEqual([false, 0]);
    await appender.close();
  });

  it('does not ask for the next body before it may', async () => {
    const { governor, account } = accountOf((await startServer()).port);
    const appender = await account.openAppender(never, noWrites);
    await appender.append('INBOX', [messageOf(100), messageOf(100)]);
    const session = await account.open(never, noWrites);
    const rows = session.fetch('INBOX', [1, 2])[Symbol.asyncIterator]();
    expect((await rows.next()).value).toMatchObject({ uid: 1 });
    const gate = Promise.withResolvers<void>();
    governor.hold = gate.promise;
    let arrived = false;
    const second = rows.next().then((row) => {
      arrived = true;
      return row;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(arrived).toBe(false);
    gate.resolve();
    expect((await second).value).toMatchObject({ uid: 2 });
    await Promise.all([session.close(), appender.close()]);
  });

  it('sends calls made at once in their order', async () => {
    const { account } = accountOf((await startServer()).port);
    const session = await account.open(never, noWrites);
    const [, status] = await Promise.all([session.create('a', null), session.status('a')]);
    expect(status).toMatchObject({ messages: 0 });
    await session.close();
  });

  it('passes on what the governor throws, and sends nothing then', async () => {
    const { governor, account } = accountOf((await startServer()).port);
    const session = await account.open(never, noWrites);
    governor.hold = Promise.reject(new Error('stopped'));
    await expect(session.create('a', null)).rejects.toThrow('stopped');
    await expect(session.fetch('INBOX', [1])[Symbol.asyncIterator]().next()).rejects.toThrow('stopped');
    governor.hold = Promise.resolve();
    expect(await session.status('a')).toBeNull();
    expect([session.usable, governor.open]).toEqual([true, 1]);
    await session.close();
  });

  it('passes on errors as they are, and keeps a connection that is still there', async () => {
    const { governor, account } = accountOf((await startServer()).port);
    const session = await account.open(never, noWrites);
    await expect(session.scan('nowhere')).rejects.toMatchObject({ name: 'MxodusError' });
    expect([governor.open, governor.hints, governor.well]).toEqual([1, [], 1]);
    await session.close();
    expect(governor.open).toBe(0);
  });
});

describe('a connection that is lost', () => {
  it.each([
    ['in a command', /STATUS/],
    ['while bodies come', /FETCH/],
    ['in an append', /APPEND/],
  ])('%s is given back at once', async (_, on) => {
    const server = await startServer();
    const proxy = await startFaultProxy({ target: { host: server.host, port: server.port } });
    stops.push(() => proxy.stop());
    const { governor, account } = accountOf(proxy.port);
    const appender = await account.openAppender(never, noWrites);
    const session = await account.open(never, noWrites);
    await appender.append('INBOX', [messageOf(100)]);
    proxy.cutBeforeServerSees(on);
    const read = async (): Promise<void> => {
      for await (const { uid } of session.fetch('INBOX', [1])) expect(uid).toBe(1);
    };
    const work = [session.status('INBOX'), read(), appender.append('INBOX', [messageOf(100)])];
    const ends = await Promise.allSettled(work);
    expect(ends.some(({ status }) => status === 'rejected')).toBe(true);
    expect(governor.open).toBe(1);
    await Promise.allSettled([session.close(), appender.close()]);
    expect(governor.open).toBe(0);
  });

  it('while nothing was sent is given back as soon as somebody looks', async () => {
    const server = await startServer();
    const proxy = await startFaultProxy({ target: { host: server.host, port: server.port } });
    stops.push(() => proxy.stop());
    const { governor, account } = accountOf(proxy.port);
    const session = await account.open(never, noWrites);
    proxy.cutAll();
    await expect.poll(() => session.usable).toBe(false);
    expect(governor.open).toBe(0);
  });
});

describe('what the server asks for', () => {
  it('when it refuses a connection is told while that one is counted, and it is given back', async () => {
    const { governor, account } = accountOf(await startQuirks([connectionLimit(1)]));
    const session = await account.open(never, noWrites);
    await expect(account.openAppender(never, noWrites)).rejects.toMatchObject({ code: 'SERVER_BUSY' });
    expect(governor.calls).toEqual(['connection', 'connection', 'slowDown 2']);
    expect(governor.hints).toMatchObject([{ kind: 'fewer-connections' }]);
    expect(governor.open).toBe(1);
    await session.close();
  });

  it('in the answer to an append is told once, however many messages it was about', async () => {
    const { governor, account } = accountOf(await startQuirks([throttling({ nths: [2], backoffMs: 1234 })]));
    const appender = await account.openAppender(never, noWrites);
    await appender.append('INBOX', [messageOf(100)]);
    const { outcomes } = await appender.append('INBOX', [messageOf(100), messageOf(100), messageOf(100)]);
    expect(outcomes).toMatchObject([{ reason: 'busy' }, { reason: 'busy' }, { reason: 'busy' }]);
    expect(governor.hints).toMatchObject([{ kind: 'pause', scope: 'login', pauseMs: 1234 }]);
    expect(governor.well).toBe(2);
    await appender.close();
  });

  it('in an error is told, and the error is as it was', async () => {
    const { governor, account } = accountOf(
      await startQuirks([throttling({ on: /^STATUS/i, nths: [1], backoffMs: 1234 })]),
    );
    const session = await account.open(never, noWrites);
    await expect(session.status('INBOX')).rejects.toMatchObject({ code: 'SERVER_BUSY', hint: { pauseMs: 1234 } });
    expect(governor.hints).toMatchObject([{ kind: 'pause', pauseMs: 1234 }]);
    await session.close();
  });
});

it('tells the waits of all its connections as one', async () => {
  const told: (string | null)[] = [];
  const { governor, account } = accountOf((await startServer()).port, (wait) => told.push(wait?.why ?? null));
  const sessions = [await account.open(never, noWrites), await account.open(never, noWrites)];
  const [first, second] = governor.waits;
  first?.onWait({ why: 'one', until: '2026-11-22T12:00:00Z' });
  second?.onWait({ why: 'two', until: '2026-11-22T13:00:00Z' });
  await Promise.resolve();
  first?.onWait(null);
  second?.onWait(null);
  await Promise.resolve();
  expect(told).toEqual(['two', null]);
  await Promise.all(sessions.map((session) => session.close()));
});
