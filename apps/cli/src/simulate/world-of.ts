import { type DomainPlan, dnsName, type Plan, type RrsetPlan } from '@mxodus/model';

/** What a plan looks like in the lab: the same names and addresses, other machines. Pure; nothing is started here. */
export interface SimWorld {
  /** Each is played by a Dovecot of its own. `name` is the one in the config of the simulation. */
  servers: readonly { name: string; role: 'old' | 'new' }[];
  mailboxes: readonly SimMailbox[];
  /** How many mailboxes of the plan are not played. */
  leftOut: number;
  domains: readonly SimDomain[];
  /** Each is played by an SMTP server on a loopback address of its own. */
  hosts: readonly SimHost[];
  /** What cannot be played, in sentences. */
  notes: readonly string[];
}

export interface SimMailbox {
  address: string;
  newAddress: string;
  source: SimAccount;
  destination: SimAccount;
}

export interface SimAccount {
  server: string;
  /** An account name that is safe as the name of a folder. */
  user: string;
}

export interface SimDomain {
  domain: string;
  zone: string;
  /** The server that gets the mail. */
  to: string;
  before: DomainPlan['before']['records'];
  after: DomainPlan['after']['records'];
  others: readonly RrsetPlan[];
}

export interface SimHost {
  host: string;
  /** "127.0.0.10" */
  address: string;
  /** Domains it is an MX of before the switch only, and after it. */
  old: readonly string[];
  new: readonly string[];
}

const FIRST_ADDRESS = 10;

/** @param limit how many mailboxes are played at most */
export function worldOf(plan: Plan, limit: number): SimWorld {
  const played = plan.mailboxes.slice(0, limit);
  const sources = new Set(played.map(({ source }) => source.server));
  const newName = (server: string): string => (sources.has(server) ? `${server}-new` : server);
  const accounts = new Map<string, string>();
  const account = (side: 'old' | 'new', server: string, user: string): SimAccount => {
    const key = `${side} ${server} ${user.toLowerCase()}`;
    const name = accounts.get(key) ?? `u${accounts.size + 1}`;
    accounts.set(key, name);
    return { server: side === 'old' ? server : newName(server), user: name };
  };
  const mailboxes = played.map(({ address, source, destination }) => ({
    address: address.toLowerCase(),
    newAddress: destination.address.toLowerCase(),
    source: account('old', source.server, source.user),
    destination: account('new', destination.server, destination.user),
  }));
  const hosts = hostsOf(plan.domains);
  const names = new Set(hosts.map(({ host }) => host));
  const isPlayed = ({ type, name }: RrsetPlan): boolean => !((type === 'A' || type === 'AAAA') && names.has(name));
  return {
    servers: serversOf(mailboxes),
    mailboxes,
    leftOut: plan.mailboxes.length - played.length,
    domains: plan.domains.map(({ domain, zone, before, after, others = [] }) => ({
      ...{ domain, zone, to: serverOf(domain, mailboxes), before: before.records, after: after.records },
      others: others.filter(isPlayed),
    })),
    hosts,
    notes: plan.domains.flatMap(({ others = [] }) =>
      others
        .filter((rrset) => !isPlayed(rrset))
        .map(({ name, type }) => `the change of ${name} ${type}: here that host has an address of the lab`),
    ),
  };
}

/** Where mail for a domain goes after the switch: to whoever has an address in it then, else to any new server. */
function serverOf(domain: string, mailboxes: readonly SimMailbox[]): string {
  const found =
    mailboxes.find(({ newAddress }) => domainOf(newAddress) === domain) ??
    mailboxes.find(({ address }) => domainOf(address) === domain) ??
    mailboxes[0];
  return found?.destination.server ?? '';
}

function serversOf(mailboxes: readonly SimMailbox[]): SimWorld['servers'] {
  const old = new Set(mailboxes.map(({ source }) => source.server));
  const fresh = new Set(mailboxes.map(({ destination }) => destination.server));
  return [
    ...[...old].map((name) => ({ name, role: 'old' as const })),
    ...[...fresh].map((name) => ({ name, role: 'new' as const })),
  ];
}

function hostsOf(domains: readonly DomainPlan[]): SimHost[] {
  const hosts = new Map<string, { old: string[]; new: string[] }>();
  const of = (host: string): { old: string[]; new: string[] } => {
    const name = dnsName(host);
    const found = hosts.get(name) ?? { old: [], new: [] };
    hosts.set(name, found);
    return found;
  };
  for (const { domain, before, after } of domains) {
    const kept = new Set(after.records.map(({ host }) => dnsName(host)));
    for (const { host } of before.records) if (!kept.has(dnsName(host))) of(host).old.push(domain);
    for (const { host } of after.records) of(host).new.push(domain);
  }
  hosts.delete('.');
  return [...hosts].map(([host, roles], index) => ({ host, address: `127.0.0.${FIRST_ADDRESS + index}`, ...roles }));
}

/** Who gets what an MX host takes: the old mailbox, or the new one (by the old address too: the new system sends that on). */
export function deliveriesOf(host: SimHost, mailboxes: readonly SimMailbox[]): Map<string, SimAccount> {
  const accounts = new Map<string, SimAccount>();
  for (const { address, newAddress, source, destination } of mailboxes) {
    if (host.old.includes(domainOf(address))) accounts.set(address, source);
    for (const known of [address, newAddress]) {
      if (host.new.includes(domainOf(known))) accounts.set(known, destination);
    }
  }
  return accounts;
}

export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1).toLowerCase();
