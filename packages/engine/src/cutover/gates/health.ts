import type { Gate } from '@mxodus/model';
import { rrsetKey } from '../change-groups.ts';
import type { ServerView } from '../sight.ts';
import { delegationFault, oldMailHost } from './delegation.ts';
import type { GateInputs } from './gate.ts';
import { about, allViews } from './views.ts';

/** G1: every authoritative server answers, with authority and the same, and the zone hangs on its parent as it should. */
export function healthGate(inputs: GateInputs): Gate {
  const gate = { id: 'G1', name: 'DNS health' };
  const verdict = serversFault(allViews(inputs));
  if (verdict !== null && verdict.status !== 'amber') return { ...gate, ...verdict };
  const fault = zoneFault(inputs);
  if (fault !== null && (verdict === null || fault.status !== 'amber')) return { ...gate, ...fault };
  if (verdict !== null) return { ...gate, ...verdict };
  return { ...gate, status: 'green', why: 'every authoritative server answers the same, over UDP and TCP', fix: '' };
}

function zoneFault({ plan, facts, history, now }: GateInputs): Pick<Gate, 'status' | 'why' | 'fix'> | null {
  if (facts === null) {
    const why = 'how the zones hang on their parents was not asked yet';
    return { status: 'unknown', why, fix: 'run mxodus cutover check' };
  }
  return delegationFault(facts.delegations, history, now, oldMailHost(plan.domains, facts));
}

function serversFault(views: readonly ServerView[]): Pick<Gate, 'status' | 'why' | 'fix'> | null {
  const lame = views.find((view) => view.lame);
  if (lame !== undefined) {
    const why = `${about(lame)} is answered without authority: ${lame.text}`;
    return { status: 'red', why, fix: 'repair the server or take it out of the NS set, then plan again' };
  }
  const silent = views.filter(({ seen }) => seen === 'unknown');
  if (silent.length > 0) {
    const why = silent.map((view) => `${about(view)}: ${view.text}`).join('; ');
    return { status: 'unknown', why, fix: 'every authoritative server must answer over UDP and TCP' };
  }
  if (views.length === 0) return { status: 'unknown', why: 'no server was asked', fix: 'plan again' };
  const split = [...Map.groupBy(views, rrsetKey).values()].find((of) => new Set(of.map(({ text }) => text)).size > 1);
  if (split === undefined) return null;
  const why = split.map((view) => `${about(view)}: ${view.text}`).join('; ');
  const lags = split.every(({ seen }) => seen === 'pending' || seen === 'settled' || seen === 'lagging');
  return { status: lags ? 'amber' : 'red', why, fix: 'wait for the zone transfer, or repair the server that lags' };
}
