/** The whole lab: a company's old and new mail host (and its Microsoft 365), its DNS, and the SMTP servers each receives mail with. */
import { join } from 'node:path';
import { type Certificates, createCertificates } from './certificates.ts';
import { type DnsOptions, type LabDns, startDns } from './dns/lab-dns.ts';
import { type Dovecot, type DovecotOptions, startDovecot } from './dovecot/dovecot.ts';
import type { Exchange365Options } from './exchange/options.ts';
import {
  EXCHANGE_ADDRESS,
  type LabExchange,
  protectionZone,
  splitOf,
  startExchangeSink,
  startTenant,
} from './lab-exchange.ts';
import { freePort } from './process/ports.ts';
import { makeTempDir } from './process/temp-dir.ts';
import { COMPANY_PEOPLE } from './seed/seed-company.ts';
import { type MailSink, startMailSink } from './smtp/mail-sink.ts';
import { type MailStream, type MailStreamOptions, startMailStream } from './smtp/mail-stream.ts';
import { maildirDelivery } from './smtp/maildir-delivery.ts';

export interface LabOptions {
  /** Default example.test. */
  zone?: string;
  /** Known recipients, by local part, at both hosts. Default COMPANY_PEOPLE. */
  users?: readonly string[];
  /** TTL of the MX records, seconds. Default 20. */
  mxTtl?: number;
  /** TTL of the other records. Default: mxTtl. */
  ttl?: number;
  /** Every user's password at both hosts. */
  password?: string;
  /** Changes to the two hosts. */
  old?: Partial<DovecotOptions>;
  new?: Partial<DovecotOptions>;
  /** Changes to DNS: notify, refresh, more zones or records (added to the lab's own). */
  dns?: Partial<Omit<DnsOptions, 'dir' | 'zone' | 'address'>>;
  /** A split: these users, by local part, are in a simulated Microsoft 365; the others have addresses of mail.<zone> at the new host. */
  exchange?: { users: readonly string[]; service?: Partial<Exchange365Options> };
}

export interface Lab {
  dir: string;
  zone: string;
  users: readonly string[];
  password: string;
  /** May sign in as user*master at both hosts. */
  master: { user: string; password: string };
  certificates: Certificates;
  caFile: string;
  /** LAYOUT=fs, so folder names may contain dots. */
  old: Dovecot;
  /** Maildir++, which cannot have dots in names; keeps line ends as sent. */
  new: Dovecot;
  dns: LabDns;
  /** Port of both sinks, in place of 25. */
  smtpPort: number;
  /** MX hosts: mx.old.<zone> on 127.0.0.2, mx.new.<zone> on 127.0.0.3. */
  sinks: { old: MailSink; new: MailSink };
  mx: { old: string; new: string };
  /** null unless the options ask for a split. */
  exchange: LabExchange | null;
  /** Starts a sender to the users, who finds its way by the lab's resolver. */
  startStream(options?: Partial<MailStreamOptions>): MailStream;
  /** Stops all servers and removes the folder. */
  stop(): Promise<void>;
}

const MASTER = { user: 'admin', password: 'master-secret' };

/** Starts everything in a folder of its own. It ends with this process, if stop() is not called before. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const { zone = 'example.test', users = COMPANY_PEOPLE, password = 'secret', mxTtl = 20 } = options;
  const folder = await makeTempDir();
  const dir = folder.path;
  const split = options.exchange === undefined ? null : splitOf(options.exchange.users, users, zone);
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    const results = await Promise.allSettled(stops.map((stopOne) => stopOne()));
    results.push(...(await Promise.allSettled([folder.remove()])));
    const errors = results.filter((result) => result.status === 'rejected').map((result): unknown => result.reason);
    if (errors.length > 0) throw new AggregateError(errors, 'The lab did not stop cleanly.');
  };
  const keep = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const server = await starting;
    stops.push(() => server.stop());
    return server;
  };

  try {
    const certificates = await createCertificates(join(dir, 'tls'));
    const host = (name: 'old' | 'new', rest: Partial<DovecotOptions>): Promise<Dovecot> =>
      keep(startDovecot({ dir: join(dir, name), name, password, master: MASTER, certificates, ...rest }));
    const smtpPort = await freePort(['127.0.0.2', '127.0.0.3', EXCHANGE_ADDRESS]);
    // All at once; allSettled, so that none is still starting while a failed start is cleaned up.
    const [oldHost, newHost, service, dns] = await allStarted(
      host('old', { layout: 'fs', ...options.old }),
      host('new', { layout: 'maildir++', saveCrlf: true, ...options.new }),
      split ? keep(startTenant({ dir, zone, split, certificates, options: options.exchange?.service })) : absent,
      keep(
        startDns({
          ...options.dns,
          dir: join(dir, 'dns'),
          zone,
          ttl: options.ttl ?? mxTtl,
          records: records(options, mxTtl),
          moreZones: [...(split ? [protectionZone(zone)] : []), ...(options.dns?.moreZones ?? [])],
        }),
      ),
    );
    const both = [zone, `mail.${zone}`].flatMap((domain) => users.map((user) => `${user}@${domain}`));
    const sink = (address: string, server: Dovecot, recipients = both): Promise<MailSink> => {
      const domains = [...new Set(recipients.map((recipient) => recipient.split('@')[1] ?? ''))];
      const deliver = maildirDelivery({ server });
      return keep(startMailSink({ host: address, port: smtpPort, domains, recipients, deliver }));
    };
    const [oldSink, newSink, exchangeSink] = await allStarted(
      sink('127.0.0.2', oldHost),
      sink('127.0.0.3', newHost, split ? [...split.contacts.values()] : both),
      split && service
        ? keep(startExchangeSink(service, { split, zone, port: smtpPort, resolver: dns.resolver }))
        : absent,
    );
    return {
      dir,
      zone,
      users,
      password,
      master: MASTER,
      certificates,
      caFile: certificates.caFile,
      old: oldHost,
      new: newHost,
      dns,
      smtpPort,
      sinks: { old: oldSink, new: newSink },
      mx: { old: `mx.old.${zone}`, new: `mx.new.${zone}` },
      exchange: split && service && exchangeSink && { ...split, service, sink: exchangeSink },
      startStream: (stream = {}) => {
        const recipients = users.map((user) => `${user}@${zone}`);
        return startMailStream({ resolver: dns.resolver, smtpPort, recipients, ...stream });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function records(options: LabOptions, mxTtl: number): DnsOptions['records'] {
  return [
    { name: '@', type: 'MX', ttl: mxTtl, data: '10 mx.old' },
    { name: 'mx.old', type: 'A', data: '127.0.0.2' },
    { name: 'mx.new', type: 'A', data: '127.0.0.3' },
    { name: 'imap.old', type: 'A', data: '127.0.0.1' },
    { name: 'imap.new', type: 'A', data: '127.0.0.1' },
    { name: '@', type: 'TXT', data: '"v=spf1 mx -all"' },
    ...(options.dns?.records ?? []),
  ];
}

const absent = Promise.resolve(null);

/** Promise.all that waits for the others before it fails. */
async function allStarted<T extends unknown[]>(...starting: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  await Promise.allSettled(starting);
  return Promise.all(starting) as Promise<T>;
}
