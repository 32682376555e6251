/**
 * Servers as set-up unpacked them (scripts/unpack-servers.mjs): Debian lets only one IMAP server be installed, name servers would take
 * port 53, and each PostgreSQL makes a cluster, so their programs run from a folder of the repository, with the libraries that came
 * along. Redis and PostgreSQL are taken from the system where it has them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { cp, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const LAB = new URL('../../../../.lab/', import.meta.url).pathname;

/** Where one set of programs is. */
export interface Programs {
  /** To be joined with a path such as 'usr/bin/imapd'. */
  root: string;
  /** LD_LIBRARY_PATH and SASL_PATH. */
  env: Readonly<Record<string, string>>;
}

/** Why Cyrus cannot be started here; null when it can. */
export const cyrusMissing = (): string | null => unpackedMissing('usr/lib/cyrus/bin/master');

/** The same of Unbound, Knot and PowerDNS. */
export const unboundMissing = (): string | null => unpackedMissing('usr/sbin/unbound');
export const knotMissing = (): string | null => unpackedMissing('usr/sbin/knotd');
export const powerdnsMissing = (): string | null => unpackedMissing('usr/sbin/pdns_server');

/** The stamp says that all is there; it may be that of an older list of packages. */
function unpackedMissing(program: string): string | null {
  return isUnpacked('servers', program) ? null : NOT_UNPACKED;
}

const NOT_UNPACKED = 'not unpacked: run "npm test", or "npm run setup -- --with tests"';

function isUnpacked(set: 'servers' | 'fleet-servers', program: string): boolean {
  return existsSync(join(LAB, set, 'stamp')) && existsSync(join(LAB, set, 'root', program));
}

/** Why Courier cannot be started here; null when it can. */
export function courierMissing(): string | null {
  const missing = unpackedMissing('usr/sbin/couriertcpd');
  if (missing !== null) return missing;
  if (process.getuid?.() !== 0) return 'it needs root: its sockets are below /run';
  const unshared = spawnSync('/usr/bin/unshare', ['--mount', '--pid', '--fork', 'true'], { stdio: 'ignore' });
  return unshared.status === 0 ? null : 'this root may not make a mount namespace';
}

const REDIS = 'usr/bin/redis-server';

/** Why Redis cannot be started here; null when it can. */
export const redisMissing = (): string | null =>
  existsSync(join('/', REDIS)) || isUnpacked('fleet-servers', REDIS) ? null : NOT_UNPACKED;

/** The same of PostgreSQL. */
export const postgresMissing = (): string | null =>
  postgresBin('/') !== null || isUnpacked('fleet-servers', postgresBin(fleetRoot()) ?? 'none') ? null : NOT_UNPACKED;

/**
 * The server's program, and what its environment needs beside.
 *
 * @param to a folder to be made, if the programs have to be copied to where others can get at them.
 */
export async function redisProgram(to: string): Promise<{ server: string; env: Programs['env'] }> {
  const { root, env } = existsSync(join('/', REDIS)) ? SYSTEM : await placePrograms('fleet-servers', to);
  return { server: join(root, REDIS), env };
}

/** The folder of `postgres` and `initdb`, in the newest version there is. */
export async function postgresPrograms(to: string): Promise<{ bin: string; env: Programs['env'] }> {
  const { root, env } = postgresBin('/') === null ? await placePrograms('fleet-servers', to) : SYSTEM;
  const bin = postgresBin(root);
  if (bin === null) throw new Error(`PostgreSQL: ${NOT_UNPACKED}.`);
  return { bin: join(root, bin), env };
}

const SYSTEM: Programs = { root: '/', env: {} };

const fleetRoot = (): string => join(LAB, 'fleet-servers', 'root');

/** From `root`; null when there is none. */
function postgresBin(root: string): string | null {
  const versions = join(root, 'usr/lib/postgresql');
  const bins = (existsSync(versions) ? readdirSync(versions) : [])
    .sort((one, other) => Number(other) - Number(one))
    .map((version) => join('usr/lib/postgresql', version, 'bin'));
  return bins.find((bin) => existsSync(join(root, bin, 'initdb'))) ?? null;
}

/** Cyrus, Courier, Knot, PowerDNS and Unbound, where they can be run by whoever they become; `to` as above. */
export const unpackedPrograms = (to: string): Promise<Programs> => placePrograms('servers', to);

/** A server started by root gives up its rights, and cannot get at a repository in a private home: then they are copied. */
async function placePrograms(set: 'servers' | 'fleet-servers', to: string): Promise<Programs> {
  const unpacked = join(LAB, set, 'root');
  const root = process.getuid?.() !== 0 || isOpenToOthers(unpacked) ? unpacked : to;
  if (root === to) await cp(unpacked, to, { recursive: true, verbatimSymlinks: true });
  const triplets = (await readdir(join(root, 'usr/lib'))).filter((name) => name.includes('-linux-gnu'));
  const folders = ['usr/lib', 'usr/lib/courier-authlib'];
  for (const triplet of triplets) folders.push(`usr/lib/${triplet}`, `lib/${triplet}`);
  return {
    root,
    env: {
      LD_LIBRARY_PATH: folders.map((folder) => join(root, folder)).join(':'),
      SASL_PATH: triplets.map((triplet) => join(root, 'usr/lib', triplet, 'sasl2')).join(':'),
    },
  };
}

function isOpenToOthers(folder: string): boolean {
  const parents = folder === dirname(folder) || isOpenToOthers(dirname(folder));
  return parents && (statSync(folder).mode & 0o005) === 0o005;
}
