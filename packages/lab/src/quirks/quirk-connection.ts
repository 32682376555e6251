import { connect, type Socket } from 'node:net';
import { ConnectionEnded, createAnswerQueue } from './answer-queue.ts';
import { createClientSide } from './client-side.ts';
import { createHookRunner } from './hook-runner.ts';
import type { Command, Ending, Quirk, QuirkConnection } from './quirk.ts';
import { createServerSide } from './server-side.ts';
import { createSocketOutput, type SocketOutput } from './socket-output.ts';

export interface QuirkedOptions {
  id: number;
  client: Socket;
  target: { host: string; port: number };
  quirks: readonly Quirk[];
  onCommand(command: Command): void;
  /** A mistake in a quirk. */
  onFault(error: unknown): void;
  onGone(): void;
}

/**
 *   state    what passes
 *   open     what the quirks leave
 *   opaque   every byte: after STARTTLS or COMPRESS nothing can be read
 *   silent   what is left of a response, then nothing; the connection stays
 *   ended    what is left of a response, then BYE; or both sides are reset
 */
type State = 'open' | 'opaque' | 'silent' | 'ended';

/** A client that was told BYE reads it, and ends its side; this long. */
const LINGER_MS = 1000;

/** Connects a client to the target through the quirks. Returns what resets it. */
export function openQuirkConnection(options: QuirkedOptions): { cut(): void } {
  const { client } = options;
  const server = connect({ ...options.target, noDelay: true, allowHalfOpen: true });
  const [toClient, toServer] = [createSocketOutput(client), createSocketOutput(server)];
  const queue = createAnswerQueue();
  let state = 'open' as State;
  let asked = 0;

  const connection: QuirkConnection = {
    id: options.id,
    target: options.target,
    ask: async (text) => {
      const { promise, resolve, reject } = Promise.withResolvers<string[]>();
      const tag = `quirk${++asked}`;
      queue.add({ tag, command: null, by: 'server', lines: null, own: { untagged: [], resolve, reject } });
      await toServer.write(`${tag} ${text}\r\n`);
      return promise;
    },
  };
  const hooks = createHookRunner(options.quirks, connection);

  const cut = (): void => {
    state = 'ended';
    client.resetAndDestroy();
    server.resetAndDestroy();
  };
  const sayBye = async (text: string): Promise<void> => {
    // A response that has begun is finished first.
    const release = await toClient.acquire();
    server.destroy();
    await toClient.write(`* BYE ${text}\r\n`);
    release();
    client.end();
    setTimeout(() => client.destroy(), LINGER_MS).unref();
  };
  const end = async (verdict: Ending): Promise<void> => {
    if (state === 'ended') return;
    if (verdict.kind === 'silence') state = 'silent';
    else if (verdict.kind === 'cut') cut();
    else {
      state = 'ended';
      await sayBye(verdict.text);
    }
  };
  const passing = (): boolean => state === 'open' || state === 'opaque';
  const serverSide = createServerSide({
    queue,
    hooks,
    client: toClient,
    passing,
    gone: () => client.destroyed,
    end,
    onAnswer: (tag) => clientSide.answered(tag),
  });
  const clientSide = createClientSide({
    queue,
    hooks,
    passing,
    end,
    toServer: toServer.write,
    goAhead: serverSide.goAhead,
    flush: serverSide.flush,
    onCommand: (command) => {
      options.onCommand(command);
      if (command.name === 'STARTTLS' || command.name === 'COMPRESS') state = 'opaque';
    },
  });

  const pump = async ({ from, to, side, output }: Direction): Promise<void> => {
    try {
      for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        if (state === 'opaque') await output.write(Buffer.concat([side.takeHeld(), chunk]));
        else await side.feed(chunk);
      }
      if (passing()) to.end();
      else if (state === 'silent' && from === client) cut();
    } catch (error) {
      if (!isSocketTrouble(error)) options.onFault(error);
      // One side is lost: so is the other, unless the client is not to notice, or is being told.
      if (passing() || from === client) cut();
    } finally {
      side.abandon();
    }
  };
  for (const socket of [client, server]) {
    // Its reader throws the same error.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (!client.destroyed || !server.destroyed) return;
      queue.end();
      hooks.close();
      options.onGone();
    });
  }
  void pump({ from: client, to: server, side: clientSide, output: toServer });
  void pump({ from: server, to: client, side: serverSide, output: toClient });
  return { cut };
}

interface Direction {
  from: Socket;
  to: Socket;
  side: {
    feed(chunk: Buffer): Promise<void>;
    /** What was held back, because its line is not whole. */
    takeHeld(): Buffer;
    /** Nothing more comes. */
    abandon(): void;
  };
  output: SocketOutput;
}

function isSocketTrouble(error: unknown): boolean {
  if (error instanceof ConnectionEnded) return true;
  if (!(error instanceof Error) || !('code' in error)) return false;
  return 'syscall' in error || error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}
