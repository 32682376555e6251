import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { redisProgram } from '../debian/unpacked-servers.ts';
import { freePort } from '../process/ports.ts';
import { makeTempDir } from '../process/temp-dir.ts';
import { startWatchedProcess, type WatchedProcess } from '../process/watched-process.ts';

/** A Redis that keeps what it was told (AOF) and never drops a key. */
export interface RedisServer {
  /** With the password. */
  readonly url: string;
  readonly port: number;
  readonly password: string;
  /** Empties it while it runs. */
  flushAll(): Promise<void>;
  /** Stops it and starts it again with what it had, on the same port. */
  restart(): Promise<void>;
  /** Sends one command; returns the first line of the answer. */
  ask(...words: string[]): Promise<string>;
  stop(): Promise<void>;
}

export interface RedisOptions {
  /** More lines of redis.conf; the last of a word counts. */
  conf?: readonly string[];
}

const HOST = '127.0.0.1';

export async function startRedis({ conf = [] }: RedisOptions = {}): Promise<RedisServer> {
  const temp = await makeTempDir();
  const port = await freePort([HOST]);
  const password = randomBytes(12).toString('hex');
  const data = join(temp.path, 'data');
  await mkdir(data);
  const file = join(temp.path, 'redis.conf');
  const lines = [
    `bind ${HOST}`,
    `port ${port}`,
    `requirepass ${password}`,
    `dir ${data}`,
    'save ""',
    'appendonly yes',
    'appendfsync everysec',
    'maxmemory-policy noeviction',
    'daemonize no',
    ...conf,
  ];
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  const { server, env } = await redisProgram(join(temp.path, 'programs'));
  const ask = (...words: string[]): Promise<string> => askOnce({ port, password }, words);
  const start = async (): Promise<WatchedProcess> => {
    const process = startWatchedProcess({
      command: [server, file],
      env,
      cwd: data,
      outputFile: join(temp.path, 'redis.log'),
      graceMs: 5000,
    });
    await process.ready(async () => (await ask('PING').catch(() => '')) === '+PONG');
    return process;
  };
  let running = await start();
  return {
    url: `redis://:${password}@${HOST}:${port}/0`,
    port,
    password,
    ask,
    flushAll: async () => {
      await ask('FLUSHALL');
    },
    restart: async () => {
      await running.stop();
      running = await start();
    },
    stop: async () => {
      await running.stop();
      await temp.remove();
    },
  };
}

/** RESP: https://redis.io/docs/latest/develop/reference/protocol-spec/ */
async function askOnce(
  { port, password }: { port: number; password: string },
  words: readonly string[],
): Promise<string> {
  const socket = connect({ port, host: HOST });
  try {
    await once(socket, 'connect');
    socket.write(command(['AUTH', password]) + command(words));
    let answer = '';
    for await (const chunk of socket) {
      answer += String(chunk);
      const lines = answer.split('\r\n');
      if (lines.length > 2) return lines[1] ?? '';
    }
    throw new Error(`Redis closed the connection after: ${answer}`);
  } finally {
    socket.destroy();
  }
}

const command = (words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
