import type { Gate } from '@mxodus/model';
import { drainEnd, drainOver, drainProblem } from '../drain.ts';
import type { CutoverSituation } from '../situation.ts';

/** G14: nothing arrives at the old servers any more. */
export function quietGate({ plan, progress, now }: CutoverSituation): Gate {
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
  if (drainOver(progress, plan.settings)) return { ...gate, status: 'green', why: late, fix: '' };
  if (end !== null && now >= end) return { ...gate, status: 'amber', why: `${late}; a last pass has to find no more` };
  const until = end === null ? '' : `; quiet at ${new Date(end).toISOString()} if nothing more comes`;
  return { ...gate, status: 'amber', why: late + until };
}
