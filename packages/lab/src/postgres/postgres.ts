import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { CertificateFiles } from '../certificates.ts';
import { postgresPrograms } from '../debian/unpacked-servers.ts';
import { mailOwner } from '../process/accounts.ts';
import { giveToMailOwner } from '../process/give.ts';
import { freePort } from '../process/ports.ts';
import { makeTempDir } from '../process/temp-dir.ts';
import { startWatchedProcess, type WatchedProcess } from '../process/watched-process.ts';

/** A PostgreSQL with an empty database. */
export interface PostgresServer {
  /** With the password. */
  readonly url: string;
  readonly port: number;
  readonly password: string;
  /** As an operator restarts it: connections are cut, nothing is lost. */
  restart(): Promise<void>;
  /** As `restart`, with so long in between; ms. */
  away(ms: number): Promise<void>;
  /** As if the machine lost its power, but for the disk: it recovers when it starts again. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const USER = 'mxodus';
const DATABASE = 'mxodus';

export interface PostgresOptions {
  /** Default true. false: quicker, for tests in which it is never crashed. */
  fsync?: boolean;
  /** Takes connections with TLS too. */
  tls?: CertificateFiles;
}

export async function startPostgres({ fsync = true, tls }: PostgresOptions = {}): Promise<PostgresServer> {
  const temp = await makeTempDir();
  const port = await freePort([HOST]);
  const password = randomBytes(12).toString('hex');
  const data = join(temp.path, 'data');
  const { bin, env } = await postgresPrograms(join(temp.path, 'programs'));
  await mkdir(data, { mode: 0o700 });
  const passwordFile = join(temp.path, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  const log = join(temp.path, 'postgres.log');
  await writeFile(log, '');
  for (const path of [data, passwordFile, log]) giveToMailOwner(path);
  await chmod(temp.path, 0o711);
  const initdb = ['-D', data, '-U', USER, '-A', 'scram-sha-256', '--pwfile', passwordFile, '--no-sync', '-E', 'UTF8'];
  await asServer([join(bin, 'initdb'), ...initdb, '--locale=C'], env);
  await appendFile(join(data, 'postgresql.conf'), settings(port, fsync));
  if (tls !== undefined) await useTls(data, tls);
  const start = async (): Promise<WatchedProcess> => {
    const [file, ...args] = unprivileged([join(bin, 'postgres'), '-D', data]);
    const process = startWatchedProcess({ command: [file, ...args], env, cwd: data, outputFile: log, graceMs: 5000 });
    await process.ready(async () => isReady(data));
    return process;
  };
  let running = await start();
  await asServer([join(bin, 'createdb'), '-h', HOST, '-p', String(port), '-U', USER, DATABASE], {
    ...env,
    PGPASSWORD: password,
  });
  const end = async (signal: 'SIGINT' | 'SIGQUIT'): Promise<void> => {
    // A stop by TERM would wait for the clients to leave.
    process.kill(Number((await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')[0]), signal);
    await running.stop();
  };
  return {
    url: `postgres://${USER}:${password}@${HOST}:${port}/${DATABASE}`,
    port,
    password,
    restart: async () => {
      await end('SIGINT');
      running = await start();
    },
    away: async (ms) => {
      await end('SIGINT');
      await pause(ms);
      running = await start();
    },
    crash: async () => {
      await end('SIGQUIT');
      running = await start();
    },
    stop: async () => {
      await end('SIGINT');
      await temp.remove();
    },
  };
}

const settings = (port: number, fsync: boolean): string => `
listen_addresses = '${HOST}'
port = ${port}
unix_socket_directories = ''
max_connections = 100
shared_buffers = 64MB
fsync = ${fsync ? 'on' : 'off'}
synchronous_commit = on
`;

/** It wants the key to be its own, and nobody else's. */
async function useTls(data: string, { certFile, keyFile }: CertificateFiles): Promise<void> {
  for (const [from, name] of [
    [certFile, 'server.crt'],
    [keyFile, 'server.key'],
  ] as const) {
    await writeFile(join(data, name), await readFile(from), { mode: 0o600 });
    giveToMailOwner(join(data, name));
  }
  await appendFile(join(data, 'postgresql.conf'), 'ssl = on\n');
}

/** The last line of its file says so (PostgreSQL 10 and newer). */
async function isReady(data: string): Promise<boolean> {
  const file = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  return file.trimEnd().split('\n').at(-1)?.trim() === 'ready';
}

/** PostgreSQL does not run as root. */
function unprivileged(command: readonly [string, ...string[]]): [string, ...string[]] {
  if (process.getuid?.() !== 0) return [...command];
  const { uid, gid } = mailOwner();
  return ['/usr/bin/setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...command];
}

async function asServer(command: readonly [string, ...string[]], env: Readonly<Record<string, string>>): Promise<void> {
  const [file, ...args] = unprivileged(command);
  await promisify(execFile)(file, args, {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', ...env },
  });
}
