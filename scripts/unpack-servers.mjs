// Servers for the tests only. Cyrus and Courier cannot be installed beside dovecot-imapd (all three provide imap-server), and
// nobody wants Knot, PowerDNS and Unbound on port 53 of this machine: they are only unpacked, with the libraries this machine
// lacks, into a folder git ignores. Needs no root where apt's package lists are there. Plain JavaScript, as setup.mjs.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Read by packages/lab/src/debian/unpacked-servers.ts. */
const FOLDER = '.lab/servers';
const ROOT = join(FOLDER, 'root');
const STAMP = join(FOLDER, 'stamp');

const PACKAGES = [
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
];

/** What is run, and what is loaded by name: no ldd of a program shows the latter. */
const PROGRAMS = [
  'usr/lib/cyrus/bin/master',
  'usr/lib/cyrus/bin/imapd',
  'usr/lib/cyrus/bin/ctl_cyrusdb',
  'usr/sbin/saslpasswd2',
  'usr/sbin/couriertcpd',
  'usr/bin/imapd',
  'usr/lib/courier/courier/imaplogin',
  'usr/lib/courier/courier-authlib/authdaemond',
  'usr/lib/courier/courier-authlib/makedatprog',
  'usr/libexec/gam_server',
  'usr/sbin/knotd',
  'usr/sbin/pdns_server',
  'usr/sbin/unbound',
];
const PLUGIN_FOLDERS = [/^usr\/lib\/courier-authlib$/, /^usr\/lib\/[^/]+\/(sasl2|pdns)$/];
const LIBRARY_FOLDERS = [/^usr\/lib$/, /^(usr\/)?lib\/[^/]+-linux-gnu[^/]*$/, /^usr\/lib\/courier-authlib$/];

/**
 * Unpacks the servers unless they are there already. Returns null, or why it could not: then the tests with them are
 * skipped, and say so. `updateLists` is called when apt knows no such package; it returns whether it helped.
 */
export function unpackServers({ say, updateLists }) {
  const wanted = `${process.arch} ${PACKAGES.join(' ')}\n${systemVersion()}`;
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return null;
  if (!existsSync('/usr/bin/apt-get')) return 'only Debian and its kin have the packages';
  say(`unpacking Cyrus, Courier, Knot, PowerDNS and Unbound for the tests into ${FOLDER} (nothing is installed)`);
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(ROOT, { recursive: true });
  const problem = fetchAll(PACKAGES);
  if (problem && (!updateLists() || fetchAll(PACKAGES))) return problem;
  const lacking = completeLibraries();
  if (lacking.length > 0) return `no package found for ${lacking.join(', ')}`;
  for (const part of ['usr/share', 'etc']) rmSync(join(ROOT, part), { recursive: true, force: true });
  writeFileSync(STAMP, wanted);
  return null;
}

function systemVersion() {
  return existsSync('/etc/debian_version') ? readFileSync('/etc/debian_version', 'utf8') : '';
}

/** Downloads and unpacks. Returns null, or what went wrong. */
function fetchAll(packages) {
  const debs = join(FOLDER, 'debs');
  rmSync(debs, { recursive: true, force: true });
  mkdirSync(debs);
  const quiet = ['-q', '-o', 'APT::Sandbox::User=root'];
  const download = spawnSync('/usr/bin/apt-get', ['download', ...quiet, ...packages], { cwd: debs, encoding: 'utf8' });
  if (download.status !== 0) return `apt-get download failed: ${download.stderr.trim().split('\n').at(-1)}`;
  for (const deb of readdirSync(debs)) {
    const unpacked = spawnSync('/usr/bin/dpkg-deb', ['-x', join(debs, deb), ROOT], { encoding: 'utf8' });
    if (unpacked.status !== 0) return `dpkg-deb: ${unpacked.stderr.trim()}`;
  }
  rmSync(debs, { recursive: true });
  return null;
}

/** Adds libraries until ldd finds all, or there is nothing left to try. Returns what is still lacking. */
function completeLibraries() {
  const fetched = [...PACKAGES];
  for (;;) {
    const lacking = missingLibraries();
    if (lacking.length === 0) return [];
    const candidates = dependencies(fetched).filter((name) => !fetched.includes(name) && !isInstalled(name));
    const byName = candidates.filter((name) => lacking.some((library) => mayHold(name, library)));
    const next = byName.length > 0 ? byName : candidates;
    if (next.length === 0 || fetchAll(next)) return lacking;
    fetched.push(...next);
  }
}

/**
 * Debian names a library's package after its soname: libpcreposix.so.3 is in libpcre3, libglib-2.0.so.0 in libglib2.0-0,
 * libical.so.3 in libical3 or libical3t64.
 */
function mayHold(packageName, library) {
  const [, stem, version] = /^(.*?)(\d*)$/.exec(packageName.replace(/t64$/, '').replace(/[-_]/g, ''));
  const plain = library.replace('.so', '').replace(/[-_]/g, '');
  return plain.startsWith(stem) && plain.endsWith(version);
}

function missingLibraries() {
  const folders = foldersOf(ROOT);
  const matching = (patterns) => folders.filter((folder) => patterns.some((pattern) => pattern.test(folder)));
  const plugins = matching(PLUGIN_FOLDERS).flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => /\.so/.test(name))
      .map((name) => join(folder, name)),
  );
  const LD_LIBRARY_PATH = matching(LIBRARY_FOLDERS)
    .map((folder) => resolve(ROOT, folder))
    .join(':');
  const shown = spawnSync('/usr/bin/ldd', [...PROGRAMS, ...plugins], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', LD_LIBRARY_PATH },
  }).stdout;
  return [...new Set([...shown.matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name))];
}

function foldersOf(root) {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

function dependencies(packages) {
  const shown = spawnSync('/usr/bin/apt-cache', ['depends', '--important', ...packages], { encoding: 'utf8' }).stdout;
  return [...new Set([...shown.matchAll(/Depends: (lib\S+)/g)].map(([, name]) => name))];
}

function isInstalled(name) {
  return / installed$/m.test(spawnSync('/usr/bin/dpkg-query', ['-s', name], { encoding: 'utf8' }).stdout);
}
