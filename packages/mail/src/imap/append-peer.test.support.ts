import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib';
import { createCertificates, withTempDir } from '@mxodus/lab';
import type { OutgoingMessage } from '@mxodus/model';
import { AppendChannel, type AppendChannelOptions } from './append-channel.ts';
import { compressed, type Directions } from './compress.ts';
import { sendingEnded } from './imap-errors.ts';
import { Wire } from './wire.ts';

export type Stops = (() => unknown)[];

export type Way = 'clear' | 'TLS' | 'COMPRESS';

/** An APPEND as the server got it; `subjects` of its messages. */
export interface Received {
  tag: string;
  subjects: string[];
  asked: boolean;
}

export interface Peer {
  received: Received[];
  /** The verb of every command line, LOGOUT included. */
  lines: string[];
  /** Bytes of literals got so far. */
  literalBytes: number;
  /** The last bytes that came, of whatever. */
  latest: string;
  /** The other end said nothing more, or is gone. */
  ended: Promise<unknown>;
  /** Reads nothing more, until the function returned is called. */
  hold(): () => void;
  say(line: string): void;
  cut(): void;
}

interface Script {
  way?: Way;
  /** Called when a command is whole. */
  onAppend?(append: Received, peer: Peer): void;
  /** In place of the `+` for a synchronising literal. */
  onAsk?(tag: string, peer: Peer): void | Promise<void>;
  onWrite?(command: string): void;
  mayCommit?: AppendChannelOptions['mayCommit'];
}

/** A channel, and a server at the other end of it that reads whole commands and answers as it is told. */
export async function channelTo(stops: Stops, capabilities: string, script: Script = {}) {
  const { incoming, send, ...line } = await lineOf(script.way ?? 'clear');
  let held: Promise<void> = Promise.resolve();
  const peer: Peer = {
    received: [],
    lines: [],
    literalBytes: 0,
    latest: '',
    ended: Promise.resolve(),
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    say: (text) => send(`${text}\r\n`),
    cut: () => line.server.destroy(),
  };
  const reading = readCommands(incoming, { peer, script, held: () => held });
  peer.ended = reading;
  const wire = new Wire(line.input, line.output, {
    timeoutMs: 600_000,
    signal: new AbortController().signal,
    ended: (ending) => sendingEnded(ending, OPTIONS),
    ...(line.gate === undefined ? {} : { gate: line.gate }),
  });
  const writes: string[] = [];
  const channel = new AppendChannel(wire, {
    capabilities: capabilities.split(' '),
    wireName: (path) => path,
    onWrite: (command) => {
      script.onWrite?.(command);
      writes.push(command);
    },
    mayCommit: script.mayCommit,
  });
  stops.push(async () => {
    wire.close();
    line.server.destroy();
    await reading;
  });
  return { channel, peer, writes };
}

const OPTIONS = {
  server: 'new',
  host: '127.0.0.1',
  port: 143,
  tls: 'none',
  user: 'ann',
  auth: { method: 'login', password: async () => 'pass' },
} as const;

interface Line extends Pick<Directions, 'input' | 'output'> {
  gate?: Directions['gate'];
  server: Socket;
  /** What the server reads, and how it speaks. */
  incoming: Readable;
  send(text: string): void;
}

async function lineOf(way: Way): Promise<Line> {
  const { ours, server } = await (way === 'TLS' ? overTls() : inClear());
  server.on('error', () => undefined);
  const clear: Line = { input: ours, output: ours, server, incoming: server, send: (text) => void server.write(text) };
  if (way !== 'COMPRESS') return clear;
  const asking = compressed(ours, new AbortController().signal);
  await once(server, 'data');
  server.pause();
  server.write('Z1 OK begun\r\n');
  const directions = await asking;
  const incoming = server.pipe(createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH }));
  server.on('close', () => incoming.end());
  const deflate = createDeflateRaw();
  deflate.pipe(server);
  const send = (text: string): void => {
    deflate.write(text);
    deflate.flush(constants.Z_SYNC_FLUSH);
  };
  return { ...directions, server, incoming, send };
}

async function inClear(): Promise<{ ours: Socket; server: Socket }> {
  const listening = createServer();
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const accepted = once(listening, 'connection');
  const ours = connect((listening.address() as AddressInfo).port, '127.0.0.1');
  const [server]: Socket[] = await accepted;
  listening.close();
  if (server === undefined) throw new Error('nobody connected');
  return { ours, server };
}

export async function overTls(): Promise<{ ours: Socket; server: Socket }> {
  const [cert, key, ca] = await withTempDir(async (dir) => {
    const { server: files, caFile } = await createCertificates(join(dir, 'tls'));
    return Promise.all([files.valid.certFile, files.valid.keyFile, caFile].map((file) => readFile(file, 'utf8')));
  });
  const listening = createTlsServer({ cert: cert ?? '', key: key ?? '' });
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const accepted = once(listening, 'secureConnection');
  const { port } = listening.address() as AddressInfo;
  const ours = connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca: ca ?? '' });
  const [server]: Socket[] = await accepted;
  listening.close();
  if (server === undefined) throw new Error('nobody connected');
  return { ours, server };
}

async function readCommands(
  incoming: Readable,
  { peer, script, held }: { peer: Peer; script: Script; held: () => Promise<void> },
): Promise<void> {
  let waiting: Buffer[] = [];
  let length = 0;
  const chunks = incoming[Symbol.asyncIterator]();
  const more = async (): Promise<boolean> => {
    await held();
    const next = await chunks.next().catch(() => ({ done: true as const, value: undefined }));
    if (next.done === true) return false;
    waiting.push(next.value);
    length += next.value.length;
    peer.latest = `${peer.latest}${next.value.subarray(-20).toString('latin1')}`.slice(-20);
    return true;
  };
  const take = async (wanted: number): Promise<Buffer | null> => {
    while (length < wanted) if (!(await more())) return null;
    const whole = Buffer.concat(waiting);
    waiting = [whole.subarray(wanted)];
    length -= wanted;
    return whole.subarray(0, wanted);
  };
  const line = async (): Promise<string | null> => {
    for (;;) {
      const whole = Buffer.concat(waiting);
      waiting = [whole];
      const end = whole.indexOf('\r\n');
      if (end >= 0) return (await take(end + 2))?.toString('latin1').trimEnd() ?? null;
      if (!(await more())) return null;
    }
  };
  for (;;) {
    let text = await line();
    if (text === null) return;
    const [tag = '', verb] = text.split(' ');
    peer.lines.push(`${verb}`);
    const append: Received = { tag, subjects: [], asked: false };
    for (;;) {
      const [, size, plus] = /\{(\d+)(\+?)\}$/.exec(text) ?? [];
      if (size === undefined) break;
      if (plus === '') {
        append.asked = true;
        await (script.onAsk ?? (() => peer.say('+ go on')))(tag, peer);
      }
      const literal = await take(Number(size));
      const rest = literal === null ? null : await line();
      if (literal === null || rest === null) return;
      peer.literalBytes += literal.length;
      append.subjects.push(/^Subject: (.*)\r\n/.exec(literal.subarray(0, 200).toString('latin1'))?.[1] ?? '?');
      text = rest;
    }
    if (verb === 'LOGOUT') peer.say(`${tag} OK bye`);
    if (verb !== 'APPEND') continue;
    peer.received.push(append);
    script.onAppend?.(append, peer);
  }
}

export const message = (subject: string, bytes = 20): OutgoingMessage => ({
  flags: [],
  internalDate: null,
  key: '',
  body: { kind: 'memory', bytes: Buffer.from(`Subject: ${subject}\r\n\r\n${'x'.repeat(bytes)}\r\n`) },
});

export const messages = (...subjects: string[]): OutgoingMessage[] => subjects.map((subject) => message(subject));

/** What a server offers that takes everything. */
export const FULL = 'LITERAL+ MULTIAPPEND UIDPLUS';
