import type { Lab } from '@mxodus/lab';
import { cutoverSection } from './cutover-section.ts';

/** The config of the demo: a user's own would look the same, with hours in place of seconds. */
export function demoConfig(lab: Lab): string {
  const mailboxes = lab.users.map(
    (user) => `  - { address: ${user}@${lab.zone}, source: old, user: ${user}, destination: { user: ${user} } }`,
  );
  const master = 'auth: { method: master, user: admin, password: { env: DEMO_MASTER } }';
  return `version: 1
project: demo
servers:
  old: { kind: imap, host: 127.0.0.1, port: ${lab.old.port}, tls: starttls, ca: ${lab.caFile}, ${master} }
  new: { kind: imap, host: 127.0.0.1, port: ${lab.new.imapsPort}, tls: implicit, ca: ${lab.caFile}, ${master} }
mailboxes:
${mailboxes.join('\n')}
assign:
  - { match: "*", to: new }
domains:
  ${lab.zone}:
    mx: { to: new, records: [{ host: ${lab.mx.new}, preference: 10 }] }
    dns:
      provider: rfc2136
      server: "${lab.dns.primary.address}"
      zone: ${lab.zone}
      authoritative: [${lab.dns.authoritative.map((address) => `"${address}"`).join(', ')}]
      tsig: { name: ${lab.dns.tsig.name}, algorithm: hmac-sha256, secret: { file: ${lab.dns.tsig.secretFile} } }
cutover:
${cutoverSection(lab)}
`;
}
