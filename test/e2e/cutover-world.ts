import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLookup, createObserver, openProvider } from '@mxodus/dns';
import {
  type CutoverFacts,
  type HistoryRow,
  type MailboxBacklog,
  observationsByRrset,
  planDomain,
  rrsetsToObserve,
} from '@mxodus/engine';
import { type DnsOptions, type LabDns, startDns, updateZone } from '@mxodus/lab';
import {
  type CutoverConfig,
  type CutoverEvent,
  configSchema,
  type DnsEndpoint,
  type DnsProvider,
  type JournalEntry,
  mxRecord,
  type RrsetChange,
  type RrsetName,
  type SmtpClient,
} from '@mxodus/model';
import { type CutoverPorts, cutoverRun, cutoverStatus, openJournal, readJournal } from '@mxodus/runner';
import { expect } from 'vitest';

/** Real name servers with two domains to cut over, and the passes of sync as a function. */

export const ZONE = 'example.test';
export const SUB = `mail.${ZONE}`;
const observer = createObserver({ timeoutMs: 300, attempts: 2 });
/** A plan needs every answer, however busy the machine is; a cutover just looks again. */
const patient = createObserver();
const quick = { ttl: 1, resolver_floor: '100ms', slack: '100ms', poll: '50ms' };
const drain = { every: '150ms', at_least: '400ms', quiet: '300ms' };
const OLD_RECORDS = [
  { name: '@', type: 'MX', ttl: 2, data: '10 old' },
  { name: 'mail', type: 'MX', ttl: 2, data: '10 old' },
  { name: 'old', type: 'A', data: '127.0.0.2' },
  { name: 'new', type: 'A', data: '127.0.0.3' },
];

const mxOf = (name: string): RrsetName => ({ name, type: 'MX' });

/** No probe is configured: nobody asks. */
const NO_SMTP: SmtpClient = {
  greet: async () => ({ kind: 'unreachable', blocked: true, why: 'not asked' }),
  recipients: async () => new Map(),
  send: async () => ({ kind: 'unreachable', why: 'not asked' }),
};

export type Hooks = {
  /** Around the provider's apply. */
  apply?: (
    changes: readonly RrsetChange[],
    apply: () => ReturnType<DnsProvider['apply']>,
  ) => ReturnType<DnsProvider['apply']>;
  emit?: (event: CutoverEvent) => void;
  pass?: (mode: 'final' | 'drain' | 'reverse') => Promise<number>;
  backlog?: MailboxBacklog;
};

export class World {
  readonly dns: LabDns;
  readonly events: CutoverEvent[] = [];
  readonly #folder: string;
  readonly #settings: CutoverConfig;
  readonly #provider: 'rfc2136' | 'manual';
  #plan: Parameters<typeof cutoverRun>[0]['plan'] | undefined;

  constructor(dns: LabDns, options: { folder: string; provider: 'rfc2136' | 'manual'; settings: object }) {
    this.dns = dns;
    this.#folder = options.folder;
    this.#provider = options.provider;
    this.#settings = configSchema.shape.cutover.parse({ ...quick, drain, ...options.settings });
  }

  get journalPath(): string {
    return join(this.#folder, 'state', 'cutover.ndjson');
  }

  entries(): Promise<JournalEntry[]> {
    return readJournal(this.journalPath);
  }

  #dnsConfig() {
    const authoritative = [...this.dns.authoritative];
    if (this.#provider === 'manual') return { provider: 'manual' as const, zone: ZONE, authoritative, emit: [] };
    const { name, algorithm, secret } = this.dns.tsig;
    return {
      provider: 'rfc2136',
      zone: ZONE,
      server: this.dns.primary.address,
      authoritative,
      tsig: { name, algorithm, secret },
    } as const;
  }

  async plan() {
    if (this.#plan !== undefined) return this.#plan;
    const { signal } = new AbortController();
    const domains = await Promise.all(
      [ZONE, SUB].map(async (domain) => {
        const dns = this.#dnsConfig();
        const authoritative = await patient.authoritative(ZONE, dns.authoritative, signal);
        const config = {
          mx: { to: 'new', records: [{ host: `new.${ZONE}`, preference: 10 }] },
          records: [],
          advised: 'say' as const,
          dkim: [],
          dns: { zone: ZONE, authoritative: dns.authoritative, provider: 'manual' as const, emit: [] },
        };
        const asked = rrsetsToObserve({ domain, config }).map(async (rrset) => ({
          rrset,
          observations: await Promise.all(authoritative.map((server) => patient.observe(server, ZONE, rrset, signal))),
        }));
        const observations = observationsByRrset(await Promise.all(asked));
        return { ...planDomain({ domain, config, authoritative, observations }).plan, provider: this.#provider };
      }),
    );
    this.#plan = { sha256: 'abcdef0123456789', domains, settings: this.#settings };
    return this.#plan;
  }

  #servers(): Promise<DnsEndpoint[]> {
    return observer.authoritative(ZONE, this.dns.authoritative, new AbortController().signal);
  }

  async ports(hooks: Hooks = {}): Promise<CutoverPorts> {
    const provider = await openProvider(this.#dnsConfig());
    const hooked: DnsProvider = {
      ...provider,
      apply: (changes, signal) => {
        const apply = () => provider.apply(changes, signal);
        return hooks.apply?.(changes, apply) ?? apply();
      },
    };
    const backlog: MailboxBacklog = { mailbox: 'ann', lastPass: 'complete', inDoubt: 0, failed: 0 };
    let facts: CutoverFacts | null = null;
    const rows: HistoryRow[] = [];
    return {
      observer,
      lookup: createLookup({ zones: [{ zone: ZONE, servers: await this.#servers() }], resolvers: ['127.0.0.1:1'] }),
      delegation: (zone, signal) => observer.delegation(zone, this.dns.authoritative, signal),
      smtp: NO_SMTP,
      mtaSts: async () => ({ kind: 'none' }),
      dkimSelectors: () => [],
      largestMessage: () => null,
      oldHost: null,
      history: { rows: async () => rows, note: async (more) => void rows.push(...more) },
      facts: {
        read: async () => facts,
        write: async (found) => {
          facts = found;
        },
      },
      recipients: async () => [],
      requests: { waiting: async () => [], done: async () => undefined },
      canaries: { recipients: () => [], send: async () => ({ kind: 'sent' }), find: async () => new Map() },
      lateMail: { rows: async () => [], collect: async () => [] },
      providerFor: async () => hooked,
      backlog: async () => [hooks.backlog ?? backlog],
      now: Date.now,
      sleep: (ms, signal) => sleep(ms, undefined, { signal }),
      runPass: async (mode) => ({
        sourceMessages: 9,
        movedNow: (await hooks.pass?.(mode)) ?? 0,
        notMoved: 0,
        inDoubt: 0,
        complete: true,
      }),
    };
  }

  async run(hooks: Hooks = {}, over: Partial<Parameters<typeof cutoverRun>[0]> = {}) {
    const emit = (event: CutoverEvent) => {
      this.events.push(event);
      hooks.emit?.(event);
    };
    const { signal } = new AbortController();
    const journal = await openJournal(this.journalPath);
    return cutoverRun({
      plan: await this.plan(),
      execute: true,
      by: 'ann',
      ports: await this.ports(hooks),
      journal,
      emit,
      signal,
      ...over,
    });
  }

  async status() {
    const { signal } = new AbortController();
    return cutoverStatus({ plan: await this.plan(), entries: await this.entries(), ports: await this.ports(), signal });
  }

  /** What both servers serve, as text; one where they agree. */
  async served(domain: string): Promise<string> {
    const servers = await observer.authoritative(ZONE, this.dns.authoritative, new AbortController().signal);
    const seen = await Promise.all(
      servers.map((server) => observer.observe(server, ZONE, mxOf(domain), new AbortController().signal)),
    );
    const texts = seen.map((one) =>
      one.kind === 'answer'
        ? `${one.rrset.ttl} ${one.rrset.records.map((record) => mxRecord(record).host).join(' ')}`
        : one.kind,
    );
    return [...new Set(texts)].join(' | ');
  }

  async serial(): Promise<number | null> {
    const [server] = await observer.authoritative(ZONE, this.dns.authoritative, new AbortController().signal);
    if (server === undefined) return null;
    const seen = await observer.observe(server, ZONE, mxOf(ZONE), new AbortController().signal);
    return seen.kind === 'error' ? null : seen.serial;
  }

  /** Somebody else with the same key. */
  async edit(domain: string, host: string, ttl: number): Promise<void> {
    const name = domain;
    const add = [{ name, type: 'MX' as const, ttl, data: `10 ${host}.${ZONE}` }];
    expect(await updateZone(this.dns.primary, this.dns.tsig, { zone: ZONE, remove: [{ name, type: 'MX' }], add })).toBe(
      0,
    );
  }
}

/** @param folder of the test, for the servers and the journal */
export async function startWorld(
  folder: string,
  options: { provider?: 'rfc2136' | 'manual'; settings?: object; dns?: Partial<DnsOptions> } = {},
): Promise<World> {
  const dns = await startDns({ dir: folder, zone: ZONE, records: OLD_RECORDS, negativeTtl: 1, ...options.dns });
  const world = new World(dns, {
    folder,
    provider: options.provider ?? 'rfc2136',
    settings: options.settings ?? {},
  });
  await world.plan();
  return world;
}
