import type { CutoverConfig, DomainPlan, Gate } from '@mxodus/model';
import { lowTtl, moves } from './change-groups.ts';
import { drainEnd, drainProblem } from './drain.ts';
import { serverText } from './mx-text.ts';
import type { CutoverProgress } from './progress.ts';
import { safeAt } from './safe-at.ts';
import { longestTtl, type ServerView, type Sight, viewsOf } from './sight.ts';
import { windowOpensAt } from './window.ts';

/** What a provider said when it was asked whether it may make the next change. */
export type Rehearsal =
  | { kind: 'allowed'; zone: string; minTtl: number }
  | { kind: 'unknown'; zone: string; why: string; fix: string }
  | { kind: 'refused'; zone: string; why: string; fix: string };

/** Where the sync of one mailbox stands. */
export interface MailboxBacklog {
  mailbox: string;
  lastPass: 'complete' | 'incomplete' | 'never';
  inDoubt: number;
  failed: number;
}

/** `unknown` says why it could not be found out. */
export type Backlog = { kind: 'known'; mailboxes: readonly MailboxBacklog[] } | { kind: 'unknown'; why: string };

export interface CutoverPlan {
  sha256: string;
  domains: readonly DomainPlan[];
  settings: CutoverConfig;
}

/** Everything a decision is made from. */
export interface CutoverSituation {
  plan: CutoverPlan;
  progress: CutoverProgress;
  sight: Sight;
  /** Milliseconds since the epoch. */
  now: number;
}

export interface GateInputs extends CutoverSituation {
  rehearsals: readonly Rehearsal[];
  backlog: Backlog;
}

/** The numbers are those of facts/dns-cutover section 8; G15 is the drift gate. */
export function gatesOf(inputs: GateInputs): Gate[] {
  // One order of keys, whatever order a gate below is put together in: this is printed as JSON.
  return gatesOfState(inputs).map(({ id, name, status, why, fix }) => ({ id, name, status, why, fix }));
}

function gatesOfState(inputs: GateInputs): Gate[] {
  const [health, provider, drift] = [healthGate(inputs), providerGate(inputs), driftGate(inputs)];
  switch (inputs.progress.state) {
    case 'DRAFT':
    case 'AUDITED':
    case 'TTL_LOWERED':
    case 'ARMED':
    case 'FROZEN':
      return [health, provider, backlogGate(inputs.backlog), safeAtGate(inputs), windowGate(inputs), drift];
    case 'SWITCHED':
    case 'PROPAGATING':
    case 'DRAINING':
      return [health, provider, safeAtGate(inputs), readBackGate(inputs), quietGate(inputs), drift];
    case 'RESTORED':
      return [health, provider, drift];
  }
}

/** Red or unknown: what is not known is not green. Amber waits or warns, and stops nothing. */
export function closedGates(gates: readonly Gate[]): Gate[] {
  return gates.filter(({ status }) => status === 'red' || status === 'unknown');
}

function healthGate(inputs: CutoverSituation): Gate {
  const gate = { id: 'G1', name: 'DNS health' };
  const views = allViews(inputs);
  const lame = views.find((view) => view.lame);
  if (lame !== undefined) {
    const why = `${about(lame)} answers without authority: ${lame.text}`;
    return { ...gate, status: 'red', why, fix: 'repair the server or take it out of the NS set, then plan again' };
  }
  const silent = views.filter(({ seen }) => seen === 'unknown');
  if (silent.length > 0) {
    const why = silent.map((view) => `${about(view)}: ${view.text}`).join('; ');
    return { ...gate, status: 'unknown', why, fix: 'every authoritative server must answer over UDP and TCP' };
  }
  if (views.length === 0) return { ...gate, status: 'unknown', why: 'no server was asked', fix: 'plan again' };
  const split = inputs.plan.domains.find((plan) => new Set(viewsFor(plan, inputs).map(({ text }) => text)).size > 1);
  if (split !== undefined) {
    const why = viewsFor(split, inputs)
      .map((view) => `${about(view)} serves ${view.text}`)
      .join('; ');
    const pending = viewsFor(split, inputs).every(({ seen }) => seen === 'pending' || seen === 'settled');
    const fix = 'wait for the zone transfer, or repair the server that lags';
    return { ...gate, status: pending ? 'amber' : 'red', why, fix };
  }
  return { ...gate, status: 'green', why: 'every authoritative server answers the same, over UDP and TCP', fix: '' };
}

function driftGate(inputs: CutoverSituation): Gate {
  const gate = { id: 'G15', name: 'drift' };
  const strange = driftOf(inputs);
  if (strange.length > 0) {
    const why = strange.map((view) => `${about(view)} serves ${view.text}`).join('; ');
    return { ...gate, status: 'red', why, fix: 'find out who changed it; put it back, or plan again' };
  }
  const views = allViews(inputs);
  if (views.length === 0 || views.some(({ seen }) => seen === 'unknown')) {
    return { ...gate, status: 'unknown', why: 'not every server answered', fix: 'see G1' };
  }
  return { ...gate, status: 'green', why: 'the records are what the plan and the journal say', fix: '' };
}

/** The servers that serve what neither the plan nor the journal knows. A change made by hand may pass through anything on its way. */
export function driftOf({ plan, progress, sight }: CutoverSituation): ServerView[] {
  const { ttl } = plan.settings;
  return plan.domains.flatMap((domain) => {
    const views = viewsOf(domain, progress, { sight, ttl });
    return isMadeByHand(domain, progress) ? [] : views.filter(({ seen }) => seen === 'other');
  });
}

function isMadeByHand(plan: DomainPlan, progress: CutoverProgress): boolean {
  return Object.values(progress.changes).some((zones) => {
    const status = zones.get(plan.zone);
    return status?.kind === 'asked' || (status?.kind === 'accepted' && status.byHand);
  });
}

function providerGate({ plan, rehearsals }: GateInputs): Gate {
  const gate = { id: 'G2', name: 'provider' };
  const refused = rehearsals.find((rehearsal) => rehearsal.kind === 'refused');
  if (refused !== undefined)
    return { ...gate, status: 'red', why: `${refused.zone}: ${refused.why}`, fix: refused.fix };
  const unknown = rehearsals.find((rehearsal) => rehearsal.kind === 'unknown');
  if (unknown !== undefined) {
    return { ...gate, status: 'unknown', why: `${unknown.zone}: ${unknown.why}`, fix: unknown.fix };
  }
  const floor = Math.max(0, ...rehearsals.map((rehearsal) => (rehearsal.kind === 'allowed' ? rehearsal.minTtl : 0)));
  if (plan.domains.some((domain) => moves(domain) && lowTtl(domain, plan.settings.ttl) < floor)) {
    const why = `the provider allows no TTL below ${floor} s`;
    return { ...gate, status: 'red', why, fix: `set cutover.ttl to ${floor} or more` };
  }
  const why = rehearsals.length === 0 ? 'nothing is left to change' : 'the provider may make the next change';
  return { ...gate, status: 'green', why, fix: '' };
}

function backlogGate(backlog: Backlog): Gate {
  const gate = { id: 'G7', name: 'backlog', fix: 'run mxodus sync until every mailbox is complete' };
  if (backlog.kind === 'unknown') return { ...gate, status: 'unknown', why: backlog.why };
  const { mailboxes } = backlog;
  if (mailboxes.length === 0) return { ...gate, status: 'unknown', why: 'no mailbox is known' };
  const behind = mailboxes.filter(({ lastPass, inDoubt, failed }) => lastPass !== 'complete' || inDoubt + failed > 0);
  if (behind.length === 0) {
    return { ...gate, status: 'green', why: `the last pass of all ${mailboxes.length} mailboxes is complete`, fix: '' };
  }
  const named = behind.slice(0, 3).map(backlogText).join('; ');
  const more = behind.length > 3 ? `; ${behind.length - 3} more` : '';
  return { ...gate, status: 'red', why: named + more };
}

function backlogText({ mailbox, lastPass, inDoubt, failed }: MailboxBacklog): string {
  if (lastPass === 'never') return `${mailbox}: never synced`;
  if (inDoubt + failed > 0) return `${mailbox}: ${failed} failed, ${inDoubt} in doubt`;
  return `${mailbox}: the last pass is not complete`;
}

function safeAtGate(inputs: CutoverSituation): Gate {
  const { progress, now } = inputs;
  const gate = { id: 'G8', name: 'safe_at', fix: 'only time helps: caches keep what they have' };
  const phase = progress.switchedAt === null ? 'lower' : 'switch';
  const wait = progress.waits[phase];
  if (wait !== undefined) {
    if (now >= wait.safeAt) return { ...gate, status: 'green', why: wait.arithmetic, fix: '' };
    return { ...gate, status: 'amber', why: wait.arithmetic };
  }
  if (phase === 'switch') return { ...gate, status: 'amber', why: 'not every server serves the new records yet' };
  if (progress.state === 'TTL_LOWERED') {
    return { ...gate, status: 'amber', why: 'not every server serves the low TTL yet' };
  }
  const why = `not before ${new Date(earliestSwitch(inputs)).toISOString()}, were the TTL lowered now`;
  return { ...gate, status: 'amber', why };
}

function windowGate(inputs: CutoverSituation): Gate {
  const gate = { id: 'G9', name: 'window' };
  const opens = windowOpensAt(inputs.plan.settings.window);
  if (opens === null) return { ...gate, status: 'green', why: 'always open', fix: '' };
  const at = new Date(opens).toISOString();
  const safe = inputs.progress.waits.lower?.safeAt ?? earliestSwitch(inputs);
  if (safe > opens) {
    const why = `opens at ${at}, but the old TTL runs out only at ${new Date(safe).toISOString()}: the switch comes then`;
    return { ...gate, status: 'amber', why, fix: 'choose a later window, or accept the later switch' };
  }
  if (inputs.now >= opens) return { ...gate, status: 'green', why: `open since ${at}`, fix: '' };
  return {
    ...gate,
    status: 'amber',
    why: `opens at ${at}`,
    fix: 'only time helps, or an earlier window in a new plan',
  };
}

/** When the switch could be made, were the TTL lowered everywhere now. */
function earliestSwitch({ plan, progress, sight, now }: CutoverSituation): number {
  const { resolver_floor, slack } = plan.settings;
  const ttls = [progress.ttlSeen, longestTtl(sight), ...plan.domains.filter(moves).map(({ before }) => before.ttl)];
  return safeAt({ servedAt: now, ttls, floorMs: resolver_floor, slackMs: slack }).safeAt;
}

function readBackGate(inputs: CutoverSituation): Gate {
  const gate = { id: 'G11', name: 'read-back', fix: 'wait for the zone transfer, or repair the server that lags' };
  const old = allViews(inputs).filter(({ seen }) => seen === 'settled' || seen === 'previous' || seen === 'unknown');
  const silent = old.find(({ seen }) => seen === 'unknown');
  if (silent !== undefined) return { ...gate, status: 'unknown', why: `${about(silent)}: ${silent.text}` };
  const timed = inputs.progress.waits.switch !== undefined;
  const lagging = old.find(({ seen }) => seen === 'previous' || !timed);
  if (lagging !== undefined) {
    return { ...gate, status: 'amber', why: `${about(lagging)} serves ${lagging.text}` };
  }
  return { ...gate, status: 'green', why: 'every authoritative server serves the new records', fix: '' };
}

function quietGate({ plan, progress, now }: CutoverSituation): Gate {
  const gate = {
    id: 'G14',
    name: 'quiet',
    fix: 'only time helps; each pass fetches what still reaches the old servers',
  };
  const problem = drainProblem(progress);
  if (problem !== null) {
    return { ...gate, status: 'unknown', why: `the last pass failed: ${problem}`, fix: 'repair that; passes go on' };
  }
  const end = drainEnd(progress, plan.settings);
  const late = `${progress.lateMessages} late messages so far`;
  if (end !== null && now >= end) return { ...gate, status: 'green', why: late, fix: '' };
  const until = end === null ? '' : `; quiet at ${new Date(end).toISOString()} if nothing more comes`;
  return { ...gate, status: 'amber', why: late + until };
}

function allViews(inputs: CutoverSituation): ServerView[] {
  return inputs.plan.domains.flatMap((domain) => viewsFor(domain, inputs));
}

function viewsFor(domain: DomainPlan, { plan, progress, sight }: CutoverSituation): ServerView[] {
  return viewsOf(domain, progress, { sight, ttl: plan.settings.ttl });
}

function about({ domain, server }: ServerView): string {
  return `${domain} at ${serverText(server)}`;
}
