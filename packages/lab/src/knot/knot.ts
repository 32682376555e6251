import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackedPrograms } from '../debian/unpacked-servers.ts';
import { type ZoneRecord, zoneFile } from '../dns/bind-conf.ts';
import { type DnsServer, startDnsServer } from '../dns/dns-server.ts';
import type { TsigKey } from '../dns/update-zone.ts';
import { freePort } from '../process/ports.ts';

export interface UpdatableServer extends DnsServer {
  /** May update the zone. */
  tsig: TsigKey;
  /** So may this one. */
  tsig512: { name: string; algorithm: 'hmac-sha512'; secret: string };
}

export interface UpdatableOptions {
  dir: string;
  zone: string;
  records: readonly ZoneRecord[];
}

const ADDRESS = '127.0.0.1';
const TIMES = { ttl: 600, refresh: 60, negativeTtl: 2 };

/** Knot DNS with one zone that takes signed dynamic updates. */
export async function startKnot({ dir, zone, records }: UpdatableOptions): Promise<UpdatableServer> {
  await mkdir(join(dir, 'zones'), { recursive: true });
  const programs = await unpackedPrograms(join(dir, 'programs'));
  const port = await freePort([ADDRESS]);
  const keys = newKeys();
  await writeFile(
    join(dir, 'zones', `${zone}.zone`),
    zoneFile({ zone, records }, { address: ADDRESS, times: TIMES, servers: 1 }),
  );
  await writeFile(join(dir, 'knot.conf'), knotConf({ dir, zone, port, keys }));
  const server = await startDnsServer({
    command: [join(programs.root, 'usr/sbin/knotd'), '-c', join(dir, 'knot.conf')],
    env: programs.env,
    dir,
    host: ADDRESS,
    port,
    zones: [zone],
  });
  return { ...server, ...keys };
}

export type Keys = Pick<UpdatableServer, 'tsig' | 'tsig512'>;

export function newKeys(): Keys {
  const secret = (bytes: number): string => randomBytes(bytes).toString('base64');
  return {
    tsig: { name: 'mxodus', algorithm: 'hmac-sha256', secret: secret(32) },
    tsig512: { name: 'mxodus-512', algorithm: 'hmac-sha512', secret: secret(64) },
  };
}

function knotConf({ dir, zone, port, keys }: { dir: string; zone: string; port: number; keys: Keys }): string {
  const both = [keys.tsig, keys.tsig512];
  const key = ({ name, algorithm, secret }: Keys['tsig'] | Keys['tsig512']): string =>
    `  - id: ${name}\n    algorithm: ${algorithm}\n    secret: ${secret}\n`;
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
${both.map(key).join('')}acl:
  - id: updates
    key: [${both.map(({ name }) => name).join(', ')}]
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
