/**
 * Servers as set-up unpacked them (scripts/unpack-servers.mjs): Debian lets only one IMAP server be installed, and name servers would
 * take port 53, so their programs run from a folder of the repository, with the libraries that came along.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const FOLDER = new URL('../../../../.lab/servers/', import.meta.url).pathname;

/** The programs' own copy of one server. */
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
  const isThere = existsSync(join(FOLDER, 'stamp')) && existsSync(join(FOLDER, 'root', program));
  return isThere ? null : 'not unpacked: run "npm test", or "npm run setup -- --with tests"';
}

/** Why Courier cannot be started here; null when it can. */
export function courierMissing(): string | null {
  const missing = unpackedMissing('usr/sbin/couriertcpd');
  if (missing !== null) return missing;
  if (process.getuid?.() !== 0) return 'it needs root: its sockets are below /run';
  const unshared = spawnSync('/usr/bin/unshare', ['--mount', '--pid', '--fork', 'true'], { stdio: 'ignore' });
  return unshared.status === 0 ? null : 'this root may not make a mount namespace';
}

/**
 * Copies the programs to `to`: a server started by root gives up its rights, and could not get at a repository in a
 * private home.
 */
export async function copyPrograms(to: string): Promise<Programs> {
  await cp(join(FOLDER, 'root'), to, { recursive: true, verbatimSymlinks: true });
  const triplets = (await readdir(join(to, 'usr/lib'))).filter((name) => name.includes('-linux-gnu'));
  const folders = ['usr/lib', 'usr/lib/courier-authlib'];
  for (const triplet of triplets) folders.push(`usr/lib/${triplet}`, `lib/${triplet}`);
  return {
    root: to,
    env: {
      LD_LIBRARY_PATH: folders.map((folder) => join(to, folder)).join(':'),
      SASL_PATH: triplets.map((triplet) => join(to, 'usr/lib', triplet, 'sasl2')).join(':'),
    },
  };
}
