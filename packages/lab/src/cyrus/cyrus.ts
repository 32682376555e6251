import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { cyrusMissing, type Programs, unpackedPrograms } from '../debian/unpacked-servers.ts';
import { greetingOf } from '../imap/greeting.ts';
import { quoted } from '../imap/raw-connection.ts';
import { signedIn } from '../imap/read-mailbox.ts';
import { mailOwner } from '../process/accounts.ts';
import { giveToMailOwner, letOthersThrough } from '../process/give.ts';
import { freePort } from '../process/ports.ts';
import { startWatchedProcess, type WatchedProcess } from '../process/watched-process.ts';
import { CYRUS_FOLDERS, type CyrusConf, cyrusFiles, SASLDB } from './cyrus-conf.ts';

/**
 * A running Cyrus IMAP 3.6 on loopback, without TLS.
 *
 * What only it does (3.6.1, 2026-11): CREATE, and no command before it, refuses ! " % ; < > \ ` { | } in names, and ^ with the
 * separator '/' or / with '.'; each 8-bit byte of a header is stored as X unless `munge8bit: no`. ID names it "Cyrus IMAPD".
 */
export interface Cyrus {
  name: string;
  host: '127.0.0.1';
  port: number;
  /** Every user's password. */
  password: string;
  /** Sees and makes all mailboxes; signs in for others with SASL PLAIN's authorization identity. */
  admin: { user: string; password: string };
  separator: '/' | '.';
  prefix: '' | 'INBOX.' | 'INBOX/';
  /** Stops the server, keeps the mail. */
  stop(): Promise<void>;
  /** Stops it if it runs, and starts it on the same port with the same mail. */
  restart(): Promise<void>;
}

export interface CyrusOptions {
  /** Everything of this server is below here; made if missing. Take a folder of makeTempDir, or one in it. */
  dir: string;
  name: string;
  /** Each has an INBOX and nothing else. Lower-case letters, digits, - and _. */
  users: readonly string[];
  /** Of all users and the administrator. */
  password: string;
  /** Separator '/' (default), else '.', which no name can contain then. */
  unixHierarchySep?: boolean;
  /** Folders beside INBOX (default), else below it. */
  altNamespace?: boolean;
  /** Storage quota of each user, KiB. */
  quotaKib?: number;
  /** Not advertised, such as 'UIDPLUS'. */
  withoutCapabilities?: readonly string[];
  /** Further lines for the end of imapd.conf. */
  extra?: string;
}

const ADMIN = 'cyrus';
const LONGEST_DIR = 70;

/** Starts a Cyrus with these users and waits until each has an INBOX. */
export async function startCyrus(options: CyrusOptions): Promise<Cyrus> {
  const missing = cyrusMissing();
  if (missing !== null) throw new Error(`Cyrus: ${missing}.`);
  const { dir, name, users, password, unixHierarchySep = true, altNamespace = true } = options;
  if (dir.length > LONGEST_DIR)
    throw new Error(`${dir} is too long for Unix sockets below it: ${LONGEST_DIR} at most.`);
  const odd = users.find((user) => !/^[a-z0-9_-]+$/.test(user));
  if (odd !== undefined) throw new Error(`A Cyrus user has lower-case letters, digits, - and _ only, not "${odd}".`);
  await mkdir(dir, { recursive: true });
  await letOthersThrough(dir);
  const programs = await unpackedPrograms(join(dir, 'programs'));
  const conf: CyrusConf = {
    dir,
    programs: programs.root,
    port: await freePort(),
    // Nobody else answers with this name, should another server have taken the port.
    serverName: `${name}-${randomBytes(6).toString('hex')}`,
    account: accountName(),
    admin: ADMIN,
    unixHierarchySep,
    altNamespace,
    withoutCapabilities: options.withoutCapabilities ?? [],
    extra: options.extra ?? '',
  };
  for (const folder of CYRUS_FOLDERS) {
    await mkdir(join(dir, folder), { recursive: true });
    giveToMailOwner(join(dir, folder));
  }
  for (const [file, text] of Object.entries(cyrusFiles(conf))) await writeFile(join(dir, file), text);
  for (const user of [ADMIN, ...users]) setPassword(conf, programs, user, password);
  giveToMailOwner(join(dir, SASLDB));

  let running = await run(conf, programs);
  const separator = unixHierarchySep ? '/' : '.';
  const at = { host: '127.0.0.1' as const, port: conf.port };
  try {
    await makeMailboxes(at, options, separator);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return {
    ...at,
    name,
    password,
    admin: { user: ADMIN, password },
    separator,
    prefix: altNamespace ? '' : `INBOX${separator}`,
    stop: () => running.stop(),
    restart: async () => {
      await running.stop();
      running = await run(conf, programs);
    },
  };
}

/** Cyrus refuses to run as root; started by root it becomes the lab's mail account. */
function accountName(): string {
  const me = userInfo();
  if (me.uid !== 0) return me.username;
  return execFileSync('/usr/bin/id', ['-un', String(mailOwner().uid)], { encoding: 'utf8' }).trim();
}

function setPassword(conf: CyrusConf, { root, env }: Programs, user: string, password: string): void {
  const args = ['-p', '-c', '-f', join(conf.dir, SASLDB), '-u', conf.serverName, user];
  const done = spawnSync(join(root, 'usr/sbin/saslpasswd2'), args, { input: password, env, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`saslpasswd2 failed for ${user}: ${done.stderr}`);
}

async function run(conf: CyrusConf, { root, env }: Programs): Promise<WatchedProcess> {
  const file = (name: string): string => join(conf.dir, name);
  const server = startWatchedProcess({
    command: [
      join(root, 'usr/lib/cyrus/bin/master'),
      '-D',
      ...['-C', file('imapd.conf'), '-M', file('cyrus.conf'), '-p', file('conf/master.pid')],
    ],
    cwd: conf.dir,
    env,
    graceMs: 1000,
    outputFile: file('output.log'),
  });
  try {
    await server.ready(async () => (await greetingOf('127.0.0.1', conf.port)).includes(conf.serverName));
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

async function makeMailboxes(
  at: { host: string; port: number },
  { users, password, quotaKib }: CyrusOptions,
  separator: string,
): Promise<void> {
  await signedIn(at, ADMIN, password, async (connection) => {
    for (const user of users) {
      const root = quoted(`user${separator}${user}`);
      await connection.command(`CREATE ${root}`);
      if (quotaKib !== undefined) await connection.command(`SETQUOTA ${root} (STORAGE ${quotaKib})`);
    }
  });
}
