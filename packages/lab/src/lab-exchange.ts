import type { Certificates } from './certificates.ts';
import type { Zone } from './dns/bind-conf.ts';
import type { DnsAddress } from './dns/exchange.ts';
import { type Exchange365, startExchange } from './exchange/exchange-365.ts';
import type { Exchange365Options } from './exchange/options.ts';
import { exchangeDelivery } from './exchange-delivery.ts';
import { type MailSink, startMailSink } from './smtp/mail-sink.ts';
import { createMxLookup } from './smtp/mx-lookup.ts';

/** Who of a split company is in Microsoft 365, and how mail finds everybody. */
export interface Split {
  /** Local parts of those whose mailboxes are in Exchange. */
  users: readonly string[];
  /** Its MX host on 127.0.0.4; a name of Microsoft's, in a zone of its own. */
  mx: string;
  /** Everybody else: the new address by the old one. The tenant has a mail contact for each. */
  contacts: ReadonlyMap<string, string>;
}

/** The simulated Microsoft 365 of a lab, with what receives its mail. */
export interface LabExchange extends Split {
  service: Exchange365;
  sink: MailSink;
}

export const EXCHANGE_ADDRESS = '127.0.0.4';

const PROTECTION = 'mail.protection.outlook.com';

/** @param everybody local parts of all, at both systems */
export function splitOf(users: readonly string[], everybody: readonly string[], zone: string): Split {
  const others = everybody.filter((user) => !users.includes(user));
  return {
    users,
    mx: `${hostOf(zone)}.${PROTECTION}`,
    contacts: new Map(others.map((user) => [`${user}@${zone}`, `${user}@mail.${zone}`])),
  };
}

/** As the tenant's own records name it. */
const hostOf = (zone: string): string => zone.replaceAll('.', '-');

/** Where the MX host of the tenant is found. */
export const protectionZone = (zone: string): Zone => ({
  zone: PROTECTION,
  records: [{ name: hostOf(zone), type: 'A', data: EXCHANGE_ADDRESS }],
});

export interface LabExchangeOptions {
  dir: string;
  zone: string;
  split: Split;
  certificates: Certificates;
  options: Partial<Exchange365Options> | undefined;
}

export const startTenant = ({ dir, zone, split, certificates, options }: LabExchangeOptions): Promise<Exchange365> =>
  startExchange({
    dir,
    certificates,
    users: split.users.map((user) => `${user}@${zone}`),
    domains: [zone],
    ...options,
  });

/** Takes mail for every address of the zone, as the MX of a domain must. */
export function startExchangeSink(
  service: Exchange365,
  { split, zone, port, resolver }: { split: Split; zone: string; port: number; resolver: DnsAddress },
): Promise<MailSink> {
  const lookup = createMxLookup({ resolver, keepLonger: 0 });
  return startMailSink({
    host: EXCHANGE_ADDRESS,
    port,
    domains: [zone],
    recipients: [...split.users.map((user) => `${user}@${zone}`), ...split.contacts.keys()],
    deliver: exchangeDelivery({
      exchange: service,
      contacts: split.contacts,
      sender: { lookup, port, name: `outbound.${PROTECTION}` },
    }),
  });
}
