// Servers for the tests only. Cyrus and Courier cannot be installed beside dovecot-imapd (all three provide imap-server), nobody
// wants Knot, PowerDNS and Unbound on port 53 of this machine, and Debian makes a database cluster with each PostgreSQL it installs:
// they are only unpacked, with the libraries this machine lacks, into folders git ignores. Needs no root where apt's package lists
// are there. Plain JavaScript, as setup.mjs.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * A set is unpacked into its folder, which packages/lab/src/debian/unpacked-servers.ts reads; the stamp there says that all is in it.
 * `programs` are what is run, and what is loaded by name: no ldd of a program shows the latter.
 */
export const OTHER_SERVERS = {
  names: 'Cyrus, Courier, Knot, PowerDNS and Unbound',
  folder: '.lab/servers',
  packages: [
    'cyrus-common',
    'cyrus-imapd',
    'sasl2-bin',
    'libsasl2-modules',
    'libsasl2-modules-db',
    'courier-base',
    'courier-imap',
    'courier-authlib',
    'courier-authlib-userdb',
    'gamin',
    'libgamin0',
    'knot',
    'pdns-server',
    'pdns-backend-sqlite3',
    'unbound',
  ],
  programs: [
    /^usr\/lib\/cyrus\/bin\/(master|imapd|ctl_cyrusdb)$/,
    /^usr\/lib\/courier\/courier\/imaplogin$/,
    /^usr\/lib\/courier\/courier-authlib\/(authdaemond|makedatprog)$/,
    /^usr\/(bin\/imapd|libexec\/gam_server)$/,
    /^usr\/sbin\/(saslpasswd2|couriertcpd|knotd|pdns_server|unbound)$/,
    /^usr\/lib\/(courier-authlib|[^/]+\/(sasl2|pdns))\/[^/]+\.so[^/]*$/,
  ],
  needless: [/^(etc|usr\/share)$/],
};

const HAS_REDIS = existsSync('/usr/bin/redis-server');
const HAS_POSTGRES =
  existsSync('/usr/lib/postgresql') &&
  readdirSync('/usr/lib/postgresql').some((version) => existsSync(`/usr/lib/postgresql/${version}/bin/initdb`));

/** Those this machine has are taken from it. */
export const FLEET_SERVERS = {
  names: [...(HAS_REDIS ? [] : ['Redis']), ...(HAS_POSTGRES ? [] : ['PostgreSQL'])].join(' and '),
  folder: '.lab/fleet-servers',
  packages: [...(HAS_REDIS ? [] : ['redis-server', 'redis-tools']), ...(HAS_POSTGRES ? [] : ['postgresql'])],
  programs: [
    /^usr\/bin\/redis-check-rdb$/,
    /^usr\/lib\/postgresql\/\d+\/(bin\/(postgres|initdb|createdb)|lib\/(plpgsql|dict_snowball)\.so)$/,
  ],
  // PostgreSQL cannot start without its own part of usr/share. Compiled queries would need the whole of LLVM.
  needless: [/^etc$/, /^usr\/share\/(?!postgresql$)[^/]+$/, /^usr\/lib\/postgresql\/\d+\/lib\/(bitcode|llvmjit.*)$/],
};

const LIBRARY_FOLDERS = [/^usr\/lib$/, /^(usr\/)?lib\/[^/]+-linux-gnu[^/]*$/, /^usr\/lib\/courier-authlib$/];

/**
 * Unpacks a set unless it is there already. Returns null, or why it could not. `updateLists` is called when apt knows no such package;
 * it returns whether it helped.
 */
export function unpackServers(set, { say, updateLists }) {
  const { folder, packages, names } = set;
  const stamp = join(folder, 'stamp');
  const wanted = `${process.arch} ${packages.join(' ')}\n${systemVersion()}`;
  if (packages.length === 0 || (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted)) return null;
  if (!existsSync('/usr/bin/apt-get')) return 'only Debian and its kin have the packages';
  say(`unpacking ${names} for the tests into ${folder} (nothing is installed)`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'root'), { recursive: true });
  const problem = fetchAll(folder, inFull(packages));
  if (problem && (!updateLists() || fetchAll(folder, inFull(packages)))) return problem;
  const lacking = completeLibraries(set);
  if (lacking.length > 0) return `no package found for ${lacking.join(', ')}`;
  for (const path of pathsIn(folder, set.needless))
    rmSync(join(folder, 'root', path), { recursive: true, force: true });
  writeFileSync(stamp, wanted);
  return null;
}

function systemVersion() {
  return existsSync('/etc/debian_version') ? readFileSync('/etc/debian_version', 'utf8') : '';
}

/** The package `postgresql` is empty; it names the one of Debian's version, such as postgresql-15. */
function inFull(packages) {
  if (!packages.includes('postgresql')) return packages;
  const shown = spawnSync('/usr/bin/apt-cache', ['depends', '--important', 'postgresql'], { encoding: 'utf8' }).stdout;
  const version = /\bpostgresql-(\d+)\b/.exec(shown)?.[1];
  const versioned = version === undefined ? [] : [`postgresql-${version}`, `postgresql-client-${version}`];
  return packages.flatMap((name) => (name === 'postgresql' ? versioned : [name]));
}

/** Downloads and unpacks. Returns null, or what went wrong. */
function fetchAll(folder, packages) {
  const debs = join(folder, 'debs');
  rmSync(debs, { recursive: true, force: true });
  mkdirSync(debs);
  const quiet = ['-q', '-o', 'APT::Sandbox::User=root'];
  const download = spawnSync('/usr/bin/apt-get', ['download', ...quiet, ...packages], { cwd: debs, encoding: 'utf8' });
  if (download.status !== 0) return `apt-get download failed: ${download.stderr.trim().split('\n').at(-1)}`;
  for (const deb of readdirSync(debs)) {
    const unpacked = spawnSync('/usr/bin/dpkg-deb', ['-x', join(debs, deb), join(folder, 'root')], {
      encoding: 'utf8',
    });
    if (unpacked.status !== 0) return `dpkg-deb: ${unpacked.stderr.trim()}`;
  }
  rmSync(debs, { recursive: true });
  return null;
}

/** Adds libraries until ldd finds all, or there is nothing left to try. Returns what is still lacking. */
function completeLibraries(set) {
  const fetched = inFull(set.packages);
  for (;;) {
    const lacking = missingLibraries(set);
    if (lacking.length === 0) return [];
    const candidates = dependencies(fetched).filter((name) => !fetched.includes(name) && !isInstalled(name));
    const byName = candidates.filter((name) => lacking.some((library) => mayHold(name, library)));
    const next = byName.length > 0 ? byName : candidates;
    if (next.length === 0 || fetchAll(set.folder, next)) return lacking;
    fetched.push(...next);
  }
}

/**
 * Debian names a library's package after its soname: libpcreposix.so.3 is in libpcre3, libglib-2.0.so.0 in libglib2.0-0,
 * libldap-2.5.so.0 in libldap-2.5-0, libical.so.3 in libical3 or libical3t64.
 */
function mayHold(packageName, library) {
  const [, stem, version] = /^(.*?)(\d*)$/.exec(packageName.replace(/t64$/, '').replace(/[-_.]/g, ''));
  const plain = library.replace('.so', '').replace(/[-_.]/g, '');
  return plain.startsWith(stem) && plain.endsWith(version);
}

function missingLibraries({ folder, programs }) {
  const root = join(folder, 'root');
  const LD_LIBRARY_PATH = pathsIn(folder, LIBRARY_FOLDERS)
    .map((path) => resolve(root, path))
    .join(':');
  const shown = spawnSync('/usr/bin/ldd', pathsIn(folder, programs), {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', LD_LIBRARY_PATH },
  }).stdout;
  return [...new Set([...shown.matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name))];
}

/** Files and folders below the set's root, by their path from there. */
function pathsIn(folder, patterns) {
  const root = join(folder, 'root');
  return readdirSync(root, { recursive: true }).filter((path) => patterns.some((pattern) => pattern.test(path)));
}

function dependencies(packages) {
  const shown = spawnSync('/usr/bin/apt-cache', ['depends', '--important', ...packages], { encoding: 'utf8' }).stdout;
  return [...new Set([...shown.matchAll(/Depends: (lib\S+)/g)].map(([, name]) => name))];
}

function isInstalled(name) {
  return / installed$/m.test(spawnSync('/usr/bin/dpkg-query', ['-s', name], { encoding: 'utf8' }).stdout);
}
