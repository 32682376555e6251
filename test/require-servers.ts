import { existsSync } from 'node:fs';

const SERVERS = ['/usr/sbin/dovecot', '/usr/sbin/named', '/usr/bin/openssl'];

/** The suite runs against real servers. A missing one fails the run here, once, instead of skipping tests in silence. */
export default function requireServers(): void {
  if (Number(process.versions.node.split('.')[0]) < 26) {
    throw new Error(`Tests run on the Node of the lock file (26), not ${process.versions.node}: use "npm test".`);
  }
  const missing = SERVERS.filter((path) => !existsSync(path));
  if (missing.length > 0)
    throw new Error(`Missing ${missing.join(', ')}: run "npm run setup" (Debian) or "docker compose run tests".`);
}
