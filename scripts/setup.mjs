// All set-up for the demo, the tests and the benchmark on a fresh Debian machine with Node 20 and npm.
// Plain JavaScript: it runs before the Node of the lock file is there. Prints what it installs; installs nothing twice.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { FLEET_SERVERS, OTHER_SERVERS, unpackServers } from './unpack-servers.mjs';

const NEEDED = {
  '/usr/sbin/dovecot': 'dovecot-imapd',
  '/usr/sbin/named': 'bind9',
  '/usr/bin/openssl': 'openssl',
  ...withoutWhichNodeStops(),
};
const NEEDED_BY_BENCH = { '/usr/bin/mbsync': 'isync' };
const POLICY = '/usr/sbin/policy-rc.d';
const STAMP = 'node_modules/.mxodus-setup';

const say = (line) => process.stderr.write(`setup: ${line}\n`);
const stop = (what, why, advice) => {
  process.stderr.write(`error SETUP\n  what  ${what}\n  why   ${why}\n  do    ${advice}\n`);
  process.exit(2);
};
const run = (command, args, options = {}) =>
  spawnSync(command, args, { stdio: ['ignore', 2, 2], ...options }).status === 0;

/** Node 26, which the lock file brings, is linked to it; a Debian without a compiler may not have it. */
function withoutWhichNodeStops() {
  const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch];
  return triplet === undefined ? {} : { [`/usr/lib/${triplet}/libatomic.so.1`]: 'libatomic1' };
}

/** Debian starts a server as soon as its package is installed; nobody asked for a system-wide mail server here. */
function withoutStartingServices(root, work) {
  const ours = !existsSync(POLICY);
  if (ours) root('sh', ['-c', `printf '#!/bin/sh\\nexit 101\\n' > ${POLICY} && chmod 755 ${POLICY}`]);
  try {
    return work();
  } finally {
    if (ours) root('rm', ['-f', POLICY]);
  }
}

function installServers() {
  const wanted = process.argv.includes('bench') ? { ...NEEDED, ...NEEDED_BY_BENCH } : NEEDED;
  const missing = Object.entries(wanted)
    .filter(([path]) => !existsSync(path))
    .map(([, name]) => name);
  if (missing.length === 0) return;
  const names = missing.join(' ');
  if (!existsSync('/usr/bin/apt-get')) {
    stop(
      `this machine lacks: ${names}`,
      'only Debian and its kin can be set up by this script',
      'install them, or: docker compose run --rm demo (or tests)',
    );
  }
  const asRoot = process.getuid() === 0;
  if (!asRoot && spawnSync('sudo', ['-v'], { stdio: 'inherit' }).status !== 0) {
    stop(
      `this machine lacks: ${names}`,
      'installing them needs root or sudo',
      `sudo apt-get install --no-install-recommends ${names}`,
    );
  }
  const root = (command, args) =>
    asRoot ? run(command, args) : run('sudo', ['DEBIAN_FRONTEND=noninteractive', command, ...args]);
  process.env.DEBIAN_FRONTEND = 'noninteractive';
  say(`installing Debian packages: ${names} (no service is started)`);
  const installed = withoutStartingServices(root, () => {
    const install = () => root('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing]);
    return root('apt-get', ['update', '-q']) && install();
  });
  if (!installed)
    stop(
      `could not install: ${names}`,
      'apt-get failed; its words are above',
      `apt-get install --no-install-recommends ${names}, then run this again`,
    );
}

function unpackServersForTests() {
  const updateLists = () =>
    process.getuid() === 0
      ? run('apt-get', ['update', '-q'])
      : run('sudo', ['-n', 'apt-get', 'update', '-q'], { stdio: 'ignore' });
  const without = unpackServers(FLEET_SERVERS, { say, updateLists });
  if (without !== null)
    stop(
      `this machine lacks: ${FLEET_SERVERS.names}`,
      `they could not be unpacked: ${without}`,
      'apt-get install --no-install-recommends redis-server postgresql, or: docker compose run --rm tests',
    );
  const problem = unpackServers(OTHER_SERVERS, { say, updateLists });
  // Without them the tests that need them are skipped, by name: that is no reason to run none.
  if (problem !== null) say(`no ${OTHER_SERVERS.names}, their tests will be skipped: ${problem}`);
}

function installModules() {
  const lock = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === lock) return;
  say('installing npm packages from package-lock.json, with their own Node 26 (about 300 MB)');
  if (!run('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund'])) {
    rmSync(STAMP, { force: true });
    stop('npm ci failed', 'its words are above', 'check the npm registry can be reached, then run this again');
  }
  writeFileSync(STAMP, lock);
}

function checkNode() {
  const version = spawnSync('node_modules/.bin/node', ['--version'], { encoding: 'utf8' }).stdout?.trim();
  if (version?.startsWith('v26.')) return;
  stop(
    `no Node 26 in node_modules (${version ?? 'none for this platform'})`,
    `the lock file brings one for linux-x64, linux-arm64, darwin-x64, darwin-arm64 and win-x64; this is ${process.platform}-${process.arch}`,
    'install Node 26 yourself and put it first in PATH, or: docker compose run --rm demo',
  );
}

process.chdir(new URL('..', import.meta.url).pathname);
installServers();
if (process.argv.includes('tests')) unpackServersForTests();
installModules();
checkNode();
