import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startWatchedProcess, type WatchedProcess } from '../process/watched-process.ts';
import { queryDns } from './exchange.ts';

export interface DnsServer {
  host: string;
  port: number;
  /** 'host:port'. */
  address: string;
  logFile: string;
  stop(): Promise<void>;
  /** Starts it again on the same port. A resolver has an empty cache then, a secondary fetches its zones anew. */
  start(): Promise<void>;
}

export interface DnsServerOptions {
  command: readonly [string, ...string[]];
  env?: Readonly<Record<string, string>>;
  /** Its own folder. */
  dir: string;
  host: string;
  port: number;
  /** It is ready when it has the SOA of all of these. */
  zones: readonly string[];
}

/** Starts a name server and waits until it answers. */
export async function startDnsServer({ command, env, dir, host, port, zones }: DnsServerOptions): Promise<DnsServer> {
  const logFile = join(dir, 'server.log');
  const run = async (): Promise<WatchedProcess> => {
    const server = startWatchedProcess({
      command,
      cwd: dir,
      graceMs: 5000,
      outputFile: logFile,
      ...(env === undefined ? {} : { env }),
    });
    try {
      await server.ready(() => answersFor({ host, port }, zones, logFile));
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  };
  let running = await run();
  return {
    host,
    port,
    address: `${host}:${port}`,
    logFile,
    stop: () => running.stop(),
    start: async () => {
      await running.stop();
      running = await run();
    },
  };
}

async function answersFor(
  server: { host: string; port: number },
  zones: readonly string[],
  logFile: string,
): Promise<boolean> {
  // named goes on without a port it could not get.
  if (/address in use/i.test(await readFile(logFile, 'utf8')))
    throw new Error(`Port ${server.port} was taken meanwhile.`);
  try {
    const answers = await Promise.all(zones.map((zone) => queryDns(server, zone, 'SOA', 500)));
    return answers.every((answer) => answer.rcode === 0 && answer.answers.length > 0);
  } catch {
    // Not listening yet; ready() gives up in the end.
    return false;
  }
}
