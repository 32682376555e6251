import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copyPrograms } from '../debian/unpacked-servers.ts';
import { type ZoneRecord, zoneFile } from '../dns/bind-conf.ts';
import { type DnsServer, startDnsServer } from '../dns/dns-server.ts';
import type { TsigKey } from '../dns/update-zone.ts';
import { freePort } from '../process/ports.ts';

export interface UpdatableServer extends DnsServer {
  /** May update the zone. */
  tsig: TsigKey;
}

export interface OtherDnsOptions {
  dir: string;
  zone: string;
  records: readonly ZoneRecord[];
}

const ADDRESS = '127.0.0.1';
const TIMES = { ttl: 600, refresh: 60, negativeTtl: 2 };

/** Knot DNS with one zone that takes signed dynamic updates. */
export async function startKnot({ dir, zone, records }: OtherDnsOptions): Promise<UpdatableServer> {
  await mkdir(join(dir, 'zones'), { recursive: true });
  const programs = await copyPrograms(join(dir, 'programs'));
  const port = await freePort([ADDRESS]);
  const secret = randomBytes(32).toString('base64');
  await writeFile(join(dir, 'zones', `${zone}.zone`), zoneFile({ zone, records }, { address: ADDRESS, times: TIMES, servers: 1 }));
  await writeFile(join(dir, 'knot.conf'), knotConf({ dir, zone, port, secret }));
  const server = await startDnsServer({
    command: [join(programs.root, 'usr/sbin/knotd'), '-c', join(dir, 'knot.conf')],
    env: programs.env,
    dir,
    host: ADDRESS,
    port,
    zones: [zone],
  });
  return { ...server, tsig: { name: 'mxodus', algorithm: 'hmac-sha256', secret } };
}

function knotConf({ dir, zone, port, secret }: { dir: string; zone: string; port: number; secret: string }): string {
  return `server:
  rundir: "${dir}"
  listen: ${ADDRESS}@${port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
log:
  - target: stderr
    any: info
database:
  storage: "${dir}"
key:
  - id: mxodus
    algorithm: hmac-sha256
    secret: ${secret}
acl:
  - id: updates
    key: mxodus
    action: update
template:
  - id: default
    storage: "${dir}/zones"
zone:
  - domain: ${zone}
    file: "${zone}.zone"
    zonefile-sync: -1
    journal-content: all
    acl: updates
`;
}
