import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { courierMissing, type Programs, unpackedPrograms } from '../debian/unpacked-servers.ts';
import { greetingOf } from '../imap/greeting.ts';
import { mailOwner } from '../process/accounts.ts';
import { giveToMailOwner, letOthersThrough } from '../process/give.ts';
import { freePort } from '../process/ports.ts';
import { startWatchedProcess, type WatchedProcess } from '../process/watched-process.ts';

/**
 * A running Courier IMAP 5.0 on loopback, without TLS: separator '.', everything below INBOX.
 *
 * What only it does (5.0.13, 2026-11): from the 300th MIME part on BODY[], BODY[TEXT] and RFC822.SIZE stop short, and only RFC822 is
 * whole; a UIDVALIDITY told to EXAMINE or STATUS is forgotten unless SELECT opened the folder once; a name with a character beyond
 * U+FFFF is `NO Error in IMAP command received by server.` to LIST and CREATE; SASL PLAIN ignores the authorization identity and
 * answers OK. It has no ID; the greeting says "Courier-IMAP ready", and no other server has ACL2=UNION.
 */
export interface Courier {
  name: string;
  host: '127.0.0.1';
  port: number;
  /** Every user's password. */
  password: string;
  /** The user's home; mail is in Maildir below it. */
  home(user: string): string;
  /** Stops the server, keeps the mail. */
  stop(): Promise<void>;
  /** Stops it if it runs, and starts it on the same port with the same mail. */
  restart(): Promise<void>;
}

export interface CourierOptions {
  /** Everything of this server is below here; made if missing. Take a folder of makeTempDir, or one in it. */
  dir: string;
  name: string;
  /** Each has an empty Maildir. */
  users: readonly string[];
  password: string;
  /** In place of what Debian's /etc/courier/imapd advertises. */
  capability?: string;
  /** Settings of /etc/courier/imapd, such as { IMAP_KEYWORDS: '0' }. */
  settings?: Readonly<Record<string, string>>;
}

const LONGEST_DIR = 70;
const CAPABILITY =
  'IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE AUTH=PLAIN';

// Courier has /etc/courier and /run/courier built in, so both are private to it. The shell is process 1 there: the kernel
// ends all others with it. It needs a trap, since process 1 gets no signal it does not ask for.
const INSIDE = `
set -e
trap 'exit 0' TERM
etc=$1
programs=$2
port=$3
mount --bind "$etc" /etc
mount -t tmpfs tmpfs /run
mkdir -p /run/courier/authdaemon
"$programs/usr/lib/courier/courier-authlib/authdaemond" &
"$programs/usr/sbin/couriertcpd" -address=127.0.0.1 -maxprocs=200 -maxperip=200 -nodnslookup -noidentlookup "$port" \\
  "$programs/usr/lib/courier/courier/imaplogin" "$programs/usr/bin/imapd" Maildir &
wait $!
`;

/** What a program needs of /etc to find its libraries and its account. */
const SYSTEM_FILES = ['passwd', 'group', 'nsswitch.conf', 'ld.so.cache'];

// As in Debian's /etc/courier/imapd.
const SETTINGS = {
  IMAP_KEYWORDS: '1',
  IMAP_ACL: '1',
  IMAP_IDLE_TIMEOUT: '60',
  IMAP_MAILBOX_SANITY_CHECK: '1',
  IMAP_DISABLETHREADSORT: '0',
  IMAP_CHECK_ALL_FOLDERS: '0',
  IMAP_OBSOLETE_CLIENT: '0',
  IMAP_USELOCKS: '1',
  IMAP_ENHANCEDIDLE: '0',
  IMAP_TRASHFOLDERNAME: 'Trash',
  IMAP_EMPTYTRASH: 'Trash:7',
  IMAP_MOVE_EXPUNGE_TO_TRASH: '0',
};

/** Starts a Courier with these users and waits for its greeting. Only root can, see courierMissing. */
export async function startCourier(options: CourierOptions): Promise<Courier> {
  const missing = courierMissing();
  if (missing !== null) throw new Error(`Courier: ${missing}.`);
  const { dir, name, users, password } = options;
  if (dir.length > LONGEST_DIR)
    throw new Error(`${dir} is too long for Unix sockets below it: ${LONGEST_DIR} at most.`);
  await mkdir(dir, { recursive: true });
  await letOthersThrough(dir);
  const programs = await unpackedPrograms(join(dir, 'programs'));
  await writeEtc(dir, programs, options);
  const home = (user: string): string => join(dir, 'home', user);
  for (const user of users) {
    for (const folder of ['', 'Maildir', 'Maildir/cur', 'Maildir/new', 'Maildir/tmp']) {
      await mkdir(join(home(user), folder), { recursive: true });
      giveToMailOwner(join(home(user), folder));
    }
  }
  const port = await freePort();
  let running = await run(options, programs, port);
  return {
    name,
    host: '127.0.0.1',
    port,
    password,
    home,
    stop: () => running.stop(),
    restart: async () => {
      await running.stop();
      running = await run(options, programs, port);
    },
  };
}

/** The folder that is /etc for Courier. */
async function writeEtc(dir: string, programs: Programs, { users, password }: CourierOptions): Promise<void> {
  await mkdir(join(dir, 'etc/courier'), { recursive: true });
  for (const file of SYSTEM_FILES) await copyFile(join('/etc', file), join(dir, 'etc', file));
  await writeFile(
    join(dir, 'etc/courier/authdaemonrc'),
    'authmodulelist="authuserdb"\nauthmodulelistorig="authuserdb"\ndaemons=2\nauthdaemonvar=/run/courier/authdaemon\nDEBUG_LOGIN=0\nDEFAULTOPTIONS=""\nLOGGEROPTS=""\n',
  );
  const { uid, gid } = mailOwner();
  const hash = createHash('sha256').update(password).digest('base64');
  const records = {
    userdb: (user: string) => `uid=${uid}|gid=${gid}|home=${join(dir, 'home', user)}|_=`,
    userdbshadow: () => `imappw={SHA256}${hash}`,
  };
  for (const [file, record] of Object.entries(records)) {
    const path = join(dir, 'etc/courier', file);
    const done = spawnSync(
      join(programs.root, 'usr/lib/courier/courier-authlib/makedatprog'),
      ['-', `${path}.tmp`, `${path}.dat`],
      {
        input: [...users.map((user) => `${user}\t${record(user)}`), '.', ''].join('\n'),
        env: programs.env,
        encoding: 'utf8',
      },
    );
    if (done.status !== 0) throw new Error(`makedatprog failed for ${file}: ${done.stderr}`);
  }
}

async function run(
  { dir, capability, settings }: CourierOptions,
  programs: Programs,
  port: number,
): Promise<WatchedProcess> {
  const { root, env } = programs;
  const unshare = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
  const server = startWatchedProcess({
    command: ['/usr/bin/unshare', ...unshare, '/bin/sh', '-c', INSIDE, 'sh', join(dir, 'etc'), root, String(port)],
    cwd: dir,
    env: {
      ...env,
      ...SETTINGS,
      IMAP_CAPABILITY: capability ?? CAPABILITY,
      // Without a FAM server each login and SELECT takes 1.2 s. The name keeps it apart from that of another Courier.
      GAMIN_DEBUG_SERVER: join(root, 'usr/libexec/gam_server'),
      GAM_CLIENT_ID: String(port),
      ...settings,
    },
    graceMs: 1000,
    outputFile: join(dir, 'output.log'),
  });
  try {
    await server.ready(async () => (await greetingOf('127.0.0.1', port)).includes('Courier-IMAP ready'));
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}
