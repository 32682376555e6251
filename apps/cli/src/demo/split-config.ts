import type { Lab, LabExchange } from '@mxodus/lab';
import { cutoverSection } from './cutover-section.ts';

/** Its secrets, by the names the config gives them. */
export const splitSecrets = (lab: Lab, { service }: LabExchange): Record<string, string> => ({
  DEMO_MASTER: lab.master.password,
  DEMO_M365_SECRET: service.secret,
  DEMO_TSIG: lab.dns.tsig.secret,
});

/** The config of the split demo, as somebody would write it by hand; `ca.pem` is beside it. */
export function splitConfig(lab: Lab, { service, users, contacts }: LabExchange): string {
  const { zone } = lab;
  const others = lab.users.filter((user) => !users.includes(user));
  const [first = ''] = others;
  const mailbox = (user: string): string => `{ address: ${user}@${zone}, source: old, user: ${user}`;
  const ofExchange = users.map((user) => `  - ${mailbox(user)} }`);
  const ofNew = others.map((user) => `  - ${mailbox(user)}, destination: { user: ${user} } }`);
  const rules = users.map((user) => `  - { match: ${user}@${zone}, to: m365 }`);
  return `# A split: the ${users.length} busiest mailboxes go to Exchange Online, the other ${others.length} to a new IMAP host. One domain cannot have two mail
# systems, so those ${others.length} move to a sub-domain with its own MX record and change address: ${first}@${zone} becomes
# ${contacts.get(`${first}@${zone}`) ?? ''}. The tenant has a mail contact for each, so that the old addresses go on working.
version: 1
project: demo

servers:
  old:
    kind: imap
    host: 127.0.0.1
    port: ${lab.old.port}
    tls: starttls
    ca: ./ca.pem
    auth: &master { method: master, user: ${lab.master.user}, password: { env: DEMO_MASTER } } # no password for each mailbox
  new:
    kind: imap
    host: 127.0.0.1
    port: ${lab.new.imapsPort}
    tls: implicit
    ca: ./ca.pem
    auth: *master
  m365:
    kind: exchange
    tenant: ${service.tenant}
    client_id: ${service.clientId}
    credential: { secret: { env: DEMO_M365_SECRET } }
    graph_url: ${service.graphUrl} # the simulated Microsoft 365; leave these three out for the real one
    authority: ${service.authority}
    ca: ./ca.pem

mailboxes: # those for Exchange have the same address there
${[...ofExchange, ...ofNew].join('\n')}

assign: # the first rule that matches decides
${rules.join('\n')}
  - { match: "*", to: new, address: "{local}@mail.${zone}" }

domains: # the sub-domain is switched first
  mail.${zone}:
    mx: { to: new, records: [{ host: ${lab.mx.new}, preference: 10 }] }
    dns: &zone # written once, used twice
      provider: rfc2136
      server: "${lab.dns.primary.address}"
      zone: ${zone}
      authoritative: [${lab.dns.authoritative.map((address) => `"${address}"`).join(', ')}]
      tsig: { name: ${lab.dns.tsig.name}, algorithm: hmac-sha256, secret: { env: DEMO_TSIG } }
  ${zone}:
    mx: { to: m365 } # which records, the tenant says
    dns: *zone

cutover: # seconds here, where a real one takes minutes and hours
${cutoverSection(lab)}
`;
}
