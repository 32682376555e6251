import type { Gate } from '@mxodus/model';
import { driftOf } from '../drift.ts';
import type { CutoverSituation } from '../situation.ts';
import { about, allViews } from './views.ts';

/** G15: the records are what the plan and the journal say. Never waived: mxodus would overwrite what somebody else did. */
export function driftGate(inputs: CutoverSituation): Gate {
  const gate = { id: 'G15', name: 'drift' };
  const strange = driftOf(inputs);
  if (strange.length > 0) {
    const why = strange.map((view) => `${about(view)}: ${view.text}`).join('; ');
    return { ...gate, status: 'red', why, fix: 'find out who changed it; put it back, or plan again' };
  }
  const views = allViews(inputs);
  if (views.length === 0 || views.some(({ seen }) => seen === 'unknown')) {
    return { ...gate, status: 'unknown', why: 'not every server answered', fix: 'see G1' };
  }
  return { ...gate, status: 'green', why: 'the records are what the plan and the journal say', fix: '' };
}
