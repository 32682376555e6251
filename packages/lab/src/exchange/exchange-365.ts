import { join } from 'node:path';
import { type Certificates, createCertificates } from '../certificates.ts';
import { adminAnswer, isAdminPath } from './admin.ts';
import type { Outcome } from './answers.ts';
import { createClock, type SimClock } from './clock.ts';
import { type ImapFace, startImapFace } from './content/imap/imap-face.ts';
import type { ImapPermissions } from './content/imap/sign-in.ts';
import { contentRoutes, preauthenticatedRoutes } from './content/index.ts';
import { createDirectory } from './directory/directory.ts';
import type { SimDomain } from './directory/rows.ts';
import { FaultPlan } from './faults.ts';
import { startHttpsServer } from './https-server.ts';
import { Journal, type JournalEntry } from './journal.ts';
import { dumpMailbox, type MailboxDump } from './mailbox/dump.ts';
import { mailRoutes } from './mailbox/index.ts';
import { mailboxOf } from './mailbox/store.ts';
import type { Exchange365Options } from './options.ts';
import { type Incoming, Service } from './service.ts';
import { createSignIn } from './sign-in/sign-in.ts';
import type { SimWorld } from './sim-world.ts';
import type { SimSwitches } from './switches.ts';
import { createThrottle } from './throttle.ts';
import { createTenant } from './world.ts';

/** A simulated Microsoft 365 on loopback: sign-in, Graph, and addresses that carry their own permission. */
export interface Exchange365 {
  port: number;
  tenant: string;
  clientId: string;
  secret: string;
  /** https://localhost:PORT, for config graph_url and authority. */
  graphUrl: string;
  authority: string;
  /** https://127.0.0.1:PORT */
  preauthenticatedOrigin: string;
  /** PEM: what clients must trust. */
  caFile: string;
  world: SimWorld;
  /** Those of the world: change them at any time. */
  switches: SimSwitches;
  clock: SimClock;
  faults: FaultPlan;
  readonly journal: readonly JournalEntry[];
  /** Forgets the journal and the high-water marks, not the windows of the limits. */
  forget(): void;
  /** Most requests about one mailbox that were there at the same moment, refused ones too; user: any name. */
  highWater(user: string): number;
  /** Called with every request before anything is done and after all was done, before the answer is sent. It waits for the hook. */
  onRequest(hook: RequestHook): () => void;
  /** What the tokens given from now on may do. */
  setRoles(roles: readonly string[]): void;
  setLatency(ms: number): void;
  /** No token given so far is good any more. */
  revokeTokens(): void;
  /** An access token of the app for Graph, without signing in. */
  token(): string;
  /** Its mailboxes over IMAP. It ends with the rest. */
  startImap(permissions?: Partial<ImapPermissions>): Promise<ImapFace>;
  /** What is in a mailbox; user: any name. Throws where there is no such user. */
  dump(user: string): MailboxDump;
  /** Throws what went wrong inside the simulator itself, if anything did. */
  stop(): Promise<void>;
}

export type RequestHook = (entry: Readonly<JournalEntry>, when: 'before' | 'after') => void | Promise<void>;

const IMAP_AUDIENCE = 'https://outlook.office365.com';
const CLOUD_AUDIENCE = 'https://graph.microsoft.com';
const ADMIN_BYTES = 1_000_000;

export async function startExchange(options: Exchange365Options): Promise<Exchange365> {
  const certificates: Certificates =
    options.certificates ?? (await createCertificates(join(options.dir, 'certificates')));
  const certificate = certificates.server[options.certificate ?? 'valid'];
  const clock = createClock(options.now);
  const stopping = new AbortController();
  const mistakes: unknown[] = [];
  // The addresses are known when it listens, and nobody knows them before.
  let handle: (incoming: Incoming) => Promise<Outcome> = async () => 'reset';
  const server = await startHttpsServer({
    certificate,
    handle: (incoming) => handle(incoming),
    onError: (error) => mistakes.push(error),
  });
  const origin = `https://localhost:${server.port}`;
  const preauthenticatedOrigin = `https://127.0.0.1:${server.port}`;

  const { world, tokens, app, data, roles } = createTenant(options, clock, origin);
  const { switches, tenant, limits, now } = world;
  const throttle = createThrottle({ limits, switches, now });
  const faults = new FaultPlan();
  const journal = new Journal();
  const hooks = new Set<RequestHook>();
  let latencyMs = options.latencyMs ?? 0;
  const rolesFor = (audience: string): readonly string[] | undefined => {
    const isImap = (role: string): boolean => role.startsWith('IMAP.');
    if (audience === IMAP_AUDIENCE) return roles.consented.filter(isImap);
    const isGraph = [origin, CLOUD_AUDIENCE].includes(audience.replace(/\/$/, ''));
    return isGraph ? roles.consented.filter((role) => !isImap(role)) : undefined;
  };
  const service = new Service({
    world,
    origin,
    preauthenticatedOrigin,
    rbac: options.rbac,
    directory: createDirectory(world, data),
    signIn: createSignIn({ origin, tenant, holderOf: holderOf(data.domains, tenant), app, tokens, rolesFor, now }),
    routes: [mailRoutes(world), contentRoutes(world)],
    preauthenticated: preauthenticatedRoutes(world),
    throttle,
    faults,
    journal,
    hook: async (entry, when) => {
      for (const hook of hooks) await hook(entry, when);
    },
    latencyMs: () => latencyMs,
    stopped: stopping.signal,
  });

  const highWater = (user: string): number => throttle.highWater(world.userOf(user)?.id ?? '');
  const dump = (name: string): MailboxDump => {
    const user = world.userOf(name);
    if (user === undefined) throw new Error(`No user ${name} in the simulated Microsoft 365.`);
    return dumpMailbox(mailboxOf(world, user));
  };
  const faces: ImapFace[] = [];
  const admin = { dump, faults, journal, switches, clock, highWater, revokeTokens: tokens.revokeAll };
  handle = async (incoming) => {
    if (incoming.host !== 'api' || !isAdminPath(incoming.url)) return service.handle(incoming);
    const body = await incoming.readBody(ADMIN_BYTES);
    return body === null ? { status: 413 } : adminAnswer(incoming.method, incoming.url, body, admin);
  };

  return {
    port: server.port,
    tenant,
    clientId: app.clientId,
    secret: app.secret,
    graphUrl: origin,
    authority: origin,
    preauthenticatedOrigin,
    caFile: certificates.caFile,
    world,
    switches,
    clock,
    faults,
    get journal() {
      return journal.entries;
    },
    forget: () => {
      journal.clear();
      throttle.forgetHighWater();
    },
    highWater,
    onRequest: (hook) => {
      hooks.add(hook);
      return () => hooks.delete(hook);
    },
    setRoles: (given) => {
      roles.consented = given;
    },
    setLatency: (ms) => {
      latencyMs = ms;
    },
    revokeTokens: tokens.revokeAll,
    token: () => tokens.issue(origin, rolesFor(origin) ?? []).token,
    dump,
    startImap: async (permissions = {}) => {
      const face = await startImapFace({ world, certificate, verify: tokens.verify, permissions });
      faces.push(face);
      return face;
    },
    stop: async () => {
      stopping.abort();
      await Promise.all([server.stop(), ...faces.map((face) => face.stop())]);
      if (mistakes.length > 0) throw new AggregateError(mistakes, 'The simulated Microsoft 365 made mistakes.');
    },
  };
}

/** The tenant of somebody else, who holds a domain of ours. */
const OTHER_TENANT = '00000000-1111-4222-8333-444444444444';

function holderOf(domains: readonly SimDomain[], tenant: string): (domain: string) => string | undefined {
  return (domain) => {
    const known = domains.find(({ name }) => name.toLowerCase() === domain);
    if (known === undefined) return undefined;
    if (known.otherTenant !== null) return OTHER_TENANT;
    return known.verified ? tenant : undefined;
  };
}
