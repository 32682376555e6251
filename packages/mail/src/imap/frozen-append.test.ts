import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Dovecot, type DovecotOptions, makeTempDir, readMailbox, startDovecot, until } from '@mxodus/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FrozenSetting } from './frozen-append.test.support.ts';

const SCRIPT = join(import.meta.dirname, 'frozen-append.test.support.ts');
/** Longer than a busy machine keeps a process waiting. */
const LEASE_MS = 3000;

const stops: (() => unknown)[] = [];
afterAll(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

let everything: Dovecot;
let pipelining: Dovecot;
beforeAll(async () => {
  const temp = await makeTempDir();
  stops.push(() => temp.remove());
  const start = async (name: string, options: Partial<DovecotOptions>): Promise<Dovecot> => {
    const server = await startDovecot({ dir: join(temp.path, name), name, password: 'pass', ...options });
    stops.push(() => server.stop());
    return server;
  };
  everything = await start('e', {});
  pipelining = await start('p', { capability: 'IMAP4rev1 LITERAL+ UIDPLUS' });
});

/** A link to a server that is clogged after so many bytes. */
async function cloggedLink({ port, afterBytes }: { port: number; afterBytes: number }) {
  let [bytes, open] = [0, false];
  const both: Socket[] = [];
  const server = createServer((client) => {
    const target = connect(port, '127.0.0.1');
    both.push(client, target);
    target.pipe(client);
    client.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      target.write(chunk);
      if (bytes > afterBytes && !open) client.pause();
    });
    client.on('end', () => target.end());
    // What was read before a reset still goes to the server.
    client.on('error', () => target.end());
    client.on('close', () => target.resume());
    target.on('error', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => {
    for (const socket of both) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    isClogged: () => bytes > afterBytes,
    unclog: () => {
      open = true;
      for (const socket of both) socket.resume();
    },
    /** The server has let go of the connection. */
    isOver: () => both.length > 0 && both.every((socket) => socket.destroyed),
  };
}

interface Case {
  user: string;
  tls?: 'none' | 'implicit';
  messages?: number;
  bytes?: number;
  leaseMs?: number;
}

async function run(dovecot: Dovecot, { user, tls = 'none', ...sizes }: Case) {
  const { messages = 14, bytes = 800_000, leaseMs = LEASE_MS } = sizes;
  const port = tls === 'none' ? dovecot.port : dovecot.imapsPort;
  const link = await cloggedLink({ port, afterBytes: 300_000 });
  const server = { host: 'localhost', port: link.port, tls, ca: dovecot.caFile, user };
  const setting: FrozenSetting = { server, messages, bytes, leaseMs };
  const child = spawn(process.execPath, ['--conditions=mxodus-source', SCRIPT, JSON.stringify(setting)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  stops.push(() => child.kill('SIGKILL'));
  const said: string[] = [];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => said.push(...text.trim().split('\n')));
  await until('the line is full, in the middle of a literal', () => link.isClogged(), 100_000);
  await settledDown(said);
  return { dovecot, user, link, child, said };
}

/** The kernel has what it takes. */
async function settledDown(said: readonly string[]): Promise<void> {
  for (let before = -1; before !== said.length; ) {
    before = said.length;
    await sleep(250);
  }
}

/** Stops the process, lets the line flow, and wakes it when its lease is over. */
async function freeze({
  child,
  link,
  said,
}: {
  child: ChildProcess;
  link: { unclog(): void; isOver(): boolean };
  said: string[];
}) {
  child.kill('SIGSTOP');
  const before = [...said];
  link.unclog();
  await sleep(LEASE_MS + 300);
  child.kill('SIGCONT');
  await once(child, 'close');
  await until('the server has let go of the connection', () => link.isOver());
  return { before, after: said.slice(before.length) };
}

const stored = async ({ dovecot, user }: { dovecot: Dovecot; user: string }): Promise<number> =>
  (await readMailbox(dovecot, user, 'pass')).INBOX?.messages.length ?? 0;

// At once: most of the time is spent frozen.
describe.concurrent('a process that is frozen in the middle of', () => {
  it.each([
    ['a batch by MULTIAPPEND', { user: 'clear' }],
    ['a batch over TLS', { user: 'tls', tls: 'implicit' }],
    ['a message that asks first', { user: 'asking', messages: 1, bytes: 11_000_000 }],
  ] as const satisfies [string, Case][])('%s and woken when its lease is over completes nothing', async (_, how) => {
    const world = await run(everything, how);
    expect(await freeze(world)).toEqual({ before: [], after: ['LEASE_LOST'] });
    expect(await stored(world)).toBe(0);
  });

  it('pipelined commands completes none but those that were whole before', async () => {
    const world = await run(pipelining, { user: 'pipelined' });
    const { before, after } = await freeze(world);
    expect(after).toEqual(['LEASE_LOST']);
    expect(before.length).toBeLessThan(14);
    expect(await stored(world)).toBe(before.length);
  });

  it('a batch that nobody asks for completes it: what libuv has is sent on waking', async () => {
    const world = await run(everything, { user: 'unasked', leaseMs: 0 });
    expect(await freeze(world)).toEqual({ before: [], after: ['stored'] });
    expect(await stored(world)).toBe(14);
  });
});
