import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { unpackedPrograms } from '../debian/unpacked-servers.ts';
import type { ZoneRecord } from '../dns/bind-conf.ts';
import { startDnsServer } from '../dns/dns-server.ts';
import { type Keys, newKeys, type UpdatableOptions, type UpdatableServer } from '../knot/knot.ts';
import { freePort } from '../process/ports.ts';
import { until } from '../process/until.ts';

export interface PowerDns extends UpdatableServer {
  /** Address of its HTTP API. */
  url: string;
  apiKey: string;
}

const ADDRESS = '127.0.0.1';

/** PowerDNS with one zone in SQLite, its HTTP API, and signed dynamic updates. */
export async function startPowerDns({ dir, zone, records }: UpdatableOptions): Promise<PowerDns> {
  await mkdir(dir, { recursive: true });
  const programs = await unpackedPrograms(join(dir, 'programs'));
  const [port, webPort] = [await freePort([ADDRESS]), await freePort([ADDRESS])];
  const keys = newKeys();
  const apiKey = randomBytes(16).toString('hex');
  fillDatabase(join(dir, 'pdns.sqlite3'), { zone, records, keys });
  const modules = programs.env.LD_LIBRARY_PATH?.split(':').map((folder) => join(folder, 'pdns')) ?? [];
  const moduleDir = modules.find((folder) => folder.includes('usr/lib') && folder.includes('-linux-gnu')) ?? '';
  await writeFile(join(dir, 'pdns.conf'), powerDnsConf({ dir, port, webPort, apiKey, moduleDir }));
  const server = await startDnsServer({
    command: [join(programs.root, 'usr/sbin/pdns_server'), `--config-dir=${dir}`],
    env: programs.env,
    dir,
    host: ADDRESS,
    port,
    zones: [zone],
  });
  const url = `http://${ADDRESS}:${webPort}`;
  try {
    await until('the API of PowerDNS answers', () => isServed(url));
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    ...server,
    ...keys,
    url,
    apiKey,
  };
}

/** Whatever it answers. */
function isServed(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

function powerDnsConf(of: { dir: string; port: number; webPort: number; apiKey: string; moduleDir: string }): string {
  return `launch=gsqlite3
gsqlite3-database=${join(of.dir, 'pdns.sqlite3')}
module-dir=${of.moduleDir}
local-address=${ADDRESS}
local-port=${of.port}
socket-dir=${of.dir}
daemon=no
guardian=no
disable-syslog=yes
security-poll-suffix=
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
receiver-threads=1
distributor-threads=1
dnsupdate=yes
allow-dnsupdate-from=127.0.0.0/8
api=yes
api-key=${of.apiKey}
webserver=yes
webserver-address=${ADDRESS}
webserver-port=${of.webPort}
webserver-allow-from=127.0.0.0/8
`;
}

/** The tables of PowerDNS 4.7 (its schema.sqlite3.sql), as far as an own zone without DNSSEC needs them. */
const SCHEMA = `
PRAGMA journal_mode=WAL;
CREATE TABLE domains (id INTEGER PRIMARY KEY, name VARCHAR(255) NOT NULL COLLATE NOCASE, master VARCHAR(128) DEFAULT NULL,
  last_check INTEGER DEFAULT NULL, type VARCHAR(8) NOT NULL, notified_serial INTEGER DEFAULT NULL, account VARCHAR(40) DEFAULT NULL,
  options VARCHAR(65535) DEFAULT NULL, catalog VARCHAR(255) DEFAULT NULL);
CREATE UNIQUE INDEX name_index ON domains(name);
CREATE TABLE records (id INTEGER PRIMARY KEY, domain_id INTEGER DEFAULT NULL, name VARCHAR(255) DEFAULT NULL, type VARCHAR(10) DEFAULT NULL,
  content VARCHAR(65535) DEFAULT NULL, ttl INTEGER DEFAULT NULL, prio INTEGER DEFAULT NULL, disabled BOOLEAN DEFAULT 0,
  ordername VARCHAR(255), auth BOOL DEFAULT 1);
CREATE INDEX records_lookup_idx ON records(name, type);
CREATE TABLE supermasters (ip VARCHAR(64) NOT NULL, nameserver VARCHAR(255) NOT NULL COLLATE NOCASE, account VARCHAR(40) NOT NULL);
CREATE TABLE comments (id INTEGER PRIMARY KEY, domain_id INTEGER NOT NULL, name VARCHAR(255) NOT NULL, type VARCHAR(10) NOT NULL,
  modified_at INT NOT NULL, account VARCHAR(40) DEFAULT NULL, comment VARCHAR(65535) NOT NULL);
CREATE TABLE domainmetadata (id INTEGER PRIMARY KEY, domain_id INT NOT NULL, kind VARCHAR(32) COLLATE NOCASE, content TEXT);
CREATE TABLE cryptokeys (id INTEGER PRIMARY KEY, domain_id INT NOT NULL, flags INT NOT NULL, active BOOL, published BOOL DEFAULT 1, content TEXT);
CREATE TABLE tsigkeys (id INTEGER PRIMARY KEY, name VARCHAR(255) COLLATE NOCASE, algorithm VARCHAR(50) COLLATE NOCASE, secret VARCHAR(255));
`;

function fillDatabase(path: string, of: { zone: string; records: readonly ZoneRecord[]; keys: Keys }): void {
  const database = new DatabaseSync(path);
  database.exec(SCHEMA);
  database.prepare("INSERT INTO domains (id, name, type) VALUES (1, ?, 'MASTER')").run(of.zone);
  const insertKey = database.prepare('INSERT INTO tsigkeys (name, algorithm, secret) VALUES (?, ?, ?)');
  const insertSetting = database.prepare('INSERT INTO domainmetadata (domain_id, kind, content) VALUES (1, ?, ?)');
  for (const { name, algorithm, secret } of [of.keys.tsig, of.keys.tsig512]) {
    insertKey.run(name, algorithm, secret);
    insertSetting.run('TSIG-ALLOW-DNSUPDATE', name);
  }
  insertSetting.run('ALLOW-DNSUPDATE-FROM', '127.0.0.0/8');
  insertSetting.run('SOA-EDIT-DNSUPDATE', 'INCREASE');
  insertSetting.run('SOA-EDIT-API', 'INCREASE');
  const insert = database.prepare(
    'INSERT INTO records (domain_id, name, type, content, ttl, prio) VALUES (1, ?, ?, ?, ?, ?)',
  );
  const full = (name: string): string =>
    name === '@' ? of.zone : name.endsWith('.') ? name.slice(0, -1) : `${name}.${of.zone}`;
  insert.run(of.zone, 'SOA', `ns1.${of.zone} hostmaster.${of.zone} 1 60 1 86400 2`, 600, 0);
  insert.run(of.zone, 'NS', `ns1.${of.zone}`, 600, 0);
  insert.run(`ns1.${of.zone}`, 'A', ADDRESS, 600, 0);
  for (const { name, type, ttl, data } of of.records) {
    const [preference, host] = type === 'MX' ? [Number(data.split(' ')[0]), full(data.split(' ')[1] ?? '')] : [0, data];
    insert.run(full(name), type, host ?? '', ttl ?? 600, preference ?? 0);
  }
  database.close();
}
