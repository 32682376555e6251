import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Dovecot,
  freePort,
  type LabDns,
  type MailSink,
  maildirDelivery,
  makeTempDir,
  seedMaildirs,
  startDns,
  startDovecot,
  startMailSink,
} from '@mxodus/lab';
import { MxodusError } from '@mxodus/model';
import type { StageFaults } from './faults.ts';
import { MASTER_VARIABLE, simConfig } from './sim-config.ts';
import { SIM_TTL, zonesOf } from './sim-zones.ts';
import { deliveriesOf, domainOf, type SimAccount, type SimHost, type SimWorld } from './world-of.ts';

/** The servers of a simulation, all on loopback. */
export interface Stage {
  config: string;
  /** Of the config. */
  secrets: Readonly<Record<string, string>>;
  dns: LabDns;
  smtpPort: number;
  sinks: readonly { host: SimHost; sink: MailSink }[];
  server(account: SimAccount): Dovecot;
  stop(): Promise<void>;
}

const PASSWORD = 'simulated';
const MASTER = { user: 'admin', password: 'simulated-master' };
const MESSAGES_EACH = 6;

/** Throws LAB_UNAVAILABLE where a server is not installed. */
export async function startStage(world: SimWorld, faults: StageFaults): Promise<Stage> {
  const temp = await makeTempDir();
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    await Promise.allSettled(stops.map((one) => one()));
    await temp.remove();
  };
  const keep = <T extends { stop(): Promise<void> }>(server: T): T => {
    stops.push(() => server.stop());
    return server;
  };
  try {
    const servers = await startMailServers(world, temp.path, keep);
    const [first, ...moreZones] = zonesOf(world);
    const dnsAt = async (name: string): Promise<LabDns> =>
      keep(
        await startDns({
          ...{ dir: join(temp.path, name), zone: first?.zone ?? 'mxodus.test', records: first?.records ?? [] },
          ...{ moreZones, ttl: SIM_TTL, negativeTtl: 2, ...faults.dns },
        }),
      );
    const dns = await dnsAt('n');
    // Takes every change, and nobody asks it.
    const primary = faults.deaf ? await dnsAt('x') : dns;
    const smtpPort = await freePort(world.hosts.map(({ address }) => address));
    const serverOf = ({ server }: SimAccount): Dovecot => found(servers, server);
    const sinks = await Promise.all(
      world.hosts.map(async (host) => ({
        host,
        sink: keep(await startHost(host, { world, smtpPort, serverOf, faults })),
      })),
    );
    return {
      config: simConfig(world, {
        imap: new Map([...servers].map(([name, { port }]) => [name, port])),
        master: MASTER.user,
        smtpPort,
        primary: primary.primary.address,
        authoritative: dns.authoritative,
        resolver: dns.resolver.address,
        tsig: primary.tsig,
      }),
      secrets: { [MASTER_VARIABLE]: MASTER.password },
      dns,
      smtpPort,
      sinks,
      server: serverOf,
      stop,
    };
  } catch (error) {
    await stop();
    throw unavailable(error);
  }
}

async function startMailServers(
  { servers, mailboxes }: SimWorld,
  folder: string,
  keep: (server: Dovecot) => Dovecot,
): Promise<Map<string, Dovecot>> {
  const started = new Map<string, Dovecot>();
  for (const [index, { name, role }] of servers.entries()) {
    const dir = join(folder, `d${index}`);
    await mkdir(dir);
    const server = keep(
      await startDovecot({ dir, name: `d${index}`, password: PASSWORD, master: MASTER, tls: 'none' }),
    );
    started.set(name, server);
    if (role === 'old') {
      const users = mailboxes.filter(({ source }) => source.server === name).map(({ source }) => source.user);
      await seedMaildirs({
        ...{ server, users: [...new Set(users)], messagesPerUser: MESSAGES_EACH, hostile: false, folders: 3 },
        ...{ medianBytes: 2000, largestBytes: 20_000 },
      });
    }
  }
  return started;
}

function startHost(
  host: SimHost,
  of: { world: SimWorld; smtpPort: number; serverOf: (account: SimAccount) => Dovecot; faults: StageFaults },
): Promise<MailSink> {
  const { world, smtpPort, serverOf, faults } = of;
  const accounts = deliveriesOf(host, world.mailboxes);
  const known = [...accounts.keys()];
  const isNew = host.new.length > 0;
  const refused = faults.refuses === 'first' ? known.slice(0, 1) : known;
  const replies =
    isNew && faults.refused !== null ? Object.fromEntries(refused.map((one) => [one, faults.refused])) : {};
  return startMailSink({
    host: host.address,
    port: smtpPort,
    domains: [...new Set([...host.old, ...host.new, ...known.map(domainOf)])],
    ...(isNew && faults.catchAll ? {} : { recipients: known }),
    replies: Object.fromEntries(
      Object.entries(replies).flatMap(([one, reply]) => (reply === null ? [] : [[one, reply]])),
    ),
    deliver: {
      deliver: async (recipient, message, arrivedAt) => {
        const account = accounts.get(recipient);
        // What a catch-all takes for nobody goes nowhere.
        if (account === undefined) return;
        const delivery = maildirDelivery({ server: serverOf(account), userOf: () => account.user });
        await delivery.deliver(recipient, message, arrivedAt);
      },
    },
  });
}

function found(servers: ReadonlyMap<string, Dovecot>, name: string): Dovecot {
  const server = servers.get(name);
  if (server === undefined) throw new TypeError(`the simulation has no server ${name}`);
  return server;
}

function unavailable(error: unknown): unknown {
  if (!(error instanceof Error) || Reflect.get(error, 'code') !== 'ENOENT') return error;
  return new MxodusError('LAB_UNAVAILABLE', {
    what: `a server of the simulation is not installed: ${error.message}`,
    why: 'the simulation runs real mail and name servers on this machine',
    advice: 'npm run demo in the repository installs them (Debian); elsewhere use docker compose',
    cause: error,
  });
}
