import {
  configSchema,
  type DomainPlan,
  type JournalEntry,
  type JournalNote,
  type Observation,
  type Rrset,
  type RrsetChange,
  type RrsetName,
  type RrsetPlan,
  sameRrset,
} from '@mxodus/model';
import { rrsetKey, rrsetsOf } from './change-groups.ts';
import type { Rehearsal } from './gates/gate.ts';
import { gatesOf } from './gates.ts';
import { nextStep } from './next-step.ts';
import { foldJournal } from './progress.ts';
import type { CutoverSituation } from './situation.ts';
import { type CutoverStep, stateWhenAccepted } from './step.ts';

export const NS1 = { name: 'ns1', address: '192.0.2.1', port: 53 };
export const NS2 = { name: 'ns2', address: '192.0.2.2', port: 53 };
export const START = Date.parse('2026-12-05T12:00:00Z');
export const MINUTE = 60_000;
/** A busy enough world that a loop that never ends is one. */
const STEPS = 3000;

export const OLD_MX = ['10 old.example'];

export function domain(name: string, over: Partial<DomainPlan> = {}): DomainPlan {
  return {
    domain: name,
    zone: 'example.com',
    provider: 'rfc2136',
    authoritative: [NS1, NS2],
    before: { ttl: 3600, records: [{ host: 'old.example', preference: 10 }] },
    after: { ttl: 3600, records: [{ host: 'new.example', preference: 10 }] },
    ...over,
  };
}

export const SPF: RrsetPlan = {
  name: 'example.com',
  type: 'TXT',
  when: 'stage',
  before: { ttl: 1800, records: ['v=spf1 mx -all'] },
  after: { ttl: 1800, records: ['v=spf1 mx include:new.example -all'] },
  why: 'the config',
};
export const AUTODISCOVER: RrsetPlan = {
  name: 'autodiscover.example.com',
  type: 'CNAME',
  when: 'switch',
  before: { ttl: 900, records: ['old.example'] },
  after: { ttl: 900, records: ['new.example'] },
  why: 'the config',
};
export const MTA_STS: RrsetPlan = {
  name: '_mta-sts.example.com',
  type: 'TXT',
  when: 'restore',
  before: { ttl: 600, records: ['v=STSv1; id=1'] },
  after: { ttl: 600, records: ['v=STSv1; id=2'] },
  why: 'the config',
};

/** What becomes of a change that is sent: done · done, but the answer is lost · only its first RRset is, and no answer · nothing is. */
export type Answer = 'yes' | 'lost' | 'half' | 'dropped';

/** Servers, a clock and a journal in memory: does what `nextStep` says, as the runner does. */
export class World {
  now = START;
  readonly entries: JournalEntry[] = [];
  readonly steps: string[] = [];
  /** What changed at the servers, once for each change that had an effect. */
  readonly made: string[] = [];
  readonly live = new Map<string, Rrset>();
  readonly silent = new Set<string>();
  /** Mail that reaches the old side, and the new. */
  lateMail = 0;
  newMail = 0;
  answer: (phase: string, zone: string) => Answer = () => 'yes';
  /** After a line is in the journal; throws to kill the run there. */
  onLine: (entry: JournalEntry) => void = () => undefined;
  canaries: CutoverSituation['canaries'] = [];
  readonly plan;

  constructor(domains: readonly DomainPlan[], settings: object = {}) {
    const defaults = { poll: '30s', drain: { every: '10m', at_least: '2h', quiet: '1h' } };
    const parsed = configSchema.shape.cutover.parse({ ...defaults, ...settings });
    this.plan = { sha256: 'abc', domains, settings: parsed };
    for (const plan of domains) {
      for (const rrset of rrsetsOf(plan))
        for (const server of plan.authoritative) this.put(server, rrset, rrset.before);
    }
    this.write({ state: 'DRAFT', event: 'started', facts: { plan: 'abc', domains: [] } });
  }

  put(server: typeof NS1, name: RrsetName | string, rrset: Rrset): void {
    const key = typeof name === 'string' ? `${name} MX` : rrsetKey(name);
    this.live.set(`${server.address} ${key}`, rrset);
  }

  /** What a server serves of every RRset of the plan, as text. */
  served(server = NS1): string[] {
    return this.plan.domains.flatMap(rrsetsOf).map((rrset) => {
      const live = this.live.get(`${server.address} ${rrsetKey(rrset)}`);
      return `${rrsetKey(rrset)}: ${live?.records.length === 0 ? 'absent' : `${live?.ttl} ${live?.records.join(', ')}`}`;
    });
  }

  get situation(): CutoverSituation {
    const observations = new Map(
      this.plan.domains.flatMap((plan) =>
        rrsetsOf(plan).map((rrset): [string, Observation[]] => [
          rrsetKey(rrset),
          plan.authoritative.map((server) => this.#observe(server, rrset)),
        ]),
      ),
    );
    return {
      plan: this.plan,
      progress: foldJournal(this.entries),
      sight: { at: this.now, observations },
      history: [],
      canaries: this.canaries,
      now: this.now,
    };
  }

  get state() {
    return this.situation.progress.state;
  }

  gates(mailbox = { lastPass: 'complete' as const, inDoubt: 0, failed: 0 }, rehearsals: readonly Rehearsal[] = []) {
    const backlog = { kind: 'known' as const, mailboxes: [{ mailbox: 'ann', ...mailbox }] };
    return gatesOf({ ...this.situation, rehearsals, backlog, facts: null, waivers: this.plan.settings.waive });
  }

  write(note: JournalNote): void {
    const place = { seq: this.entries.length + 1, time: new Date(this.now).toISOString(), prev: '' };
    const entry: JournalEntry = { ...place, ...note };
    this.entries.push(entry);
    this.onLine(entry);
  }

  rollBack(): void {
    const { state } = this;
    this.write({ state: 'ROLLING_BACK', event: 'rolling_back', facts: { by: 'ann', from: state, why: 'test' } });
  }

  /** Does steps until one of this kind is next. */
  runUntil(done: (step: CutoverStep, world: World) => boolean): CutoverStep {
    for (let left = STEPS; left > 0; left -= 1) {
      const step = nextStep(this.situation);
      if (done(step, this)) return step;
      this.take(step);
    }
    throw new Error(`still in ${this.state} after: ${this.steps.slice(-5).join(', ')}`);
  }

  take(step: CutoverStep): void {
    this.steps.push(`${this.state} ${textOf(step)}`);
    switch (step.kind) {
      case 'audit':
        this.write({ state: 'AUDITED', event: 'audited', facts: { ttl_seen: 3600, gates: {} } });
        break;
      case 'note':
        this.write(step.note);
        break;
      case 'wait':
        this.now = Math.max(this.now + 1, Math.min(this.now + 5 * MINUTE, step.until ?? this.now + 5 * MINUTE));
        break;
      case 'pass':
        this.#pass(step.mode);
        break;
      case 'route':
        this.write({
          state: this.state,
          event: 'pinned',
          facts: { domain: step.domain, routing: step.routing, before: 'local' },
        });
        break;
      case 'send':
        this.#send(step);
        break;
      case 'drifted':
      case 'done':
        throw new Error(`cannot go on: ${step.kind}`);
    }
  }

  #observe(server: typeof NS1, rrset: RrsetName): Observation {
    const at = new Date(this.now).toISOString();
    if (this.silent.has(server.address)) return { kind: 'error', at, server, why: 'no answer' };
    const live = this.live.get(`${server.address} ${rrsetKey(rrset)}`);
    if (live === undefined || live.records.length === 0) {
      return { kind: 'absent', at, server, authoritative: true, serial: 1, negativeTtl: live?.ttl ?? 0 };
    }
    return { kind: 'answer', at, server, authoritative: true, serial: 1, rrset: live };
  }

  #pass(mode: 'final' | 'drain' | 'reverse'): void {
    const moved = mode === 'drain' ? this.lateMail : mode === 'reverse' ? this.newMail : 0;
    if (mode === 'drain') this.lateMail = 0;
    if (mode === 'reverse') this.newMail = 0;
    const facts = { complete: true, source_messages: 1, moved_now: moved, not_moved: 0, in_doubt: 0, problem: null };
    const started = new Date(this.now).toISOString();
    this.write({ state: this.state, event: 'passed', facts: { mode, started, ...facts } });
  }

  #send({ phase, group }: Extract<CutoverStep, { kind: 'send' }>): void {
    const about = { phase, zone: group.zone };
    this.write({ state: this.state, event: 'sending', facts: about });
    const answer = this.answer(phase, group.zone);
    const left = group.changes.filter((change) => this.#isLeft(change));
    const reached = answer === 'dropped' ? [] : left.slice(0, answer === 'half' ? 1 : undefined);
    for (const change of reached) for (const server of [NS1, NS2]) this.put(server, change, change.after);
    if (reached.length > 0) this.made.push(`${phase} ${group.zone}`);
    if (answer !== 'yes') return;
    const state = stateWhenAccepted(phase, this.situation.progress);
    this.write({ state, event: 'accepted', facts: { ...about, serial: 2, found_live: false } });
  }

  /** As a provider: what is `after` already is left alone, what is neither is a conflict. */
  #isLeft(change: RrsetChange): boolean {
    const live = this.live.get(`${NS1.address} ${rrsetKey(change)}`) ?? { ttl: 0, records: [] };
    if (sameRrset(live, change.after)) return false;
    if (!sameRrset(live, change.before)) throw new Error(`conflict at ${rrsetKey(change)}`);
    return true;
  }
}

function textOf(step: CutoverStep): string {
  if (step.kind === 'send') return `send ${step.phase} ${step.group.zone}`;
  return step.kind === 'pass' ? `pass ${step.mode}` : step.kind;
}
