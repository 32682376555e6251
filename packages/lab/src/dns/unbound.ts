import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Programs } from '../debian/unpacked-servers.ts';
import type { ZoneRoute } from './bind-conf.ts';
import { type DnsServer, startDnsServer } from './dns-server.ts';

export interface UnboundOptions {
  dir: string;
  programs: Programs;
  host: string;
  port: number;
  routes: readonly ZoneRoute[];
  /** Seconds a record is kept at least, whatever its TTL: BIND has nothing of the kind. */
  minTtl: number;
}

/** A cache that keeps records longer than it may. */
export async function startUnbound({ dir, programs, ...options }: UnboundOptions): Promise<DnsServer> {
  const conf = join(dir, 'unbound.conf');
  await mkdir(dir, { recursive: true });
  await writeFile(conf, unboundConf(dir, options));
  const { host, port, routes } = options;
  return startDnsServer({
    command: [join(programs.root, 'usr/sbin/unbound'), '-d', '-p', '-c', conf],
    env: programs.env,
    dir,
    host,
    port,
    zones: routes.map(({ zone }) => zone),
  });
}

/** One thread, so that it has one cache. What is in none of the routes goes to the first of them: nothing leaves the machine. */
function unboundConf(dir: string, { host, port, routes, minTtl }: Omit<UnboundOptions, 'dir' | 'programs'>): string {
  const stubs = routes.map(({ zone, ports }) => {
    const servers = ports.map((one) => `  stub-addr: ${host}@${one}\n`).join('');
    return `stub-zone:\n  name: "${zone}"\n${servers}`;
  });
  const locals = new Set(routes.map(({ zone }) => zone.split('.').at(-1)));
  const [{ ports } = { ports: [] }] = routes;
  const others = ports.map((one) => `  forward-addr: ${host}@${one}\n`).join('');
  return `server:
  directory: "${dir}"
  chroot: ""
  username: ""
  interface: ${host}
  port: ${port}
  do-ip6: no
  num-threads: 1
  use-syslog: no
  logfile: ""
  access-control: 127.0.0.0/8 allow
  module-config: "iterator"
  do-not-query-localhost: no
  infra-host-ttl: 1
  cache-min-ttl: ${minTtl}
${[...locals].map((label) => `  local-zone: "${label}." nodefault\n`).join('')}remote-control:
  control-enable: no
${stubs.join('')}forward-zone:
  name: "."
${others}`;
}
