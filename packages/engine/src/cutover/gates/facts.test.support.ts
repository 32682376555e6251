import { configSchema, type DomainPlan, type LookupResult, type RcptAnswer, type SmtpGreeting } from '@mxodus/model';
import type { CutoverFacts, HostFacts, MailAuthFacts } from '../facts.ts';
import { NO_PROGRESS } from '../progress.ts';
import type { GateInputs } from './gate.ts';

export const NOW = Date.parse('2026-12-05T12:00:00Z');
export const ABSENT: LookupResult = { kind: 'absent', negativeTtl: 60 };
export const FAILED: LookupResult = { kind: 'error', why: 'SERVFAIL' };

export function answer(...records: string[]): LookupResult {
  return { kind: 'answer', ttl: 60, records, secure: false };
}

/** "10 mx1.example.com" */
export function mx(...records: string[]): DomainPlan['before'] {
  return {
    ttl: 60,
    records: records.map((text) => ({ preference: Number(text.split(' ')[0]), host: text.split(' ')[1] ?? '' })),
  };
}

export function domainPlan(over: Partial<DomainPlan> = {}): DomainPlan {
  return {
    ...{ domain: 'example.com', zone: 'example.com', provider: 'rfc2136' as const, authoritative: [] },
    before: mx('10 old.host.net'),
    after: mx('10 new.host.org'),
    ...over,
  };
}

export const ACCEPTED: RcptAnswer = { kind: 'accepted', code: 250, text: '250 ok' };
export const REFUSED: RcptAnswer = { kind: 'refused', code: 550, text: '550 5.1.1 no such user' };
export const LATER: RcptAnswer = { kind: 'later', code: 451, text: '451 4.7.1 greylisted' };
export const UNASKED: RcptAnswer = { kind: 'unasked', why: 'it closed the connection' };

export const BLOCKED: SmtpGreeting = { kind: 'unreachable', blocked: true, why: 'nothing answers within 30 s' };
export const CLOSED: SmtpGreeting = { kind: 'unreachable', blocked: false, why: 'it refuses the connection' };

export function greeted(over: Partial<Extract<SmtpGreeting, { kind: 'greeted' }>> = {}): SmtpGreeting {
  const certificate = {
    ...{ names: ['new.host.org'], validTo: NOW + 90 * 86_400_000, fault: null },
    ...{ sha256: 'aa', publicKeySha256: 'bb' },
  };
  return {
    ...{ kind: 'greeted', banner: 'new.host.org', ehlo: 'new.host.org', extensions: [], sizeLimit: null },
    tls: { version: 'TLSv1.3', certificate },
    ...over,
  };
}

export function host(over: Partial<HostFacts> = {}, greeting: SmtpGreeting = greeted()): HostFacts {
  return {
    ...{ host: 'new.host.org', domains: ['example.com'], largestMessage: null, alias: ABSENT },
    ...{ a: answer('192.0.2.1'), aaaa: ABSENT, tlsa: ABSENT },
    addresses: [address('192.0.2.1', greeting)],
    ...over,
  };
}

export function address(at: string, greeting: SmtpGreeting): HostFacts['addresses'][number] {
  return { address: at, ptr: answer('new.host.org'), forward: answer(at), greeting, listed: [] };
}

export function mailAuth(over: Partial<MailAuthFacts> = {}): MailAuthFacts {
  return {
    ...{ domain: 'example.com', txt: answer('v=spf1 ip4:192.0.2.0/24 -all'), spfIncludes: {}, dmarc: ABSENT, dkim: {} },
    ...{ mtaSts: { txt: ABSENT, policy: { kind: 'none' }, addresses: [] }, tlsRpt: ABSENT, wildcard: ABSENT },
    ...{ address: ABSENT, oldAddresses: ['198.51.100.1'], newAddresses: { 'new.host.org': ['192.0.2.1'] } },
    ...over,
  };
}

export interface Given {
  domains?: readonly DomainPlan[];
  facts?: Partial<CutoverFacts> | null;
  settings?: object;
  over?: Partial<GateInputs>;
}

/** A cutover in which all is well but for what is given. */
export function inputs({ domains = [domainPlan()], facts = {}, settings = {}, over = {} }: Given = {}): GateInputs {
  return {
    plan: { sha256: 'abc', domains, settings: configSchema.shape.cutover.parse({ probe: {}, ...settings }) },
    facts:
      facts === null
        ? null
        : {
            ...{ at: NOW, delegations: [], routing: null, mailAuth: [mailAuth()], hosts: [host()] },
            recipients: {
              answers: [{ address: 'ann@example.com', host: 'new.host.org', answer: ACCEPTED }],
              controls: [{ domain: 'example.com', host: 'new.host.org', answer: REFUSED }],
              unreachable: [],
            },
            ...facts,
          },
    ...{ progress: NO_PROGRESS, sight: { at: NOW, observations: new Map() }, history: [], canaries: [], now: NOW },
    ...{ rehearsals: [], backlog: { kind: 'known', mailboxes: [] }, waivers: [], approval: { kind: 'none' } },
    ...over,
  };
}
