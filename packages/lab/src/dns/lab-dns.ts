import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Programs, unpackedPrograms } from '../debian/unpacked-servers.ts';
import { freePort } from '../process/ports.ts';
import {
  type BindPorts,
  loneConf,
  primaryConf,
  resolverConf,
  secondaryConf,
  type Zone,
  type ZoneFileOptions,
  type ZoneRecord,
  type ZoneRoute,
  zoneFile,
} from './bind-conf.ts';
import { type DnsServer, startDnsServer } from './dns-server.ts';
import { makeSigningKey, wrongDs } from './signing-key.ts';
import { startUnbound } from './unbound.ts';
import type { TsigKey } from './update-zone.ts';

export type { DnsServer } from './dns-server.ts';

export interface LabDns {
  primary: DnsServer;
  secondary: DnsServer;
  /** A cache that asks only the lab's servers. */
  resolver: DnsServer;
  /** Of the zone above; ns1 of it. */
  parent?: DnsServer;
  /** Of the delegated sub-domain; ns1 of it. */
  delegated?: DnsServer;
  /** A cache that keeps records longer than their TTL. */
  badResolver?: DnsServer;
  zones: readonly string[];
  /** 'host:port' of primary and secondary. */
  authoritative: readonly string[];
  /** By the name an NS record has for it: which port it is on. */
  byName: ReadonlyMap<string, DnsServer>;
  /** Allowed to update every zone of primary and secondary; secretFile holds the secret, base64, alone on one line. */
  tsig: TsigKey & { secretFile: string };
  stop(): Promise<void>;
}

export interface DnsOptions {
  dir: string;
  zone: string;
  records: readonly ZoneRecord[];
  moreZones?: readonly Zone[];
  /** A zone above `zone` such as `test`, at a server of its own, that delegates it. */
  parent?: {
    zone: string;
    /** Names of the servers it delegates `zone` to, absolute. Default: those of the zone. */
    nameServers?: readonly string[];
    /** `zone` is signed, and the resolver validates with this DS. wrong: of another key. Default: not signed. */
    ds?: 'right' | 'wrong';
  };
  /** A sub-domain that `zone` delegates to a server of its own. */
  delegated?: Zone;
  /** Needs the unpacked Unbound. `minTtl`: seconds, default 30. `programs`: where it is; default: as set-up unpacked it. */
  badResolver?: { minTtl?: number; programs?: Programs };
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

/** Starts a primary, a secondary, a caching resolver and what else is asked for, and waits until all answer for their zones. */
export async function startDns(options: DnsOptions): Promise<LabDns> {
  const started: DnsServer[] = [];
  try {
    return await startAll(options, async (starting) => {
      const server = await starting;
      started.push(server);
      return server;
    });
  } catch (error) {
    await Promise.all(started.map((one) => one.stop()));
    throw error;
  }
}

type Keep = (starting: Promise<DnsServer>) => Promise<DnsServer>;

async function startAll(options: DnsOptions, keep: Keep): Promise<LabDns> {
  const { dir, zone, parent, delegated, address = '127.0.0.1', notify = true } = options;
  const times = { ttl: options.ttl ?? 20, refresh: options.refresh ?? 2, negativeTtl: options.negativeTtl ?? 2 };
  const zones: Zone[] = [{ zone, records: options.records }, ...(options.moreZones ?? [])];
  const names = zones.map((one) => one.zone);
  const folder = (name: string): string => join(dir, name);
  for (const name of ['p', 's', 'r', 'above', 'below']) await mkdir(folder(name), { recursive: true });
  const secret = randomBytes(32).toString('base64');
  const secretFile = join(dir, 'tsig.key');
  await writeFile(secretFile, `${secret}\n`, { mode: 0o600 });
  const key = parent?.ds === undefined ? null : await makeSigningKey(folder('p'), zone);
  const ds = key !== null && parent?.ds === 'wrong' ? wrongDs(key) : key;

  const file = (to: string, of: Zone, rest: Pick<ZoneFileOptions, 'servers' | 'delegates'>): Promise<void> =>
    writeFile(join(folder(to), `${of.zone}.zone`), zoneFile(of, { address, times, ...rest }));
  const below = delegated && { zone: delegated.zone, nameServers: [`ns1.${delegated.zone}`] };
  for (const one of zones) await file('p', one, { servers: 2, delegates: below && one.zone === zone ? [below] : [] });
  if (delegated) await file('below', delegated, { servers: 1 });
  if (parent) {
    const nameServers = parent.nameServers ?? [`ns1.${zone}`, `ns2.${zone}`];
    const delegates = [{ zone, nameServers, ...(ds === null ? {} : { ds }) }];
    await file('above', { zone: parent.zone, records: [] }, { servers: 1, delegates });
  }

  const port = (): Promise<number> => freePort([address]);
  const ports: BindPorts = { primary: await port(), secondary: await port(), resolver: await port() };
  const named = async (name: string, at: number, conf: string, ready: readonly string[]): Promise<DnsServer> => {
    const path = join(folder(name), 'named.conf');
    await writeFile(path, conf);
    const command = ['/usr/sbin/named', '-4', '-g', '-n', '1', '-c', path] as const;
    return keep(startDnsServer({ command, dir: folder(name), host: address, port: at, zones: ready }));
  };
  const lone = async (name: string, of: string): Promise<DnsServer> => {
    const at = await port();
    return named(name, at, loneConf(folder(name), address, at, of), [of]);
  };
  // In this order: a secondary that finds no primary waits a second before it tries again.
  const primaryOptions = { zones: names, secret, notify, signed: key === null ? null : zone };
  const primary = await named('p', ports.primary, primaryConf(folder('p'), address, ports, primaryOptions), names);
  const secondary = await named('s', ports.secondary, secondaryConf(folder('s'), address, ports, names), names);
  const parentServer = parent && (await lone('above', parent.zone));
  const delegatedServer = delegated && (await lone('below', delegated.zone));

  const both = [ports.primary, ports.secondary];
  const routes: ZoneRoute[] = [
    ...names.map((name) => ({ zone: name, ports: both })),
    ...(parent && parentServer ? [{ zone: parent.zone, ports: [parentServer.port] }] : []),
    ...(delegated && delegatedServer ? [{ zone: delegated.zone, ports: [delegatedServer.port] }] : []),
  ];
  const anchor = ds === null ? {} : { anchor: { zone, ds } };
  const resolverText = resolverConf(folder('r'), address, { port: ports.resolver, routes, others: both, ...anchor });
  // With the wrong DS it never has an answer for the zone, or what is in it.
  const answered = routes.map((route) => route.zone).filter((name) => parent?.ds !== 'wrong' || !name.endsWith(zone));
  const resolver = await named('r', ports.resolver, resolverText, answered);
  const badResolver = options.badResolver && (await bad(options.badResolver, { dir, address, routes, keep }));
  const servers = [primary, secondary, resolver, parentServer, delegatedServer, badResolver];
  return {
    primary,
    secondary,
    resolver,
    ...(parentServer && { parent: parentServer }),
    ...(delegatedServer && { delegated: delegatedServer }),
    ...(badResolver && { badResolver }),
    zones: names,
    authoritative: [primary.address, secondary.address],
    byName: new Map([
      ...names.flatMap((name): [string, DnsServer][] => [
        [`ns1.${name}`, primary],
        [`ns2.${name}`, secondary],
      ]),
      ...(parent && parentServer ? ([[`ns1.${parent.zone}`, parentServer]] as const) : []),
      ...(delegated && delegatedServer ? ([[`ns1.${delegated.zone}`, delegatedServer]] as const) : []),
    ]),
    tsig: { name: 'mxodus', algorithm: 'hmac-sha256', secret, secretFile },
    stop: async () => {
      await Promise.all(servers.map((one) => one?.stop()));
    },
  };
}

async function bad(
  { minTtl = 30, programs }: NonNullable<DnsOptions['badResolver']>,
  { dir, address, routes, keep }: { dir: string; address: string; routes: readonly ZoneRoute[]; keep: Keep },
): Promise<DnsServer> {
  const from = programs ?? (await unpackedPrograms(join(dir, 'programs')));
  const port = await freePort([address]);
  return keep(startUnbound({ dir: join(dir, 'u'), programs: from, host: address, port, routes, minTtl }));
}
