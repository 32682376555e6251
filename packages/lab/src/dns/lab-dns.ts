import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../process/ports.ts';
import { startWatchedProcess, type WatchedProcess } from '../process/watched-process.ts';
import {
  type BindPorts,
  primaryConf,
  resolverConf,
  secondaryConf,
  type Zone,
  type ZoneRecord,
  zoneFile,
} from './bind-conf.ts';
import { queryDns } from './exchange.ts';
import type { TsigKey } from './update-zone.ts';

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

export interface LabDns {
  primary: DnsServer;
  secondary: DnsServer;
  /** A cache that asks only the two. */
  resolver: DnsServer;
  zones: readonly string[];
  /** 'host:port' of primary and secondary. */
  authoritative: readonly string[];
  /** Allowed to update every zone; secretFile holds the secret, base64, alone on one line. */
  tsig: TsigKey & { secretFile: string };
  stop(): Promise<void>;
}

export interface DnsOptions {
  dir: string;
  zone: string;
  records: readonly ZoneRecord[];
  moreZones?: readonly Zone[];
  /** TTL of records without their own, seconds. Default 20. */
  ttl?: number;
  /** Seconds until a secondary that missed a NOTIFY looks for itself. Default 2. */
  refresh?: number;
  /** Seconds a resolver remembers that a name does not exist. Default 2. */
  negativeTtl?: number;
  /** Default true. false, with a long refresh: the secondary lags until it is restarted. */
  notify?: boolean;
  /** Default 127.0.0.1. */
  address?: string;
}

/** Starts a primary, a secondary and a caching resolver, and waits until all three answer for all zones. */
export async function startDns(options: DnsOptions): Promise<LabDns> {
  const { dir, address = '127.0.0.1', notify = true } = options;
  const times = { ttl: options.ttl ?? 20, refresh: options.refresh ?? 2, negativeTtl: options.negativeTtl ?? 2 };
  const zones: Zone[] = [{ zone: options.zone, records: options.records }, ...(options.moreZones ?? [])];
  const names = zones.map(({ zone }) => zone);
  const folder = (name: string): string => join(dir, name);
  for (const name of ['p', 's', 'r']) await mkdir(folder(name), { recursive: true });
  const secret = randomBytes(32).toString('base64');
  const secretFile = join(dir, 'tsig.key');
  await writeFile(secretFile, `${secret}\n`, { mode: 0o600 });
  for (const zone of zones) await writeFile(join(folder('p'), `${zone.zone}.zone`), zoneFile(zone, address, times));

  const ports: BindPorts = {
    primary: await freePort([address]),
    secondary: await freePort([address]),
    resolver: await freePort([address]),
  };
  const server = (name: 'p' | 's' | 'r', port: number, conf: string): Promise<DnsServer> =>
    startNamed({ dir: folder(name), host: address, port, conf, zones: names });
  // In this order: a secondary that finds no primary waits a second before it tries again.
  const started: DnsServer[] = [];
  try {
    started.push(await server('p', ports.primary, primaryConf(folder('p'), address, ports, names, secret, notify)));
    started.push(await server('s', ports.secondary, secondaryConf(folder('s'), address, ports, names)));
    started.push(await server('r', ports.resolver, resolverConf(folder('r'), address, ports, names)));
  } catch (error) {
    await Promise.all(started.map((one) => one.stop()));
    throw error;
  }
  const [primary, secondary, resolver] = started;
  if (!primary || !secondary || !resolver) throw new Error('Not all name servers started.');
  return {
    primary,
    secondary,
    resolver,
    zones: names,
    authoritative: [primary.address, secondary.address],
    tsig: { name: 'mxodus', algorithm: 'hmac-sha256', secret, secretFile },
    stop: async () => {
      await Promise.all(started.map((one) => one.stop()));
    },
  };
}

interface NamedOptions {
  dir: string;
  host: string;
  port: number;
  conf: string;
  zones: readonly string[];
}

async function startNamed({ dir, host, port, conf, zones }: NamedOptions): Promise<DnsServer> {
  const logFile = join(dir, 'named.log');
  await writeFile(join(dir, 'named.conf'), conf);
  const run = async (): Promise<WatchedProcess> => {
    const server = startWatchedProcess({
      command: ['/usr/sbin/named', '-4', '-g', '-n', '1', '-c', join(dir, 'named.conf')],
      cwd: dir,
      graceMs: 5000,
      outputFile: logFile,
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
  if (/address in use/.test(await readFile(logFile, 'utf8')))
    throw new Error(`Port ${server.port} was taken meanwhile.`);
  try {
    const answers = await Promise.all(zones.map((zone) => queryDns(server, zone, 'SOA', 500)));
    return answers.every((answer) => answer.rcode === 0 && answer.answers.length > 0);
  } catch {
    // Not listening yet; ready() gives up in the end.
    return false;
  }
}
