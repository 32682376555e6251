import type { DomainPlan, JournalEntry, JournalNote, MxRrset, Observation } from '@mxodus/model';
import { configSchema } from '@mxodus/model';
import { gatesOf } from './gates.ts';
import { type CutoverStep, nextStep, stateWhenAccepted } from './next-step.ts';
import { foldJournal } from './progress.ts';

export const NS1 = { name: 'ns1', address: '192.0.2.1', port: 53 };
export const NS2 = { name: 'ns2', address: '192.0.2.2', port: 53 };
export const START = Date.parse('2026-12-05T12:00:00Z');
export const MINUTE = 60_000;

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

/** Servers, a clock and a journal in memory: does what `nextStep` says, as the runner does. */
export class World {
  now = START;
  readonly entries: JournalEntry[] = [];
  readonly steps: string[] = [];
  readonly live = new Map<string, MxRrset>();
  readonly silent = new Set<string>();
  lateMail = 0;
  readonly plan;

  constructor(domains: readonly DomainPlan[], settings: object = {}) {
    const defaults = { poll: '30s', drain: { every: '10m', at_least: '2h', quiet: '1h' } };
    const parsed = configSchema.shape.cutover.parse({ ...defaults, ...settings });
    this.plan = { sha256: 'abc', domains, settings: parsed };
    for (const plan of domains) for (const server of plan.authoritative) this.put(server, plan.domain, plan.before);
  }

  put(server: typeof NS1, name: string, rrset: MxRrset): void {
    this.live.set(`${server.address} ${name}`, rrset);
  }

  get situation() {
    const observations = new Map(
      this.plan.domains.map((plan) => [
        plan.domain,
        plan.authoritative.map((server) => this.#observe(server, plan.domain)),
      ]),
    );
    return {
      plan: this.plan,
      progress: foldJournal(this.entries),
      sight: { at: this.now, observations },
      now: this.now,
    };
  }

  get state() {
    return this.situation.progress.state;
  }

  gates(mailbox = { lastPass: 'complete' as const, inDoubt: 0, failed: 0 }) {
    const backlog = { kind: 'known' as const, mailboxes: [{ mailbox: 'ann', ...mailbox }] };
    return gatesOf({ ...this.situation, rehearsals: [], backlog });
  }

  write(note: JournalNote): void {
    const place = { seq: this.entries.length + 1, time: new Date(this.now).toISOString(), prev: '' };
    this.entries.push({ ...place, ...note });
  }

  /** Does steps until one of this kind is next; gives up after 2,000. */
  runUntil(done: (step: CutoverStep, world: World) => boolean): CutoverStep {
    for (let left = 2000; left > 0; left -= 1) {
      const step = nextStep(this.situation);
      if (done(step, this)) return step;
      this.#take(step);
    }
    throw new Error(`still in ${this.state} after: ${this.steps.slice(-5).join(', ')}`);
  }

  #observe(server: typeof NS1, name: string): Observation {
    const at = new Date(this.now).toISOString();
    if (this.silent.has(server.address)) return { kind: 'error', at, server, why: 'no answer' };
    const mx = this.live.get(`${server.address} ${name}`);
    if (mx === undefined || mx.records.length === 0) {
      return { kind: 'absent', at, server, authoritative: true, serial: 1, negativeTtl: mx?.ttl ?? 0 };
    }
    return { kind: 'answer', at, server, authoritative: true, serial: 1, mx };
  }

  #take(step: CutoverStep): void {
    this.steps.push(`${this.state} ${step.kind}${step.kind === 'send' ? ` ${step.phase} ${step.group.zone}` : ''}`);
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
      case 'send':
        this.#send(step);
        break;
      case 'drifted':
      case 'done':
        throw new Error(`cannot go on: ${step.kind}`);
    }
  }

  #pass(mode: 'final' | 'drain'): void {
    const moved = mode === 'drain' ? this.lateMail : 0;
    this.lateMail -= moved;
    const facts = { complete: true, source_messages: 1, moved_now: moved, not_moved: 0, in_doubt: 0, problem: null };
    const started = new Date(this.now).toISOString();
    this.write({ state: this.state, event: 'passed', facts: { mode, started, ...facts } });
  }

  #send({ phase, group }: Extract<CutoverStep, { kind: 'send' }>): void {
    const about = { phase, zone: group.zone };
    this.write({ state: this.state, event: 'sending', facts: about });
    for (const change of group.changes) {
      for (const server of [NS1, NS2]) this.put(server, change.domain, change.after);
    }
    const state = stateWhenAccepted(phase, this.situation.progress);
    this.write({ state, event: 'accepted', facts: { ...about, serial: 2, found_live: false } });
  }
}
