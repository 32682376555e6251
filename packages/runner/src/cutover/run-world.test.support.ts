import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CutoverFacts, rrsetKey, rrsetsOf } from '@mxodus/engine';
import {
  type CutoverEvent,
  type CutoverRequest,
  configSchema,
  type Delegation,
  type DnsEndpoint,
  type DnsProvider,
  type DomainPlan,
  type JournalEntry,
  type MailRouting,
  type Observation,
  PARENT_NOT_ASKED,
  type Rrset,
  type RrsetName,
  sameRrset,
} from '@mxodus/model';
import { onTestFinished } from 'vitest';
import { cutoverRun } from './cutover-run.ts';
import { openJournal, readJournal } from './journal-file.ts';
import type { CutoverPorts, PassMode } from './ports.ts';
import type { CutoverRunOptions } from './run-context.ts';

const NS1 = { name: 'ns1', address: '192.0.2.1', port: 53 };
const START = Date.parse('2026-12-05T12:00:00Z');

const DOMAIN: DomainPlan = {
  domain: 'example.com',
  zone: 'example.com',
  provider: 'rfc2136',
  authoritative: [NS1],
  before: { ttl: 3600, records: [{ host: 'old.example', preference: 10 }] },
  after: { ttl: 3600, records: [{ host: 'new.example', preference: 10 }] },
};

const delegationOf = (zone: string): Delegation => ({
  ...{ zone, parent: null, ds: null, validates: null, why: PARENT_NOT_ASKED },
  child: [{ server: NS1, ns: { ttl: 3600, records: ['ns1.example'] }, why: null }],
});

/** One zone, an old host with a panel and a clock that runs as fast as somebody sleeps; the journal is a real file. */
export class RunWorld {
  now = START;
  readonly events: CutoverEvent[] = [];
  readonly passes: string[] = [];
  readonly routed: string[] = [];
  readonly box = new Map<string, CutoverRequest>();
  readonly live = new Map<string, Rrset>();
  readonly journalPath: string;
  routing: MailRouting = 'auto';
  /** What a pass moves. */
  moved: (mode: PassMode) => number = () => 0;
  onPass: (mode: PassMode, signal: AbortSignal) => Promise<void> = async () => undefined;
  onEvent: (event: CutoverEvent) => void = () => undefined;
  readonly plan: CutoverRunOptions['plan'];

  private constructor(folder: string, settings: object) {
    this.journalPath = join(folder, 'cutover.ndjson');
    const old_host = { panel: 'cpanel', url: 'https://old.example:2083', user: 'u', token: { env: 'T' } };
    const drain = { every: '10m', at_least: '2h', quiet: '1h' };
    const parsed = configSchema.shape.cutover.parse({ poll: '30s', drain, old_host, ...settings });
    this.plan = { sha256: 'abcdef0123456789', domains: [DOMAIN], settings: parsed };
    for (const rrset of rrsetsOf(DOMAIN)) this.live.set(rrsetKey(rrset), rrset.before);
  }

  static async start(settings: object = {}): Promise<RunWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'mxr-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    return new RunWorld(folder, settings);
  }

  entries(): Promise<JournalEntry[]> {
    return readJournal(this.journalPath);
  }

  ask(kind: 'hold' | 'release' | 'rollback'): void {
    const by = 'bob';
    this.box.set(`${this.box.size}-${this.now}`, kind === 'release' ? { kind, by } : { kind, by, why: 'test' });
  }

  async options(over: Partial<CutoverRunOptions> = {}): Promise<CutoverRunOptions> {
    return {
      plan: this.plan,
      execute: true,
      by: 'ann',
      ports: this.ports(),
      journal: await openJournal(this.journalPath),
      emit: (event) => {
        this.events.push(event);
        this.onEvent(event);
      },
      signal: new AbortController().signal,
      ...over,
    };
  }

  async run(over: Partial<CutoverRunOptions> = {}) {
    return cutoverRun(await this.options(over));
  }

  ports(): CutoverPorts {
    let facts: CutoverFacts | null = null;
    return {
      observer: {
        authoritative: async () => [NS1],
        observe: async (server, _zone, rrset) => this.#observe(server, rrset),
        ask: async (_resolver, rrset) => this.#observe(NS1, rrset),
        delegation: async (zone) => delegationOf(zone),
      },
      lookup: {
        lookUp: async (name, type) =>
          type === 'A'
            ? { kind: 'answer', ttl: 60, records: [name.startsWith('old') ? '192.0.2.8' : '192.0.2.9'], secure: false }
            : { kind: 'absent', negativeTtl: 60 },
      },
      delegation: async (zone) => delegationOf(zone),
      smtp: {
        greet: async () => ({ kind: 'unreachable', blocked: false, why: 'not asked' }),
        recipients: async () => new Map(),
        send: async () => ({ kind: 'unreachable', why: 'not asked' }),
      },
      mtaSts: async () => ({ kind: 'none' }),
      dkimSelectors: () => [],
      largestMessage: () => null,
      providerFor: async () => this.provider(),
      oldHost: {
        name: 'panel',
        routing: async () => ({ set: this.routing, effective: 'local' }),
        route: async (domain, routing) => {
          this.routing = routing;
          this.routed.push(`${domain} ${routing} while ${this.live.get('example.com MX')?.records.join()}`);
        },
      },
      history: { rows: async () => [], note: async () => undefined },
      facts: {
        read: async () => facts,
        write: async (found) => {
          facts = found;
        },
      },
      recipients: async () => [],
      backlog: async () => [{ mailbox: 'ann', lastPass: 'complete', inDoubt: 0, failed: 0 }],
      now: () => this.now,
      runPass: async (mode, signal) => {
        this.passes.push(mode);
        await this.onPass(mode, signal);
        return { sourceMessages: 1, movedNow: this.moved(mode), notMoved: 0, inDoubt: 0, complete: true };
      },
      requests: {
        waiting: async () => [...this.box].map(([id, request]) => ({ id, request })),
        done: async (id) => void this.box.delete(id),
      },
      canaries: { recipients: () => [], send: async () => ({ kind: 'sent' }), find: async () => new Map() },
      lateMail: { rows: async () => [], collect: async () => [] },
      sleep: async (ms, signal) => {
        signal.throwIfAborted();
        this.now += ms;
        await new Promise((resolve) => setImmediate(resolve));
      },
    };
  }

  provider(): DnsProvider {
    return {
      name: 'memory',
      capabilities: { atomic: true, compareAndSwap: true, minTtl: 0 },
      rehearse: async () => 'allowed',
      apply: async (changes) => {
        for (const change of changes) {
          const live = this.live.get(rrsetKey(change)) ?? { ttl: 0, records: [] };
          if (sameRrset(live, change.after)) continue;
          if (!sameRrset(live, change.before)) return { kind: 'conflict', why: 'other records' };
          this.live.set(rrsetKey(change), change.after);
        }
        return { kind: 'applied', serial: 1, changeId: null };
      },
    };
  }

  #observe(server: DnsEndpoint, rrset: RrsetName): Observation {
    const live = this.live.get(rrsetKey(rrset)) ?? { ttl: 60, records: [] };
    const common = { at: new Date(this.now).toISOString(), server, authoritative: true, serial: 1 };
    if (live.records.length === 0) return { kind: 'absent', ...common, negativeTtl: live.ttl };
    return { kind: 'answer', ...common, rrset: live };
  }
}
