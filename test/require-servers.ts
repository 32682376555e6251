import { existsSync } from 'node:fs';
import { cyrusMissing, postgresMissing, redisMissing } from '../packages/lab/src/debian/unpacked-servers.ts';
import { openTestFolder } from './temp-folder.ts';

const SERVERS = ['/usr/sbin/dovecot', '/usr/sbin/named', '/usr/bin/openssl'];

/**
 * The suite runs against real servers. A missing one fails the run here, once, instead of skipping tests in silence. Cyrus,
 * Courier, Knot, PowerDNS and Unbound cannot be had on every machine: their tests are skipped then, and it is said here.
 * What is returned is called at the end.
 */
export default function requireServers(): () => void {
  if (Number(process.versions.node.split('.')[0]) < 26) {
    throw new Error(`Tests run on the Node of the lock file (26), not ${process.versions.node}: use "npm test".`);
  }
  const missing = [
    ...SERVERS.filter((path) => !existsSync(path)),
    ...(redisMissing() === null ? [] : ['Redis']),
    ...(postgresMissing() === null ? [] : ['PostgreSQL']),
  ];
  if (missing.length > 0)
    throw new Error(`Missing ${missing.join(', ')}: run "npm test" (Debian) or "docker compose run --rm tests".`);
  if (cyrusMissing() !== null) {
    process.stderr.write(
      'Tests with Cyrus, Courier, Knot, PowerDNS and Unbound are skipped: set-up could not unpack them ("npm run setup -- --with tests").\n',
    );
  }
  return openTestFolder();
}
